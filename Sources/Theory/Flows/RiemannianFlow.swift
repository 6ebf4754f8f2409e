import BatchNumerics

/// The slow phase of training with weight decay: w' = -P_Ker(J) w on M = {r = 0}, the Riemannian
/// gradient flow of |w|^2 / 2 there, in slow time tau = lambda t.
///
/// mu = K^+ J w and w' = -w + J^T mu, by the classical Runge-Kutta steps of order 4 with Gauss-Newton
/// corrections w - J^T K^+ r(w), which keep |r| at rounding. Along it
///
///   d|w|^2/dtau = -2 |P_Ker w|^2 = -2 (|w|^2 - L^2 y^T K^+ y),
///
/// the latter for r = f - y of degree L. The end points w = J^T mu are the KKT points of least norm on
/// M. Towards sparse or low-rank ones K becomes singular; what is then below 1e-12 of K is left out.
///
/// Source: Boursier et al. 2025 (arXiv 2505.20172), Eq. 6 and Propositions 2 to 4.
public struct RiemannianFlow<Map: ResidualMap>: Sendable {
  public let map: Map
  /// The longest step.
  public let step: Double
  /// Gauss-Newton corrections after a step.
  public let corrections: Int
  /// tau
  public private(set) var time = 0.0
  public private(set) var state: [Double]
  /// The largest condition number of K so far; from Cholesky a lower bound.
  public private(set) var largestCondition = 1.0
  /// Whether some K was too close to singular for Cholesky.
  public private(set) var usedPseudoInverse = false

  /// - Parameter start: a point with r = 0 to 1e-8 of |y|, as `GradientFlow.limit`.
  /// - Throws: `FlowError`.
  public init(
    _ map: Map, start: [Double], step: Double = 0.005, corrections: Int = 2
  ) throws {
    try map.check(start)
    guard step > 0, step.isFinite, corrections >= 0 else {
      throw FlowError.setting("step \(step) with \(corrections) corrections")
    }
    let residual = euclideanNorm(map.value(start))
    guard residual <= 1e-8 * map.residualScale else {
      throw FlowError.offManifold(residual: residual)
    }
    (self.map, self.step, self.corrections, state) = (map, step, corrections, start)
  }

  /// Follows the flow to a slow time, in equal steps.
  ///
  /// - Throws: `FlowError`.
  public mutating func advance(to end: Double) throws {
    guard end >= time, end.isFinite else { throw FlowError.time(end) }
    guard end > time else { return }
    let (begin, count) = (time, max(1, ((end - time) / step - 1e-9).rounded(.up)))
    guard count < 1e9 else { throw FlowError.setting("\(count) steps of \(step)") }
    for k in 1...Int(count) {
      takeStep((end - begin) / count)
      guard state.allSatisfy(\.isFinite) else {
        throw FlowError.notFinite("the state after slow time \(time)")
      }
      time = k == Int(count) ? end : begin + Double(k) * (end - begin) / count
    }
  }

  /// What there is to say of the state.
  public var report: Report {
    let solver = GramSolver(map.gram(at: state))
    let parts = map.split(state, solver)
    let size = euclideanNorm(state)
    return Report(
      squaredNorm: size * size, normalSquare: parts.normalSquare,
      tangentShare: size > 0 ? euclideanNorm(parts.tangent) / size : 0,
      residual: euclideanNorm(map.value(state)), condition: solver.condition,
      isSingular: solver.isSingular)
  }

  /// How far a state is from the end of its flow, and how well it is conditioned.
  public struct Report: Sendable {
    /// |w|^2
    public let squaredNorm: Double
    /// (J w)^T K^+ J w = L^2 y^T K^+ y; |w|^2 exactly at stationary points, below elsewhere.
    public let normalSquare: Double
    /// |P_Ker w| / |w|
    public let tangentShare: Double
    /// |r|
    public let residual: Double
    /// Of K; from Cholesky a lower bound.
    public let condition: Double
    public let isSingular: Bool
    /// d|w|^2/dtau
    public var normRate: Double { -2 * (squaredNorm - normalSquare) }
  }

  private mutating func takeStep(_ h: Double) {
    let first = velocity(state)
    let second = velocity(moved(state, h / 2, first))
    let third = velocity(moved(state, h / 2, second))
    let fourth = velocity(moved(state, h, third))
    for k in state.indices {
      state[k] += h / 6 * (first[k] + 2 * (second[k] + third[k]) + fourth[k])
    }
    for _ in 0..<corrections { state = map.corrected(state) }
  }

  private func moved(_ w: [Double], _ h: Double, _ v: [Double]) -> [Double] {
    zip(w, v).map { $0 + h * $1 }
  }

  /// -P_Ker w
  private mutating func velocity(_ w: [Double]) -> [Double] {
    let solver = GramSolver(map.gram(at: w))
    largestCondition = max(largestCondition, solver.condition)
    usedPseudoInverse = usedPseudoInverse || solver.isSingular
    return map.split(w, solver).tangent.map { -$0 }
  }
}
