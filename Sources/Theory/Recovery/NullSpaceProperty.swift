import BatchNumerics

/// The robust null-space property of X on a support S: |u_S|_1 <= rho |u_R|_1 + tau |X u|_2 for all u, R
/// the rest. With rho < 1 every vector that lives on S is the one of least l1 norm with its
/// measurements.
///
/// rho is the least that the kernel of X allows: for each of the 2^(s-1) sign patterns e the least
/// |u_R|_1 over X u = 0 and <e, u_S> = 1, a basis pursuit whose dual vouches for 1/rho. tau is one that
/// goes with it, sqrt(s + rho^2 (n - s)) / sigma_min, from u's part in the row space; smaller ones may do.
///
/// For one support only: over all of a size it takes exponential time, as does the rank null-space
/// property of matrices, which is not computed.
///
/// Source: Notsawo et al. 2025 (arXiv 2506.05718), appendix C, where rho and tau are assumed; Foucart and
/// Rauhut, A Mathematical Introduction to Compressive Sensing (2013), chapter 4.
public struct NullSpaceProperty: Sendable {
  /// Infinite where a vector that lives on S is in the kernel.
  public let rho: Double
  public let tau: Double
  public let support: [Int]

  /// The most entries of a support: 512 problems.
  public static let largestSupport = 10

  /// - Throws: `ConvexError`, also for supports that are empty, too large or no part of 0 ..< n.
  public init(_ x: DenseMatrix, support: [Int]) throws(ConvexError) {
    guard (1...Self.largestSupport).contains(support.count),
      Set(support).count == support.count, support.allSatisfy({ (0..<x.columns).contains($0) })
    else { throw .shape("a support of \(support.count) among \(x.columns) entries") }
    let svd = SingularValueDecomposition(x)
    let (s, n) = (Double(support.count), Double(x.columns))
    var largest = 0.0
    if svd.rank < x.columns {
      let rest = Set(0..<x.columns).subtracting(support).sorted()
      for pattern in 0..<(1 << (support.count - 1)) {
        let signs = support.indices.map { pattern >> $0 & 1 == 0 ? 1.0 : -1 }
        largest = max(largest, try Self.ratio(x, support, rest, signs))
      }
    }
    rho = largest
    let smallest = svd.values.prefix(svd.rank).last ?? 0
    tau = smallest > 0 ? (s + largest * largest * (n - s)).squareRoot() / smallest : .infinity
    self.support = support
  }

  /// (1 + rho)/(1 - rho) (|v|_1 - |u|_1 + 2 |u_R|_1) + 2 tau/(1 - rho) |X (v - u)|_2, which |v - u|_1 does not
  /// exceed; infinite where rho is not below 1.
  public func distanceBound(excess: Double, tail: Double, residual: Double) -> Double {
    guard rho < 1 else { return .infinity }
    return ((1 + rho) * (excess + 2 * tail) + 2 * tau * residual) / (1 - rho)
  }

  /// The largest <e, u_S> / |u_R|_1 in the kernel, from above.
  private static func ratio(
    _ x: DenseMatrix, _ support: [Int], _ rest: [Int], _ signs: [Double]
  ) throws(ConvexError) -> Double {
    // u_S drops out of X_S u_S + X_R u_R = 0, <e, u_S> = 1 by a projection.
    let m = x.rows + 1
    var on = DenseMatrix(rows: m, columns: support.count)
    var off = DenseMatrix(rows: m, columns: rest.count)
    for i in 0..<x.rows {
      for (k, j) in support.enumerated() { on[i, k] = x[i, j] }
      for (k, j) in rest.enumerated() { off[i, k] = x[i, j] }
    }
    for k in support.indices { on[m - 1, k] = signs[k] }
    var last = DenseMatrix(rows: m, columns: 1)
    last[m - 1, 0] = 1
    let matrix = outside(on, off)
    let image = outside(on, last).values
    guard euclideanNorm(image) > 1e-10 else { return .infinity }
    let unreached = outside(matrix, DenseMatrix(rows: m, columns: 1, values: image)).values
    guard euclideanNorm(unreached) <= 1e-9 * euclideanNorm(image) else { return 0 }
    let least = try BasisPursuit.solve(matrix, image)
    return least.dualObjective > 0 ? 1 / least.dualObjective : .infinity
  }

  /// (I - A A^+) B
  private static func outside(_ a: DenseMatrix, _ b: DenseMatrix) -> DenseMatrix {
    let svd = SingularValueDecomposition(a)
    var basis = DenseMatrix(rows: a.rows, columns: svd.rank)
    for i in 0..<a.rows { for k in 0..<svd.rank { basis[i, k] = svd.left[i, k] } }
    var result = b
    let inside = basis.multiplied(by: basis.transposed.multiplied(by: b))
    for i in result.values.indices { result.values[i] -= inside.values[i] }
    return result
  }
}
