import BatchNumerics

/// The training step of sparse recovery written against the batched operations, for any backend.
///
/// One launch per operation: slow for small runs, but the same code on every device, and the check
/// between the reference's loop and the resident kernels.
public final class StepwiseSparseRecovery<B: Backend>: StepwiseSession {
  public let metricNames: [String]
  public let allocatedBytes: Int
  public var mapping: String { MappingChoice.stepwise.rawValue + operations.variant }

  private let operations: B
  private let batch: SparseRecoveryBatch
  private let metrics: SparseRecoveryMetrics
  public var finals: [Int: [Double]] = [:]
  public var runCount: Int { batch.runs.count }

  private let measurements: B.Tensor  // [run or 1][N, n]
  private let observations: B.Tensor  // [run or 1][N, 1]
  private let projection: B.Tensor?  // [run or 1][n, N]
  private let target: B.Tensor  // [run or 1][n, 1]
  private let supportMask: B.Tensor  // [run or 1][n, 1]
  private let factors: [B.Tensor]  // L of [run][n, 1]
  private let product: B.Tensor  // [run][n, 1]
  private let residual: B.Tensor  // [run][N, 1]
  private let gradient: B.Tensor  // [run][n, 1]
  private let slopes: [B.Tensor]  // L of [run][n, 1]
  private let scratch: B.Tensor  // [run][n, 1]
  private let negativeRate: B.Tensor  // [run][1, 1]
  private let threshold: B.Tensor  // [run][1, 1]
  private let l1: B.Tensor
  private let l2: B.Tensor
  private let minusOne: B.Tensor

  public init(_ batch: SparseRecoveryBatch, on operations: B) throws {
    self.batch = batch
    self.operations = operations
    metrics = SparseRecoveryMetrics(batch)
    metricNames = metrics.names
    let (runs, n, rows) = (batch.runs.count, batch.columns, batch.rows)
    var allocated = 0
    func tensor(_ count: Int, _ rows: Int, _ columns: Int, _ values: [Double]? = nil) throws
      -> B.Tensor
    {
      let shape = BatchShape(runs: count, rows: rows, columns: columns)
      allocated += shape.count * batch.precision.byteCount
      return try operations.tensor(shape, values)
    }
    // Data: one copy if all runs share it, otherwise one per run.
    let shared = batch.problems.count == 1
    let owners = shared ? [0] : batch.runs.map(\.problem)
    func data(_ rows: Int, _ columns: Int, _ of: (SparseRecoveryProblem) -> [Double]) throws
      -> B.Tensor
    {
      try tensor(owners.count, rows, columns, owners.flatMap { of(batch.problems[$0]) })
    }
    measurements = try data(rows, n) { $0.measurements.values }
    observations = try data(rows, 1) { $0.observations }
    target = try data(n, 1) { $0.target }
    supportMask = try data(n, 1) { $0.target.map { $0 != 0 ? 1 : 0 } }
    projection =
      batch.method == .projected
      ? try data(n, rows) { $0.pseudoInverse?.values ?? [] } : nil
    factors = try (0..<batch.depth).map { k in
      try tensor(runs, n, 1, batch.runs.flatMap { $0.initial[(k * n)..<((k + 1) * n)] })
    }
    slopes = try (0..<batch.depth).map { _ in try tensor(runs, n, 1) }
    product = try tensor(runs, n, 1)
    residual = try tensor(runs, rows, 1)
    gradient = try tensor(runs, n, 1)
    scratch = try tensor(runs, n, 1)
    negativeRate = try tensor(runs, 1, 1, batch.runs.map { -$0.learningRate })
    threshold = try tensor(runs, 1, 1, batch.runs.map { $0.learningRate * $0.l1 })
    l1 = try tensor(runs, 1, 1, batch.runs.map(\.l1))
    l2 = try tensor(runs, 1, 1, batch.runs.map(\.l2))
    minusOne = try tensor(1, 1, 1, [-1])
    allocatedBytes = allocated
  }

  public func tensors(_ parameters: [Double]) -> [NamedTensor] {
    batch.tensors(factors: parameters)
  }

