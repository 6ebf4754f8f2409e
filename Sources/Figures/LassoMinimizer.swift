import BatchNumerics

/// The minimiser of weight |X w - y|^2 + gamma |w|_1, the convex problem that weight decay on a
/// diagonal net ends at, by coordinate descent (Friedman, Hastie, Tibshirani, J. Stat. Softw. 33, 2010)
/// with gamma coming down to the one asked for. It shares no step with the training it judges.
package struct LassoMinimizer {
  package let predictor: [Double]
  /// (primal - dual) / primal, at least 0: 0 at the minimiser.
  package let gap: Double
  package var l1Norm: Double { predictor.reduce(0) { $0 + abs($1) } }

  package init(
    _ x: DenseMatrix, _ y: [Double], weight: Double, gamma: Double, tolerance: Double = 1e-10,
    sweeps: Int = 200_000
  ) {
    let (n, d) = (x.rows, x.columns)
    let columns = (0..<d).map { k in (0..<n).map { x[$0, k] } }
    let squares = columns.map { 2 * weight * $0.reduce(0) { $0 + $1 * $1 } }
    var w = [Double](repeating: 0, count: d)
    var residual = y.map { -$0 }
    func slope(_ k: Int) -> Double {
      var sum = 0.0
      for i in 0..<n { sum += columns[k][i] * residual[i] }
      return 2 * weight * sum
    }
    var level = (0..<d).map { abs(slope($0)) }.max() ?? 0
    var gap = Double.infinity
    repeat {
      level = max(gamma, level / 2)
      for sweep in 0..<sweeps {
        for k in 0..<d where squares[k] > 0 {
          let free = w[k] - slope(k) / squares[k]
          let bound = level / squares[k]
          let next = free > bound ? free - bound : free < -bound ? free + bound : 0
          guard next != w[k] else { continue }
          for i in 0..<n { residual[i] += columns[k][i] * (next - w[k]) }
          w[k] = next
        }
        guard sweep % 10 == 9 else { continue }
        gap = Self.gap(residual, y, (0..<d).map(slope), w, weight, level)
        if gap < (level > gamma ? 1e-4 : tolerance) { break }
      }
    } while level > gamma
    predictor = w
    self.gap = gap
  }

  /// The dual point is the residual, scaled until |X^T of it|_inf is at most gamma.
  private static func gap(
    _ residual: [Double], _ y: [Double], _ slopes: [Double], _ w: [Double], _ weight: Double,
    _ gamma: Double
  ) -> Double {
    let squares = residual.reduce(0) { $0 + $1 * $1 }
    let primal = weight * squares + gamma * w.reduce(0) { $0 + abs($1) }
    let scale = min(1, gamma / max(slopes.map(abs).max() ?? 0, .leastNormalMagnitude))
    let inner = zip(residual, y).reduce(0) { $0 + $1.0 * $1.1 }
    let dual = -weight * scale * scale * squares - 2 * weight * scale * inner
    return (primal - dual) / max(primal, .leastNormalMagnitude)
  }
}
