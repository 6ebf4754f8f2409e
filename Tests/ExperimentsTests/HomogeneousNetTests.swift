// This file tests what homogeneity says of diagonal nets: Euler's identity where training ends, and how
// little a large start moves until it has decayed (Lyu et al. 2023, section 2 and appendices C, D).

import BatchNumerics
import Experiments
import Foundation
import Testing

@Suite struct HomogeneousNetTests {
  static let nets: [DiagonalParameterization] =
    [.product] + (2...4).map { .difference(depth: $0) }

  private static func degree(_ parameterization: DiagonalParameterization) -> Double {
    if case .difference(let depth) = parameterization { Double(depth) } else { 2 }
  }

  /// lambda |theta|^2 over -L weight sum_i l'(q_i) q_i
  private func ratio(_ sample: FlowCase, _ theta: [Double]) -> Double {
    let problem = sample.problem
    let q = problem.features.product(sample.parameterization.predictor(theta))
    let pull = zip(q, problem.targets).reduce(0) { $0 + sample.loss.slope($1.0, $1.1) * $1.0 }
    let size = euclideanNorm(theta)
    return sample.weightDecay * size * size
      / (-Self.degree(sample.parameterization) * sample.weight * pull)
  }

  /// lambda |theta|^2 = -L mean(l' f) where training ends, and not before.
  @Test(arguments: nets, MarginLoss.allCases)
  func eulersIdentity(parameterization: DiagonalParameterization, loss: MarginLoss) throws {
    let sample = FlowCase(parameterization: parameterization, loss: loss, weightDecay: 0.01)
    var flow = try sample.flow(tolerance: 1e-10)
    try flow.advance(to: 20)
    #expect(abs(ratio(sample, flow.state) - 1) > 0.02)
    try flow.advance(to: 6000)
    #expect(euclideanNorm(flow.state) > 0.3)
    #expect(abs(ratio(sample, flow.state) - 1) < 1e-5, "\(ratio(sample, flow.state))")
  }

  /// |e^(lambda t) theta / alpha - theta_bar| is in proportion to alpha^-L e^(L lambda t), for starts alpha
  /// theta_bar with f = 0, once the data are fitted.
  @Test(arguments: (2...4).map { DiagonalParameterization.difference(depth: $0) })
  func theDriftOfALargeStart(parameterization: DiagonalParameterization) throws {
    let sample = FlowCase(
      parameterization: parameterization, loss: .squared, weightDecay: 1e-3, isBalanced: true)
    let (direction, degree) = (sample.initial, Self.degree(parameterization))
    func drift(_ alpha: Double, _ slowTime: Double) throws -> Double {
      var flow = try ReducedFlow(
        problem: sample.problem, parameterization: parameterization, loss: .squared,
        weight: sample.weight, weightDecay: sample.weightDecay,
        initial: direction.map { alpha * $0 }, tolerance: 1e-12)
      try flow.advance(to: slowTime / sample.weightDecay)
      let factor = exp(slowTime) / alpha
      return euclideanNorm(zip(flow.state, direction).map { factor * $0 - $1 })
    }
    let scales = try [10, 20, 40].map { try drift($0, 0.5) }
    for (small, large) in zip(scales, scales.dropFirst()) {
      #expect(abs(log2(small / large) - degree) < 0.05, "\(scales)")
    }
    let times = try [0.3, 0.5, 0.7].map { try drift(40, $0) }
    for (early, late) in zip(times, times.dropFirst()) {
      #expect(abs(log(late / early) / 0.2 - degree) < 0.05, "\(times)")
    }
  }
}
