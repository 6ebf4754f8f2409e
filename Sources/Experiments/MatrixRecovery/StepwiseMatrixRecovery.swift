import BatchNumerics

/// The training step of matrix recovery written against the batched operations, for any backend and
/// every parameterisation.
///
/// One launch per operation: slow for small runs, but the same code on every device, what trains
/// batches without a resident kernel, and the check between the reference's loop and the resident
/// kernels. Measurements act on dense matrices here: single entries are a mask.
public final class StepwiseMatrixRecovery<B: Backend>: StepwiseSession {
  public let metricNames: [String]
  public let allocatedBytes: Int
  public var mapping: String { MappingChoice.stepwise.rawValue + operations.variant }
  public var finals: [Int: [Double]] = [:]
  public var runCount: Int { batch.runs.count }

  private let operations: B
  private let batch: MatrixRecoveryBatch
  private let metrics: MatrixRecoveryMetrics

  private let measurements: Measurements
  private let factors: [B.Tensor]  // [run][rows, columns] of each factor
  private let slopes: [B.Tensor]  // likewise
  private let scratch: [B.Tensor]  // likewise
  private let bases: [B.Tensor]  // [run][k, k]; empty without nuclear norm
  private let partials: [B.Tensor]  // products A_1 ... A_{k+1}; the last is W
  private let tails: [B.Tensor]  // G (A_{k+1} ... A_L)^T
  private let learned: B.Tensor  // [run][n1, n2]
  private let gradient: B.Tensor  // [run][n1, n2]
  private let symmetric: B.Tensor  // [run][n1, n2]: G + G^T
  private let identity: B.Tensor  // [1][n1, n1]
  private let negativeRate: B.Tensor
  private let threshold: B.Tensor
  private let (nuclear, l1, l2): (B.Tensor, B.Tensor, B.Tensor)
  private let weight: B.Tensor
  private let (one, zero, minusOne): (B.Tensor, B.Tensor, B.Tensor)

  /// What the measurements need on the device.
  private enum Measurements {
    /// weights, values and 1 where observed, all [run or 1][n1, n2]
    case entries(weights: B.Tensor, values: B.Tensor, mask: B.Tensor)
    /// X [N, n], y [N, 1], X^+ [n, N] if the method projects; A and the gradient as vectors
    case dense(
      matrices: B.Tensor, observations: B.Tensor, inverse: B.Tensor?, vector: B.Tensor,
      residual: B.Tensor)
  }

  public init(_ batch: MatrixRecoveryBatch, on operations: B) throws {
    self.batch = batch
    self.operations = operations
    metrics = MatrixRecoveryMetrics(batch)
    metricNames = metrics.names
    let runs = batch.runs.count
    let store = TensorStore(operations)
    let shapes = batch.factorShapes
    var start = 0
    factors = try shapes.map { shape in
      let range = start..<(start + shape.rows * shape.columns)
      start = range.upperBound
      return try store.tensor(
        runs, shape.rows, shape.columns, batch.runs.flatMap { $0.initial[range] })
    }
    func likeFactors() throws -> [B.Tensor] {
      try shapes.map { try store.tensor(runs, $0.rows, $0.columns) }
    }
    slopes = try likeFactors()
    scratch = try likeFactors()
    bases =
      try batch.hasNuclear
      ? shapes.map { try store.identities(runs, min($0.rows, $0.columns)) } : []
    let isDeep = batch.parameterization == .product && batch.depth > 1
    partials =
      try isDeep
      ? shapes.dropFirst().map { try store.tensor(runs, batch.rows, $0.columns) } : []
    tails =
      try isDeep
      ? shapes.dropLast().map { try store.tensor(runs, batch.rows, $0.columns) } : []
    learned = try partials.last ?? store.tensor(runs, batch.rows, batch.columns)
    gradient = try store.tensor(runs, batch.rows, batch.columns)
    symmetric = try store.tensor(runs, batch.rows, batch.columns)
    identity = try store.tensor(1, batch.rows, batch.rows, DenseMatrix.identity(batch.rows).values)
    measurements = try Self.measurements(batch, store)
    func perRun(_ value: (MatrixRecoveryRun) -> Double) throws -> B.Tensor {
      try store.tensor(runs, 1, 1, batch.runs.map(value))
    }
    negativeRate = try perRun { -$0.learningRate }
    threshold = try perRun { $0.learningRate * $0.nuclear }
    nuclear = try perRun(\.nuclear)
    l1 = try perRun(\.l1)
    l2 = try perRun(\.l2)
    weight = try store.tensor(1, 1, 1, [batch.dataWeight])
    one = try store.tensor(1, 1, 1, [1])
    zero = try store.tensor(1, 1, 1, [0])
    minusOne = try store.tensor(1, 1, 1, [-1])
    allocatedBytes = store.bytes
  }

