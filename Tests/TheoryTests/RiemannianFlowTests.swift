// This file tests the slow phase of training.

import BatchNumerics
import Foundation
import Testing
import Theory

@Suite struct RiemannianFlowTests {
  static let nets = [DiagonalParameterization.difference(depth: 2), .product]

  @Test func linearRegressionFollowsItsClosedForm() throws {
    let map = try FlowSamples.diagonal(.linear)
    let start = FlowSamples.point(map)
    let exact = try LinearSlowFlow(features: map.features, targets: map.targets, initial: start)
    var flow = try RiemannianFlow(map, start: exact.state(at: 0))
    for tau in [0.1, 1, 3] {
      try flow.advance(to: tau)
      #expect(distance(flow.state, exact.state(at: tau)) < 1e-10)
    }
  }

  @Test(arguments: nets)
  func diagonalNetsFollowTheirClosedForm(_ parameterization: DiagonalParameterization) throws {
    let map = try FlowSamples.diagonal(parameterization)
    let start = try GradientFlow.limit(map, initial: FlowSamples.start(map)).point
    let exact = try DiagonalSlowFlow(map, start: start)
    #expect(distance(try exact.state(at: 0), start) < 1e-10)
    var flow = try RiemannianFlow(map, start: start)
    for tau in [0.05, 0.5, 1.2345, 3] {
      try flow.advance(to: tau)
      let gap = distance(flow.state, try exact.state(at: tau))
      #expect(gap < 1e-9, "\(parameterization) at \(tau): \(gap)")
    }
    #expect(!flow.usedPseudoInverse)
    #expect(flow.largestCondition < 1e6)
  }

  @Test func errorsOfStepsAreOfOrderFour() throws {
    let map = try FlowSamples.diagonal(.difference(depth: 2))
    let start = try GradientFlow.limit(map, initial: FlowSamples.start(map)).point
    let exact = try DiagonalSlowFlow(map, start: start).state(at: 1)
    let errors = try [0.1, 0.05, 0.025].map { step in
      var flow = try RiemannianFlow(map, start: start, step: step)
      try flow.advance(to: 1)
      return distance(flow.state, exact)
    }
    for (coarse, fine) in zip(errors, errors.dropFirst()) {
      #expect(coarse / fine > 11 && coarse / fine < 24, "\(errors)")
    }
  }

  /// The state stays on M, moves along it, and loses norm at the rate that the theory gives.
  @Test func normsFallAlongTheManifold() throws {
    for map in try FlowSamples.maps() { try Self.checkNorms(map) }
  }

  static func checkNorms(_ map: some ResidualMap) throws {
    let start = try GradientFlow.limit(map, initial: FlowSamples.point(map)).point
    var flow = try RiemannianFlow(map, start: start, step: 0.01)
    let scale = max(1, euclideanNorm(map.targets))
    let degree = Double(try #require(map.degree))
    var last = flow.report
    for tau in [0.25, 0.5, 0.75, 1] {
      try flow.advance(to: tau - 0.01)
      let before = flow.report
      try flow.advance(to: tau)
      let here = flow.report
      try flow.advance(to: tau + 0.01)
      let after = flow.report
      #expect(here.residual < 1e-12 * scale)
      #expect(here.squaredNorm < last.squaredNorm)
      let measured = (after.squaredNorm - before.squaredNorm) / 0.02
      #expect(abs(measured - here.normRate) < 1e-3 * abs(here.normRate) + 1e-9)
      last = after
    }
    let parts = map.split(flow.state)
    // Tangent to M, and both ways to the norm's rate agree: |P w|^2 and L^2 y^T K^+ y = L y^T mu.
    #expect(euclideanNorm(map.differential(at: flow.state, parts.tangent)) < 1e-10 * scale)
    let square = parts.tangent.reduce(0) { $0 + $1 * $1 }
    #expect(abs(last.normRate + 2 * square) < 1e-9 * last.squaredNorm)
    let product = degree * zip(map.targets, parts.multipliers).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(product - last.normalSquare) < 1e-9 * last.squaredNorm)
  }

  /// Stationary exactly where |w|^2 = L^2 y^T K^+ y: at the end of the flow, and not before.
  @Test func stationaryPointsAreInTheRange() throws {
    let map = try FlowSamples.diagonal(.difference(depth: 2))
    let start = try GradientFlow.limit(map, initial: FlowSamples.start(map)).point
    let exact = try DiagonalSlowFlow(map, start: start)
    let early = try RiemannianFlow(map, start: try exact.state(at: 0.5)).report
    #expect(early.tangentShare > 0.05)
    #expect(early.squaredNorm - early.normalSquare > 1e-3 * early.squaredNorm)
    var late = try RiemannianFlow(map, start: try exact.state(at: 40))
    let end = late.report
    #expect(end.tangentShare < 1e-4)
    #expect(abs(end.squaredNorm - end.normalSquare) < 1e-7 * end.squaredNorm)
    let state = late.state
    try late.advance(to: 0.2)
    #expect(distance(late.state, state) < 1e-4)
  }

  /// Towards an end of low rank, where K becomes singular.
  @Test func factorsReachAnEndOfLowRank() throws {
    let map = try FlowSamples.asymmetric()
    let start = try GradientFlow.limit(map, initial: FlowSamples.point(map)).point
    var flow = try RiemannianFlow(map, start: start, step: 0.02)
    var norms = [flow.report.squaredNorm]
    for tau in 1...30 {
      try flow.advance(to: Double(tau))
      norms.append(flow.report.squaredNorm)
      #expect(flow.report.residual < 1e-12)
    }
    #expect(zip(norms, norms.dropFirst()).allSatisfy { $1 <= $0 * (1 + 1e-12) })
    #expect(flow.report.tangentShare < 1e-6)
    #expect(flow.usedPseudoInverse)
    let values = SingularValueDecomposition(Self.product(flow.state)).values
    // |w|^2 is twice the nuclear norm, and no more than that of the matrix of rank one.
    #expect(abs(flow.report.squaredNorm - 2 * values.reduce(0, +)) < 1e-9)
    let (left, right) = (
      FlowSamples.normals(5, 3, .leftFactor), FlowSamples.normals(4, 3, .rightFactor)
    )
    #expect(values.reduce(0, +) < euclideanNorm(left) * euclideanNorm(right) + 1e-4)
  }

  /// U V^T of five rows and four columns, by three.
  static func product(_ w: [Double]) -> DenseMatrix {
    let u = DenseMatrix(rows: 5, columns: 3, values: Array(w[..<15]))
    return u.multiplied(by: DenseMatrix(rows: 4, columns: 3, values: Array(w[15...])).transposed)
  }

  @Test func badSettingsAreErrors() throws {
    let map = try FlowSamples.diagonal(.product)
    let start = try GradientFlow.limit(map, initial: FlowSamples.start(map)).point
    #expect(throws: FlowError.self) { try RiemannianFlow(map, start: start, step: 0) }
    var flow = try RiemannianFlow(map, start: start)
    #expect(throws: FlowError.self) { try flow.advance(to: -1) }
    #expect(throws: FlowError.self) {
      try DiagonalSlowFlow(map, start: FlowSamples.start(map))
    }
    let linear = try FlowSamples.diagonal(.linear)
    #expect(throws: FlowError.self) { try DiagonalSlowFlow(linear, start: start) }
  }
}
