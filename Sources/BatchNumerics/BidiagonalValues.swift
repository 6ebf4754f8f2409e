import Foundation

/// Singular values without vectors: Householder bidiagonalisation, then implicitly shifted QR steps
/// (Golub and Reinsch 1970). Errors are a few eps of the largest value; a tenth of the work of a full
/// decomposition, for metrics.
public enum SingularValues {
  /// The singular values, descending; NaN for a matrix that is not finite.
  public static func values(_ matrix: DenseMatrix) -> [Double] {
    guard matrix.values.allSatisfy(\.isFinite) else {
      return [Double](repeating: .nan, count: min(matrix.rows, matrix.columns))
    }
    // Entries of size 1, as squares of very large or small ones are not numbers any more.
    let scale = matrix.values.reduce(0) { max($0, abs($1)) }
    guard scale > 0 else {
      return [Double](repeating: 0, count: min(matrix.rows, matrix.columns))
    }
    var scaled = matrix.rows >= matrix.columns ? matrix : matrix.transposed
    for i in scaled.values.indices { scaled.values[i] /= scale }
    var (diagonal, upper) = bidiagonal(scaled)
    diagonalize(&diagonal, &upper)
    return diagonal.map { $0 * scale }.sorted(by: >)
  }

  /// The nuclear norm: the sum of the singular values.
  public static func sum(_ matrix: DenseMatrix) -> Double { values(matrix).reduce(0, +) }

  /// The diagonal and the entries above it (the first is 0) of an upper bidiagonal matrix with the
  /// same singular values.
  private static func bidiagonal(_ matrix: DenseMatrix) -> ([Double], [Double]) {
    let (m, n) = (matrix.rows, matrix.columns)
    var a = matrix.values
    var diagonal = [Double](repeating: 0, count: n)
    var upper = diagonal
    var (column, row) = ([Double](repeating: 0, count: m), [Double](repeating: 0, count: n))
    a.withUnsafeMutableBufferPointer { a in
      for k in 0..<n {
        // Zeros below the diagonal of column k.
        for i in k..<m { column[i] = a[i * n + k] }
        diagonal[k] = reflect(&column, k..<m)
        for j in (k + 1)..<max(n, k + 1) { row[j] = 0 }
        for i in k..<m {
          let factor = column[i]
          for j in (k + 1)..<max(n, k + 1) { row[j] += factor * a[i * n + j] }
        }
        for i in k..<m {
          let factor = column[i]
          for j in (k + 1)..<max(n, k + 1) { a[i * n + j] -= factor * row[j] }
        }
        guard k + 1 < n else { break }
        // Zeros right of the entry above the diagonal.
        for j in (k + 1)..<n { row[j] = a[k * n + j] }
        upper[k + 1] = reflect(&row, (k + 1)..<n)
        for i in (k + 1)..<max(m, k + 1) {
          var sum = 0.0
          for j in (k + 1)..<n { sum += a[i * n + j] * row[j] }
          for j in (k + 1)..<n { a[i * n + j] -= sum * row[j] }
        }
      }
    }
    return (diagonal, upper)
  }

  /// Replaces a vector x by v with |v|^2 = 2 or v = 0 such that (1 - v v^T) x = (result, 0, ...).
  private static func reflect(_ x: inout [Double], _ range: Range<Int>) -> Double {
    let scale = range.reduce(0) { max($0, abs(x[$1])) }
    guard scale > 0 else { return 0 }
    var square = 0.0
    for i in range {
      x[i] /= scale
      square += x[i] * x[i]
    }
    let first = x[range.lowerBound]
    let norm = square.squareRoot()
    let result = first > 0 ? -norm : norm
    // v = (x - result e) / sqrt(result (result - first))
    x[range.lowerBound] = first - result
    let factor = 1 / (result * (result - first)).squareRoot()
    for i in range { x[i] *= factor }
    return result * scale
  }

  /// The singular values of a bidiagonal matrix, in place of its diagonal.
  private static func diagonalize(_ d: inout [Double], _ e: inout [Double]) {
    var size = 0.0
    for i in d.indices { size = max(size, abs(d[i]) + abs(e[i])) }
    let negligible = size * Double.ulpOfOne
    for k in d.indices.reversed() {
      for _ in 0..<64 {
        let l = split(&d, &e, k, negligible)
        if l == k { break }
        step(&d, &e, l, k)
      }
      d[k] = abs(d[k])
    }
  }

  /// Where the block that ends at k starts; removes what couples it to a zero on the diagonal.
  private static func split(
    _ d: inout [Double], _ e: inout [Double], _ k: Int, _ negligible: Double
  ) -> Int {
    var l = k
    while l > 0, abs(e[l]) > negligible {
      guard abs(d[l - 1]) > negligible else {
        var (c, s) = (0.0, 1.0)
        for i in l...k {
          let f = s * e[i]
          e[i] *= c
          if abs(f) <= negligible { break }
          let h = hypot(f, d[i])
          (c, s) = (d[i] / h, -f / h)
          d[i] = h
        }
        return l
      }
      l -= 1
    }
    return l
  }

  /// One QR step on the block l...k, shifted by the lower 2 x 2 minor.
  private static func step(_ d: inout [Double], _ e: inout [Double], _ l: Int, _ k: Int) {
    let z = d[k]
    var (x, y, g, h) = (d[l], d[k - 1], e[k - 1], e[k])
    var f = ((y - z) * (y + z) + (g - h) * (g + h)) / (2 * h * y)
    g = hypot(f, 1)
    f = ((x - z) * (x + z) + h * (y / (f + (f >= 0 ? g : -g)) - h)) / x
    var (c, s) = (1.0, 1.0)
    for j in l..<k {
      (g, y) = (e[j + 1], d[j + 1])
      (h, g) = (s * g, c * g)
      var radius = hypot(f, h)
      e[j] = radius
      (c, s) = radius > 0 ? (f / radius, h / radius) : (1, 0)
      (f, g) = (x * c + g * s, g * c - x * s)
      (h, y) = (y * s, y * c)
      radius = hypot(f, h)
      d[j] = radius
      if radius > 0 { (c, s) = (f / radius, h / radius) }
      (f, x) = (c * g + s * y, c * y - s * g)
    }
    (e[l], e[k], d[k]) = (0, f, x)
  }
}
