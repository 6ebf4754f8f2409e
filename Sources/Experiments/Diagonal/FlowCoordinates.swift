import BatchNumerics
import Foundation

/// The parameters of a diagonal model as functions of time and z = X^T s along its gradient flow.
///
/// With s' = -c(t) r(q), r_i = weight l'(q_i, y_i), from theta' = -(dF/dtheta + lambda theta):
///
/// - u^2 - v^2: u = u0 e^(-lambda t + 2 z), v = v0 e^(-lambda t - 2 z), c = 1;
/// - u^L - v^L, L >= 3: u = e^(-lambda t) (u0^(2-L) - L (L-2) z)^(-1/(L-2)), v with +,
///   c = e^(-(L-2) lambda t);
/// - u v: p = (u + v)/sqrt 2 = p0 e^(-lambda t + z), q = (u - v)/sqrt 2 = q0 e^(-lambda t - z), c = 1;
/// - u - v and w: u = e^(-lambda t) u0 + z, v = e^(-lambda t) v0 - z, here with s scaled by
///   e^(-lambda t), so that s' = -lambda s - r.
///
/// In all cases |d theta|^2 = sum_k D_k dz_k^2 / c with D = dw/dz >= 0. The flows of the 2d numbers are those of Lyu et al. 2023 (arXiv 2311.18817), section
/// 3.2, and Boursier et al. 2025 (arXiv 2505.20172), appendix D.2; the reduction is Woodworth et al.
/// 2020 (arXiv 2002.09277), appendix, with decay.
struct FlowCoordinates: Sendable {
  let parameterization: DiagonalParameterization
  let decay: Double
  private let kind: Kind
  /// What an end of the map starts from: w or u; v.
  private let (first, second): ([Double], [Double])

  private enum Kind {
    /// w = e^(-lambda t) w0 + slope z
    case linear(slope: Double)
    /// w = e^(-2 lambda t) (first e^(rate z) - second e^(-rate z)); first = u0^2 or p0^2 / 2
    case exponential(rate: Double)
    /// first = u0, second = v0
    case power(depth: Int)
  }

  /// - Parameter allowsZero: later in a flow numbers may have become too small.
  init(
    _ parameterization: DiagonalParameterization, decay: Double, initial: [Double],
    allowsZero: Bool = false
  ) throws {
    let d = initial.count / parameterization.factorCount
    let (u, v) = (initial[..<d], initial[d...])
    self.parameterization = parameterization
    self.decay = decay
    switch parameterization {
    case .linear:
      kind = .linear(slope: 1)
      (first, second) = (initial, [])
    case .product:
      kind = .exponential(rate: 2)
      first = zip(u, v).map { ($0 + $1) * ($0 + $1) / 4 }
      second = zip(u, v).map { ($0 - $1) * ($0 - $1) / 4 }
    case .difference(let depth):
      switch depth {
      case ...1: kind = .linear(slope: 2)
      case 2: kind = .exponential(rate: 4)
      default:
        guard initial.allSatisfy({ $0 > 0 || $0.isNaN || (allowsZero && $0 == 0) }) else {
          throw ReducedFlowError.needsPositiveStart(depth: depth)
        }
        kind = .power(depth: depth)
      }
      (first, second) =
        depth == 2 ? (u.map { $0 * $0 }, v.map { $0 * $0 }) : (Array(u), Array(v))
    }
  }

  /// Degree of w in the parameters: at a fixed z, w falls as e^(-degree lambda t).
  var degree: Double {
    switch kind {
    case .linear: 1
    case .exponential: 2
    case .power(let depth): Double(depth)
    }
  }

  /// kappa in s' = -kappa s - c(t) r
  var friction: Double { if case .linear = kind { decay } else { 0 } }

  /// -c'/c
  var clockDecay: Double { if case .power = kind { (degree - 2) * decay } else { 0 } }

  /// Whether 1 - L (L-2) u0^(L-2) z cancels in the long run, so that the map needs a later start.
  var needsRebasing: Bool { if case .power = kind { true } else { false } }

  /// Whether |theta| never vanishes and errors can be measured by it.
  var hasSize: Bool { if case .linear = kind { false } else { true } }

  /// w0 e^(-lambda t) where w is linear in z: X times it is what of df/dt does not follow from q.
  var linearStart: [Double]? {
    guard case .linear(let slope) = kind else { return nil }
    return slope == 1 ? first : zip(first, second).map { $0 - $1 }
  }

  /// How fast a factor grows with z, at most; for the first step.
  var steepness: Double {
    switch kind {
    case .linear: 0
    case .exponential(let rate): rate
    case .power(let depth):
      degree * (degree - 2)
        * max(first.max() ?? 0, second.max() ?? 0).power(depth - 2)
    }
  }

  /// z to w in place at columns start..<(start + count).
  ///
  /// - Parameter slopes: gets D, if wanted.
  /// - Returns: sum w^2, sum D, sum D^2, |theta|^2; the last three if D is wanted.
  func map(
    _ start: Int, _ count: Int, _ time: Double, _ z: UnsafeMutablePointer<Double>,
    slopes: UnsafeMutablePointer<Double>?
  ) -> SIMD4<Double> {
    first.withUnsafeBufferPointer { first in
      second.withUnsafeBufferPointer { second in
        switch kind {
        case .linear(let slope):
          return mapLinear(slope, first, second, start, count, time, z, slopes)
        case .exponential(let rate):
          return mapExponential(rate, first, second, start, count, time, z, slopes)
        case .power(let depth):
          return mapPower(depth, first, second, start, count, time, z, slopes)
        }
      }
    }
  }

