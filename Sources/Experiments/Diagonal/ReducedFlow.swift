import BatchNumerics
import Foundation

/// The gradient flow of a diagonal model with weight decay,
/// theta' = -(dF/dtheta + lambda theta), F = weight * sum_i l(<w, x_i>, y_i), in n dimensions.
///
/// All parameters are functions of time and z = X^T s with s in R^n, s' = -c(t) r(X w), s(0) = 0
/// (`FlowCoordinates`); steps are taken in the time of c dt, where s' = -r. The reduction is exact; s
/// follows from RODAS with step control, to a relative error per step of `tolerance` in |w| and in
/// |theta|. The Jacobian -c Sigma X D X^T, Sigma =
/// weight l'', D = dw/dz, is exact too, so that steps are as long as the solution is smooth, however
/// stiff the flow (`FlowSystem`). Steps end at the times that are asked for.
///
/// Results do not depend on the number of cores.
public struct ReducedFlow: Sendable {
  /// The time that the state belongs to.
  public private(set) var time = 0.0
  /// False once a number was not finite; `state` is NaN from then on.
  public private(set) var isFinite = true
  /// What the integration has cost so far.
  public private(set) var cost = Cost()
  /// The most steps of a flow.
  public var stepLimit = 100_000

  /// Work of an integration.
  public struct Cost: Sendable, Equatable {
    public var (steps, rejected) = (0, 0)
    /// Evaluations of s', a product with X^T and one with X each.
    public var evaluations = 0
    /// Products with X D X^T, in linear systems.
    public var products = 0
  }

  private let data: FlowMatrix
  private let targets: [Double]
  private let loss: MarginLoss
  private let weight: Double
  private let tolerance: Double
  private var coordinates: FlowCoordinates
  /// The parameters at `origin`, from where s counts.
  private(set) var initial: [Double]
  private(set) var origin = 0.0
  private(set) var s: [Double]
  /// X w0 where w is linear in z.
  private let startImage: [Double]
  /// The step that the error of the last one suggests.
  private(set) var step: Double?
  private var current: Evaluation?

  /// s' and what it is made of.
  private struct Evaluation: Sendable {
    /// q = X w
    let outputs: [Double]
    /// s'
    let rate: [Double]
    /// sum w^2, sum D, sum D^2, |theta|^2
    let sums: SIMD4<Double>
    /// D, if wanted
    let slopes: [Double]

    var isFinite: Bool { sums.x.isFinite && rate.allSatisfy(\.isFinite) }
  }

  /// - Parameters:
  ///   - weight: 1/n for a mean of losses, 1 for a sum.
  ///   - weightDecay: lambda, not negative.
  ///   - initial: u [d] then v [d], or w [d].
  ///   - tolerance: of a step, relative to |w| and |theta|.
  /// - Throws: `ReducedFlowError`.
  public init(
    problem: DiagonalProblem, parameterization: DiagonalParameterization, loss: MarginLoss,
    weight: Double, weightDecay: Double, initial: [Double], tolerance: Double = 1e-6
  ) throws {
    try self.init(
      data: FlowMatrix(problem.features), targets: problem.targets,
      parameterization: parameterization, loss: loss, weight: weight, weightDecay: weightDecay,
      initial: initial, tolerance: tolerance)
  }

  init(
    data: FlowMatrix, targets: [Double], parameterization: DiagonalParameterization,
    loss: MarginLoss, weight: Double, weightDecay: Double, initial: [Double], tolerance: Double
  ) throws {
    guard initial.count == parameterization.factorCount * data.columns else {
      throw ReducedFlowError.mismatch(
        "\(initial.count) initial values for \(parameterization) in \(data.columns) features")
    }
    guard targets.count == data.rows else {
      throw ReducedFlowError.mismatch("\(targets.count) targets for \(data.rows) samples")
    }
    guard tolerance >= 1e-13, tolerance <= 0.1 else { throw ReducedFlowError.tolerance(tolerance) }
    self.data = data
    self.targets = targets
    self.loss = loss
    self.weight = weight
    self.tolerance = tolerance
    self.initial = initial
    coordinates = try FlowCoordinates(parameterization, decay: weightDecay, initial: initial)
    let zeros = [Double](repeating: 0, count: data.rows)
    s = zeros
    startImage =
      coordinates.linearStart.map { start in
        data.pass(zeros) { first, size, z in
          for k in 0..<size { z[k] = start[first + k] }
          return .zero
        }.image
      } ?? []
    isFinite = initial.allSatisfy(\.isFinite) && weight.isFinite && weightDecay.isFinite
  }

  /// u [d] then v [d], or w [d], at `time`.
  public var state: [Double] {
    guard isFinite else { return [Double](repeating: .nan, count: initial.count) }
    return coordinates.state(time - origin, data.transposedProduct(s), from: initial)
  }

