import BatchNumerics

/// What the singular values of X tell about a problem.
public struct SparseRecoveryAnalysis: Sendable {
  /// The largest eigenvalue of X^T X.
  public let largestEigenvalue: Double
  /// The minimum-norm least-squares solution X^+ y.
  public let leastSquares: [Double]
  /// |X^+ y - a*|_inf, which over lr l1 predicts the delay of generalisation.
  public let gap: Double
  public let pseudoInverse: DenseMatrix

  public init(_ problem: SparseRecoveryProblem) {
    let decomposition = SingularValueDecomposition(problem.measurements)
    let largest = decomposition.values.first ?? 0
    largestEigenvalue = largest * largest
    pseudoInverse = decomposition.pseudoInverse
    leastSquares = pseudoInverse.multiplied(by: problem.observations)
    gap = zip(leastSquares, problem.target).map { abs($0.0 - $0.1) }.max() ?? 0
  }

  /// Gradient descent diverges at or above alpha_max = 2 / (sigma_max(X^T X) + l2).
  ///
  /// Source: Notsawo et al. 2025, Theorem 3.1 and 3.6.
  public func largestLearningRate(l2: Double) -> Double { 2 / (largestEigenvalue + l2) }

  /// Delta t, about |a_LS - a*|_inf / (lr l1) steps: the delay the authors plot (their Fig. 4).
  public func predictedDelay(learningRate: Double, l1: Double) -> Double {
    gap / (learningRate * l1)
  }
}
