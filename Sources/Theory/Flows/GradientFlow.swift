import BatchNumerics

/// w' = -(grad F(w) + lambda w) with F = weight * |r(w)|^2, grad F = 2 weight J^T r.
///
/// Explicit steps: their number grows with the sharpness of F times the time, so that a flow to slow
/// time tau takes about tau |J|^2 weight / lambda of them. `ReducedFlow` follows diagonal nets at a cost
/// that does not.
///
/// Source: Boursier et al. 2025 (arXiv 2505.20172), Eqs. 1, 2 and 4.
public struct GradientFlow<Map: ResidualMap>: Sendable {
  public let map: Map
  public let weight: Double
  /// lambda
  public let weightDecay: Double
  private var integrator: DormandPrince

  /// - Parameters:
  ///   - weight: 1 for a sum of squares, 1/n for their mean.
  ///   - tolerance: of a step, relative to |w|_2.
  /// - Throws: `FlowError`.
  public init(
    _ map: Map, weight: Double = 1, weightDecay: Double, initial: [Double],
    tolerance: Double = 1e-10, stepLimit: Int = 10_000_000
  ) throws {
    try map.check(initial)
    guard weight > 0, weight.isFinite, weightDecay >= 0, weightDecay.isFinite else {
      throw FlowError.setting("weight \(weight) and weight decay \(weightDecay)")
    }
    guard tolerance >= 1e-14, tolerance <= 0.1 else {
      throw FlowError.setting("tolerance \(tolerance): need 1e-14 to 1e-1")
    }
    (self.map, self.weight, self.weightDecay) = (map, weight, weightDecay)
    integrator = DormandPrince(initial, tolerance: tolerance, stepLimit: stepLimit)
  }

  public var time: Double { integrator.time }
  public var state: [Double] { integrator.state }
  /// Accepted steps so far.
  public var steps: Int { integrator.steps }

  /// Follows the flow to a time, and ends there exactly.
  ///
  /// - Throws: `FlowError`.
  public mutating func advance(to end: Double) throws {
    try integrator.advance(to: end, rate)
  }

  private var rate: ([Double]) -> [Double] {
    { [map, weight, weightDecay] w in
      var result = map.adjoint(at: w, map.value(w))
      for k in result.indices { result[k] = -2 * weight * result[k] - weightDecay * w[k] }
      return result
    }
  }

  /// Phi(w0) (Eq. 4), where the flow without weight decay ends.
  ///
  /// Steps lead to |r| <= 1e-8, relative to |y|; Gauss-Newton corrections w - J^T K^+ r lead on to
  /// 1e-13. What is left of the flow from a residual r is w - J^T K^+ r + O(|r|^2), so that this is the
  /// flow's own limit to rounding, as Newton from afar is not.
  ///
  /// - Throws: `FlowError.noInterpolation` where it rests before.
  public static func limit(
    _ map: Map, weight: Double = 1, initial: [Double], tolerance: Double = 1e-12,
    stepLimit: Int = 1_000_000
  ) throws -> FlowLimit {
    var flow = try GradientFlow(
      map, weight: weight, weightDecay: 0, initial: initial, tolerance: tolerance,
      stepLimit: stepLimit)
    let scale = map.residualScale
    let rate = flow.rate
    while true {
      let r = map.value(flow.state)
      let size = euclideanNorm(r)
      if size <= 1e-8 * scale { break }
      // |J^T r| is sqrt(trace K) |r| at most.
      let k = map.gram(at: flow.state)
      let slope = (0..<k.rows).reduce(0) { $0 + k[$1, $1] }.squareRoot()
      guard euclideanNorm(map.adjoint(at: flow.state, r)) > 1e-8 * slope * size else {
        throw FlowError.noInterpolation(residual: size)
      }
      for _ in 0..<20 { try flow.integrator.step(before: .infinity, rate) }
    }
    var point = flow.state
    var size = euclideanNorm(map.value(point))
    for _ in 0..<4 where size > 1e-15 * scale {
      let next = map.corrected(point)
      let left = euclideanNorm(map.value(next))
      guard left < size else { break }
      (point, size) = (next, left)
    }
    guard size <= 1e-13 * scale else { throw FlowError.noInterpolation(residual: size) }
    return FlowLimit(point: point, residual: size, time: flow.time)
  }
}

/// Where a gradient flow without weight decay ends.
public struct FlowLimit: Sendable {
  /// Phi(w0)
  public let point: [Double]
  /// |r|
  public let residual: Double
  /// When |r| fell to 1e-8 of |y|.
  public let time: Double
}
