import BatchNumerics

/// What the measurements tell about a problem before any training.
public struct MatrixRecoveryAnalysis: Sendable {
  /// The largest eigenvalue of X^T X.
  public let largestEigenvalue: Double
  /// The minimum-norm least-squares solution; nil where X is too large to be factored.
  public let leastSquares: DenseMatrix?
  /// |A_LS - A*|_2, the largest singular value: over lr nuclear it predicts the scale of the delay.
  public let gap: Double?
  /// X^+ of dense measurements that are small enough to be factored.
  public let pseudoInverse: DenseMatrix?

  /// The shorter side of a dense X that is factored: about a second of work.
  public static let largestFactored = 512

  public init(_ problem: MatrixRecoveryProblem) {
    let (rows, columns) = (problem.target.rows, problem.target.columns)
    var solution: DenseMatrix?
    switch problem.measurements {
    case .entries(let entries):
      // X^T X is diagonal; unobserved entries stay zero.
      largestEigenvalue = entries.map(\.weight).max() ?? 0
      pseudoInverse = nil
      var filled = DenseMatrix(rows: rows, columns: columns)
      for entry in entries { filled[entry.row, entry.column] = entry.value }
      solution = filled
    case .dense(let matrices, let observations):
      if min(matrices.rows, matrices.columns) <= Self.largestFactored {
        let decomposition = SingularValueDecomposition(matrices)
        let largest = decomposition.values.first ?? 0
        largestEigenvalue = largest * largest
        let inverse = decomposition.pseudoInverse
        pseudoInverse = inverse
        solution = DenseMatrix(
          rows: rows, columns: columns, values: inverse.multiplied(by: observations))
      } else {
        largestEigenvalue = Self.powerIteration(matrices)
        pseudoInverse = nil
      }
    }
    leastSquares = solution
    gap = solution.map { solution in
      var error = solution
      for i in error.values.indices { error.values[i] -= problem.target.values[i] }
      return SingularValueDecomposition(error).values.first ?? 0
    }
  }

  /// Gradient descent on the matrix itself diverges at or above 2 / (sigma_max(X^T X) + l2).
  ///
  /// Source: Notsawo et al. 2025, Theorem 3.4.
  public func largestLearningRate(l2: Double) -> Double { 2 / (largestEigenvalue + l2) }

  /// The largest eigenvalue of X^T X to about 1e-3, from below.
  private static func powerIteration(_ matrix: DenseMatrix) -> Double {
    let transposed = matrix.transposed
    var stream = RandomStream(seed: 0, purpose: .initialization)
    var vector = stream.normals(matrix.columns)
    var value = 0.0
    for _ in 0..<100 {
      let norm = euclideanNorm(vector)
      guard norm > 0 else { return 0 }
      let image = matrix.multiplied(by: vector.map { $0 / norm })
      value = image.reduce(0) { $0 + $1 * $1 }
      vector = transposed.multiplied(by: image)
    }
    return value
  }
}
