/// Many training steps of a batch, to be run in one go.
public struct Launch: Sendable {
  /// Step count of the state the launch starts from.
  public let start: Int
  /// Step count of the state it ends at.
  public let end: Int
  /// Step counts in `start...end`, ascending, whose states are evaluated.
  public let evaluations: [Int]
  /// The runs that take part, ascending; the others keep their state.
  public let runs: [Int]

  public init(start: Int, end: Int, evaluations: [Int], runs: [Int]) {
    self.start = start
    self.end = end
    self.evaluations = evaluations
    self.runs = runs
  }
}

/// The metrics of some runs at some steps.
public struct EvaluationBlock: Sendable {
  public let steps: [Int]
  public let runs: [Int]
  public let metricCount: Int
  /// [evaluation][metric][run]
  public var values: [Double]

  public init(steps: [Int], runs: [Int], metricCount: Int, values: [Double]) {
    self.steps = steps
    self.runs = runs
    self.metricCount = metricCount
    self.values = values
  }

  /// Zeros for the evaluations and runs of a launch.
  public init(_ launch: Launch, metricCount: Int) {
    let count = launch.evaluations.count * metricCount * launch.runs.count
    self.init(
      steps: launch.evaluations, runs: launch.runs, metricCount: metricCount,
      values: [Double](repeating: 0, count: count))
  }

  public subscript(evaluation: Int, metric: Int, run: Int) -> Double {
    get { values[(evaluation * metricCount + metric) * runs.count + run] }
    set { values[(evaluation * metricCount + metric) * runs.count + run] = newValue }
  }
}

/// A tensor with a name, as tensor files hold it.
public struct NamedTensor: Sendable, Equatable {
  public let name: String
  public let shape: [Int]
  public let values: [Double]
  /// Whether the numbers are indices: files hold them as I64.
  public let isIndex: Bool

  public init(name: String, shape: [Int], values: [Double], isIndex: Bool = false) {
    self.name = name
    self.shape = shape
    self.values = values
    self.isIndex = isIndex
  }
}

/// A batch of runs that lives on a device from its first step to its last.
///
/// The same contract is met by the reference (a loop in Swift), by the step-wise path (batched
/// operations) and by resident kernels (many steps per launch).
public protocol TrainingSession: AnyObject {
  /// How the batch is laid out on its device, as recorded with every result.
  var mapping: String { get }
  /// Names of the metrics of an evaluation, in the order of `EvaluationBlock`.
  var metricNames: [String] { get }
  /// Bytes of device memory that the batch holds.
  var allocatedBytes: Int { get }
  /// The most evaluations that one launch may hold.
  var evaluationsPerLaunch: Int { get }

  /// Trains from `launch.start` to `launch.end` and evaluates on the way.
  func advance(_ launch: Launch) throws -> EvaluationBlock
  /// The parameters of some runs as they stand, under their tensor-file names.
  func parameters(of runs: [Int]) throws -> [[NamedTensor]]

  /// All that some runs need to go on to the bit: parameters, and what training keeps beside them.
  /// Nothing in a run's state depends on the batch it is in. Random numbers follow from seeds.
  ///
  /// - Precondition: the runs took part in all launches so far, and none of those failed.
  func states(of runs: [Int]) throws -> [[NamedTensor]]
  /// Puts runs of a session that has not trained yet where `states(of:)` of a session of the same
  /// device, precision and mapping took them after `step` steps. The batch may be another one, and
  /// the runs' order in it.
  ///
  /// Launches that these runs take part in must start at `step`.
  ///
  /// - Throws: `StateError`, naming the tensor, for a state of another kind of run or a damaged one;
  ///   the session is then as it was.
  func restore(_ states: [[NamedTensor]], of runs: [Int], step: Int) throws
}

/// A device that can train batches of every family.
public protocol TrainingBackend: Sendable {
  /// The device as results name it, such as `cpu` or `opencl:0 (NAME)`.
  var deviceName: String { get }
  /// The most bytes that one batch may hold on the device.
  var memoryLimit: Int { get }

  /// The batched operations, for training step by step.
  func operations(_ precision: Precision) throws -> any Backend

  /// A batch of sparse-recovery runs in the backend's own loops or resident kernels.
  ///
  /// - Throws: `MappingError` for a mapping that the device cannot run.
  func session(for batch: SparseRecoveryBatch, mapping: MappingChoice) throws -> any TrainingSession

  /// A batch of matrix-recovery runs in the backend's own loops or resident kernels; nil if it has
  /// none for such a batch, which then trains step by step.
  ///
  /// - Throws: `MappingError` for a mapping that the device cannot run.
  func session(
    for batch: MatrixRecoveryBatch, mapping: MappingChoice
  ) throws -> (any TrainingSession)?

  /// A batch of networks in the backend's own loops or resident kernels; nil if it has none for such
  /// a batch, which then trains step by step.
  ///
  /// - Throws: `MappingError` for a mapping that the device cannot run.
  func session(
    for batch: NetworkBatch, mapping: MappingChoice
  ) throws -> (any TrainingSession)?

  /// A batch of diagonal networks or linear regressions in the backend's own loops or kernels.
  ///
  /// - Throws: `MappingError` for a mapping that the device cannot run.
  func session(
    for batch: DiagonalNetworkBatch, mapping: MappingChoice
  ) throws -> any TrainingSession

  /// What a choice comes to for a batch, so that any part of the batch can be trained to the same
  /// bits: `automatic` weighs the number of runs, among others. Takes no memory. `automatic` is left
  /// where it does not depend on them.
  ///
  /// - Throws: `MappingError` as `session`.
  func settled(_ mapping: MappingChoice, for batch: SparseRecoveryBatch) throws -> MappingChoice
  /// Likewise.
  func settled(_ mapping: MappingChoice, for batch: MatrixRecoveryBatch) throws -> MappingChoice

  /// The batched operations that a step-wise session in a mapping had.
  ///
  /// - Throws: `MappingError` where the device lacks what a recorded mapping used.
  func operations(_ precision: Precision, mapping: MappingChoice) throws -> any Backend
}

extension TrainingBackend {
  public func settled(
    _ mapping: MappingChoice, for batch: SparseRecoveryBatch
  ) throws -> MappingChoice { mapping }

  public func settled(
    _ mapping: MappingChoice, for batch: MatrixRecoveryBatch
  ) throws -> MappingChoice { mapping }

  public func operations(
    _ precision: Precision, mapping: MappingChoice
  ) throws -> any Backend { try operations(precision) }
}
