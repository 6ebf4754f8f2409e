import BatchNumerics

/// K^+ b for a symmetric positive semidefinite K [m, m]: by Cholesky, or where K is singular, or
/// nearly so, by the singular values above 1e-12 of the largest.
struct GramSolver: Sendable {
  /// Relative to the largest diagonal entry or singular value.
  static let cutOff = 1e-12

  /// Whether K was too close to singular for Cholesky.
  var isSingular: Bool { decomposition != nil }
  /// Of the part of K that is inverted; by Cholesky a lower bound from the pivots' ratio.
  let condition: Double
  /// L of K = L L^T
  private let factor: DenseMatrix
  private let decomposition: SingularValueDecomposition?
  /// Singular values that count.
  private let rank: Int

  init(_ k: DenseMatrix) {
    let m = k.rows
    var l = k
    let top = (0..<m).reduce(0) { max($0, k[$1, $1]) }
    var (least, most) = (Double.infinity, 0.0)
    for j in 0..<m {
      var pivot = k[j, j]
      for p in 0..<j { pivot -= l[j, p] * l[j, p] }
      least = min(least, pivot)
      most = max(most, pivot)
      guard pivot > Self.cutOff * top else { break }
      l[j, j] = pivot.squareRoot()
      for i in (j + 1)..<max(m, j + 1) {
        var sum = k[i, j]
        for p in 0..<j { sum -= l[i, p] * l[j, p] }
        l[i, j] = sum / l[j, j]
      }
    }
    factor = l
    guard !(least > Self.cutOff * top), k.values.allSatisfy(\.isFinite), m > 0 else {
      (decomposition, rank, condition) = (nil, m, m > 0 ? most / least : 1)
      return
    }
    let parts = SingularValueDecomposition(k)
    let largest = parts.values.first ?? 0
    rank = parts.values.prefix { $0 > Self.cutOff * largest }.count
    condition = rank > 0 ? largest / parts.values[rank - 1] : 1
    decomposition = parts
  }

  func solve(_ b: [Double]) -> [Double] {
    guard let decomposition else { return solveTriangular(b) }
    var result = [Double](repeating: 0, count: b.count)
    for k in 0..<rank {
      var share = 0.0
      for i in b.indices { share += decomposition.left[i, k] * b[i] }
      share /= decomposition.values[k]
      for i in b.indices { result[i] += decomposition.right[i, k] * share }
    }
    return result
  }

  private func solveTriangular(_ b: [Double]) -> [Double] {
    var x = b
    let m = b.count
    for i in 0..<m {
      for k in 0..<i { x[i] -= factor[i, k] * x[k] }
      x[i] /= factor[i, i]
    }
    for i in stride(from: m - 1, through: 0, by: -1) {
      for k in (i + 1)..<max(m, i + 1) { x[i] -= factor[k, i] * x[k] }
      x[i] /= factor[i, i]
    }
    return x
  }
}
