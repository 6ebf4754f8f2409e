import BatchNumerics
import Foundation

/// How far the flow with weight decay lambda is from what it tends to as lambda falls, for a list of
/// lambdas; the distances fall as lambda, the late ones once e^(-c tau / lambda) is small at the first
/// slow time, and later where the slow flow comes near singular points of M.
///
/// Source: Boursier et al. 2025 (arXiv 2505.20172), Propositions 1 and 2. That the early
/// distance is O(lambda) is in the proof, appendix A.1; of the late one they state convergence only.
public struct LimitComparison: Sendable {
  public struct Point: Sendable {
    /// lambda
    public let weightDecay: Double
    /// The largest distance |w - w_limit|_2 at the times that were looked at.
    public let error: Double
    /// The time or slow time of that.
    public let time: Double
    /// Steps of the flow with decay.
    public let steps: Int
  }

  /// In the order of the lambdas that were asked for.
  public let points: [Point]

  /// The slope of log error over log lambda, by least squares; NaN for fewer than two lambdas.
  public var slope: Double {
    let (x, y) = (points.map { log($0.weightDecay) }, points.map { log($0.error) })
    let count = Double(points.count)
    let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
    let covariance = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
    return covariance / x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
  }

  /// The slopes between neighbours.
  public var slopes: [Double] {
    zip(points, points.dropFirst()).map {
      log($1.error / $0.error) / log($1.weightDecay / $0.weightDecay)
    }
  }

  /// sup over [0, end] of |w^lambda - w^GF|, at `samples` equidistant times (Proposition 1).
  ///
  /// - Throws: `FlowError`.
  public static func early<Map: ResidualMap>(
    _ map: Map, weight: Double = 1, initial: [Double], weightDecays: [Double], end: Double,
    samples: Int = 40, tolerance: Double = 1e-11
  ) throws -> LimitComparison {
    let times = try grid(0, end, samples)
    var plain = try GradientFlow(
      map, weight: weight, weightDecay: 0, initial: initial, tolerance: tolerance)
    let expected = try times.map { time in
      try plain.advance(to: time)
      return plain.state
    }
    return try LimitComparison(
      map, weight, initial, weightDecays, times, expected, tolerance, isSlow: false)
  }

  /// sup over tau in [begin, end] of |w^lambda(tau / lambda) - w_o(tau)|, at `samples` equidistant
  /// times; w_o is the Riemannian flow from Phi(w0) (Proposition 2).
  ///
  /// - Throws: `FlowError`.
  public static func late<Map: ResidualMap>(
    _ map: Map, weight: Double = 1, initial: [Double], weightDecays: [Double], begin: Double,
    end: Double, samples: Int = 30, tolerance: Double = 1e-10, step: Double = 0.005
  ) throws -> LimitComparison {
    let times = try grid(begin, end, samples)
    let limit = try GradientFlow.limit(map, weight: weight, initial: initial)
    var slow = try RiemannianFlow(map, start: limit.point, step: step)
    let expected = try times.map { tau in
      try slow.advance(to: tau)
      return slow.state
    }
    return try LimitComparison(
      map, weight, initial, weightDecays, times, expected, tolerance, isSlow: true)
  }

  private init<Map: ResidualMap>(
    _ map: Map, _ weight: Double, _ initial: [Double], _ weightDecays: [Double],
    _ times: [Double], _ expected: [[Double]], _ tolerance: Double, isSlow: Bool
  ) throws {
    points = try weightDecays.map { decay in
      guard decay > 0 else { throw FlowError.setting("weight decay \(decay): need more than 0") }
      var flow = try GradientFlow(
        map, weight: weight, weightDecay: decay, initial: initial, tolerance: tolerance)
      var (largest, place) = (0.0, times[0])
      for (time, state) in zip(times, expected) {
        try flow.advance(to: isSlow ? time / decay : time)
        let distance = euclideanNorm(zip(flow.state, state).map { $0 - $1 })
        if !(distance <= largest) { (largest, place) = (distance, time) }
      }
      return Point(weightDecay: decay, error: largest, time: place, steps: flow.steps)
    }
  }

  private static func grid(_ begin: Double, _ end: Double, _ count: Int) throws -> [Double] {
    guard count >= 2, begin >= 0, end > begin, end.isFinite else {
      throw FlowError.setting("\(count) times from \(begin) to \(end)")
    }
    return (0..<count).map { begin + (end - begin) * Double($0) / Double(count - 1) }
  }
}
