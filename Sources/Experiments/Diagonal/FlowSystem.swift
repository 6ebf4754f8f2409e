import BatchNumerics

/// The linear systems (I + tau Sigma G) delta = b of an implicit step, G = X D X^T, Sigma >= 0 and D >= 0
/// diagonal.
///
/// With S = Sigma^(1/2) and delta = S xi they are (I + tau S G S) xi = S^-1 b, symmetric and positive
/// definite. Where G is not formed, they are solved by conjugate gradients, preconditioned by the
/// Cholesky factor of the same matrix with an approximate G: the columns of X with the largest D
/// exactly, all others with the mean of their D, through X X^T.
struct FlowSystem {
  private let matrix: FlowMatrix
  private let slopes: [Double]
  /// G or its approximation [n, n], lower half.
  private let gram: [Double]
  /// S
  private let roots: [Double]
  private var (tau, factor): (Double, [Double]) = (0, [])
  /// sum_i Sigma_i G_ii, no less than the largest eigenvalue of Sigma G.
  let trace: Double
  /// By how much a preconditioned step lowers r P^-1 r, at worst, as far as is known.
  private var contraction: Double?
  /// Products with G so far.
  private(set) var products = 0

  init(_ matrix: FlowMatrix, slopes: [Double], curvatures: [Double]) {
    self.matrix = matrix
    self.slopes = slopes
    // A floor keeps S^-1 finite, far below what rounding leaves of the other rows.
    let floor = max(1e-40 * (curvatures.max() ?? 0), 1e-200)
    roots = curvatures.map { max($0, floor).squareRoot() }
    if matrix.isDirect {
      gram = matrix.weightedGram(slopes)
    } else {
      let chosen = Self.outliers(slopes, count: matrix.rows)
      let far = chosen.reduce(0) { $0 + slopes[$1] }
      let rest = slopes.count - chosen.count
      let mean = rest > 0 ? max(0, (slopes.reduce(0, +) - far) / Double(rest)) : 0
      gram = matrix.approximateGram(slopes, chosen, base: mean)
    }
    var sum = 0.0
    for i in roots.indices { sum += roots[i] * roots[i] * gram[i * matrix.rows + i] }
    trace = sum
  }

  /// Makes the system that of another tau.
  ///
  /// - Returns: false where a number is not finite.
  mutating func prepare(_ tau: Double) -> Bool {
    let n = matrix.rows
    var lower = gram
    for i in 0..<n {
      for j in 0...i { lower[i * n + j] *= tau * roots[i] * roots[j] }
      lower[i * n + i] += 1
    }
    (self.tau, factor, contraction) = (tau, lower, nil)
    return Self.factorize(&factor, n)
  }

  /// The error of xi in the norm of its matrix, estimated by the preconditioned residual r P^-1 r, is no
  /// less than tau^(1/2) |D^(1/2) X^T e| with e the error of delta.
  ///
  /// - Parameter accuracy: of |D^(1/2) X^T e|, absolute.
  mutating func solve(_ b: [Double], accuracy: Double) -> [Double] {
    let n = matrix.rows
    var residual = (0..<n).map { b[$0] / roots[$0] }
    var shift = [Double](repeating: 0, count: n)
    separate(b, &residual, &shift)
    var step = substitute(residual)
    guard !matrix.isDirect else { return (0..<n).map { shift[$0] + roots[$0] * step[$0] } }
    var xi = [Double](repeating: 0, count: n)
    var direction = step
    var size = FlowLoops.dot(residual, step)
    let goal = max(tau * accuracy * accuracy, 1e-26 * size)
    for iteration in 0..<(n + 20) {
      // A last step needs no product where it is known to be good enough.
      if !size.isFinite || size <= goal || 10 * size * (contraction ?? .infinity) <= goal { break }
      let scaled = (0..<n).map { roots[$0] * direction[$0] }
      let image = matrix.weighted(slopes, scaled)
      products += 1
      let applied = (0..<n).map { direction[$0] + tau * roots[$0] * image[$0] }
      let length = size / FlowLoops.dot(direction, applied)
      for i in 0..<n {
        xi[i] += length * direction[i]
        residual[i] -= length * applied[i]
      }
      step = substitute(residual)
      let next = FlowLoops.dot(residual, step)
      if iteration == 0 { contraction = max(contraction ?? 0, next / size) }
      for i in 0..<n { direction[i] = step[i] + next / size * direction[i] }
      size = next
    }
    if let contraction, contraction < 0.1 { for i in 0..<n { xi[i] += step[i] } }
    return (0..<n).map { shift[$0] + roots[$0] * xi[$0] }
  }

  /// Takes rows with hardly any Sigma but a right side out of S^-1 b, where they would drown the
  /// others: delta = shift + S xi with (I + tau S G S) xi = S^-1 (b - shift) - tau S G shift.
  private mutating func separate(
    _ b: [Double], _ residual: inout [Double], _ shift: inout [Double]
  ) {
    let (most, largest) = (roots.max() ?? 0, b.reduce(0) { max($0, abs($1)) })
    let isApart = roots.indices.map { roots[$0] < 1e-8 * most && abs(b[$0]) > 1e-12 * largest }
    guard isApart.contains(true) else { return }
    for i in b.indices where isApart[i] { (shift[i], residual[i]) = (b[i], 0) }
    let image = matrix.weighted(slopes, shift)
    products += 1
    for i in b.indices { residual[i] -= tau * roots[i] * image[i] }
  }

  // MARK: - Dense matrices

  /// A = L L^T in place, lower half.
  private static func factorize(_ matrix: inout [Double], _ n: Int) -> Bool {
    matrix.withUnsafeMutableBufferPointer { entries in
      guard let a = entries.baseAddress else { return true }
      for i in 0..<n {
        let row = a + i * n
        for j in 0..<i {
          let other = a + j * n
          row[j] = (row[j] - FlowLoops.dot(row, other, j)) / other[j]
        }
        let pivot = row[i] - FlowLoops.dot(row, row, i)
        guard pivot > 0, pivot.isFinite else { return false }
        row[i] = pivot.squareRoot()
      }
      return true
    }
  }

  /// (L L^T)^-1 b
  private func substitute(_ b: [Double]) -> [Double] {
    let n = b.count
    var x = b
    x.withUnsafeMutableBufferPointer { x in
      factor.withUnsafeBufferPointer { entries in
        guard let x = x.baseAddress, let l = entries.baseAddress else { return }
        for i in 0..<n { x[i] = (x[i] - FlowLoops.dot(x, l + i * n, i)) / l[i * n + i] }
        for i in (0..<n).reversed() {
          x[i] /= l[i * n + i]
          FlowLoops.axpy(-x[i], l + i * n, into: x, i)
        }
      }
    }
    return x
  }

  /// About `count` columns with the largest D; all that are equal to the threshold are left out.
  private static func outliers(_ slopes: [Double], count: Int) -> [Int] {
    guard slopes.count > count else { return Array(slopes.indices) }
    let stride = max(1, slopes.count / 8192)
    let sample = Swift.stride(from: 0, to: slopes.count, by: stride).map { slopes[$0] }.sorted(
      by: >)
    let threshold = sample[min(sample.count - 1, count / stride)]
    var chosen = slopes.indices.filter { slopes[$0] > threshold }
    if chosen.count > 2 * count {
      chosen.sort { slopes[$0] > slopes[$1] || slopes[$0] == slopes[$1] && $0 < $1 }
      chosen.removeLast(chosen.count - count)
    }
    return chosen
  }
}
