import BatchNumerics

/// The eigenvalues of X^T X above rounding with their eigenvectors, for vectors a [n] and for matrices
/// taken row by row, n = n1 n2.
///
/// Observed entries are their own eigenvectors, and their weights the eigenvalues.
public struct MeasurementSpectrum: Sendable {
  /// n
  public let size: Int
  /// Descending for dense X, in the order of the entries otherwise.
  public let eigenvalues: [Double]
  /// 1/2 |X a_LS - y|^2, which no a goes below
  public let leastLoss: Double
  /// X^T y along the eigenvectors
  private let moments: [Double]
  private let basis: Basis

  private enum Basis: Sendable {
    /// places in a
    case entries([Int])
    /// eigenvectors as rows [rank, n]
    case dense(DenseMatrix)
  }

  /// - Parameter x: X [N, n].
  public init(_ x: DenseMatrix, observations: [Double]) {
    let svd = SingularValueDecomposition(x)
    let (rank, n) = (svd.rank, x.columns)
    var rows = DenseMatrix(rows: rank, columns: n)
    var moments = [Double](repeating: 0, count: rank)
    var outside = observations
    for k in 0..<rank {
      for j in 0..<n { rows[k, j] = svd.right[j, k] }
      let share = observations.indices.reduce(0) { $0 + svd.left[$1, k] * observations[$1] }
      moments[k] = svd.values[k] * share
      for i in outside.indices { outside[i] -= share * svd.left[i, k] }
    }
    size = n
    eigenvalues = svd.values.prefix(rank).map { $0 * $0 }
    leastLoss = outside.reduce(0) { $0 + $1 * $1 } / 2
    self.moments = moments
    basis = .dense(rows)
  }

  /// Nil for dense measurements too large to be factored (`MatrixRecoveryAnalysis.largestFactored`).
  public init?(_ problem: MatrixRecoveryProblem, largestFactored: Int) {
    switch problem.measurements {
    case .dense(let matrices, let observations):
      guard min(matrices.rows, matrices.columns) <= largestFactored else { return nil }
      self.init(matrices, observations: observations)
    case .entries(let entries):
      self.init(entries, problem)
    }
  }

  private init(_ entries: [ObservedEntry], _ problem: MatrixRecoveryProblem) {
    size = problem.target.values.count
    eigenvalues = entries.map(\.weight)
    leastLoss = problem.residualFloor / 2
    moments = entries.map { $0.weight * $0.value }
    basis = .entries(entries.map { $0.row * problem.target.columns + $0.column })
  }

  public var rank: Int { eigenvalues.count }
  public var largest: Double { eigenvalues.max() ?? 0 }
  public var smallest: Double { eigenvalues.min() ?? 0 }

  /// (X^T X + l2)^+ X^T y: least squares of least norm, or ridge regression.
  public func minimizer(l2: Double = 0) -> [Double] {
    combination(zip(moments, eigenvalues).map { $0 / ($1 + l2) })
  }

  /// What eigenvectors have of a [rank].
  public func coordinates(_ a: [Double]) -> [Double] {
    switch basis {
    case .entries(let places): places.map { a[$0] }
    case .dense(let rows): rows.multiplied(by: a)
    }
  }

  /// The vector with these coordinates.
  public func combination(_ coordinates: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: size)
    switch basis {
    case .entries(let places):
      for (place, value) in zip(places, coordinates) { result[place] = value }
    case .dense(let rows):
      for k in 0..<rank {
        for j in 0..<size { result[j] += coordinates[k] * rows.values[k * size + j] }
      }
    }
    return result
  }

  /// P_row a = X^+ X a
  public func projection(_ a: [Double]) -> [Double] { combination(coordinates(a)) }
}
