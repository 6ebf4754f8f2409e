/// The thin singular value decomposition A = U diag(s) V^T of a host matrix.
///
/// One-sided Jacobi: columns of the taller orientation are rotated against each other until all are
/// orthogonal; their norms are the singular values, accurate relative to the largest.
///
/// Source: Demmel, Veselic, "Jacobi's method is more accurate than QR" (SIAM J. Matrix Anal. 1992).
public struct SingularValueDecomposition: Sendable {
  /// [m, k] with k = min(m, n); columns of zero singular values are zero.
  public let left: DenseMatrix
  /// Descending, k values.
  public let values: [Double]
  /// [n, k].
  public let right: DenseMatrix

  public init(_ matrix: DenseMatrix) {
    let tall = matrix.rows >= matrix.columns
    // Row p of `work` is column p of the taller orientation, row p of `basis` its rotation.
    var work = tall ? matrix.transposed : matrix
    // Scaled to entries of at most 1: squares of the norms then neither overflow nor vanish.
    let largest = work.values.reduce(0) { max($0, abs($1)) }
    let scale = largest > 0 && largest.isFinite ? largest : 1
    for i in work.values.indices { work.values[i] /= scale }
    var basis = DenseMatrix.identity(work.rows)
    Self.orthogonalizeRows(&work, &basis)

    let count = work.rows
    let norms = (0..<count).map { euclideanNorm(work.row($0)) }
    let order = (0..<count).sorted { norms[$0] > norms[$1] }
    var image = DenseMatrix(rows: work.columns, columns: count)
    var domain = DenseMatrix(rows: count, columns: count)
    for (position, p) in order.enumerated() {
      for i in 0..<work.columns where norms[p] > 0 {
        image[i, position] = work[p, i] / norms[p]
      }
      for i in 0..<count { domain[i, position] = basis[p, i] }
    }
    left = tall ? image : domain
    right = tall ? domain : image
    values = order.map { norms[$0] * scale }
  }

  /// Singular values above `max(m, n) * eps * s_max` count; the rest are treated as zero.
  public var rank: Int {
    let cutoff = Double(max(left.rows, right.rows)) * Double.ulpOfOne * (values.first ?? 0)
    return values.prefix { $0 > cutoff }.count
  }

  /// The Moore-Penrose pseudo-inverse V diag(1/s) U^T, [n, m].
  public var pseudoInverse: DenseMatrix {
    var scaled = DenseMatrix(rows: right.rows, columns: rank)
    var image = DenseMatrix(rows: rank, columns: left.rows)
    for k in 0..<rank {
      for i in 0..<right.rows { scaled[i, k] = right[i, k] / values[k] }
      for i in 0..<left.rows { image[k, i] = left[i, k] }
    }
    return scaled.multiplied(by: image)
  }

  /// Rotates pairs of rows until every pair is orthogonal to working precision.
  private static func orthogonalizeRows(_ work: inout DenseMatrix, _ basis: inout DenseMatrix) {
    let tolerance = Double.ulpOfOne * Double(work.columns).squareRoot()
    for _ in 0..<60 {
      var rotated = false
      for p in 0..<work.rows {
        for q in (p + 1)..<max(work.rows, p + 1) {
          let (alpha, beta, gamma) = work.inner(p, q)
          guard abs(gamma) > tolerance * (alpha * beta).squareRoot(), gamma != 0 else { continue }
          rotated = true
          let zeta = (beta - alpha) / (2 * gamma)
          let sign = zeta < 0 ? -1.0 : 1.0
          let tangent = sign / (abs(zeta) + (1 + zeta * zeta).squareRoot())
          let cosine = 1 / (1 + tangent * tangent).squareRoot()
          work.rotate(p, q, cosine: cosine, sine: cosine * tangent)
          basis.rotate(p, q, cosine: cosine, sine: cosine * tangent)
        }
      }
      if !rotated { return }
    }
  }
}

extension DenseMatrix {
  func row(_ index: Int) -> ArraySlice<Double> {
    values[(index * columns)..<((index + 1) * columns)]
  }

  /// |row p|^2, |row q|^2 and their inner product.
  fileprivate func inner(_ p: Int, _ q: Int) -> (Double, Double, Double) {
    var alpha = 0.0
    var beta = 0.0
    var gamma = 0.0
    values.withUnsafeBufferPointer { entries in
      for i in 0..<columns {
        let x = entries[p * columns + i]
        let y = entries[q * columns + i]
        alpha += x * x
        beta += y * y
        gamma += x * y
      }
    }
    return (alpha, beta, gamma)
  }

  fileprivate mutating func rotate(_ p: Int, _ q: Int, cosine: Double, sine: Double) {
    let width = columns
    values.withUnsafeMutableBufferPointer { entries in
      for i in 0..<width {
        let x = entries[p * width + i]
        let y = entries[q * width + i]
        entries[p * width + i] = cosine * x - sine * y
        entries[q * width + i] = sine * x + cosine * y
      }
    }
  }
}
