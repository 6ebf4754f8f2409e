import BatchNumerics
import Foundation

/// The predictor that gradient flow on squared loss picks among those that interpolate: for diagonal
/// nets w_k = a_k e^{c z_k} - b_k e^{-c z_k} with z = X^T m and m such that X w = y.
///
/// With (a, b) = (u0^2, v0^2), c = 4 it is the limit of the flow of u^2 - v^2 from u0, v0 without decay;
/// with a common factor e^{-2 tau} on both, where weight decay has led by slow time tau (Boursier et
/// al. 2025, section 4, in closed form); with a factor of each coordinate's own, where label noise has
/// (Li et al. 2022, as Lyu et al. 2023 use it in appendix B.2). For u v they are (p0^2 / 2, q0^2 / 2),
/// c = 2, with p0 = (u0 + v0) / sqrt(2) and q0 = (u0 - v0) / sqrt(2).
///
/// m minimises the convex sum_k (a_k e^{c z_k} + b_k e^{-c z_k}) / c - <y, m>: Newton with halved steps.
package struct InterpolatingNet {
  /// w [d]
  package let predictor: [Double]
  /// sum_k (a_k e^{c z_k} + b_k e^{-c z_k}), which is |u|^2 + |v|^2 for u^2 - v^2, and half of it for
  /// u v.
  package let squaredNorm: Double
  /// m [n]
  package let multipliers: [Double]
  /// z = X^T m [d]
  package let exponents: [Double]
  /// |X w - y|_2 / |y|_2
  package let residual: Double

  /// - Parameter guess: m to start from, zero if it is not given.
  package init(
    _ x: DenseMatrix, _ y: [Double], up a: [Double], down b: [Double], rate c: Double,
    guess: [Double]? = nil
  ) {
    let (n, d) = (x.rows, x.columns)
    let turned = x.transposed
    func parts(_ m: [Double]) -> (up: [Double], down: [Double], value: Double) {
      let z = turned.multiplied(by: m)
      let up = (0..<d).map { a[$0] * exp(c * z[$0]) }
      let down = (0..<d).map { b[$0] * exp(-c * z[$0]) }
      let sum = (0..<d).reduce(0) { $0 + up[$1] + down[$1] } / c
      return (up, down, sum - zip(y, m).reduce(0) { $0 + $1.0 * $1.1 })
    }
    func predictor(_ state: (up: [Double], down: [Double], value: Double)) -> [Double] {
      zip(state.up, state.down).map { $0 - $1 }
    }
    var m = guess ?? [Double](repeating: 0, count: n)
    var state = parts(m)
    for _ in 0..<200 {
      let slope = zip(x.multiplied(by: predictor(state)), y).map { $0 - $1 }
      guard euclideanNorm(slope) > 1e-14 * euclideanNorm(y) else { break }
      var hessian = DenseMatrix(rows: n, columns: n)
      for k in 0..<d {
        let weight = c * (state.up[k] + state.down[k])
        for i in 0..<n {
          for j in 0...i { hessian[i, j] += weight * turned[k, i] * turned[k, j] }
        }
      }
      for i in 0..<n { for j in 0..<i { hessian[j, i] = hessian[i, j] } }
      let step = GramSolver(hessian).solve(slope)
      let decrease = zip(step, slope).reduce(0) { $0 + $1.0 * $1.1 }
      var length = 1.0
      var next = parts(zip(m, step).map { $0 - length * $1 })
      let noise = 1e-14 * abs(state.value)
      while !(next.value <= state.value - 1e-4 * length * decrease + noise), length > 1e-10 {
        length /= 2
        next = parts(zip(m, step).map { $0 - length * $1 })
      }
      m = zip(m, step).map { $0 - length * $1 }
      let gain = state.value - next.value
      state = next
      if gain <= 1e-16 * abs(state.value), length == 1 { break }
    }
    self.predictor = zip(state.up, state.down).map { $0 - $1 }
    multipliers = m
    exponents = turned.multiplied(by: m)
    squaredNorm = (0..<d).reduce(0) { $0 + state.up[$1] + state.down[$1] }
    residual =
      euclideanNorm(zip(x.multiplied(by: self.predictor), y).map { $0 - $1 }) / euclideanNorm(y)
  }
}