  /// One copy if all runs share their data, otherwise one per run.
  private static func measurements(
    _ batch: MatrixRecoveryBatch, _ store: TensorStore<B>
  ) throws -> Measurements {
    let owners =
      batch.problems.count == 1
      ? batch.problems : batch.runs.map { batch.problems[$0.problem] }
    let (n1, n2) = (batch.rows, batch.columns)
    func data(
      _ rows: Int, _ columns: Int, _ values: (MatrixRecoveryProblem) -> [Double]
    ) throws -> B.Tensor {
      try store.tensor(owners.count, rows, columns, owners.flatMap(values))
    }
    func spread(_ value: @escaping (ObservedEntry) -> Double) -> (MatrixRecoveryProblem) -> [Double]
    {
      { problem in
        var dense = [Double](repeating: 0, count: n1 * n2)
        if case .entries(let entries) = problem.measurements {
          for entry in entries { dense[entry.row * n2 + entry.column] = value(entry) }
        }
        return dense
      }
    }
    guard case .dense = batch.problems[0].measurements else {
      return .entries(
        weights: try data(n1, n2, spread(\.weight)), values: try data(n1, n2, spread(\.value)),
        mask: try data(n1, n2, spread { _ in 1 }))
    }
    func parts(_ problem: MatrixRecoveryProblem) -> (DenseMatrix, [Double]) {
      guard case .dense(let matrices, let observations) = problem.measurements else {
        return (DenseMatrix(rows: 0, columns: 0), [])
      }
      return (matrices, observations)
    }
    let (count, runs) = (batch.measurementCount, batch.runs.count)
    return .dense(
      matrices: try data(count, n1 * n2) { parts($0).0.values },
      observations: try data(count, 1) { parts($0).1 },
      inverse: batch.method == .projected
        ? try data(n1 * n2, count) { $0.pseudoInverse?.values ?? [] } : nil,
      vector: try store.tensor(runs, n1 * n2, 1), residual: try store.tensor(runs, count, 1))
  }

  public func tensors(_ parameters: [Double]) -> [NamedTensor] { batch.tensors(parameters) }

  public func currentParameters() throws -> [[Double]] { try operations.readRuns(factors) }

  public var stateParts: [StatePart] {
    let (shapes, runs) = (batch.factorShapes, batch.runs)
    let own = zip(shapes, factors).map {
      StatePart($0.name, [$0.rows, $0.columns], $1, on: operations)
    }
    return own
      + zip(shapes, bases).map {
        StatePart(
          MatrixRecoveryBatch.basisName($0.name), [$1.shape.rows, $1.shape.columns], $1,
          on: operations, belongs: { runs[$0].nuclear > 0 })
      }
  }

  public func evaluate(_ index: Int, _ runs: [Int], into block: inout EvaluationBlock) throws {
    let parameters = try currentParameters()
    let rows = metrics.evaluateAll(runs.count) { (runs[$0], parameters[runs[$0]]) }
    for (position, row) in rows.enumerated() {
      for (metric, value) in row.enumerated() { block[index, metric, position] = value }
    }
  }

  // MARK: - One step

  public func takeStep() throws {
    if batch.method == .projected {
      try operations.scale(zero, slopes[0])
    } else {
      try computeSlopes()
    }
    // All factors from their old values: slopes first, then the updates.
    for k in factors.indices {
      try operations.axpy(l2, factors[k], into: slopes[k])
      try operations.sign(factors[k], into: scratch[k])
      try operations.axpy(l1, scratch[k], into: slopes[k])
      if batch.hasNuclear, batch.method != .proximal {
        try operations.polarFactor(factors[k], basis: bases[k], into: scratch[k])
        try operations.axpy(nuclear, scratch[k], into: slopes[k])
      }
    }
    for k in factors.indices {
      try operations.axpy(negativeRate, slopes[k], into: factors[k])
      if batch.hasNuclear, batch.method == .proximal {
        try operations.singularValueThreshold(threshold, factors[k], basis: bases[k])
      }
    }
    if batch.method == .projected { try project() }
  }
}

