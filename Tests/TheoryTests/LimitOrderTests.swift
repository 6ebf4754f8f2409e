// This file tests what Boursier et al. 2025 say of the two limits, of time and of weight decay, and of the
// manifold of interpolators.

import BatchNumerics
import Experiments
import Testing
import Theory

@Suite struct LimitOrderTests {
  static let nets = [DiagonalParameterization.difference(depth: 2), .product]

  /// Proposition 4: with decay first, then lambda to 0, training ends where the slow flow ends, with
  /// distances that fall as lambda; with lambda to 0 first it ends at Phi(w0), which is far from there.
  @Test(arguments: nets)
  func theLimitsDoNotCommute(_ parameterization: DiagonalParameterization) throws {
    let map = try FlowSamples.dense(parameterization)
    let start = FlowSamples.start(map)
    let fast = try GradientFlow.limit(map, initial: start).point
    let slow = try DiagonalSlowFlow(map, start: fast).state(at: 60)
    let distances = try [1e-2, 1e-3, 1e-4].map { decay in
      var flow = try ReducedFlow(
        problem: DiagonalProblem(features: .dense(map.features), targets: map.targets),
        parameterization: parameterization, loss: .squared, weight: 1, weightDecay: decay,
        initial: start, tolerance: 1e-11)
      try flow.advance(to: 60 / decay)
      return distance(flow.state, slow)
    }
    for (large, small) in zip(distances, distances.dropFirst()) {
      #expect((8...12).contains(large / small), "\(distances)")
    }
    #expect(distance(fast, slow) > 100 * distances[0])
  }

  /// Proposition 5: where no coordinate is zero J has rank n, so that M has dimension 2d - n there.
  @Test(arguments: nets)
  func interpolatorsAreAManifold(_ parameterization: DiagonalParameterization) throws {
    for seed in 1..<6 as Range<UInt32> {
      let map = try FlowSamples.diagonal(
        parameterization, samples: 2 + Int(seed % 4), features: 7, seed: seed)
      let point = try GradientFlow.limit(map, initial: FlowSamples.start(map, seed: seed)).point
      #expect(point.allSatisfy { abs($0) > 1e-6 })
      #expect(SingularValueDecomposition(map.jacobian(at: point)).rank == map.constraintCount)
    }
  }

  /// With fewer coordinates than samples the rank is less: what the proposition leaves out.
  @Test(arguments: nets)
  func sparsePointsAreSingular(_ parameterization: DiagonalParameterization) throws {
    let map = try FlowSamples.diagonal(parameterization, samples: 3, features: 6)
    var point = [Double](repeating: 0, count: 12)
    (point[0], point[6]) = (1, 0.5)
    #expect(SingularValueDecomposition(map.jacobian(at: point)).rank == 1)
  }
}
