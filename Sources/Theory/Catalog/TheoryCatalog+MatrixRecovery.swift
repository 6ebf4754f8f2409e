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
      return try factors(batch) + geometry + [completion(problem)]
    }
  }
}

extension TheoryCatalog {
  public static let factorSampleName =
    "measurements that the recovery theorem for factors supposes"

  private static func completion(_ problem: MatrixRecoveryProblem) -> Prediction {
    let (n1, n2) = (problem.target.rows, problem.target.columns)
    let isSmall = min(n1, n2) <= MatrixRecoveryAnalysis.largestFactored
    let needed =
      isSmall
      ? SampleSize.coherentCompletion(
        size: max(n1, n2), coherence: LocalCoherence(problem.target).largest) : nil
    return Prediction(
      factorSampleName, needed, .estimate,
      "Lyu et al. 2023, Theorem 3.12: mu^4 d ln^2 d, no constant",
      conditions: [
        .init("N = \(problem.count) is no less", Double(problem.count) >= needed ?? .infinity)
      ])
  }
}

extension LocalCoherence {
  fileprivate var largest: Double { max(rows.max() ?? 0, columns.max() ?? 0) }
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
    ] + secondPhase(side, hasNoL1)
  }

  private func secondPhase(_ side: Double, _ hasNoL1: Prediction.Condition) -> [Prediction] {
    let target = problem.target.values
    func squaredDistance(_ a: [Double]) -> Double {
      zip(a, target).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    let residual = problem.gradient(of: problem.target).squaredResidual.squareRoot()
    let isExact = residual <= 1e-12 * problem.observationNorm
    let projected = spectrum.flatMap { spectrum -> Double? in
      guard run.nuclear > 0, run.steps > 0 else { return nil }
      let (seen, least) = (spectrum.projection(run.initial), spectrum.minimizer())
      return LatePhaseBounds.projectedExcess(
        squaredDistance: squaredDistance(
          run.initial.indices.map { run.initial[$0] - seen[$0] + least[$0] }),
        threshold: run.learningRate * run.nuclear, subgradientNorm: side.squareRoot(),
        steps: run.steps)
    }
    return [
      Prediction(
        "objective above the target's at the end",
        LatePhaseBounds.proximalExcess(
          squaredDistance: squaredDistance(run.initial), learningRate: run.learningRate,
          steps: max(1, run.steps)), .bound,
        "\(Self.paper), proximal steps, with the distance squared",
        conditions: [
          .init("proximal", method == .proximal), hasNoL1,
          .init(
            "learning rate at most 1/(sigma_max(X^T X) + l2)",
            2 * run.learningRate <= largestLearningRate),
        ]),
      Prediction(
        "least nuclear norm above the target's", projected, .bound,
        "\(Self.paper), projected steps, with min(n1, n2)",
        conditions: [
          .init("projected", method == .projected), hasNoL1, .init("l2 is 0", run.l2 == 0),
          .init("no noise", isExact),
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