  /// [run][L * n]
  public func currentParameters() throws -> [[Double]] { try operations.readRuns(factors) }

  public var stateParts: [StatePart] {
    factors.enumerated().map { StatePart("A_\($0 + 1)", [batch.columns], $1, on: operations) }
  }

  // MARK: - One step

  public func takeStep() throws {
    switch batch.method {
    case .subgradient:
      try computeSlopes()
      for k in factors.indices {
        try operations.axpy(l2, factors[k], into: slopes[k])
        try operations.sign(factors[k], into: scratch)
        try operations.axpy(l1, scratch, into: slopes[k])
        try operations.axpy(negativeRate, slopes[k], into: factors[k])
      }
    case .proximal:
      try computeSlopes()
      for k in factors.indices {
        try operations.axpy(l2, factors[k], into: slopes[k])
        try operations.axpy(negativeRate, slopes[k], into: factors[k])
        try operations.softThreshold(threshold, factors[k])
      }
    case .projected:
      try computePull(0, into: slopes[0])
      try operations.axpy(negativeRate, slopes[0], into: factors[0])
      try computeResidual(of: factors[0])
      guard let projection else { return }
      try operations.matmul(MatrixOperand(projection), MatrixOperand(residual), into: scratch)
      try operations.axpy(minusOne, scratch, into: factors[0])
    }
  }

  /// into = l2 A_k + l1 sign(A_k)
  private func computePull(_ k: Int, into pull: B.Tensor) throws {
    try operations.sign(factors[k], into: pull)
    try operations.scale(l1, pull)
    try operations.axpy(l2, factors[k], into: pull)
  }

  /// residual = X a - y
  private func computeResidual(of a: B.Tensor) throws {
    try operations.matmul(MatrixOperand(measurements), MatrixOperand(a), into: residual)
    try operations.axpy(minusOne, observations, into: residual)
  }

  /// slopes[k] = (prod_{m != k} A_m) * X^T (X a - y), and a, residual and gradient on the way.
  private func computeSlopes() throws {
    try operations.copy(factors[0], into: product)
    for factor in factors.dropFirst() { try operations.hadamard(product, factor, into: product) }
    try computeResidual(of: product)
    try operations.matmul(
      MatrixOperand(measurements, transposed: true), MatrixOperand(residual), into: gradient)
    for k in factors.indices {
      try operations.copy(gradient, into: slopes[k])
      for m in factors.indices where m != k {
        try operations.hadamard(slopes[k], factors[m], into: slopes[k])
      }
    }
  }

  // MARK: - Evaluation

  public func evaluate(_ index: Int, _ runs: [Int], into block: inout EvaluationBlock) throws {
    try computeSlopes()
    var sums: [SparseRecoverySum: [Double]] = [:]
    sums[.residual] = try operations.dot(residual, residual)
    sums[.magnitude] = try operations.l1Norm(product)
    try operations.hadamard(product, supportMask, into: scratch)
    sums[.onSupport] = try operations.dot(scratch, scratch)
    try operations.axpy(minusOne, product, into: scratch)
    sums[.offSupport] = try operations.dot(scratch, scratch)
    try operations.copy(product, into: scratch)
    try operations.axpy(minusOne, target, into: scratch)
    sums[.error] = try operations.dot(scratch, scratch)
    var slopeSquares = [Double](repeating: 0, count: batch.runs.count)
    var pullSquares = slopeSquares
    for k in factors.indices {
      for (run, value) in try operations.dot(slopes[k], slopes[k]).enumerated() {
        slopeSquares[run] += value
      }
      try computePull(k, into: scratch)
      for (run, value) in try operations.dot(scratch, scratch).enumerated() {
        pullSquares[run] += value
      }
    }
    sums[.gradient] = slopeSquares
    sums[.subgradient] = pullSquares
    let traces = batch.recordsTrace ? try operations.read(product) : []
    for (position, run) in runs.enumerated() {
      metrics.evaluate(
        run: run, sum: { sums[$0]?[run] ?? .nan },
        component: { traces[run * batch.columns + $0] },
        report: { metric, value in block[index, metric, position] = value })
    }
  }
}
