import BatchNumerics

extension DenseMatrix {
  /// The largest eigenvalue of a symmetric positive semidefinite matrix, from below, to about 1e-3.
  var largestEigenvalue: Double {
    var stream = RandomStream(seed: 0, purpose: .initialization)
    var vector = stream.normals(columns)
    var value = 0.0
    for _ in 0..<200 {
      let norm = euclideanNorm(vector)
      guard norm > 0, norm.isFinite else { return norm }
      vector = multiplied(by: vector.map { $0 / norm })
      value = euclideanNorm(vector)
    }
    return value
  }
}