  /// Follows the flow to a time, and ends there exactly.
  ///
  /// - Throws: `ReducedFlowError` for a time that is past, or when the steps are used up.
  public mutating func advance(to end: Double) throws {
    guard end >= time, end.isFinite else { throw ReducedFlowError.time(end) }
    while time < end, isFinite {
      guard cost.steps + cost.rejected < stepLimit else {
        throw ReducedFlowError.stepLimit(steps: stepLimit, time: time)
      }
      takeStep(before: end)
    }
    if !isFinite { time = end }
  }

  /// Follows the flow to a time unless it is past; a flow that uses up its steps is given up: its
  /// state is NaN from then on.
  mutating func follow(to end: Double) throws {
    do { try advance(to: max(time, end)) } catch ReducedFlowError.stepLimit { isFinite = false }
  }

  // MARK: - Going on from a saved state

  mutating func resume(time: Double, isFinite: Bool, step: Double?) {
    (self.time, self.isFinite, self.step, current) = (time, isFinite, step, nil)
  }

  mutating func resume(_ cost: Cost) { self.cost = cost }

  /// - Parameter start: the parameters at `origin`, where s was zero.
  /// - Throws: `ReducedFlowError` for a start that there is no map from.
  mutating func resume(origin: Double, start: [Double], s: [Double]) throws {
    coordinates = try FlowCoordinates(
      coordinates.parameterization, decay: coordinates.decay, initial: start, allowsZero: origin > 0
    )
    (self.origin, initial, self.s) = (origin, start, s)
  }

  // MARK: - A step

  /// One accepted step that does not pass `end`; without one the flow is not finite.
  private mutating func takeStep(before end: Double) {
    let here = current ?? evaluate(time - origin, s, wantsSlopes: true)
    current = here
    guard here.isFinite, here.sums.y.isFinite else {
      isFinite = false
      return
    }
    let curvatures = zip(here.outputs, targets).map { weight * loss.curvature($0, $1) }
    var system = FlowSystem(data, slopes: here.slopes, curvatures: curvatures)
    defer { cost.products += system.products }
    // Later the clock stands still.
    let longest = coordinates.clockDecay > 0 ? 1 / coordinates.clockDecay : .infinity
    var proposed = min(longest, step ?? firstStep(here, system))
    for _ in 0..<60 {
      let parts = ((end - time) / proposed).rounded(.up)
      let length = parts <= 1 ? end - time : parts <= 2 ? (end - time) / 2 : proposed
      guard length > 4 * time.ulp else { break }
      let (next, error) = attempt(length, here, curvatures, &system)
      // Order 3 of the embedded solution: the error goes with the fourth power.
      let factor = error.isFinite ? min(5, max(0.1, 0.9 * pow(error, -0.25))) : 0.1
      if error <= 1 {
        // A step cut short by `end` says little of how long one could be.
        step = max(length * factor, length < proposed ? proposed * min(1, factor) : 0)
        accept(next, parts <= 1 ? end : time + length)
        return
      }
      cost.rejected += 1
      proposed = length * factor
    }
    isFinite = false
  }

  private mutating func accept(_ next: [Double], _ end: Double) {
    (s, time, current) = (next, end, nil)
    cost.steps += 1
    guard coordinates.needsRebasing, coordinates.clockDecay * (time - origin) > 0.5 else { return }
    let now = state
    guard
      let rebased = try? FlowCoordinates(
        coordinates.parameterization, decay: coordinates.decay, initial: now, allowsZero: true)
    else {
      isFinite = false
      return
    }
    (coordinates, initial, origin) = (rebased, now, time)
    s = [Double](repeating: 0, count: s.count)
  }

  /// A hundredth of the fastest time that there is, or of the time in which a factor changes.
  private func firstStep(_ here: Evaluation, _ system: FlowSystem) -> Double {
    let clock = coordinates.decay + system.trace + coordinates.friction
    let drift = data.pass(here.rate, needsImage: false) { _, size, z in
      SIMD4((0..<size).reduce(0) { $0 + z[$1] * z[$1] }, 0, 0, 0)
    }.sums.x.squareRoot()
    let rate = clock + coordinates.steepness * drift
    return rate > 0 && rate.isFinite ? 0.01 / rate : 1
  }

