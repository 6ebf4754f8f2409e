import BatchNumerics
import Experiments
import Foundation

extension TheoryCatalog {
  /// The prediction that figures draw beside test accuracy.
  public static let kernelAccuracyName =
    "population accuracy of that predictor, before the transition"
  public static let l2MarginName = "largest L2 margin"
  public static let l1MarginName = "largest L1 margin"
  public static let kernelMarginName = "margin of the tangent kernel, gamma_ntk"

  static func diagonalNetwork(
    _ run: PreparedRun, _ instance: TensorFile?
  ) throws -> [Prediction] {
    let batch = try DiagonalNetwork().batch(of: [run], instance: instance)
    let (problem, own) = (batch.problems[0], batch.runs[0])
    let norm = euclideanNorm(own.initial)
    let time = Prediction(
      "slow time in which the start decays to norm 1, ln |theta_0|", log(norm), unit: "lambda t",
      .estimate, "Lyu et al. 2023, Theorem 3.4: the kernel phase ends before ln(alpha) / lambda",
      conditions: [.init("weight decay above 0", own.weightDecay > 0)])
    guard
      let kernel = DiagonalKernel(
        problem.features, batch.parameterization, initial: own.initial)
    else { return [time] }
    guard batch.loss.isClassification else {
      return try [time] + kernelRegression(kernel, batch) + richRegression(batch)
    }
    guard case .difference(2) = batch.parameterization else { return [time] }
    return [time] + kernelMargin(kernel, batch) + richMargin(problem) + generalization(problem)
  }

  // MARK: - Classification

  private static func kernelMargin(
    _ kernel: DiagonalKernel, _ batch: DiagonalNetworkBatch
  ) -> [Prediction] {
    let (problem, own) = (batch.problems[0], batch.runs[0])
    let best = MaxL2Margin(problem.features, problem.targets)
    let l1 = best.direction.reduce(0) { $0 + abs($1) }
    let scale = kernel.weights.first ?? 0
    let isUniform = kernel.weights.allSatisfy { abs($0 - scale) <= 1e-12 * scale }
    let starts = [
      Prediction.Condition("f is 0 at the start", kernel.startsAtZero),
      Prediction.Condition("samples can be separated", best.isSeparable),
    ]
    let alike = Prediction.Condition("the same start everywhere", isUniform)
    let tangent =
      isUniform
      ? KernelMargin(
        kernel, labels: problem.targets, best: best.scaled(by: scale.squareRoot()))
      : KernelMargin(kernel, labels: problem.targets)
    let share = batch.weight * Double(batch.samples)
    return [
      Prediction(
        l2MarginName, best.isSeparable ? best.margin : nil, .exact,
        "Lyu et al. 2023, Corollary 3.6: the kernel phase's predictor",
        conditions: starts + [alike]),
      Prediction(
        "L1 margin of that predictor, before the transition",
        best.isSeparable ? best.margin / l1 : nil, .exact,
        "Lyu et al. 2023, Corollary 3.6", conditions: starts + [alike]),
      Prediction(
        kernelAccuracyName,
        best.isSeparable ? problem.population?.accuracy(best.direction) : nil, .estimate,
        "Lyu et al. 2023, Fig. 1: test accuracy before the transition",
        conditions: starts + [alike]),
      Prediction(
        kernelMarginName, tangent.margin > 0 ? tangent.margin : nil,
        .exact, "Lyu et al. 2023, Theorem 3.4, for theta_bar = theta_0", conditions: starts),
      Prediction(
        "train loss of the plateau at its start",
        tangent.margin > 0 && own.weightDecay > 0
          ? tangent.plateauLoss(share: share, weightDecay: own.weightDecay, time: 0) * share : nil,
        .estimate, "Lyu et al. 2023, appendix C: decay against the margin",
        conditions: starts),
    ]
  }

  /// Where a linear program of that size takes seconds.
  private static func richMargin(_ problem: DiagonalProblem) -> [Prediction] {
    guard isSmall(problem) else { return [] }
    let rich = MaxL1Margin(problem.features, problem.targets)
    guard rich.isSolved else { return [] }
    let source = "Lyu et al. 2023, Corollary 3.7: the predictor after the transition"
    return [
      Prediction(l1MarginName, rich.margin, .exact, source),
      Prediction(
        "L2 margin of that predictor, after the transition",
        rich.margin / euclideanNorm(rich.direction), .exact, source),
      Prediction(
        "population accuracy of that predictor, after the transition",
        problem.population?.accuracy(rich.direction), .estimate, source),
    ]
  }

  private static func generalization(_ problem: DiagonalProblem) -> [Prediction] {
    guard case .sparseSigns(let signs) = problem.population else { return [] }
    let (n, d) = (problem.features.rows, problem.features.columns)
    let bounds = [
      ("L2", GeneralizationBounds.l2(samples: n, features: d, sparsity: signs.count)),
      ("L1", GeneralizationBounds.l1(samples: n, features: d, sparsity: signs.count)),
    ]
    return bounds.map { name, value in
      Prediction(
        "test error of the largest \(name) margin, with probability 0.95", value, .bound,
        "Lyu et al. 2023, appendix E",
        conditions: [.init("below 1, so that it says something", value < 1)])
    }
  }

  private static func isSmall(_ problem: DiagonalProblem) -> Bool {
    problem.features.rows <= 100 && problem.features.columns <= 10_000
  }

  // MARK: - Regression

  private static func kernelRegression(
    _ kernel: DiagonalKernel, _ batch: DiagonalNetworkBatch
  ) -> [Prediction] {
    let (problem, own) = (batch.problems[0], batch.runs[0])
    guard isSmall(problem) else { return [] }
    let tangent = KernelRegression(kernel, targets: problem.targets)
    let starts = Prediction.Condition("f is 0 at the start", kernel.startsAtZero)
    let residual = tangent.plateauResidual(
      weight: batch.weight, weightDecay: own.weightDecay, time: 0)
    let norm = euclideanNorm(residual)
    return [
      Prediction(
        "least eigenvalue of the tangent kernel", tangent.leastEigenvalue, .exact,
        "Lyu et al. 2023, appendix D, for theta_bar = theta_0"),
      Prediction(
        "population loss of the kernel phase's predictor, before the transition",
        problem.population?.squaredError(tangent.predictor), .estimate,
        "Lyu et al. 2023, Theorem 3.9", conditions: [starts]),
      Prediction(
        "train loss of the plateau at its start",
        own.weightDecay > 0 ? batch.weight * norm * norm : nil, .estimate,
        "Lyu et al. 2023, appendix D: decay against the kernel", conditions: [starts]),
    ]
  }

  private static func richRegression(_ batch: DiagonalNetworkBatch) throws -> [Prediction] {
    let (problem, own) = (batch.problems[0], batch.runs[0])
    let isProduct = batch.parameterization == .product
    guard isSmall(problem), own.weightDecay > 0,
      isProduct || batch.parameterization == .difference(depth: 2)
    else { return [] }
    let least = try BasisPursuit.solve(problem.features.dense, problem.targets)
    let source = "Lyu et al. 2023, Theorem 3.10; Boursier et al. 2025, Propositions 3 and 4"
    let isCertified = Prediction.Condition("certified", least.isCertified)
    return [
      Prediction(
        "|theta|^2 of the interpolation with least norm, after the transition",
        (isProduct ? 2 : 1) * least.l1Norm, .exact, source, conditions: [isCertified]),
      Prediction(
        "population loss of that predictor, after the transition",
        problem.population?.squaredError(least.coefficients), .estimate, source,
        conditions: [isCertified]),
    ]
  }
}
