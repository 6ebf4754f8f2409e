import BatchNumerics
import Experiments

extension TheoryCatalog {
  static func matrixRecovery(
    _ run: PreparedRun, _ instance: TensorFile?
  ) throws -> [Prediction] {
    let batch = try MatrixRecovery().batch(of: [run], instance: instance)
    let (problem, own) = (batch.problems[0], batch.runs[0])
    let geometry = MatrixRecoveryTheory.geometry(problem)
    switch batch.parameterization {
    case .product:
      guard batch.depth == 1 else { return [] }
      return MatrixRecoveryTheory(problem, own, method: batch.method).predictions + geometry
    case .difference, .factors:
      return try factors(batch) + geometry
    }
  }
}

extension MatrixRecoveryTheory {
  private static let paper = "Notsawo et al. 2025"

  public var predictions: [Prediction] {
    let side = Double(min(problem.target.rows, problem.target.columns))
    let shared = RecoveryConditions(
      memorization, method: method, regularizer: "nuclear", limit: "sqrt(min(n1, n2))",
      isSmall: run.nuclear > 0 && run.nuclear < (analysis.largestEigenvalue / side).squareRoot(),
      isStable: run.learningRate < largestLearningRate)
    let hasNoL1 = Prediction.Condition("l1 is 0", run.l1 == 0)
    let isBounded = [shared.isStable, shared.isSmall, shared.isPlain, hasNoL1]
    let paper = Self.paper
    return [
      Prediction("largest learning rate", largestLearningRate, .exact, "\(paper), Theorem 3.4"),
      Prediction(
        "contraction per step in the row space", memorization?.contraction, .exact,
        "\(paper), Theorem 3.4, with the rows' directions only", conditions: [shared.isStable]),
      Prediction(
        "step of memorisation t1", memorization?.step, unit: "steps", .estimate,
        "\(paper), Theorem 3.4 (i)", conditions: isBounded),
      Prediction(
        "delay of generalisation", delay, unit: "steps", .estimate,
        "\(paper), |A_LS - A*| / (alpha beta), spectral norm",
        conditions: [shared.isStable, shared.isSmall]),
      Prediction(
        "distance to A_LS in the row space after t1", memorization?.distanceBound, .bound,
        "\(paper), Theorem 3.4 (i), for the row space", conditions: isBounded),
      Prediction(
        "loss 1/2 |X A - y|^2 above the least one after t1", memorization?.excessLossBound, .bound,
        "\(paper), Theorem 3.4 (i)", conditions: isBounded),
      Prediction(
        "distance of the least-squares solution from the target, spectral", analysis.gap, .exact,
        "\(paper), section 3.4"),
      Prediction(
        "least distance from the target without a nuclear norm", recoveryFloor, .bound,
        "\(paper), Theorem 3.6 for matrices",
        conditions: [
          .init("no nuclear norm, no l1, start in the row space", run.nuclear == 0 && run.l1 == 0)
        ]),
      Prediction(
        "contraction per step in all directions", ridge?.contraction, .exact,
        "\(paper), Theorem 3.6 for matrices",
        conditions: [
          shared.isStable, .init("no nuclear norm, no l1", run.nuclear == 0 && run.l1 == 0),
        ]),
    ]
  }

  /// What the target and the measurements say by themselves.
  static func geometry(_ problem: MatrixRecoveryProblem) -> [Prediction] {
    let (n1, n2) = (problem.target.rows, problem.target.columns)
    guard min(n1, n2) <= MatrixRecoveryAnalysis.largestFactored else { return [] }
    let rank = SingularValueDecomposition(problem.target).numericalRank
    let freedom = SampleSize.degreesOfFreedom(rows: n1, columns: n2, rank: rank)
    let coherence = LocalCoherence(problem.target)
    return [
      Prediction(
        "free numbers of a matrix of the target's rank", freedom, .exact, "r (n1 + n2 - r)",
        conditions: [.init("N = \(problem.count) is no less", Double(problem.count) >= freedom)]),
      Prediction(
        "measurements that completion needs",
        SampleSize.completion(rows: n1, columns: n2, rank: rank), .estimate,
        "\(paper)'s code: max(n1, n2) r ln max(n1, n2), no constant"),
      Prediction(
        "largest local coherence of rows", coherence.rows.max(), .exact,
        "\(paper), appendix G.2: (n1/r) |U_i|^2"),
      Prediction(
        "largest local coherence of columns", coherence.columns.max(), .exact,
        "\(paper), appendix G.2: (n2/r) |V_j|^2"),
    ]
  }
}
