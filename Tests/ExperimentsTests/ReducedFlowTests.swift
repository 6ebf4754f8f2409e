// This file tests the reduction of gradient flow to n dimensions, and its integrator.

import BatchNumerics
import Experiments
import Foundation
import Testing

@Suite struct ReducedFlowTests {
  /// Both integrate to 1e-10; 1e-8 leaves room for what steps add up to.
  @Test(arguments: FlowCase.all) func isTheFullFlow(sample: FlowCase) throws {
    var flow = try sample.flow(tolerance: 1e-11)
    for time in [0.3, 2] {
      try flow.advance(to: time)
      #expect(flow.time == time)
      let expected = sample.rungeKutta(to: time, steps: sample.stiffness * 4000)
      #expect(FlowCase.distance(flow.state, expected) < 1e-8, "at \(time)")
    }
  }

  /// Products by tables, conjugate gradients, blocks that end in the middle of a byte.
  @Test(arguments: [DiagonalParameterization.difference(depth: 2), .difference(depth: 3)])
  func signsAreTheFullFlow(parameterization: DiagonalParameterization) throws {
    var sample = FlowCase(
      parameterization: parameterization, loss: .logistic, samples: 40, features: 4300,
      weight: 1.0 / 40, weightDecay: 0.1, isSigns: true)
    sample.isBalanced = true
    var flow = try sample.flow(tolerance: 1e-9)
    try flow.advance(to: 0.02)
    #expect(flow.cost.products > 0)
    let expected = sample.rungeKutta(to: 0.02, steps: 200)
    #expect(FlowCase.distance(flow.state, expected) < 1e-8)
    let (w, v) = (parameterization.predictor(flow.state), parameterization.predictor(expected))
    #expect(FlowCase.distance(w, v) < 1e-7)
  }

  /// Rows enough for conjugate gradients on a dense X.
  @Test func manyRows() throws {
    let sample = FlowCase(
      parameterization: .product, loss: .squared, samples: 120, features: 400,
      weight: 1.0 / 120, weightDecay: 0.05)
    var flow = try sample.flow(tolerance: 1e-10)
    try flow.advance(to: 3)
    #expect(flow.cost.products > 0)
    #expect(FlowCase.distance(flow.state, sample.rungeKutta(to: 3, steps: 3000)) < 1e-8)
  }

  /// Errors fall with the tolerance; at order 4, a tolerance of 10^-4 of another's needs no more than ten
  /// times its steps (a method of order 3 would need twenty).
  @Test(arguments: FlowCase.parameterizations)
  func errorsFollowTheTolerance(parameterization: DiagonalParameterization) throws {
    let sample = FlowCase(parameterization: parameterization, loss: .logistic)
    let expected = sample.rungeKutta(to: 4, steps: 8000)
    var steps: [Int] = []
    for tolerance in [1e-5, 1e-7, 1e-9] {
      var flow = try sample.flow(tolerance: tolerance)
      try flow.advance(to: 4)
      steps.append(flow.cost.steps)
      #expect(FlowCase.distance(flow.state, expected) < 10 * tolerance)
    }
    #expect(steps[2] < 14 * steps[0])
  }

  /// With equal steps, which a loose tolerance leaves to the times that are asked for, the error goes
  /// with the fourth power of a step.
  @Test(arguments: FlowCase.parameterizations)
  func orderIsFour(parameterization: DiagonalParameterization) throws {
    let sample = FlowCase(
      parameterization: parameterization, loss: .logistic, weight: 0.03, weightDecay: 0.8)
    let expected = sample.rungeKutta(to: 1, steps: 4000)
    let errors = try [8, 16, 32, 64].map { count -> Double in
      var flow = try sample.flow(tolerance: 0.1)
      for k in 1...count { try flow.advance(to: Double(k) / Double(count)) }
      // The first time is approached by short steps.
      #expect(flow.cost.steps <= count + 12)
      return FlowCase.distance(flow.state, expected)
    }
    #expect(errors[3] < errors[0] / 200, "\(errors)")
  }

  // MARK: - Stiff flows

