import Dispatch
import Synchronization

/// The metrics of matrix recovery, from the parameters of a run and in double, whatever the
/// precision and the device it trains in (design, section 6).
///
/// - `train_error` |X W - y| / |y|, `test_error` |W - A*|_F / |A*|_F
/// - `train_loss` the loss of the parameterisation, without regularisers; `test_loss` the same form
///   over the entries that were not observed, or over all entries where measurements are dense
/// - `nuclear_norm`, `l1_norm`, `l2_norm` of W
/// - `gradient_ratio` |loss gradient| / |nuclear U V^T + l2 A + l1 sign A| over all factors
/// - `parameter_norm` |theta|_2 of all factors
/// - `sigma_1` ... all singular values of W, if recorded
/// - `left_angle`, `right_angle`: sin Theta, the sine of the largest angle between the leading
///   singular subspaces of W and those of the target, both of the target's rank (Wedin 1972;
///   Notsawo et al. 2025, Lemma C.44), if recorded
public struct MatrixRecoveryMetrics: Sendable {
  public let names: [String]
  private let batch: MatrixRecoveryBatch
  private let targets: [SingularValueDecomposition]
  private let targetNorms: [Double]
  private let unobserved: [[Int]]

  public init(_ batch: MatrixRecoveryBatch) {
    self.batch = batch
    var names = [
      "train_error", "test_error", "train_loss", "test_loss", "nuclear_norm", "l1_norm",
      "l2_norm", "gradient_ratio", "parameter_norm",
    ]
    if batch.recordsSingularValues {
      names += (1...min(batch.rows, batch.columns)).map { "sigma_\($0)" }
    }
    if batch.recordsAngles { names += ["left_angle", "right_angle"] }
    self.names = names
    targets = batch.recordsAngles ? batch.problems.map { .init($0.target) } : []
    targetNorms = batch.problems.map { euclideanNorm($0.target.values) }
    unobserved = batch.problems.map { problem in
      let isObserved = problem.isObserved
      return isObserved.indices.filter { !isObserved[$0] }
    }
  }

  /// The metrics of many states at once, on all cores: [state][metric].
  public func evaluateAll(
    _ count: Int, _ state: @Sendable (Int) -> (run: Int, parameters: [Double])
  ) -> [[Double]] {
    let rows = Mutex([[Double]](repeating: [], count: count))
    // Strided, as neighbours are alike and cheap ones come together.
    let workers = min(count, 64)
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      let svd = ThinSVD<Double>(rows: batch.rows, columns: batch.columns)
      let own = stride(from: worker, to: count, by: workers).map { index in
        let (run, parameters) = state(index)
        return (index, evaluate(run: run, parameters, svd))
      }
      rows.withLock { rows in for (index, row) in own { rows[index] = row } }
    }
    return rows.withLock { $0 }
  }

  /// The metrics of a run in the order of `names`.
  ///
  /// - Parameter svd: for matrices of the shape of W; what it factored before plays no part.
  public func evaluate(
    run index: Int, _ parameters: [Double], _ svd: ThinSVD<Double>
  ) -> [Double] {
    let run = batch.runs[index]
    let problem = batch.problems[run.problem]
    let factors = batch.factors(parameters)
    let learned = batch.learned(factors)
    var (gradient, squaredResidual) = problem.gradient(of: learned)
    let weight = batch.dataWeight
    for i in gradient.values.indices { gradient.values[i] *= weight }
    svd.reset()
    let needsVectors = batch.recordsAngles || (run.nuclear > 0 && factors.count == 1)
    learned.values.withUnsafeBufferPointer { entries in
      if let start = entries.baseAddress { svd.factor(start, valuesOnly: !needsVectors) }
    }
    let values = svd.values
    let errors = zip(learned.values, problem.target.values).map { $0 - $1 }
    let ratio =
      Self.norm(factors.count == 1 ? [gradient] : batch.slopes(factors, gradient))
      / Self.norm(factors.map { pull(run, $0, factors.count == 1 ? svd : nil) })
    var row = [
      squaredResidual.squareRoot() / problem.observationNorm,
      euclideanNorm(errors) / targetNorms[run.problem],
      weight / 2 * squaredResidual, testLoss(run.problem, errors),
      values.reduce(0, +), learned.values.reduce(0) { $0 + abs($1) },
      euclideanNorm(learned.values), ratio, euclideanNorm(parameters),
    ]
    if batch.recordsSingularValues { row += values }
    if batch.recordsAngles {
      let target = targets[run.problem]
      let parts = svd.decomposition()
      let (left, right) = (parts.left, parts.right)
      let rank = target.numericalRank
      row += [
        Self.sine(
          DenseMatrix(rows: batch.rows, columns: svd.count, values: left), target.left, rank),
        Self.sine(
          DenseMatrix(rows: batch.columns, columns: svd.count, values: right), target.right, rank),
      ]
    }
    return row
  }

  /// The regulariser's (sub)gradient nuclear U V^T + l2 A + l1 sign A of a factor.
  ///
  /// - Parameter factored: the factor's decomposition, if it is known.
  private func pull(
    _ run: MatrixRecoveryRun, _ factor: DenseMatrix, _ factored: ThinSVD<Double>?
  ) -> DenseMatrix {
    var result = factor
    for i in result.values.indices {
      let value = factor.values[i]
      result.values[i] = run.l2 * value + run.l1 * (value > 0 ? 1 : value < 0 ? -1 : 0)
    }
    guard run.nuclear > 0 else { return result }
    var polar = [Double](repeating: 0, count: factor.values.count)
    let svd = factored ?? ThinSVD<Double>(rows: factor.rows, columns: factor.columns)
    factor.values.withUnsafeBufferPointer { entries in
      polar.withUnsafeMutableBufferPointer { polar in
        guard let start = entries.baseAddress, let result = polar.baseAddress else { return }
        if factored == nil { svd.factor(start) }
        svd.polarFactor(into: result)
      }
    }
    for i in result.values.indices { result.values[i] += run.nuclear * polar[i] }
    return result
  }

  private func testLoss(_ problem: Int, _ errors: [Double]) -> Double {
    let entries = unobserved[problem]
    let sum = entries.reduce(0) { $0 + errors[$1] * errors[$1] }
    switch batch.parameterization {
    case .product: return sum / 2
    case .factors: return sum
    case .difference: return sum / Double(max(1, entries.count))
    }
  }

  private static func norm(_ matrices: [DenseMatrix]) -> Double {
    euclideanNorm(matrices.lazy.flatMap(\.values))
  }

  /// |(1 - Q Q^T) P|_2 for the first `rank` columns P and Q of two orthonormal bases.
  private static func sine(_ basis: DenseMatrix, _ other: DenseMatrix, _ rank: Int) -> Double {
    var rest = DenseMatrix(rows: basis.rows, columns: rank)
    for p in 0..<rank {
      for i in 0..<basis.rows { rest[i, p] = basis[i, p] }
      for q in 0..<rank {
        var inner = 0.0
        for i in 0..<basis.rows { inner += other[i, q] * basis[i, p] }
        for i in 0..<basis.rows { rest[i, p] -= inner * other[i, q] }
      }
    }
    let sine = SingularValueDecomposition(rest).values.first ?? 0
    return sine > 1 ? 1 : sine
  }
}

extension SingularValueDecomposition {
  /// Singular values above 1e-6 of the largest count: targets come in single precision, too.
  public var numericalRank: Int {
    let cutoff = 1e-6 * (values.first ?? 0)
    return max(1, values.prefix { $0 > cutoff }.count)
  }
}
