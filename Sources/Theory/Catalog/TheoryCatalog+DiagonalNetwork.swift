import BatchNumerics
import Experiments
import Foundation

extension TheoryCatalog {
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
    guard batch.loss.isClassification, case .difference(2) = batch.parameterization else {
      return [time]
    }
    let kernel = MaxL2Margin(problem.features, problem.targets)
    let l1 = kernel.direction.reduce(0) { $0 + abs($1) }
    return [
      time,
      Prediction(
        "largest L2 margin", kernel.isSeparable ? kernel.margin : nil, .exact,
        "Lyu et al. 2023, Corollary 3.6: the kernel phase's predictor",
        conditions: [.init("samples can be separated", kernel.isSeparable)]),
      Prediction(
        "L1 margin of that predictor, before the transition",
        kernel.isSeparable ? kernel.margin / l1 : nil, .exact,
        "Lyu et al. 2023, Corollary 3.6"),
      Prediction(
        "population accuracy of that predictor, before the transition",
        kernel.isSeparable ? problem.population?.accuracy(kernel.direction) : nil, .estimate,
        "Lyu et al. 2023, Fig. 1: test accuracy before the transition"),
    ] + rich(problem)
  }

  /// Where a linear program of that size takes seconds.
  private static func rich(_ problem: DiagonalProblem) -> [Prediction] {
    guard problem.features.rows <= 100, problem.features.columns <= 10_000 else { return [] }
    let rich = MaxL1Margin(problem.features, problem.targets)
    guard rich.isSolved else { return [] }
    let source = "Lyu et al. 2023, Corollary 3.7: the predictor after the transition"
    return [
      Prediction("largest L1 margin", rich.margin, .exact, source),
      Prediction(
        "L2 margin of that predictor, after the transition",
        rich.margin / euclideanNorm(rich.direction), .exact, source),
      Prediction(
        "population accuracy of that predictor, after the transition",
        problem.population?.accuracy(rich.direction), .estimate, source),
    ]
  }
}
