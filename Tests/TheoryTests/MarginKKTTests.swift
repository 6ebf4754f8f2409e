// This file tests the distance from KKT points of the margin problem along flows with weight decay.

import BatchNumerics
import Experiments
import Testing
import Theory
import _TestSupport

@Suite struct MarginKKTTests {
  private func batch(
    _ parameterization: DiagonalParameterization, decay: Double, loss: MarginLoss = .logistic
  ) -> DiagonalNetworkBatch {
    var stream = RandomStream(seed: 6, purpose: .inputs)
    let (n, d) = (12, 40)
    let x = DenseMatrix(
      rows: n, columns: d, values: (0..<(n * d)).map { _ in stream.uniform() < 0.5 ? -1 : 1 })
    let labels = (0..<n).map { x[$0, 0] + x[$0, 1] + x[$0, 2] > 0 ? 1.0 : -1 }
    let initial = stream.normals(2 * d).map { 1 + 0.1 * $0 }
    return DiagonalNetworkBatch(
      samples: n, features: d, parameterization: parameterization, loss: loss,
      weight: 1 / Double(n), precision: .f64,
      problems: [DiagonalProblem(features: .dense(x), targets: labels)],
      runs: [
        DiagonalRun(
          problem: 0, learningRate: 0.1, weightDecay: decay, initial: initial, steps: 1)
      ])
  }

  private func end(_ batch: DiagonalNetworkBatch, slowTime: Double) throws -> MarginKKT {
    let own = batch.runs[0]
    var flow = try ReducedFlow(
      problem: batch.problems[0], parameterization: batch.parameterization, loss: batch.loss,
      weight: batch.weight, weightDecay: own.weightDecay, initial: own.initial)
    try flow.advance(to: slowTime / own.weightDecay)
    return try #require(MarginKKT(batch, run: 0, state: flow.state))
  }

  /// The end of the flow is stationary, whatever lambda; its start is not.
  @Test(arguments: [
    DiagonalParameterization.difference(depth: 2), .difference(depth: 3), .product,
  ])
  func theEndIsStationary(parameterization: DiagonalParameterization) throws {
    let batch = batch(parameterization, decay: 1e-3)
    #expect(try end(batch, slowTime: 0).stationarity > 0.5)
    // Coordinates whose dual sum is nearly 1 leave slowly.
    let late = try end(batch, slowTime: 300).stationarity
    #expect(late < 1e-4, "\(late)")
  }

  /// The smaller lambda, the more only the smallest margins carry weight.
  @Test func slacknessFallsWithTheDecay() throws {
    let found = try [1e-2, 1e-4, 1e-6].map {
      try end(batch(.difference(depth: 2), decay: $0), slowTime: 40)
    }
    #expect(found[0].slackness > found[1].slackness && found[1].slackness > found[2].slackness)
    #expect(found[2].slackness < 0.1, "\(found.map(\.slackness))")
    // The margin tends to the largest: |theta|^2 = 2 |w|_1 at depth 2 with balanced signs.
    let best = MaxL1Margin(
      batch(.difference(depth: 2), decay: 1).problems[0].features,
      batch(.difference(depth: 2), decay: 1).problems[0].targets)
    #expect(found[2].margin <= best.upperBound * (1 + 1e-6))
    #expect(found[2].margin > 0.9 * best.margin)
  }

  @Test func regressionHasNone() throws {
    let classes = batch(.difference(depth: 2), decay: 0)
    #expect(MarginKKT(classes, run: 0, state: classes.runs[0].initial) == nil)
    let squares = batch(.difference(depth: 2), decay: 0.1, loss: .squared)
    #expect(MarginKKT(squares, run: 0, state: squares.runs[0].initial) == nil)
  }
}
