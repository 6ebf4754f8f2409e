import BatchNumerics
import Experiments

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
      case Network().name: try network(run, instance)
      default: []
      }
    return try own + slowTime(run)
  }

  /// The same for many runs, on all cores, in the order of the runs.
  public static func predictions(
    forAll runs: [PreparedRun], instance: TensorFile? = nil
  ) throws -> [[Prediction]] {
    try mapOnAllCores(runs.count) { index in
      Result { try predictions(for: runs[index], instance: instance) }
    }.map { try $0.get() }
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
}
