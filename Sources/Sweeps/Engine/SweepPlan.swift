import BatchNumerics
import Experiments

/// The runs of a spec, checked, and grouped into batches.
public struct SweepPlan: Sendable {
  public let experiment: any Experiment
  public let runs: [PreparedRun]
  public let instance: TensorFile?

  /// Prepares every point of a spec; nothing runs unless all of them are possible.
  ///
  /// - Throws: `SpecError` for the first impossible point.
  public init(_ spec: SweepSpec, instance: TensorFile? = nil) throws {
    try self.init(spec, points: Array(0..<spec.count), instance: instance)
  }

  /// Prepares some points of a spec; equal runs count once.
  init(_ spec: SweepSpec, points indices: [Int], instance: TensorFile?) throws {
    experiment = spec.experiment
    self.instance = instance
    // Drawing and factoring problems is the work here: all cores, in order of points afterwards.
    let points = mapOnAllCores(indices.count) { position in
      Result { try spec.experiment.prepare(spec.point(indices[position]), instance: instance) }
    }
    var seen: Set<String> = []
    var prepared: [PreparedRun] = []
    for point in points {
      do {
        let run = try point.get()
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

  /// The groups for a sweep's devices.
  func batches(_ limits: BatchLimits) -> [PlannedBatch] {
    batches(memoryLimit: limits.memory, largest: limits.largest)
  }

  /// Groups of runs that train together: equal batch keys, long runs first, runs that share data
  /// side by side, and no group above the limits.
  public func batches(memoryLimit: Int, largest: Int = 8192) -> [PlannedBatch] {
    var groups: [String: [PreparedRun]] = [:]
    var order: [String] = []
    for run in runs {
      if groups[run.batchKey] == nil { order.append(run.batchKey) }
      groups[run.batchKey, default: []].append(run)
    }
    return order.flatMap { key -> [PlannedBatch] in
      let members = (groups[key] ?? []).enumerated().sorted {
        ($1.element.steps, $0.element.problemKey, $0.offset)
          < ($0.element.steps, $1.element.problemKey, $1.offset)
      }.map(\.element)
      let fitting = memoryLimit / max(1, members.first?.bytes ?? 1)
      let size = max(1, min(largest, fitting))
      return stride(from: 0, to: members.count, by: size).map {
        PlannedBatch(runs: Array(members[$0..<min($0 + size, members.count)]))
      }
    }
  }
}

/// How large batches may be: what fits the smallest device, and no more than a device's share.
struct BatchLimits: Sendable {
  let memory: Int
  let largest: Int

  init(_ backends: [any TrainingBackend], runs: Int) {
    memory = backends.map(\.memoryLimit).min() ?? Int.max
    largest = min(8192, max(1, (runs + backends.count - 1) / max(1, backends.count)))
  }
}

/// Runs that train together.
public struct PlannedBatch: Sendable {
  public let runs: [PreparedRun]

  /// The batch's identity: the first 16 hexadecimal digits of the SHA-256 of its runs' own.
  public var id: String {
    String(SHA256.hexDigest(of: Array(runs.map(\.id).joined(separator: " ").utf8)).prefix(16))
  }
}
