// This file tests the gradient flow with weight decay and its limit without.

import BatchNumerics
import Experiments
import Testing
import Theory

@Suite struct GradientFlowTests {
  @Test func linearRegressionFollowsItsClosedForm() throws {
    let map = try FlowSamples.diagonal(.linear)
    let start = FlowSamples.point(map)
    let exact = try LinearRegressionFlow(
      problem: DiagonalProblem(features: .dense(map.features), targets: map.targets), weight: 0.5,
      weightDecay: 0.03, initial: start)
    var flow = try GradientFlow(
      map, weight: 0.5, weightDecay: 0.03, initial: start, tolerance: 1e-12)
    for time in [0.1, 1, 1, 7, 200] {
      try flow.advance(to: time)
      #expect(flow.time == time)
      #expect(distance(flow.state, exact.predictor(at: time)) < 1e-10)
    }
    let limit = try GradientFlow.limit(map, initial: start)
    let expected = try LinearSlowFlow(features: map.features, targets: map.targets, initial: start)
    #expect(distance(limit.point, expected.state(at: 0)) < 1e-10)
    #expect(limit.residual <= 1e-13 * max(1, euclideanNorm(map.targets)))
  }

  /// `ReducedFlow` follows n numbers by an implicit method.
  @Test(arguments: [DiagonalParameterization.difference(depth: 2), .product])
  func diagonalNetsFollowTheReducedFlow(_ parameterization: DiagonalParameterization) throws {
    let map = try FlowSamples.diagonal(parameterization)
    let start = FlowSamples.start(map)
    for decay in [0, 0.02] {
      var exact = try ReducedFlow(
        problem: DiagonalProblem(features: .dense(map.features), targets: map.targets),
        parameterization: parameterization, loss: .squared, weight: 0.5, weightDecay: decay,
        initial: start, tolerance: 1e-10)
      var flow = try GradientFlow(
        map, weight: 0.5, weightDecay: decay, initial: start, tolerance: 1e-12)
      for time in [0.3, 2, 20, 100] {
        try exact.advance(to: time)
        try flow.advance(to: time)
        #expect(distance(flow.state, exact.state) < 1e-8)
      }
      guard decay == 0 else { continue }
      let limit = try GradientFlow.limit(map, weight: 0.5, initial: start)
      try exact.advance(to: 1000)
      #expect(distance(limit.point, exact.state) < 1e-8)
    }
  }

  /// U^T U - V^T V of U V^T is constant, and the limit does not depend on the tolerance.
  @Test func limitsOfFactorsKeepWhatTheFlowKeeps() throws {
    let map = try FlowSamples.asymmetric()
    let start = FlowSamples.point(map)
    func balance(_ w: [Double]) -> [Double] {
      (0..<9).map { place in
        let (p, q) = (place / 3, place % 3)
        return (0..<9).reduce(0) { $0 + ($1 < 5 ? 1 : -1) * w[3 * $1 + p] * w[3 * $1 + q] }
      }
    }
    let limit = try GradientFlow.limit(map, initial: start)
    #expect(distance(balance(limit.point), balance(start)) < 1e-9)
    let rough = try GradientFlow.limit(map, initial: start, tolerance: 1e-10)
    #expect(distance(limit.point, rough.point) < 1e-7)
    let symmetric = try FlowSamples.symmetric()
    let point = try GradientFlow.limit(symmetric, initial: FlowSamples.point(symmetric)).point
    #expect(euclideanNorm(symmetric.value(point)) < 1e-12)
  }

  /// Repeated samples make K singular.
  @Test func repeatedSamplesAreNoObstacle() throws {
    let single = try FlowSamples.diagonal(.product)
    let twice = try DiagonalResidual(
      .product,
      features: DenseMatrix(
        rows: 6, columns: 6, values: single.features.values + single.features.values),
      targets: single.targets + single.targets)
    let start = FlowSamples.start(single)
    let first = try GradientFlow.limit(single, initial: start).point
    let second = try GradientFlow.limit(twice, weight: 0.5, initial: start).point
    #expect(distance(first, second) < 1e-9)
    var (one, two) = (
      try RiemannianFlow(single, start: first, step: 0.02),
      try RiemannianFlow(twice, start: second, step: 0.02)
    )
    try one.advance(to: 1)
    try two.advance(to: 1)
    #expect(distance(one.state, two.state) < 1e-9)
    #expect(two.usedPseudoInverse && !one.usedPseudoInverse)
  }

  @Test func badInputsAreErrors() throws {
    let map = try FlowSamples.diagonal(.product)
    var start = FlowSamples.start(map)
    #expect(throws: FlowError.self) {
      try GradientFlow(map, weightDecay: -1, initial: start)
    }
    #expect(throws: FlowError.self) {
      try GradientFlow(map, weightDecay: 0, initial: [1])
    }
    var flow = try GradientFlow(map, weightDecay: 0, initial: start, stepLimit: 3)
    #expect(throws: FlowError.self) { try flow.advance(to: 1e3) }
    #expect(throws: FlowError.time(.infinity)) { try flow.advance(to: .infinity) }
    start[0] = .nan
    #expect(throws: FlowError.notFinite("the start")) {
      try GradientFlow(map, weightDecay: 0, initial: start)
    }
    #expect(throws: FlowError.notFinite("the start")) {
      try RiemannianFlow(map, start: start)
    }
  }

  /// More samples than features, and a saddle.
  @Test func restsWithoutInterpolationAreErrors() throws {
    let x = FlowSamples.features(7, 3)
    let map = try DiagonalResidual(
      .linear, features: x, targets: FlowSamples.normals(7, 9, .signal))
    #expect {
      try GradientFlow.limit(map, initial: [0, 0, 0])
    } throws: {
      if case FlowError.noInterpolation(let residual) = $0 { residual > 0.1 } else { false }
    }
    #expect(throws: FlowError.self) {
      try LinearSlowFlow(features: x, targets: map.targets, initial: [0, 0, 0])
    }
    let factors = try FlowSamples.asymmetric()
    let zeros = [Double](repeating: 0, count: factors.parameterCount)
    #expect(throws: FlowError.noInterpolation(residual: euclideanNorm(factors.targets))) {
      try GradientFlow.limit(factors, initial: zeros)
    }
    #expect(throws: FlowError.offManifold(residual: euclideanNorm(factors.targets))) {
      try RiemannianFlow(factors, start: zeros)
    }
  }
}
