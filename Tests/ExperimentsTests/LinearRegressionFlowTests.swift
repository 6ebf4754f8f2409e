// This file tests the closed form of linear regression with weight decay.

import BatchNumerics
import Experiments
import Foundation
import Testing

@Suite struct LinearRegressionFlowTests {
  /// More features than samples, fewer, and repeated rows and columns.
  static let shapes = [(3, 7), (9, 4), (6, 6)]

  static func sample(_ shape: (Int, Int)) -> FlowCase {
    FlowCase(
      parameterization: .linear, loss: .squared, samples: shape.0, features: shape.1, weight: 0.7,
      weightDecay: 0.2)
  }

  static func problem(_ sample: FlowCase, isDeficient: Bool) -> DiagonalProblem {
    let problem = sample.problem
    guard isDeficient else { return problem }
    var x = problem.features.dense
    for k in 0..<x.columns { x[2, k] = x[0, k] - 2 * x[1, k] }
    for i in 0..<x.rows { x[i, 1] = 3 * x[i, 0] }
    return DiagonalProblem(features: .dense(x), targets: problem.targets)
  }

  @Test(arguments: shapes, [false, true])
  func isTheReducedFlow(shape: (Int, Int), isDeficient: Bool) throws {
    let sample = Self.sample(shape)
    let problem = Self.problem(sample, isDeficient: isDeficient)
    let closed = try LinearRegressionFlow(
      problem: problem, weight: sample.weight, weightDecay: sample.weightDecay,
      initial: sample.initial)
    var flow = try ReducedFlow(
      problem: problem, parameterization: .linear, loss: .squared, weight: sample.weight,
      weightDecay: sample.weightDecay, initial: sample.initial, tolerance: 1e-12)
    for time in [0, 0.01, 0.5, 3, 40] {
      try flow.advance(to: time)
      #expect(FlowCase.distance(flow.state, closed.predictor(at: time)) < 1e-10, "at \(time)")
    }
    #expect(FlowCase.distance(closed.predictor(at: 1e3), closed.limitPredictor) < 1e-12)
  }

  /// dw/dt by central differences: eps^(2/3) is their accuracy.
  @Test(arguments: shapes, [false, true])
  func satisfiesItsEquation(shape: (Int, Int), isDeficient: Bool) throws {
    let sample = Self.sample(shape)
    let problem = Self.problem(sample, isDeficient: isDeficient)
    let closed = try LinearRegressionFlow(
      problem: problem, weight: sample.weight, weightDecay: sample.weightDecay,
      initial: sample.initial)
    #expect(FlowCase.distance(closed.predictor(at: 0), sample.initial) < 1e-14)
    for time in [0.05, 1.0] {
      let h = 1e-5
      let (before, after) = (closed.predictor(at: time - h), closed.predictor(at: time + h))
      let slope = zip(after, before).map { ($0 - $1) / (2 * h) }
      let expected = sample.velocity(closed.predictor(at: time), problem)
      #expect(FlowCase.distance(slope, expected) < 1e-7)
    }
  }

  @Test(arguments: shapes, [false, true])
  func iteratesAreThoseOfGradientDescent(shape: (Int, Int), isDeficient: Bool) throws {
    let sample = Self.sample(shape)
    let problem = Self.problem(sample, isDeficient: isDeficient)
    let closed = try LinearRegressionFlow(
      problem: problem, weight: sample.weight, weightDecay: sample.weightDecay,
      initial: sample.initial)
    // Beyond 1 / a_i the sign of a component's deviation alternates; 2 / a_i is the end.
    let size = euclideanNorm(problem.features.dense.values)
    for rate in [1e-3, 1.8 / (2 * sample.weight * size * size + sample.weightDecay)] {
      var w = sample.initial
      for step in 0...500 {
        if [0, 1, 2, 37, 500].contains(step) {
          let found = closed.predictor(afterSteps: step, learningRate: rate)
          #expect(FlowCase.distance(found, w) < 1e-11, "step \(step)")
        }
        w = zip(w, sample.velocity(w, problem)).map { $0 + rate * $1 }
      }
    }
  }

  @Test func withoutDecayTheRestStays() throws {
    let sample = Self.sample((3, 7))
    let closed = try LinearRegressionFlow(
      problem: sample.problem, weight: 1, weightDecay: 0, initial: sample.initial)
    let q = sample.problem.features.product(closed.limitPredictor)
    #expect(FlowCase.distance(q, sample.problem.targets) < 1e-12)
    #expect(FlowCase.distance(closed.predictor(at: 1e4), closed.limitPredictor) < 1e-12)
  }

  @Test func sizesMustAgree() {
    let sample = Self.sample((3, 7))
    #expect(throws: ReducedFlowError.self) {
      try LinearRegressionFlow(
        problem: sample.problem, weight: 1, weightDecay: 0, initial: [1])
    }
  }
}
