extension DenseMatrix {
  /// A Haar-distributed orthogonal matrix: the Q of a Gaussian matrix's QR with R's diagonal made
  /// positive, by Gram-Schmidt with one re-orthogonalisation.
  ///
  /// Source: Mezzadri, "How to generate random matrices from the classical compact groups"
  /// (Notices AMS 54, 2007).
  public static func haar(_ size: Int, from source: inout some RandomSource) -> DenseMatrix {
    var columns: [[Double]] = []
    while columns.count < size {
      var candidate = source.normals(size)
      for _ in 0..<2 {
        for column in columns {
          let projection = zip(candidate, column).reduce(0) { $0 + $1.0 * $1.1 }
          for i in 0..<size { candidate[i] -= projection * column[i] }
        }
      }
      let norm = euclideanNorm(candidate)
      if norm > 0 { columns.append(candidate.map { $0 / norm }) }
    }
    return DenseMatrix(rows: size, columns: size, values: columns.flatMap { $0 }).transposed
  }
}
