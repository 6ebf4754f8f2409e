import BatchNumerics

/// How alike the columns of measurements are.
///
/// Source: Notsawo et al. 2025 (arXiv 2506.05718), section 3.3 and appendix D; Welch 1974.
public struct Coherence: Sendable {
  /// mu(X) = max over i != j of |<x_i, x_j>| / (|x_i| |x_j|), of columns that are not 0
  public let mutual: Double
  /// The least that any N x n matrix with N < n can have: sqrt((n - N) / (N (n - 1)))
  public let welchBound: Double
  /// The most non-zeros that the coherence guarantees l1 to find: below (1 + 1/mu) / 2
  public var guaranteedSparsity: Int {
    mutual > 0 ? max(0, Int(((1 + 1 / mutual) / 2).rounded(.up)) - 1) : Int.max
  }

  public init(_ x: DenseMatrix) {
    let turned = x.transposed
    let (rows, columns) = (Double(x.rows), Double(x.columns))
    let unit = (0..<x.columns).map { k -> [Double] in
      let column = Array(turned.values[(k * x.rows)..<((k + 1) * x.rows)])
      let norm = euclideanNorm(column)
      return norm > 0 ? column.map { $0 / norm } : []
    }.filter { !$0.isEmpty }
    var largest = 0.0
    for i in unit.indices {
      for j in 0..<i {
        largest = max(largest, abs(zip(unit[i], unit[j]).reduce(0) { $0 + $1.0 * $1.1 }))
      }
    }
    mutual = largest
    welchBound =
      rows < columns ? ((columns - rows) / (rows * (columns - 1))).squareRoot() : 0
  }
}
