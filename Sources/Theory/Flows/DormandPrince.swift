import Foundation

/// An autonomous flow w' = f(w) by the explicit pair of orders 5 and 4 with step control, errors of a
/// step relative to |w|_2, and steps that end where they are asked to.
///
/// Source: Dormand and Prince 1980, table 2 (coefficients RK5(4)7M); the step control, with the last
/// error's memory, is that of Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I
/// and II, sections II.4 and IV.2.
struct DormandPrince: Sendable {
  private(set) var time = 0.0
  private(set) var state: [Double]
  private(set) var steps = 0
  let tolerance: Double
  let stepLimit: Int
  /// f(state)
  private var slope: [Double]?
  private var proposed: Double?
  private var lastError = 1e-4

  private static let arguments: [[Double]] = [
    [1.0 / 5],
    [3.0 / 40, 9.0 / 40],
    [44.0 / 45, -56.0 / 15, 32.0 / 9],
    [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729],
    [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656],
    [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84],
  ]
  /// Order 5 less order 4.
  private static let errors: [Double] = [
    71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40,
  ]

  init(_ state: [Double], tolerance: Double, stepLimit: Int) {
    (self.state, self.tolerance, self.stepLimit) = (state, tolerance, stepLimit)
  }

  /// Follows the flow to a time, and ends there exactly.
  mutating func advance(to end: Double, _ rate: ([Double]) -> [Double]) throws {
    guard end >= time, end.isFinite else { throw FlowError.time(end) }
    while time < end { try step(before: end, rate) }
  }

  /// One accepted step that does not pass `end`, which may be infinite.
  mutating func step(before end: Double, _ rate: ([Double]) -> [Double]) throws {
    guard steps < stepLimit else { throw FlowError.stepLimit(steps: steps, time: time) }
    let here = slope ?? rate(state)
    var length = proposed ?? first(here)
    for _ in 0..<100 {
      let parts = ((end - time) / length).rounded(.up)
      let h = parts <= 1 ? end - time : parts <= 2 ? (end - time) / 2 : length
      guard h > 4 * time.ulp || parts <= 1 else { break }
      let (next, last, error) = attempt(h, here, rate)
      let factor = error.isFinite ? 0.9 * pow(max(error, 1e-10), -0.17) * pow(lastError, 0.04) : 0.1
      if error <= 1 {
        // A step cut short by `end` says little of how long one could be.
        proposed = min(1e100, max(h * min(5, factor), h < length ? length : 0))
        (state, slope, time) = (next, last, parts <= 1 ? end : time + h)
        lastError = max(error, 1e-4)
        steps += 1
        return
      }
      length = h * min(0.9, max(0.1, factor))
    }
    throw FlowError.notFinite("the state after time \(time)")
  }

  /// A thousandth of the time in which w changes by its own size.
  private func first(_ here: [Double]) -> Double {
    let (size, speed) = (norm(state), norm(here))
    return size > 0 && speed > 0 && speed.isFinite ? 1e-3 * size / speed : 1e-3
  }

  private func norm(_ values: [Double]) -> Double {
    var sum = 0.0
    for value in values { sum += value * value }
    return sum.squareRoot()
  }

  /// The state and the slope after a step, and its error over what is allowed.
  private func attempt(
    _ h: Double, _ here: [Double], _ rate: ([Double]) -> [Double]
  ) -> (next: [Double], slope: [Double], error: Double) {
    var stages = [here]
    stages.reserveCapacity(7)
    var next = state
    for factors in Self.arguments {
      next = state
      for (factor, stage) in zip(factors, stages) where factor != 0 {
        for k in next.indices { next[k] += h * factor * stage[k] }
      }
      stages.append(rate(next))
    }
    var squares = 0.0
    for k in next.indices {
      var sum = 0.0
      for i in 0..<7 { sum += Self.errors[i] * stages[i][k] }
      squares += sum * sum
    }
    let size = max(norm(state), norm(next))
    let error = h * squares.squareRoot()
    return (next, stages[6], error == 0 ? 0 : error / (tolerance * size))
  }
}
