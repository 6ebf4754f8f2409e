import BatchNumerics
import Experiments

/// A batch of heavy-ball runs, written against the batched operations and so for every backend.
final class HeavyBallSession<B: Backend>: StepwiseSession {
  let metricNames = ["train_error", "test_error", "l1_norm"]
  var mapping: String { MappingChoice.stepwise.rawValue + operations.variant }
  let allocatedBytes: Int
  let runCount: Int
  var finals: [Int: [Double]] = [:]

  private let operations: B
  private let measurements: B.Tensor  // X [run][N, n]
  private let observations: B.Tensor  // y [run][N, 1]
  private let target: B.Tensor  // a* [run][n, 1]
  private let vector: B.Tensor  // a [run][n, 1]
  private let velocity: B.Tensor  // m [run][n, 1]
  private let residual: B.Tensor  // [run][N, 1]
  private let scratch: B.Tensor  // [run][n, 1]
  private let momentum: B.Tensor  // [run][1, 1]
  private let l1: B.Tensor  // [run][1, 1]
  private let negativeRate: B.Tensor  // [run][1, 1]
  private let minusOne: B.Tensor  // [1][1, 1]
  private let one: B.Tensor  // [1][1, 1]

  init(_ runs: [PreparedRun], problems: [SparseRecoveryProblem], on operations: B) throws {
    self.operations = operations
    runCount = runs.count
    let (rows, n) = (problems[0].measurements.rows, problems[0].measurements.columns)
    func tensor(_ rows: Int, _ columns: Int, _ values: [Double]? = nil) throws -> B.Tensor {
      try operations.tensor(BatchShape(runs: runs.count, rows: rows, columns: columns), values)
    }
    func number(_ key: String, times factor: Double = 1) throws -> B.Tensor {
      try tensor(1, 1, try runs.map { factor * (try $0.parameters.number(key)) })
    }
    measurements = try tensor(rows, n, problems.flatMap(\.measurements.values))
    observations = try tensor(rows, 1, problems.flatMap(\.observations))
    target = try tensor(n, 1, problems.flatMap(\.target))
    vector = try tensor(n, 1)
    velocity = try tensor(n, 1)
    residual = try tensor(rows, 1)
    scratch = try tensor(n, 1)
    momentum = try number("momentum")
    l1 = try number("regularizer.l1")
    negativeRate = try number("learning_rate", times: -1)
    minusOne = try operations.tensor(BatchShape(runs: 1, rows: 1), [-1])
    one = try operations.tensor(BatchShape(runs: 1, rows: 1), [1])
    allocatedBytes = runs.count * (rows * n + 4 * n + 2 * rows + 3) * operations.precision.byteCount
  }

  // MARK: - One step

  func takeStep() throws {
    try operations.scale(momentum, velocity)
    try computeResidual()
    try operations.matmul(
      MatrixOperand(measurements, transposed: true), MatrixOperand(residual), into: scratch)
    try operations.axpy(one, scratch, into: velocity)
    try operations.sign(vector, into: scratch)
    try operations.axpy(l1, scratch, into: velocity)
    try operations.axpy(negativeRate, velocity, into: vector)
  }

  /// residual = X a - y
  private func computeResidual() throws {
    try operations.matmul(MatrixOperand(measurements), MatrixOperand(vector), into: residual)
    try operations.axpy(minusOne, observations, into: residual)
  }

  // MARK: - Evaluation

  func evaluate(_ index: Int, _ runs: [Int], into block: inout EvaluationBlock) throws {
    try computeResidual()
    let residuals = try operations.l2Norm(residual)
    let scales = try operations.l2Norm(observations)
    try operations.copy(vector, into: scratch)
    try operations.axpy(minusOne, target, into: scratch)
    let errors = try operations.l2Norm(scratch)
    let targets = try operations.l2Norm(target)
    let sizes = try operations.l1Norm(vector)
    for (position, run) in runs.enumerated() {
      block[index, 0, position] = residuals[run] / scales[run]
      block[index, 1, position] = errors[run] / targets[run]
      block[index, 2, position] = sizes[run]
    }
  }

  // MARK: - Results and saved states

  func currentParameters() throws -> [[Double]] { try operations.readRuns([vector]) }

  func tensors(_ parameters: [Double]) -> [NamedTensor] {
    [NamedTensor(name: "a", shape: [parameters.count], values: parameters)]
  }

  var stateParts: [StatePart] {
    let n = vector.shape.rows
    return [
      StatePart("a", [n], vector, on: operations), StatePart("m", [n], velocity, on: operations),
    ]
  }
}
