import BatchNumerics

/// What the l1 norm costs: where beta is small, the measurements free of noise and the columns off the
/// support S not too like those on it, the lasso's solution is a*_S - beta (X_S^T X_S)^-1 sign(a*_S) on
/// S and 0 elsewhere, exactly.
///
/// Source: Fuchs 2004 (IEEE Trans. Inf. Theory 50); not in Notsawo et al. 2025, whose recovery
/// errors are of this size.
public struct LassoBias: Sendable {
  /// beta (X_S^T X_S)^-1 sign(a*_S) on S, 0 elsewhere [n]
  public let bias: [Double]
  /// |X_R^T X_S (X_S^T X_S)^-1 sign(a*_S)|_inf over the rest R; must be below 1
  public let irrepresentability: Double
  /// Whether no entry of S changes its sign.
  public let keepsSigns: Bool

  public var isExact: Bool { keepsSigns && irrepresentability < 1 }
  /// |a_lasso - a*|_2 where it is exact
  public var distance: Double { euclideanNorm(bias) }

  /// Nil where the columns of the support depend on each other.
  public init?(_ x: DenseMatrix, target: [Double], l1: Double) {
    let support = target.indices.filter { target[$0] != 0 }
    var columns = DenseMatrix(rows: x.rows, columns: support.count)
    for i in 0..<x.rows {
      for (k, j) in support.enumerated() { columns[i, k] = x[i, j] }
    }
    let solver = GramSolver(columns.transposed.multiplied(by: columns))
    guard !solver.isSingular, !support.isEmpty else { return nil }
    let direction = solver.solve(support.map { target[$0] > 0 ? 1.0 : -1 })
    let image = x.transposed.multiplied(by: columns.multiplied(by: direction))
    let isOn = Set(support)
    irrepresentability =
      target.indices.filter { !isOn.contains($0) }.map { abs(image[$0]) }.max() ?? 0
    var bias = [Double](repeating: 0, count: target.count)
    for (k, j) in support.enumerated() { bias[j] = l1 * direction[k] }
    keepsSigns = support.allSatisfy { (target[$0] - bias[$0]) * target[$0] > 0 }
    self.bias = bias
  }
}
