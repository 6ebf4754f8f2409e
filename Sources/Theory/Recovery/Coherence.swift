import BatchNumerics

/// How alike the columns of measurements are.
///
/// Source: Notsawo et al. 2025 (arXiv 2506.05718), section 3.3 and appendix D; Welch 1974; Tropp 2004.
public struct Coherence: Sendable {
  /// mu(X) = max over i != j of |<x_i, x_j>| / (|x_i| |x_j|), of columns that are not 0
  public let mutual: Double
  /// The least that any N x n matrix with N < n can have: sqrt((n - N) / (N (n - 1)))
  public let welchBound: Double
  /// The most non-zeros that the coherence guarantees l1 to find: below (1 + 1/mu) / 2
  public var guaranteedSparsity: Int {
    mutual > 0 ? max(0, Int(((1 + 1 / mutual) / 2).rounded(.up)) - 1) : Int.max
  }
  private let unit: [[Double]]

  public init(_ x: DenseMatrix) {
    let (rows, columns) = (Double(x.rows), Double(x.columns))
    let unit = Self.unitColumns(x)
    var largest = 0.0
    for i in unit.indices {
      for j in 0..<i { largest = max(largest, abs(Self.dot(unit[i], unit[j]))) }
    }
    mutual = largest
    welchBound =
      rows < columns ? ((columns - rows) / (rows * (columns - 1))).squareRoot() : 0
    self.unit = unit
  }

  /// mu_1(s), the largest sum of |<x_i, x_j>| over s others j, of unit columns; at most s mu.
  public func cumulative(_ count: Int) -> Double {
    guard count > 0 else { return 0 }
    return unit.indices.map { i in
      unit.indices.filter { $0 != i }.map { abs(Self.dot(unit[i], unit[$0])) }
        .sorted(by: >).prefix(count).reduce(0, +)
    }.max() ?? 0
  }

  /// mu_1(s - 1), which the restricted isometry constant delta_s of unit columns does not exceed.
  public func isometryBound(sparsity: Int) -> Double { cumulative(sparsity - 1) }

  /// mu(A, B), the largest |<a_i, b_j>| / (|a_i| |b_j|) of columns of both.
  public static func between(_ a: DenseMatrix, _ b: DenseMatrix) -> Double {
    let others = unitColumns(b)
    return unitColumns(a).reduce(0) { largest, column in
      others.reduce(largest) { max($0, abs(dot(column, $1))) }
    }
  }

  /// mu(M^T, Phi) of X = M Phi with an orthonormal Phi: <m_i, phi_j> is X_ij, and |m_i| is that of row i
  /// of X, so that Phi need not be known.
  public static func withBasis(_ x: DenseMatrix) -> Double {
    (0..<x.rows).reduce(0) { largest, i in
      let row = x.values[(i * x.columns)..<((i + 1) * x.columns)]
      let norm = euclideanNorm(row)
      return norm > 0 ? max(largest, (row.map(abs).max() ?? 0) / norm) : largest
    }
  }

  private static func unitColumns(_ x: DenseMatrix) -> [[Double]] {
    let turned = x.transposed
    return (0..<x.columns).map { k -> [Double] in
      let column = Array(turned.values[(k * x.rows)..<((k + 1) * x.rows)])
      let norm = euclideanNorm(column)
      return norm > 0 ? column.map { $0 / norm } : []
    }.filter { !$0.isEmpty }
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
