import BatchNumerics
import Experiments
import Foundation

/// What Notsawo et al. 2025 (arXiv 2506.05718), section 3.3 and appendix C, prove or predict for a
/// run of sparse recovery with one factor.
public struct SparseRecoveryTheory: Sendable {
  /// The singular values of X above rounding, descending.
  public let singularValues: [Double]
  /// a_LS = X^+ y
  public let leastSquares: [Double]
  /// The projection of the target on the rows of X, and the rest.
  public let (visible, hidden): ([Double], [Double])
  private let problem: SparseRecoveryProblem
  private let run: SparseRecoveryRun

  public init(_ problem: SparseRecoveryProblem, _ run: SparseRecoveryRun) {
    self.problem = problem
    self.run = run
    let svd = SingularValueDecomposition(problem.measurements)
    singularValues = Array(svd.values.prefix(svd.rank))
    leastSquares = svd.pseudoInverse.multiplied(by: problem.observations)
    var rows = DenseMatrix(rows: problem.measurements.columns, columns: svd.rank)
    for k in 0..<rows.rows { for i in 0..<rows.columns { rows[k, i] = svd.right[k, i] } }
    let projection = rows.multiplied(by: rows.transposed.multiplied(by: problem.target))
    visible = projection
    hidden = zip(problem.target, projection).map { $0 - $1 }
  }

  private var n: Double { Double(problem.measurements.columns) }
  private var largest: Double { singularValues.first ?? 0 }

  /// 2 / (sigma_max^2 + l2): gradient descent diverges at or above it (Theorems 3.1 and 3.6).
  public var largestLearningRate: Double { 2 / (largest * largest + run.l2) }

  /// The slowest factor per step in the row space, max over sigma_k > 0 of |1 - alpha (sigma_k^2 + l2)|.
  ///
  /// The paper's rho is over all directions, and 1 where N < n; the statements about the row space
  /// hold with this one.
  public var contraction: Double {
    singularValues.map { abs(1 - run.learningRate * ($0 * $0 + run.l2)) }.max() ?? 1
  }

  /// Steps until the least-squares solution is reached, Eq. 78: ceil(-ln(1 + (1 - rho) |a_1 - a_LS| /
  /// (alpha beta sqrt(n))) / ln rho); `asCoded` without sqrt(n) and rounding up.
  public func memorizationStep(asCoded: Bool = false) -> Double? {
    guard run.l1 > 0, contraction < 1, contraction > 0 else { return nil }
    let distance = euclideanNorm(zip(run.initial, leastSquares).map { $0 - $1 })
    let scale = run.learningRate * run.l1 * (asCoded ? 1 : n.squareRoot())
    let steps = -log(1 + (1 - contraction) * distance / scale) / log(contraction)
    return asCoded ? steps : steps.rounded(.up)
  }

  /// |a_LS - a*|_inf / (alpha beta) steps (the authors' Fig. 4).
  public var delay: Double? {
    guard run.l1 > 0 else { return nil }
    let gap = zip(leastSquares, problem.target).map { abs($0 - $1) }.max() ?? 0
    return gap / (run.learningRate * run.l1)
  }

  /// 2 alpha beta sqrt(n) / (1 - rho), which |P_row (a_t - a_LS)| stays below from t1 on (Theorem 3.1;
  /// as printed for the whole distance, which for N < n must grow to |a* - a_LS|).
  public var rowSpaceBound: Double? {
    guard contraction < 1 else { return nil }
    return 2 * run.learningRate * run.l1 * n.squareRoot() / (1 - contraction)
  }

  /// |(I - P_row) a*|: without l1 no run that starts in the row space comes closer (Theorem 3.6).
  public var recoveryFloor: Double { euclideanNorm(hidden) }

  /// |X^T y|_inf: with l1 of this size or more the lasso's solution is 0.
  public var zeroThreshold: Double {
    problem.measurements.transposed.multiplied(by: problem.observations).map(abs).max() ?? 0
  }

  /// The state after so many steps where l1 = 0 and nothing is projected, exactly (Eq. 113): 1e8 steps
  /// at once.
  ///
  /// - Throws: `ReducedFlowError` for sizes that do not fit.
  public func fastForward(steps: Int) throws -> [Double]? {
    guard run.l1 == 0, run.initial.count == problem.measurements.columns else { return nil }
    let flow = try LinearRegressionFlow(
      problem: DiagonalProblem(
        features: .dense(problem.measurements), targets: problem.observations),
      weight: 0.5, weightDecay: run.l2, initial: run.initial)
    return flow.predictor(afterSteps: steps, learningRate: run.learningRate)
  }

  public var predictions: [Prediction] {
    let paper = "Notsawo et al. 2025"
    let isStable = Prediction.Condition(
      "learning rate below 2/(sigma_max^2 + l2)", run.learningRate < largestLearningRate)
    let isSmall = Prediction.Condition(
      "0 < l1 < sigma_max / sqrt(n)", run.l1 > 0 && run.l1 < largest / n.squareRoot())
    let coherence = Coherence(problem.measurements)
    let sparsity = problem.target.count { $0 != 0 }
    return [
      Prediction(
        "largest learning rate", largestLearningRate, .exact, "\(paper), Theorems 3.1 and 3.6"),
      Prediction(
        "contraction per step in the row space", contraction, .exact,
        "\(paper), Theorem 3.1, with the rows' directions only", conditions: [isStable]),
      Prediction(
        "step of memorisation t1", memorizationStep(), unit: "steps", .estimate,
        "\(paper), Eq. 78", conditions: [isStable, isSmall]),
      Prediction(
        "step of memorisation as the authors plot it", memorizationStep(asCoded: true),
        unit: "steps", .estimate, "\(paper)'s code, without sqrt(n)", conditions: [isStable]),
      Prediction(
        "delay of generalisation", delay, unit: "steps", .estimate,
        "\(paper), |a_LS - a*|_inf / (alpha beta)", conditions: [isStable, isSmall]),
      Prediction(
        "distance to a_LS in the row space after t1", rowSpaceBound, .bound,
        "\(paper), Theorem 3.1 (i), for the row space", conditions: [isStable, isSmall]),
      Prediction(
        "distance of a_LS from the target",
        euclideanNorm(zip(leastSquares, problem.target).map { $0 - $1 }), .exact,
        "\(paper), section 3.3"),
      Prediction(
        "least distance from the target without l1", recoveryFloor, .bound,
        "\(paper), Theorem 3.6",
        conditions: [.init("no l1, start in the row space", run.l1 == 0)]),
      Prediction("l1 that makes the lasso's solution 0", zeroThreshold, .exact, "lasso optimality"),
      Prediction("mutual coherence of X", coherence.mutual, .exact, "\(paper), appendix D"),
      Prediction("Welch bound of the coherence", coherence.welchBound, .bound, "Welch 1974"),
      Prediction(
        "sparsity that coherence guarantees", Double(coherence.guaranteedSparsity), .bound,
        "s < (1 + 1/mu)/2 (Donoho and Elad 2003)",
        conditions: [
          .init("s = \(sparsity) is below", sparsity <= coherence.guaranteedSparsity)
        ]),
    ]
  }
}
