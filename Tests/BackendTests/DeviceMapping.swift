// This file implements the ways of training a batch on a device, as data.

import BatchNumerics
import Experiments
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import Synchronization
import _TestSupport

/// A mapping, with the three places from which work-groups read X.
enum DeviceMapping: String, CaseIterable, Sendable {
  case lanes, components, stepwise
  case workGroup, workGroupGlobal, workGroupLocal, workGroupRegisters

  /// One of each kind, X where the planner puts it.
  static let kinds: [DeviceMapping] = [.lanes, .components, .workGroup, .stepwise]
  static let residentKinds: [DeviceMapping] = [.lanes, .components, .workGroup]
  static let workGroups: [DeviceMapping] = [
    .workGroupGlobal, .workGroupLocal, .workGroupRegisters,
  ]
  /// All but `workGroup`, which is one of the three.
  static let all = [.lanes, .components, .stepwise] + workGroups

  var choice: MappingChoice {
    switch self {
    case .lanes: .lanes
    case .components: .components
    case .stepwise: .stepwise
    default: .workGroup
    }
  }

  private var placement: WorkGroupPlacement? {
    switch self {
    case .workGroupGlobal: .global
    case .workGroupLocal: .local
    case .workGroupRegisters: .registers
    default: nil
    }
  }

  /// A session of the batch in this mapping.
  func session(
    _ batch: SparseRecoveryBatch, on device: Device, avoidsDouble: Bool = false
  ) throws -> any TrainingSession {
    let backend = try DeviceBackends.backend(device, avoidsDouble, placement)
    return try session(batch, on: backend)
  }

  func session(
    _ batch: SparseRecoveryBatch, on backend: OpenCLTrainingBackend
  ) throws -> any TrainingSession {
    guard self == .stepwise else { return try backend.session(for: batch, mapping: choice) }
    return try Self.stepwise(batch, backend.operations(batch.precision))
  }

  private static func stepwise<B: Backend>(
    _ batch: SparseRecoveryBatch, _ operations: B
  ) throws -> any TrainingSession {
    try StepwiseSparseRecovery(batch, on: operations)
  }
}

/// The devices' backends, shared by all tests so that each program is built once.
enum DeviceBackends {
  private struct Key: Hashable {
    let device: Device
    let avoidsDouble: Bool
    let placement: WorkGroupPlacement?
  }

  private static let backends = Mutex<[Key: OpenCLTrainingBackend]>([:])

  static func backend(
    _ device: Device, _ avoidsDouble: Bool = false, _ placement: WorkGroupPlacement? = nil
  ) throws -> OpenCLTrainingBackend {
    try backends.withLock { backends in
      let key = Key(device: device, avoidsDouble: avoidsDouble, placement: placement)
      if let backend = backends[key] { return backend }
      let backend = try OpenCLTrainingBackend(
        device, avoidsDouble: avoidsDouble, placement: placement)
      backends[key] = backend
      return backend
    }
  }
}

/// A batch, how it is trained on a device, and for how long.
struct TrainingCase: Sendable, CustomStringConvertible {
  let mapping: DeviceMapping
  var problem: SparseRecoveryCase
  var avoidsDouble = false
  var steps = 120
  /// At the start, densely, then at odd places; not at the end.
  var evaluations = Array(0...12) + [40, 41, 97, 118]

  init(_ mapping: DeviceMapping, _ problem: SparseRecoveryCase) {
    self.mapping = mapping
    self.problem = problem
  }

  var description: String {
    "\(mapping) \(problem)\(avoidsDouble ? " without double" : "") "
      + "n=\(problem.columns) N=\(problem.rows) runs=\(problem.runs)/\(problem.problems)"
  }

  /// For curves and parameters; an evaluation rounds like a step.
  var tolerance: Tolerance {
    problem.columns < 1000
      ? .trajectory(problem.precision, steps: steps + 1)
      : .wideTrajectory(problem.precision, steps: steps + 1, terms: problem.columns)
  }

  /// Where training and its parameters and curves on a device part from the reference, or nil.
  func mismatch(on device: Device) throws -> String? {
    let batch = problem.stableBatch(steps: steps)
    let runs = Array(batch.runs.indices)
    let session = try mapping.session(batch, on: device, avoidsDouble: avoidsDouble)
    let reference = try ReferenceTrainingBackend().session(for: batch, mapping: .automatic)
    let launch = Launch(start: 0, end: steps, evaluations: evaluations, runs: runs)
    return try session.mismatch(with: reference, launch, tolerance)
  }
}

extension TrainingSession {
  /// Where curves and parameters part from another session's after the same launch, or nil.
  ///
  /// - Parameter values: what of the curves is compared.
  func mismatch(
    with other: any TrainingSession, _ launch: Launch, _ rule: Tolerance,
    values: (EvaluationBlock) -> [Double] = { $0.values }
  ) throws -> String? {
    let (curves, expected) = (try advance(launch), try other.advance(launch))
    guard metricNames == other.metricNames, curves.steps == expected.steps,
      curves.runs == expected.runs
    else { return "other names, steps or runs" }
    if let found = rule.mismatch(values(curves), values(expected)) { return "curves \(found)" }
    for (own, other) in zip(
      try parameters(of: launch.runs), try other.parameters(of: launch.runs))
    {
      guard own.map(\.name) == other.map(\.name), own.map(\.shape) == other.map(\.shape) else {
        return "other tensors"
      }
      let found = rule.mismatch(own.flatMap(\.values), other.flatMap(\.values))
      if let found { return "parameters \(found)" }
    }
    return nil
  }
}

extension SparseRecoveryCase {
  /// Five different runs over and over, so that many runs stay within the stability limit.
  ///
  /// The largest step that is stable shrinks with n/N; it is enough here for n/N up to ten.
  func stableBatch(steps: Int = 120) -> SparseRecoveryBatch {
    let slowing = Swift.min(1, 10 * Double(rows) / Double(columns))
    let batch = makeBatch(steps: steps)
    return batch.mapRuns { index, run in
      let model = batch.runs[index % min(5, batch.runs.count)]
      return SparseRecoveryRun(
        problem: run.problem, learningRate: slowing * model.learningRate, l1: model.l1,
        l2: model.l2, initial: run.initial, steps: run.steps)
    }
  }
}

extension SparseRecoveryBatch {
  func mapRuns(_ change: (Int, SparseRecoveryRun) -> SparseRecoveryRun) -> SparseRecoveryBatch {
    SparseRecoveryBatch(
      columns: columns, rows: rows, depth: depth, method: method, precision: precision,
      recordsTrace: recordsTrace, recordsSupportNorms: recordsSupportNorms, problems: problems,
      runs: runs.enumerated().map { change($0.offset, $0.element) })
  }

  /// One run by itself, with its own problem only.
  func solo(_ run: Int) -> SparseRecoveryBatch {
    let own = runs[run]
    return SparseRecoveryBatch(
      columns: columns, rows: rows, depth: depth, method: method, precision: precision,
      recordsTrace: recordsTrace, recordsSupportNorms: recordsSupportNorms,
      problems: [problems[own.problem]],
      runs: [
        SparseRecoveryRun(
          problem: 0, learningRate: own.learningRate, l1: own.l1, l2: own.l2,
          initial: own.initial, steps: own.steps)
      ])
  }
}
