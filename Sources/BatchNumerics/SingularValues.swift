/// The thin singular value decomposition A = U diag(s) V^T of a host matrix, by one-sided Jacobi.
public struct SingularValueDecomposition: Sendable {
  /// [m, k] with k = min(m, n); orthonormal columns, also for singular values of zero.
  public let left: DenseMatrix
  /// Descending, k values.
  public let values: [Double]
  /// [n, k].
  public let right: DenseMatrix

  public init(_ matrix: DenseMatrix) {
    let svd = ThinSVD<Double>(rows: matrix.rows, columns: matrix.columns)
    matrix.values.withUnsafeBufferPointer { entries in
      guard let start = entries.baseAddress else { return }
      // The second time from a basis without the rounding errors of the first one's many rotations.
      svd.factor(start)
      svd.factor(start)
    }
    let parts = svd.decomposition()
    left = DenseMatrix(rows: matrix.rows, columns: svd.count, values: parts.left)
    values = parts.values
    right = DenseMatrix(rows: matrix.columns, columns: svd.count, values: parts.right)
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
}
