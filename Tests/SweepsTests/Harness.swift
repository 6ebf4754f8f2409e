// This file implements what the tests of the sweep engine share: a collector of results, and a
// backend that misbehaves on demand.

import BatchNumerics
import Experiments
import ReferenceBackend
import Sweeps
import Synchronization

/// A device that gave up.
struct DeviceLost: Error {}

/// A device without room for so many runs.
struct NoRoom: DeviceError {
  let memoryShortage: MemoryShortage?
}

/// A backend, the reference if none is given, behind a device that is small, that fails, and that notes how it is used.
struct ProbeBackend: TrainingBackend {
  /// What was asked of the device.
  final class Log: Sendable {
    private let launches = Mutex<[(evaluations: Int, runs: Int)]>([])

    func add(_ launch: Launch) {
      launches.withLock { $0.append((launch.evaluations.count, launch.runs.count)) }
    }

    var launchCount: Int { launches.withLock { $0.count } }
    var mostEvaluations: Int { launches.withLock { $0.map(\.evaluations).max() ?? 0 } }
    var mostRuns: Int { launches.withLock { $0.map(\.runs).max() ?? 0 } }
  }

  var deviceName = "probe"
  /// Who computes.
  var base: any TrainingBackend = ReferenceTrainingBackend()
  /// Runs that fit at a time; nil for any number.
  var room: Int?
  var memoryLimit = Int.max
  var evaluationsPerLaunch = 4096
  /// Launches that succeed before the device is lost; nil is for ever, -1 fails to set up.
  var launchesUntilLoss: Int?
  let log = Log()

  private func check(_ runs: Int) throws {
    if launchesUntilLoss == -1 { throw DeviceLost() }
    if let room, runs > room { throw NoRoom(memoryShortage: MemoryShortage(bytes: runs)) }
  }

  func operations(_ precision: Precision) throws -> any Backend {
    try base.operations(precision)
  }

  func session(
    for batch: DiagonalNetworkBatch, mapping: MappingChoice
  ) throws -> any TrainingSession {
    try check(batch.runs.count)
    return ProbeSession(
      try base.session(for: batch, mapping: mapping), self)
  }

  func session(
    for batch: SparseRecoveryBatch, mapping: MappingChoice
  ) throws -> any TrainingSession {
    try check(batch.runs.count)
    return ProbeSession(
      try base.session(for: batch, mapping: mapping), self)
  }

  func session(
    for batch: MatrixRecoveryBatch, mapping: MappingChoice
  ) throws -> (any TrainingSession)? {
    try check(batch.runs.count)
    return try base.session(for: batch, mapping: mapping).map {
      ProbeSession($0, self)
    }
  }

  func session(
    for batch: NetworkBatch, mapping: MappingChoice
  ) throws -> (any TrainingSession)? {
    try check(batch.runs.count)
    return try base.session(for: batch, mapping: mapping).map {
      ProbeSession($0, self)
    }
  }
}

private final class ProbeSession: TrainingSession {
  private let base: any TrainingSession
  private let backend: ProbeBackend

  init(_ base: any TrainingSession, _ backend: ProbeBackend) {
    self.base = base
    self.backend = backend
  }

  var mapping: String { backend.base is ReferenceTrainingBackend ? "probe" : base.mapping }
  var metricNames: [String] { base.metricNames }
  var allocatedBytes: Int { base.allocatedBytes }
  var evaluationsPerLaunch: Int { backend.evaluationsPerLaunch }

  func advance(_ launch: Launch) throws -> EvaluationBlock {
    if let limit = backend.launchesUntilLoss, backend.log.launchCount >= limit {
      throw DeviceLost()
    }
    backend.log.add(launch)
    return try base.advance(launch)
  }

  func parameters(of runs: [Int]) throws -> [[NamedTensor]] { try base.parameters(of: runs) }

  func states(of runs: [Int]) throws -> [[NamedTensor]] { try base.states(of: runs) }

  func restore(_ states: [[NamedTensor]], of runs: [Int], step: Int) throws {
    try base.restore(states, of: runs, step: step)
  }
}

/// Everything that a sweep reports.
final class Collector: Sendable {
  private let found = Mutex<(results: [RunResult], timings: [BatchTiming], warnings: [String])>(
    ([], [], []))

  var results: [RunResult] { found.withLock { $0.results } }
  var timings: [BatchTiming] { found.withLock { $0.timings } }
  var warnings: [String] { found.withLock { $0.warnings } }
  var byID: [String: RunResult] {
    Dictionary(results.map { ($0.run.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  var events: SweepRunner.Events {
    var events = SweepRunner.Events()
    events.results = { results in self.found.withLock { $0.results += results } }
    events.batch = { timing in self.found.withLock { $0.timings.append(timing) } }
    events.warning = { text in self.found.withLock { $0.warnings.append(text) } }
    return events
  }
}

/// What a run's result says of its training; equal bits, or not equal.
struct Trajectory: Equatable {
  let status: RunStatus
  let steps: Int
  let evaluated: [Int]
  let metrics: [[UInt64]]
  let parameters: [[UInt64]]

  init(_ result: RunResult) {
    status = result.status
    steps = result.steps
    evaluated = result.curves.steps
    metrics = result.curves.values.map { $0.map(\.bitPattern) }
    // What is left of a diverged run depends on when it was noticed.
    parameters =
      result.status == .diverged ? [] : result.parameters.map { $0.values.map(\.bitPattern) }
  }
}

enum Harness {
  /// A small problem that trains in no time.
  static let problem = """
    problem: {n: 20, N: 10, s: 2}
    evaluate: {first: 5, every: 20}

    """

  static func plan(_ lines: String, instance: TensorFile? = nil) throws -> SweepPlan {
    try SweepPlan(spec(problem + lines), instance: instance)
  }

  /// Trains a plan and collects what is reported.
  static func run(
    _ plan: SweepPlan, on backends: [any TrainingBackend] = [ReferenceTrainingBackend()],
    fallback: (any TrainingBackend)? = nil, verify: Double = 0, mapping: MappingChoice = .automatic,
    stepsPerLaunch: Int? = nil
  ) throws -> Collector {
    let collector = Collector()
    let runner = SweepRunner(
      backends: backends, fallback: fallback, reference: ReferenceTrainingBackend(),
      mapping: mapping, verifyFraction: verify, stepsPerLaunch: stepsPerLaunch)
    try runner.run(plan, events: collector.events)
    return collector
  }

  /// Every run by itself.
  static func alone(_ plan: SweepPlan) throws -> [String: Trajectory] {
    try trajectories(
      plan.runs.flatMap { run in
        try Harness.run(SweepPlan(plan, keeping: { $0.id == run.id })).results
      })
  }

  static func trajectories(_ results: [RunResult]) -> [String: Trajectory] {
    Dictionary(results.map { ($0.run.id, Trajectory($0)) }, uniquingKeysWith: { first, _ in first })
  }
}
