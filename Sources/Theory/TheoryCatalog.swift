import BatchNumerics
import Experiments
import Foundation

/// What the papers say of a run, whatever its family.
public enum TheoryCatalog {
  /// Everything that applies, in the order to be read; empty where nothing does.
  ///
  /// - Throws: the family's `SpecError` for a run that cannot be built.
  public static func predictions(
    for run: PreparedRun, instance: TensorFile? = nil
  ) throws -> [Prediction] {
    let family = try run.parameters.text("experiment")
    let own: [Prediction] =
      switch family {
      case SparseRecovery().name: try sparseRecovery(run, instance)
      case MatrixRecovery().name: try matrixRecovery(run, instance)
      case DiagonalNetwork().name: try diagonalNetwork(run, instance)
      case LinearRegression().name: try linearRegression(run, instance)
      default: []
      }
    return try own + slowTime(run)
  }

  /// The time scale of weight decay, 1/(lr lambda) steps.
  private static func slowTime(_ run: PreparedRun) throws -> [Prediction] {
    guard run.parameters["weight_decay"] != .null else { return [] }
    let decay = try run.parameters.number("weight_decay")
    guard decay > 0 else { return [] }
    return [
      Prediction(
        "steps of one unit of slow time",
        1 / (try run.parameters.number("learning_rate") * decay), unit: "steps", .exact,
        "Lyu et al. 2023 and Boursier et al. 2025: tau = lambda t")
    ]
  }

  // MARK: - Families

  private static func sparseRecovery(
    _ run: PreparedRun, _ instance: TensorFile?
  ) throws -> [Prediction] {
    let batch = try SparseRecovery().batch(of: [run], instance: instance)
    guard batch.depth == 1 else { return [] }
    return SparseRecoveryTheory(batch.problems[0], batch.runs[0]).predictions
  }

  private static func matrixRecovery(
    _ run: PreparedRun, _ instance: TensorFile?
  ) throws -> [Prediction] {
    let batch = try MatrixRecovery().batch(of: [run], instance: instance)
    guard batch.parameterization == .product, batch.depth == 1 else { return [] }
    let analysis = MatrixRecoveryAnalysis(batch.problems[0])
    let own = batch.runs[0]
    let limit = analysis.largestLearningRate(l2: own.l2)
    let isStable = Prediction.Condition(
      "learning rate below 2/(sigma_max(X^T X) + l2)", own.learningRate < limit)
    let isSmall = Prediction.Condition(
      "0 < nuclear < sigma_max / sqrt(min(n1, n2))",
      own.nuclear > 0
        && own.nuclear
          < (analysis.largestEigenvalue
          / Double(min(batch.rows, batch.columns))).squareRoot()
    )
    return [
      Prediction(
        "largest learning rate", limit, .exact, "Notsawo et al. 2025, Theorem 3.4"),
      Prediction(
        "delay of generalisation",
        analysis.gap.map { $0 / (own.learningRate * own.nuclear) }, unit: "steps", .estimate,
        "Notsawo et al. 2025, |A_LS - A*| / (alpha beta), spectral norm",
        conditions: [isStable, isSmall]),
      Prediction(
        "distance of the least-squares solution from the target, spectral", analysis.gap, .exact,
        "Notsawo et al. 2025, section 3.4"),
    ]
  }

  private static func linearRegression(
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

  private static func diagonalNetwork(
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
