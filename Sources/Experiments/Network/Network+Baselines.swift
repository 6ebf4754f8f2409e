import BatchNumerics

extension Network {
  /// The generated data of a run, as what is drawn beside the run needs it.
  public static func problem(of run: PreparedRun) throws -> NetworkProblem {
    try NetworkGenerator(run.parameters).makeData().problem
  }
}

/// Test losses, 1/(2N) sum |o - y|^2, of predictors that need no network: what a curve must beat
/// before it can be called generalisation.
public struct NetworkBaselines: Sendable {
  /// Always zero.
  public let zero: Double
  /// Always the mean of the training targets.
  public let trainMean: Double
  /// The best affine map of the inputs, fitted on the test set itself: no such map, and so no map
  /// learned from the training set, has a smaller loss.
  public let linear: Double

  /// - Throws: `SpecError` if the samples are not dense inputs with dense targets.
  public init(_ problem: NetworkProblem) throws {
    guard case .dense(let inputs) = problem.test.inputs,
      case .values(let targets) = problem.test.targets,
      case .values(let trained) = problem.train.targets
    else { throw SpecError("baselines need inputs and targets that are vectors") }
    func loss(_ prediction: (Int, Int) -> Double) -> Double {
      var sum = 0.0
      for i in 0..<targets.rows {
        for j in 0..<targets.columns {
          let error = prediction(i, j) - targets[i, j]
          sum += error * error
        }
      }
      return sum / (2 * Double(targets.rows))
    }
    let mean = (0..<trained.columns).map { column in
      (0..<trained.rows).reduce(0) { $0 + trained[$1, column] } / Double(trained.rows)
    }
    zero = loss { _, _ in 0 }
    trainMean = loss { mean[$1] }
    var extended = DenseMatrix(rows: inputs.rows, columns: inputs.columns + 1)
    for i in 0..<inputs.rows {
      for j in 0..<inputs.columns { extended[i, j] = inputs[i, j] }
      extended[i, inputs.columns] = 1
    }
    let fitted = extended.multiplied(
      by: SingularValueDecomposition(extended).pseudoInverse.multiplied(by: targets))
    linear = loss { fitted[$0, $1] }
  }
}
