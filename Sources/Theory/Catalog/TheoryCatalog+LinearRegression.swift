import BatchNumerics
import Experiments

extension TheoryCatalog {
  static func linearRegression(
    _ run: PreparedRun, _ instance: TensorFile?
  ) throws -> [Prediction] {
    let batch = try LinearRegression().batch(of: [run], instance: instance)
    let (problem, own) = (batch.problems[0], batch.runs[0])
    let svd = SingularValueDecomposition(problem.features.dense)
    let least = svd.pseudoInverse.multiplied(by: problem.targets)
    let slowest = svd.values.prefix(svd.rank).last ?? 0
    let paper = "Boursier et al. 2025, appendix C, with 2 s^2 for s^2"
    return [
      Prediction(
        "largest learning rate",
        2
          / (2 * batch.weight * (svd.values.first ?? 0) * (svd.values.first ?? 0)
            + own.weightDecay),
        .exact, paper),
      Prediction(
        "time of the fast phase, 1 / (2 weight s_min^2)",
        1 / (2 * batch.weight * slowest * slowest), unit: "t", .exact, paper),
      Prediction("norm of the end of the slow phase, |X^+ y|", euclideanNorm(least), .exact, paper),
    ]
  }
}