  private func mapLinear(
    _ slope: Double, _ first: UnsafeBufferPointer<Double>, _ second: UnsafeBufferPointer<Double>,
    _ start: Int, _ count: Int, _ time: Double, _ z: UnsafeMutablePointer<Double>,
    _ slopes: UnsafeMutablePointer<Double>?
  ) -> SIMD4<Double> {
    let factor = exp(-decay * time)
    var squares = 0.0
    for k in 0..<count {
      let begin = slope == 1 ? first[start + k] : first[start + k] - second[start + k]
      z[k] = factor * begin + slope * z[k]
      squares += z[k] * z[k]
      slopes?[start + k] = slope
    }
    return SIMD4(squares, slope * Double(count), slope * slope * Double(count), 0)
  }

  private func mapExponential(
    _ rate: Double, _ first: UnsafeBufferPointer<Double>, _ second: UnsafeBufferPointer<Double>,
    _ start: Int, _ count: Int, _ time: Double, _ z: UnsafeMutablePointer<Double>,
    _ slopes: UnsafeMutablePointer<Double>?
  ) -> SIMD4<Double> {
    let shift = -2 * decay * time
    let factor = exp(shift)
    var sums = SIMD4<Double>.zero
    for k in 0..<count {
      let (a, b, x) = (first[start + k], second[start + k], rate * z[k])
      var (w, slope): (Double, Double)
      if abs(x) < 0.5 {
        // Equal starts cancel in w.
        let (up, down) = (expm1(x), expm1(-x))
        w = factor * ((a - b) + (a * up - b * down))
        slope = factor * rate * (a * (1 + up) + b * (1 + down))
      } else {
        let (up, down) = (Self.grown(a, shift + x), Self.grown(b, shift - x))
        (w, slope) = (up - down, rate * (up + down))
      }
      z[k] = w
      sums.x += w * w
      if let slopes {
        slopes[start + k] = slope
        sums.y += slope
        sums.z += slope * slope
      }
    }
    // D = 4 (u^2 + v^2) or p^2 + q^2 = u^2 + v^2
    sums.w = rate == 4 ? sums.y / 4 : sums.y
    return sums
  }

  private func mapPower(
    _ depth: Int, _ first: UnsafeBufferPointer<Double>, _ second: UnsafeBufferPointer<Double>,
    _ start: Int, _ count: Int, _ time: Double, _ z: UnsafeMutablePointer<Double>,
    _ slopes: UnsafeMutablePointer<Double>?
  ) -> SIMD4<Double> {
    let (power, factor) = (1 / (degree - 2), exp(-degree * decay * time))
    let square = exp(-2 * decay * time)
    var sums = SIMD4<Double>.zero
    for k in 0..<count {
      let (u0, v0) = (first[start + k], second[start + k])
      let (ux, vx) = (u0.power(depth - 2), v0.power(depth - 2))
      let reach = degree * (degree - 2) * z[k]
      let (up, down) = (-power * log1p(-reach * ux), -power * log1p(reach * vx))
      let (a, b) = (u0 * u0 * ux, v0 * v0 * vx)
      z[k] = factor * ((a - b) + (a * expm1(degree * up) - b * expm1(degree * down)))
      sums.x += z[k] * z[k]
      if let slopes {
        let rise = 2 * degree - 2
        let slope =
          factor * degree * degree * (a * ux * exp(rise * up) + b * vx * exp(rise * down))
        slopes[start + k] = slope
        sums.y += slope
        sums.z += slope * slope
        sums.w += square * (u0 * u0 * exp(2 * up) + v0 * v0 * exp(2 * down))
      }
    }
    return sums
  }

  /// x e^exponent; zero stays zero, while z has no bound where it is.
  @inline(__always)
  private static func grown(_ x: Double, _ exponent: Double) -> Double {
    x == 0 ? 0 : x * exp(exponent)
  }

  /// u then v, or w, at a time since the start. `initial` is the state there.
  func state(_ time: Double, _ z: [Double], from initial: [Double]) -> [Double] {
    let (d, shift) = (z.count, -decay * time)
    let factor = exp(shift)
    var result = initial
    for k in 0..<d {
      switch (kind, parameterization) {
      case (.linear(let slope), _):
        result[k] = factor * initial[k] + z[k]
        if slope == 2 { result[d + k] = factor * initial[d + k] - z[k] }
      case (.exponential, .product):
        let p = Self.grown(initial[k] + initial[d + k], shift + z[k]) / 2
        let q = Self.grown(initial[k] - initial[d + k], shift - z[k]) / 2
        (result[k], result[d + k]) = (p + q, p - q)
      case (.exponential, _):
        result[k] = Self.grown(initial[k], shift + 2 * z[k])
        result[d + k] = Self.grown(initial[d + k], shift - 2 * z[k])
      case (.power(let depth), _):
        let (u, v) = (initial[k], initial[d + k])
        let reach = degree * (degree - 2) * z[k]
        let power = -1 / (degree - 2)
        result[k] = u * exp(shift + power * log1p(-reach * u.power(depth - 2)))
        result[d + k] = v * exp(shift + power * log1p(reach * v.power(depth - 2)))
      }
    }
    return result
  }
}

extension Double {
  fileprivate func power(_ exponent: Int) -> Double {
    var result = self
    for _ in 1..<max(1, exponent) { result *= self }
    return result
  }
}
