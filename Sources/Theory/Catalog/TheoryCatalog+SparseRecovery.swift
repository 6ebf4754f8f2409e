import BatchNumerics
import Experiments

extension TheoryCatalog {
  static func sparseRecovery(
    _ run: PreparedRun, _ instance: TensorFile?
  ) throws -> [Prediction] {
    let batch = try SparseRecovery().batch(of: [run], instance: instance)
    guard batch.depth == 1 else { return [] }
    return SparseRecoveryTheory(batch.problems[0], batch.runs[0], method: batch.method).predictions
  }
}

extension SparseRecoveryTheory {
  private static let paper = "Notsawo et al. 2025"

  public var predictions: [Prediction] {
    let conditions = RecoveryConditions(
      memorization, method: method, regularizer: "l1", limit: "sqrt(n)",
      isSmall: memorization.isSmall)
    return firstPhase(conditions) + secondPhase(conditions) + geometry
  }

  private func firstPhase(_ conditions: RecoveryConditions) -> [Prediction] {
    let (paper, isStable, isSmall) = (Self.paper, conditions.isStable, conditions.isSmall)
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
        "\(paper), Theorem 3.1 (i), for the row space",
        conditions: [isStable, isSmall, conditions.isPlain]),
      Prediction(
        "loss 1/2 |X a - y|^2 above the least one after t1", memorization.excessLossBound, .bound,
        "\(paper), Theorem 3.1 (i)", conditions: [isStable, isSmall, conditions.isPlain]),
      Prediction(
        "factor of the loss per step, l1 apart",
        DescentRate(
          smallestEigenvalue: spectrum.smallest, largestEigenvalue: spectrum.largest,
          learningRate: run.learningRate
        ).factor, .bound, "\(paper), Theorem 2.1, explicit for least squares",
        conditions: [isStable, conditions.isDescent]),
    ]
  }

  private func secondPhase(_ conditions: RecoveryConditions) -> [Prediction] {
    let paper = Self.paper
    let bias = LassoBias(problem.measurements, target: problem.target, l1: run.l1)
    let isExact = euclideanNorm(residual) <= 1e-12 * euclideanNorm(problem.observations)
    return [
      Prediction(
        "distance of a_LS from the target",
        euclideanNorm(zip(leastSquares, problem.target).map { $0 - $1 }), .exact,
        "\(paper), section 3.3"),
      Prediction(
        "least distance from the target without l1", recoveryFloor, .bound,
        "\(paper), Theorem 3.6",
        conditions: [.init("no l1, start in the row space", run.l1 == 0)]),
      Prediction(
        "contraction per step in all directions", ridge.contraction, .exact,
        "\(paper), Theorem 3.6", conditions: [conditions.isStable, .init("no l1", run.l1 == 0)]),
      Prediction("l1 that makes the lasso's solution 0", zeroThreshold, .exact, "lasso optimality"),
      Prediction(
        "distance of the lasso's solution from the target", bias?.distance, .exact, "Fuchs 2004",
        conditions: [
          .init("no noise, no l2", isExact && run.l2 == 0),
          .init("columns off the support below 1", bias.map { $0.irrepresentability < 1 } ?? false),
          .init("l1 small enough to keep signs", run.l1 > 0 && bias?.keepsSigns ?? false),
        ]),
      Prediction(
        "objective above the target's at the end",
        LatePhaseBounds.proximalExcess(
          squaredDistance: squaredDistance(run.initial), learningRate: run.learningRate,
          steps: max(1, run.steps)), .bound, "\(paper), proximal steps, with the distance squared",
        conditions: [
          .init("proximal", method == .proximal),
          .init(
            "learning rate at most 1/(sigma_max^2 + l2)",
            2 * run.learningRate <= largestLearningRate),
        ]),
      Prediction(
        "least l1 norm above the target's", projectedExcess, .bound,
        "\(paper), projected steps, with n",
        conditions: [
          .init("projected", method == .projected),
          .init("no noise, no l2", isExact && run.l2 == 0),
        ]),
    ]
  }

  private var residual: [Double] {
    zip(problem.measurements.multiplied(by: problem.target), problem.observations)
      .map { $0 - $1 }
  }

  private func squaredDistance(_ a: [Double]) -> Double {
    zip(a, problem.target).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  /// From the first projected state on, which is the start less what X sees of it and a_LS instead.
  private var projectedExcess: Double? {
    guard run.l1 > 0, run.steps > 0 else { return nil }
    let seen = spectrum.projection(run.initial)
    let first = run.initial.indices.map { run.initial[$0] - seen[$0] + leastSquares[$0] }
    return LatePhaseBounds.projectedExcess(
      squaredDistance: squaredDistance(first), threshold: run.learningRate * run.l1,
      subgradientNorm: Double(problem.target.count).squareRoot(), steps: run.steps)
  }

  private var geometry: [Prediction] {
    let (paper, x) = (Self.paper, problem.measurements)
    let coherence = Coherence(x)
    let sparsity = problem.target.count { $0 != 0 }
    let delta = coherence.isometryBound(sparsity: sparsity)
    return [
      Prediction("mutual coherence of X", coherence.mutual, .exact, "\(paper), appendix D"),
      Prediction("Welch bound of the coherence", coherence.welchBound, .bound, "Welch 1974"),
      Prediction(
        "sparsity that coherence guarantees", Double(coherence.guaranteedSparsity), .bound,
        "s < (1 + 1/mu)/2 (Donoho and Elad 2003)",
        conditions: [
          .init("s = \(sparsity) is below", sparsity <= coherence.guaranteedSparsity)
        ]),
      Prediction(
        "restricted isometry constant of unit columns, at most", delta, .bound,
        "\(paper), appendix D: delta_s <= mu_1(s - 1)",
        conditions: [.init("below 1, so that it says something", delta < 1)]),
      Prediction(
        "coherence of the measurements with the basis", Coherence.withBasis(x), .exact,
        "\(paper), section 3.3: mu(M^T, Phi)"),
      Prediction(
        "the same for Gaussian measurements, about",
        SampleSize.gaussianCoherence(size: x.columns, rows: x.rows), .estimate,
        "\(paper), appendix D: sqrt(2 ln(n N) / n)"),
      Prediction(
        "measurements that Gaussian X needs",
        SampleSize.gaussian(size: x.columns, sparsity: sparsity),
        .estimate, "\(paper), appendix D: s ln(n/s), no constant"),
    ] + nullSpace
  }

  /// Where it takes a second.
  private var nullSpace: [Prediction] {
    let support = problem.target.indices.filter { problem.target[$0] != 0 }
    guard support.count <= 6, problem.target.count <= 200, spectrum.rank < spectrum.size,
      let property = try? NullSpaceProperty(problem.measurements, support: support)
    else { return [] }
    let constants = RecoveryConstants(rho: property.rho, tau: property.tau, phase: memorization)
    let isBelow = Prediction.Condition("rho below 1", property.rho < 1)
    let source = "\(Self.paper), Theorem 3.3, for the target's support"
    return [
      Prediction(
        "null-space constant rho", property.rho, .exact, source, conditions: [isBelow]),
      Prediction(
        "null-space constant tau that goes with it", property.tau, .bound, source,
        conditions: [isBelow]),
      Prediction("C1, of eta", constants?.first, .bound, source, conditions: [isBelow]),
      Prediction(
        "C2, of alpha beta, without C and C'", constants?.second, .bound, source,
        conditions: [isBelow]),
      Prediction("C3, of the noise", constants?.third, .bound, source, conditions: [isBelow]),
    ]
  }
}
