// This file tests how the flow with weight decay tends to its two limits.

import BatchNumerics
import Experiments
import Foundation
import Testing
import Theory

@Suite struct LimitComparisonTests {
  static let nets = [DiagonalParameterization.difference(depth: 2), .product]

  /// Proposition 1: on [0, 3] the flow without decay is lambda away.
  @Test(arguments: nets)
  func early(_ parameterization: DiagonalParameterization) throws {
    let map = try FlowSamples.diagonal(parameterization)
    let comparison = try LimitComparison.early(
      map, initial: FlowSamples.start(map), weightDecays: FlowSamples.lambdas, end: 3)
    #expect(abs(comparison.slope - 1) < 0.05)
    #expect(comparison.slopes.dropFirst().allSatisfy { abs($0 - 1) < 0.02 })
    #expect(comparison.points.allSatisfy { $0.error < 10 * $0.weightDecay })
  }

  @Test func earlyOfFactors() throws {
    let map = try FlowSamples.asymmetric()
    let comparison = try LimitComparison.early(
      map, initial: FlowSamples.point(map), weightDecays: FlowSamples.lambdas, end: 3)
    #expect(comparison.slopes.dropFirst().allSatisfy { abs($0 - 1) < 0.05 })
  }

  /// Proposition 2: at slow times from 0.1 to 3 the Riemannian flow is lambda away.
  @Test(arguments: nets)
  func late(_ parameterization: DiagonalParameterization) throws {
    let map = try FlowSamples.dense(parameterization)
    let comparison = try LimitComparison.late(
      map, initial: FlowSamples.evenStart(map), weightDecays: FlowSamples.lambdas, begin: 0.1,
      end: 3, tolerance: 1e-9, step: 0.01)
    #expect(abs(comparison.slope - 1) < 0.02)
    #expect(comparison.slopes.allSatisfy { abs($0 - 1) < 0.05 })
  }

  /// Towards a sparse end K becomes singular, which the theory excludes, and lambda has to be smaller:
  /// the slopes 0.56, 0.85 of u v, and 0.98 from 1e-3 to 1e-4.
  @Test(arguments: nets)
  func lateTowardsASparseEnd(_ parameterization: DiagonalParameterization) throws {
    let map = try FlowSamples.diagonal(parameterization)
    let comparison = try LimitComparison.late(
      map, initial: FlowSamples.start(map), weightDecays: [1e-1, 1e-2, 1e-3], begin: 0.1, end: 3,
      tolerance: 1e-9)
    #expect(comparison.slopes[0] < 0.9 && comparison.slopes[0] < comparison.slopes[1])
    #expect(abs(comparison.slopes[1] - 1) < 0.2)
  }

  /// The latter down to 1e-5 by the reduced flow and the closed form, which share no code with it.
  @Test(arguments: nets)
  func lateByOtherMeans(_ parameterization: DiagonalParameterization) throws {
    let map = try FlowSamples.diagonal(parameterization)
    let start = FlowSamples.start(map)
    let limit = try GradientFlow.limit(map, initial: start).point
    let slow = try DiagonalSlowFlow(map, start: limit)
    let errors = try [1e-3, 1e-4, 1e-5].map { decay in
      var flow = try ReducedFlow(
        problem: DiagonalProblem(features: .dense(map.features), targets: map.targets),
        parameterization: parameterization, loss: .squared, weight: 1, weightDecay: decay,
        initial: start, tolerance: 1e-10)
      var largest = 0.0
      for tau in [0.1, 0.3, 1, 2, 3] {
        try flow.advance(to: tau / decay)
        largest = max(largest, distance(flow.state, try slow.state(at: tau)))
      }
      return largest
    }
    for (large, small) in zip(errors, errors.dropFirst()) {
      #expect(abs(log10(large / small) - 1) < 0.05)
    }
  }

  @Test func lateOfFactors() throws {
    let map = try FlowSamples.asymmetric()
    let comparison = try LimitComparison.late(
      map, initial: FlowSamples.point(map), weightDecays: FlowSamples.lambdas, begin: 0.1, end: 2,
      samples: 10, tolerance: 1e-9, step: 0.01)
    #expect(comparison.slope > 0.8 && comparison.slope < 1.5)
    #expect(comparison.slopes.suffix(1).allSatisfy { abs($0 - 1) < 0.05 })
  }

  /// Proposition 3: what the flow with decay ends at tends to the range of J^T. At lambda > 0 the end
  /// is w = -(2 weight / lambda) J^T r, so the projector is that of a point of M nearby.
  @Test func endsOfFactors() throws {
    let map = try FlowSamples.asymmetric()
    let shares = try [1e-1, 1e-2, 1e-3].map { decay in
      var flow = try GradientFlow(
        map, weightDecay: decay, initial: FlowSamples.point(map), tolerance: 1e-10)
      try flow.advance(to: 60 / decay)
      return try Self.tangentShare(map, flow.state)
    }
    for (large, small) in zip(shares, shares.dropFirst()) { #expect(small < 0.2 * large) }
  }

  /// Sparse ends are in the range of J^T themselves, if rounding is left out.
  @Test(arguments: nets)
  func endsOfNets(_ parameterization: DiagonalParameterization) throws {
    let map = try FlowSamples.diagonal(parameterization)
    let shares = try [1e-1, 1e-2, 1e-3].map { decay in
      var flow = try ReducedFlow(
        problem: DiagonalProblem(features: .dense(map.features), targets: map.targets),
        parameterization: parameterization, loss: .squared, weight: 1, weightDecay: decay,
        initial: FlowSamples.start(map), tolerance: 1e-9)
      try flow.advance(to: 60 / decay)
      return try Self.tangentShare(map, flow.state)
    }
    #expect(shares[0] < 1e-5 && shares[1] < shares[0] && shares[2] < shares[1])
  }

  /// |P_Ker w| / |w| at the point of M that Gauss-Newton corrections lead to.
  static func tangentShare(_ map: some ResidualMap, _ end: [Double]) throws -> Double {
    #expect(euclideanNorm(map.split(end).tangent) < 1e-4 * euclideanNorm(end))
    var point = end
    for _ in 0..<6 { point = map.corrected(point) }
    return try RiemannianFlow(map, start: point).report.tangentShare
  }

  @Test func badSettingsAreErrors() throws {
    let map = try FlowSamples.diagonal(.linear)
    let start = FlowSamples.point(map)
    #expect(throws: FlowError.self) {
      try LimitComparison.early(map, initial: start, weightDecays: [0], end: 1)
    }
    #expect(throws: FlowError.self) {
      try LimitComparison.late(map, initial: start, weightDecays: [1], begin: 2, end: 1)
    }
  }
}