  /// A step of RODAS in the time that s is linear in where the parameters rest: the new state, and its
  /// error over what is allowed.
  private mutating func attempt(
    _ length: Double, _ here: Evaluation, _ curvatures: [Double], _ system: inout FlowSystem
  ) -> (next: [Double], error: Double) {
    let (n, begin) = (s.count, time - origin)
    let clock = FlowClock(decay: coordinates.clockDecay)
    let h = clock.reading(begin + length) - clock.reading(begin)
    let scale = 1 / (1 / (RodasTableau.gamma * h) + coordinates.friction)
    guard h > 0, system.prepare(scale) else { return (s, .infinity) }
    let timeSlope = timeDerivative(begin, here, curvatures)
    let accuracy = 0.02 * tolerance * allowedDrift(here, h)
    var stages: [[Double]] = []
    var (argument, last) = (s, here)
    for i in 0..<RodasTableau.stages {
      if i > 0 {
        argument = s
        for (factor, stage) in zip(RodasTableau.arguments[i], stages) {
          for k in 0..<n { argument[k] += factor * stage[k] }
        }
        let moment = clock.time(clock.reading(begin) + RodasTableau.times[i] * h)
        last = evaluate(moment, argument, wantsSlopes: false)
        guard last.isFinite else { return (s, .infinity) }
      }
      var right = last.rate
      for k in 0..<n { right[k] += h * RodasTableau.timeSlopes[i] * timeSlope[k] }
      for (factor, stage) in zip(RodasTableau.couplings[i], stages) {
        for k in 0..<n { right[k] += factor / h * stage[k] }
      }
      stages.append(system.solve(right.map { scale * $0 }, accuracy: accuracy))
    }
    let correction = stages[RodasTableau.stages - 1]
    let next = zip(argument, correction).map { $0 + $1 }
    let speed = exp(-coordinates.clockDecay * begin)
    return (next, error(correction, here, max(here.sums.x, last.sums.x), speed))
  }

  /// |D X^T correction| over |w|, and |d theta| = |D^(1/2) X^T correction| / c^(1/2) over |theta|.
  private func error(
    _ correction: [Double], _ here: Evaluation, _ squares: Double, _ speed: Double
  ) -> Double {
    let sums = here.slopes.withUnsafeBufferPointer { slopes in
      nonisolated(unsafe) let slopes = slopes
      return data.pass(correction, needsImage: false) { first, size, z in
        var sums = SIMD4<Double>.zero
        for k in 0..<size {
          let change = slopes[first + k] * z[k]
          sums.x += change * change
          sums.y += change * z[k]
        }
        return sums
      }.sums
    }
    guard sums.x.isFinite, sums.y.isFinite else { return .infinity }
    let ofPredictor = sums.x == 0 ? 0 : (sums.x / squares).squareRoot()
    let ofState =
      coordinates.hasSize && sums.y > 0 ? (sums.y / (speed * here.sums.w)).squareRoot() : 0
    return max(ofPredictor, ofState) / tolerance
  }

  /// What |D^(1/2) X^T ds| is where |w| changes by its own size, or |theta| if that is sooner.
  private func allowedDrift(_ here: Evaluation, _ h: Double) -> Double {
    var squares = here.sums.x
    if squares == 0 {
      squares = here.slopes.withUnsafeBufferPointer { slopes in
        nonisolated(unsafe) let slopes = slopes
        return data.pass(here.rate, needsImage: false) { first, size, z in
          var sum = 0.0
          for k in 0..<size {
            sum += (h * slopes[first + k] * z[k]) * (h * slopes[first + k] * z[k])
          }
          return SIMD4(sum, 0, 0, 0)
        }.sums.x
      }
    }
    guard here.sums.z > 0 else { return 0 }
    let ofPredictor = (squares * here.sums.y / here.sums.z).squareRoot()
    guard coordinates.hasSize else { return ofPredictor }
    let speed = exp(-coordinates.clockDecay * (time - origin))
    return min(ofPredictor, (speed * here.sums.w).squareRoot())
  }

  // MARK: - The right side

  private mutating func evaluate(
    _ elapsed: Double, _ s: [Double], wantsSlopes: Bool
  ) -> Evaluation {
    cost.evaluations += 1
    var slopes = [Double](repeating: 0, count: wantsSlopes ? data.columns : 0)
    let map = coordinates
    let (outputs, sums) = slopes.withUnsafeMutableBufferPointer { slopes in
      nonisolated(unsafe) let start = wantsSlopes ? slopes.baseAddress : nil
      return data.pass(s) { first, size, z in map.map(first, size, elapsed, z, slopes: start) }
    }
    let rate = s.indices.map {
      -map.friction * s[$0] - weight * loss.slope(outputs[$0], targets[$0])
    }
    return Evaluation(outputs: outputs, rate: rate, sums: sums, slopes: slopes)
  }

  /// How r changes at fixed s, as w falls like e^(-degree lambda t), by the clock's reading.
  private func timeDerivative(
    _ elapsed: Double, _ here: Evaluation, _ curvatures: [Double]
  ) -> [Double] {
    if !startImage.isEmpty {
      let falling = coordinates.decay * exp(-coordinates.decay * elapsed)
      return curvatures.indices.map { curvatures[$0] * falling * startImage[$0] }
    }
    let falling =
      coordinates.degree * coordinates.decay * exp(coordinates.clockDecay * elapsed)
    return curvatures.indices.map { curvatures[$0] * falling * here.outputs[$0] }
  }
}

/// The time in which s' = -r: its reading is (1 - e^(-decay t)) / decay.
private struct FlowClock {
  let decay: Double

  func reading(_ time: Double) -> Double { decay == 0 ? time : -expm1(-decay * time) / decay }
  func time(_ reading: Double) -> Double {
    decay == 0 ? reading : -log1p(-decay * reading) / decay
  }
}
