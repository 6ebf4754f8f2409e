import BatchNumerics
import Dispatch
import Experiments
import Synchronization

/// The runs of a spec, checked, and grouped into batches.
public struct SweepPlan: Sendable {
  public let experiment: any Experiment
  public let runs: [PreparedRun]
  public let instance: TensorFile?

  /// Prepares every point of a spec; nothing runs unless all of them are possible.
  ///
  /// - Throws: `SpecError` for the first impossible point.
  public init(_ spec: SweepSpec, instance: TensorFile? = nil) throws {
    experiment = spec.experiment
    self.instance = instance
    let points = Mutex([Result<PreparedRun, any Error>?](repeating: nil, count: spec.count))
    // Drawing and factoring problems is the work here: all cores, in order of points afterwards.
    DispatchQueue.concurrentPerform(iterations: spec.count) { index in
      let point = Result { try spec.experiment.prepare(spec.point(index), instance: instance) }
      points.withLock { $0[index] = point }
    }
    var seen: Set<String> = []
    var prepared: [PreparedRun] = []
    for point in points.withLock({ $0 }) {
      do {
        guard let run = try point?.get() else { continue }
        if seen.insert(run.id).inserted { prepared.append(run) }
      } catch var error as SpecError {
        if error.place == nil { error.place = spec.name }
        throw error
      }
    }
    runs = prepared
  }

  /// A plan of some of the runs.
  public init(_ plan: SweepPlan, keeping isKept: (PreparedRun) -> Bool) {
    experiment = plan.experiment
    instance = plan.instance
    runs = plan.runs.filter(isKept)
  }

  /// The total number of steps of all runs.
  public var runSteps: Int { runs.reduce(0) { $0 + $1.steps } }

  /// Groups of runs that train together: equal batch keys, long runs first, runs that share data
  /// side by side, and no group above the limits.
  public func batches(memoryLimit: Int, largest: Int = 8192) -> [[PreparedRun]] {
    var groups: [String: [PreparedRun]] = [:]
    var order: [String] = []
    for run in runs {
      if groups[run.batchKey] == nil { order.append(run.batchKey) }
      groups[run.batchKey, default: []].append(run)
    }
    return order.flatMap { key -> [[PreparedRun]] in
      let members = (groups[key] ?? []).enumerated().sorted {
        ($1.element.steps, $0.element.problemKey, $0.offset)
          < ($0.element.steps, $1.element.problemKey, $1.offset)
      }.map(\.element)
      let fitting = memoryLimit / max(1, members.first?.bytes ?? 1)
      let size = max(1, min(largest, fitting))
      return stride(from: 0, to: members.count, by: size).map {
        Array(members[$0..<min($0 + size, members.count)])
      }
    }
  }
}
