import BatchNumerics
import Foundation

/// The slow flow of linear regression in closed form:
/// w(tau) = X^+ y + e^-tau (I - X^+ X) w0, from w(0) = w0 - X^+ (X w0 - y).
///
/// Source: Boursier et al. 2025 (arXiv 2505.20172), appendix C.
public struct LinearSlowFlow: Sendable {
  /// X^+ y, where it ends.
  public let end: [Double]
  /// (I - X^+ X) w0
  private let outside: [Double]

  /// - Throws: `FlowError.noInterpolation` where no w has X w = y.
  public init(features: DenseMatrix, targets: [Double], initial: [Double]) throws {
    let map = try DiagonalResidual(.linear, features: features, targets: targets)
    try map.check(initial)
    let inverse = SingularValueDecomposition(features).pseudoInverse
    let end = inverse.multiplied(by: targets)
    let residual = euclideanNorm(map.value(end))
    guard residual <= 1e-10 * map.residualScale else {
      throw FlowError.noInterpolation(residual: residual)
    }
    let inside = inverse.multiplied(by: features.multiplied(by: initial))
    self.end = end
    outside = zip(initial, inside).map { $0 - $1 }
  }

  /// w(tau)
  public func state(at tau: Double) -> [Double] {
    zip(end, outside).map { $0 + exp(-tau) * $1 }
  }
}

/// The slow flow of diagonal nets of degree two in closed form: at slow time tau the predictor is that
/// which gradient flow would find from a start e^-tau times smaller.
///
/// - u^2 - v^2: u = u_inf e^(2 z - tau), v = v_inf e^(-2 z - tau);
/// - u v: u + v = (u_inf + v_inf) e^(z - tau), u - v = (u_inf - v_inf) e^(-z - tau);
///
/// z = X^T m with m such that the predictor interpolates (`InterpolatingNet`). To see this, set
/// u' = -u + 2 u (X^T mu) and the like, mu = K^+ J w, whose integral of mu is m.
///
/// Source: Boursier et al. 2025 (arXiv 2505.20172), Eq. 6 for the nets of section 5 and appendix D.2,
/// solved by the coordinates of Woodworth et al. 2020 (arXiv 2002.09277), appendix.
public struct DiagonalSlowFlow: Sendable {
  private let map: DiagonalResidual
  /// u_inf and v_inf; (u_inf + v_inf) / sqrt 2 and (u_inf - v_inf) / sqrt 2 for u v.
  private let (first, second): ([Double], [Double])
  private var isProduct: Bool { map.parameterization == .product }

  /// - Parameter start: u_inf [d] then v_inf [d], with r = 0.
  /// - Throws: `FlowError`.
  public init(_ map: DiagonalResidual, start: [Double]) throws {
    guard map.parameterization != .linear else {
      throw FlowError.setting("linear regression has a closed form of its own")
    }
    try map.check(start)
    let residual = euclideanNorm(map.value(start))
    guard residual <= 1e-8 * map.residualScale else {
      throw FlowError.offManifold(residual: residual)
    }
    let (u, v) = (Array(start[..<map.features.columns]), Array(start[map.features.columns...]))
    self.map = map
    (first, second) = map.parameterization == .product ? Self.turned(u, v) : (u, v)
  }

  /// u [d] then v [d] at a slow time.
  ///
  /// - Throws: `FlowError.noInterpolation` where Newton's method does not get to X w = y to 1e-9;
  ///   `FlowError.time` for times before zero and beyond 150, where squares would underflow.
  public func state(at tau: Double) throws -> [Double] {
    guard tau >= 0, tau <= 150 else { throw FlowError.time(tau) }
    var net = interpolating(min(tau, 2), nil)
    var reached = min(tau, 2)
    // m grows with tau, and Newton's method from zero would overflow.
    while reached < tau {
      reached = min(tau, reached + 1)
      net = interpolating(reached, net.multipliers)
    }
    guard net.residual <= 1e-9 else {
      throw FlowError.noInterpolation(residual: net.residual * euclideanNorm(map.targets))
    }
    let rate: Double = isProduct ? 1 : 2
    let a = zip(first, net.exponents).map { $0 * exp(rate * $1 - tau) }
    let b = zip(second, net.exponents).map { $0 * exp(-rate * $1 - tau) }
    guard isProduct else { return a + b }
    let (u, v) = Self.turned(a, b)
    return u + v
  }

  private func interpolating(_ tau: Double, _ guess: [Double]?) -> InterpolatingNet {
    let shrink = exp(-2 * tau) * (isProduct ? 0.5 : 1)
    return InterpolatingNet(
      map.features, map.targets, up: first.map { shrink * $0 * $0 },
      down: second.map { shrink * $0 * $0 }, rate: isProduct ? 2 : 4, guess: guess)
  }

  /// ((a + b) / sqrt 2, (a - b) / sqrt 2), its own inverse.
  private static func turned(_ a: [Double], _ b: [Double]) -> ([Double], [Double]) {
    let root = 0.5.squareRoot()
    return (zip(a, b).map { root * ($0 + $1) }, zip(a, b).map { root * ($0 - $1) })
  }
}
