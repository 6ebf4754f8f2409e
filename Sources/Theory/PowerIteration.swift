import BatchNumerics

/// The largest eigenvalue of a symmetric positive semidefinite map, from below, to about 1e-3.
enum PowerIteration {
  static func largestEigenvalue(size: Int, _ apply: ([Double]) -> [Double]) -> Double {
    var stream = RandomStream(seed: 0, purpose: .initialization)
    var vector = stream.normals(size)
    var value = 0.0
    for _ in 0..<200 {
      let norm = euclideanNorm(vector)
      guard norm > 0, norm.isFinite else { return norm }
      vector = apply(vector.map { $0 / norm })
      value = euclideanNorm(vector)
    }
    return value
  }
}

extension DenseMatrix {
  /// That of a matrix.
  var largestEigenvalue: Double {
    PowerIteration.largestEigenvalue(size: columns) { multiplied(by: $0) }
  }
}
