import BatchNumerics
import Experiments

/// What a sweep will take: its batches by family and shape, their memory, and on each device the time
/// that a short calibration lets expect.
public struct SweepEstimate: Sendable {
  /// Runs of one shape and method.
  public struct Group: Sendable {
    /// What sets them apart from the other groups: `method=proximal problem.N=30`; empty for one group.
    public let traits: String
    public let runs: Int
    public let batches: Int
    /// Runs of the largest batch.
    public let width: Int
    /// Fewest and most steps of a run.
    public let steps: ClosedRange<Int>
    public let runSteps: Int
    /// Bytes that the largest batch is planned with.
    public let bytes: Int
    public let devices: [Rate]
  }

  /// How fast a device trains a group's first batch.
  public struct Rate: Sendable {
    public let device: String
    public let mapping: String
    /// Run-steps per second.
    public let speed: Double
  }

  public let groups: [Group]
  /// Runs that were looked at, and points of the whole sweep.
  public let (runs, points): (Int, Int)

  /// Plans the first window of a sweep and trains the first batch of each group for a moment.
  ///
  /// - Parameter seconds: of calibration per group and device; 0 leaves it out.
  /// - Throws: the device's error.
  public init(
    _ windows: SweepWindows, on backends: [any TrainingBackend],
    mapping: MappingChoice = .automatic,
    seconds: Double = 0.3
  ) throws {
    let plan = windows.first
    var keys: [String] = []
    var batches: [String: [PlannedBatch]] = [:]
    for batch in plan.batches(BatchLimits(backends, runs: windows.count)) {
      let key = batch.runs.first?.batchKey ?? ""
      if batches[key] == nil { keys.append(key) }
      batches[key, default: []].append(batch)
    }
    let traits = Self.traits(keys.map { key in (batches[key] ?? []).flatMap(\.runs) })
    groups = try zip(keys, traits).map { key, traits in
      let members = batches[key] ?? []
      let runs = members.flatMap(\.runs)
      let largest = members.max { $0.runs.count < $1.runs.count }?.runs ?? []
      let steps = runs.map(\.steps)
      return Group(
        traits: traits, runs: runs.count, batches: members.count, width: largest.count,
        steps: (steps.min() ?? 0)...(steps.max() ?? 0), runSteps: steps.reduce(0, +),
        bytes: largest.reduce(0) { $0 + $1.bytes },
        devices: seconds <= 0
          ? []
          : try backends.map { backend in
            let session = try windows.experiment.session(
              for: largest, instance: windows.instance, on: backend, mapping: mapping)
            return Rate(
              device: backend.deviceName, mapping: session.mapping,
              speed: try Self.speed(session, largest, seconds))
          })
    }
    (self.runs, points) = (plan.runs.count, windows.count)
  }

  /// The parameters that are the same within every group and differ between groups.
  private static func traits(_ groups: [[PreparedRun]]) -> [String] {
    let common = groups.map { runs in
      runs.dropFirst().reduce(runs.first?.parameters.values ?? [:]) { common, run in
        common.filter { run.parameters[$0.key] == $0.value }
      }
    }
    let keys = Set(common.flatMap(\.keys)).filter { key in
      common.allSatisfy { $0[key] != nil } && Set(common.map { $0[key] }).count > 1
    }.sorted()
    return common.map { values in
      keys.compactMap { key in values[key].map { "\(key)=\($0)" } }.joined(separator: " ")
    }
  }

  /// Seconds on all devices together, each at its own speed; nil without calibration.
  public var seconds: Double? {
    var total = 0.0
    for group in groups {
      let speed = group.devices.reduce(0) { $0 + $1.speed }
      guard speed > 0 else { return nil }
      total += Double(group.runSteps) / speed
    }
    return total * Double(points) / Double(max(1, runs))
  }

  /// Run-steps per second over launches of growing length, the first left out.
  private static func speed(
    _ session: any TrainingSession, _ runs: [PreparedRun], _ seconds: Double
  ) throws -> Double {
    let clock = ContinuousClock()
    let last = runs.map(\.steps).min() ?? 0
    guard last > 0 else { return .infinity }
    var (step, length, speed, spent) = (0, 16, 0.0, 0.0)
    repeat {
      let end = min(last, step + length)
      let start = clock.now
      _ = try session.advance(
        Launch(start: step, end: end, evaluations: [], runs: Array(runs.indices)))
      let taken = (clock.now - start) / .seconds(1)
      if step > 0 || end == last {
        speed = Double((end - step) * runs.count) / max(taken, 1e-9)
      }
      (step, length, spent) = (end, length * 2, spent + taken)
    } while step < last && spent < seconds
    return speed
  }
}