// MARK: - Gradients

extension StepwiseMatrixRecovery {
  /// slopes[k] = the loss gradient with respect to factor k.
  private func computeSlopes() throws {
    switch batch.parameterization {
    case .product where batch.depth == 1:
      try computeGradient(of: factors[0], into: slopes[0])
    case .product:
      try multiply(factors[0], factors[1], into: partials[0])
      for k in 2..<max(2, factors.count) {
        try multiply(partials[k - 2], factors[k], into: partials[k - 1])
      }
      try computeGradient(of: learned, into: gradient)
      try distribute()
    case .factors:
      try operations.matmul(
        MatrixOperand(factors[0]), MatrixOperand(factors[1], transposed: true), into: learned)
      try computeGradient(of: learned, into: gradient)
      try multiply(gradient, factors[1], into: slopes[0])
      try operations.matmul(
        MatrixOperand(gradient, transposed: true), MatrixOperand(factors[0]), into: slopes[1])
    case .difference:
      try operations.matmul(
        MatrixOperand(factors[1]), MatrixOperand(factors[1], transposed: true), into: symmetric)
      try operations.matmul(
        MatrixOperand(factors[0]), MatrixOperand(factors[0], transposed: true), into: learned)
      try operations.axpy(minusOne, symmetric, into: learned)
      try computeGradient(of: learned, into: gradient)
      try operations.matmul(
        MatrixOperand(gradient, transposed: true), MatrixOperand(identity), into: symmetric)
      try operations.axpy(one, gradient, into: symmetric)
      try multiply(symmetric, factors[0], into: slopes[0])
      try multiply(symmetric, factors[1], into: slopes[1])
      try operations.scale(minusOne, slopes[1])
    }
  }

  private func multiply(_ a: B.Tensor, _ b: B.Tensor, into c: B.Tensor) throws {
    try operations.matmul(MatrixOperand(a), MatrixOperand(b), into: c)
  }

  /// slopes[k] = (A_1 ... A_{k-1})^T G (A_{k+1} ... A_L)^T
  private func distribute() throws {
    let last = factors.count - 1
    for k in stride(from: last, through: 0, by: -1) {
      // G (A_{k+1} ... A_L)^T, one more factor each time.
      let tail = k == last ? gradient : tails[k]
      if k < last {
        try operations.matmul(
          MatrixOperand(k + 1 == last ? gradient : tails[k + 1]),
          MatrixOperand(factors[k + 1], transposed: true), into: tail)
      }
      if k == 0 {
        try operations.copy(tail, into: slopes[0])
      } else {
        try operations.matmul(
          MatrixOperand(k == 1 ? factors[0] : partials[k - 2], transposed: true),
          MatrixOperand(tail), into: slopes[k])
      }
    }
  }

  /// result = c X^T (X W - y)
  private func computeGradient(of w: B.Tensor, into result: B.Tensor) throws {
    switch measurements {
    case .entries(let weights, let values, _):
      try operations.copy(w, into: result)
      try operations.axpy(minusOne, values, into: result)
      try operations.hadamard(result, weights, into: result)
    case .dense(let matrices, let observations, _, let vector, let residual):
      try operations.copy(w, into: vector)
      try multiply(matrices, vector, into: residual)
      try operations.axpy(minusOne, observations, into: residual)
      try operations.matmul(
        MatrixOperand(matrices, transposed: true), MatrixOperand(residual), into: vector)
      try operations.copy(vector, into: result)
    }
    if batch.parameterization != .product { try operations.scale(weight, result) }
  }

  /// A <- A - X^+ (X A - y)
  private func project() throws {
    let a = factors[0]
    switch measurements {
    case .entries(_, let values, let mask):
      try operations.copy(a, into: slopes[0])
      try operations.axpy(minusOne, values, into: slopes[0])
      try operations.hadamard(slopes[0], mask, into: slopes[0])
      try operations.axpy(minusOne, slopes[0], into: a)
    case .dense(let matrices, let observations, let inverse, let vector, let residual):
      guard let inverse else { return }
      try operations.copy(a, into: vector)
      try multiply(matrices, vector, into: residual)
      try operations.axpy(minusOne, observations, into: residual)
      try multiply(inverse, residual, into: vector)
      try operations.axpy(minusOne, vector, into: a)
    }
  }
}