  /// Steps are as long as the solution is smooth: explicit ones would be t lambda_max / 2 > 10^8.
  @Test(arguments: [MarginLoss.logistic, .exponential, .squared])
  func stiffFlows(loss: MarginLoss) throws {
    let sample = FlowCase(
      parameterization: .difference(depth: 2), loss: loss, weight: 1e5, weightDecay: 1e-3,
      isBalanced: true)
    var flow = try sample.flow(tolerance: 1e-7)
    for time in [1e-6, 1, 100, 3000, 20_000] { try flow.advance(to: time) }
    #expect(flow.cost.steps < 3000)
    // At rest: lambda theta = -dF/dtheta on all numbers that are left.
    let theta = flow.state
    let motion = sample.velocity(theta, sample.problem)
    #expect(euclideanNorm(motion) < 1e-2 * sample.weightDecay * euclideanNorm(theta))
    var precise = try sample.flow(tolerance: 1e-10)
    for time in [1e-6, 1, 100, 3000, 20_000] { try precise.advance(to: time) }
    #expect(FlowCase.distance(theta, precise.state) < 1e-5)
  }

  /// lambda t of 10^4 overflows nothing.
  @Test(arguments: FlowCase.parameterizations)
  func longTimes(parameterization: DiagonalParameterization) throws {
    let sample = FlowCase(parameterization: parameterization, loss: .squared, weightDecay: 0.01)
    var flow = try sample.flow(tolerance: 1e-6)
    try flow.advance(to: 1e5)
    let theta = flow.state
    let motion = sample.velocity(theta, sample.problem)
    #expect(flow.isFinite)
    #expect(euclideanNorm(motion) <= 1e-4 * sample.weightDecay * euclideanNorm(theta) + 1e-300)
  }

  // MARK: - Invariants (exact under flow with decay)

  @Test(arguments: [
    DiagonalParameterization.product, .difference(depth: 2), .difference(depth: 3),
    .difference(depth: 4),
  ])
  func invariants(parameterization: DiagonalParameterization) throws {
    let sample = FlowCase(parameterization: parameterization, loss: .logistic)
    let d = sample.features
    func invariant(_ theta: [Double], _ time: Double) -> [Double] {
      (0..<d).map { k -> Double in
        let (u, v) = (theta[k], theta[d + k])
        let lambda = sample.weightDecay
        switch parameterization {
        case .product: return (u * u - v * v) * exp(2 * lambda * time)
        case .difference(depth: 2): return u * v * exp(2 * lambda * time)
        case .difference(let depth):
          let power = Double(2 - depth)
          return (pow(u, power) + pow(v, power)) * exp(power * lambda * time)
        default: return .nan
        }
      }
    }
    var flow = try sample.flow(tolerance: 1e-6)
    for time in [0.1, 1, 7.0] {
      try flow.advance(to: time)
      let (found, expected) = (invariant(flow.state, time), invariant(sample.initial, 0))
      for (a, b) in zip(found, expected) { #expect(abs(a - b) <= 1e-11 * max(1e-3, abs(b))) }
    }
  }

  // MARK: - Errors

  @Test func errorsAreTyped() throws {
    var sample = FlowCase(parameterization: .difference(depth: 3), loss: .logistic)
    var initial = sample.initial
    initial[2] = 0
    #expect(throws: ReducedFlowError.needsPositiveStart(depth: 3)) {
      try ReducedFlow(
        problem: sample.problem, parameterization: sample.parameterization, loss: .logistic,
        weight: 1, weightDecay: 0, initial: initial)
    }
    #expect(throws: ReducedFlowError.tolerance(0)) { try sample.flow(tolerance: 0) }
    #expect(throws: ReducedFlowError.self) {
      try ReducedFlow(
        problem: sample.problem, parameterization: .linear, loss: .logistic, weight: 1,
        weightDecay: 0, initial: [1])
    }
    sample.parameterization = .product
    var flow = try sample.flow(tolerance: 1e-6)
    try flow.advance(to: 1)
    #expect(throws: ReducedFlowError.time(0.5)) { try flow.advance(to: 0.5) }
    flow.stepLimit = flow.cost.steps + 2
    #expect(throws: ReducedFlowError.self) { try flow.advance(to: 1e6) }
  }

  /// Numbers that are not finite, from the start or on the way, end as NaN.
  @Test func divergenceIsSeen() throws {
    let sample = FlowCase(parameterization: .product, loss: .squared)
    for (value, weight) in [(Double.nan, 1.0), (.infinity, 1), (1e200, 1), (1, .infinity)] {
      var initial = sample.initial
      initial[3] = value
      var flow = try ReducedFlow(
        problem: sample.problem, parameterization: .product, loss: .squared, weight: weight,
        weightDecay: 0, initial: initial)
      try flow.advance(to: 1)
      #expect(!flow.isFinite && flow.time == 1)
      #expect(flow.state.count == initial.count && flow.state.allSatisfy(\.isNaN))
    }
  }
}
