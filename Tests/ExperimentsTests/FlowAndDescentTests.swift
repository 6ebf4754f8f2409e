// This file tests that gradient descent tends to the exact flow as its step shrinks, and that what the
// flow keeps drifts by as much (Lyu et al. 2023; Boursier et al. 2025; first-order Euler).

import BatchNumerics
import Experiments
import Foundation
import ReferenceBackend
import Testing
import _TestSupport

@Suite struct FlowAndDescentTests {
  static let models: [DiagonalPoints.Changes] = [
    DiagonalPoints.text([:]),
    DiagonalPoints.text(["loss": "exponential"], ["depth": .integer(3)]),
    DiagonalPoints.text(["problem.kind": "fourier"]),
    DiagonalPoints.text(["problem.kind": "gaussian"]),
  ]

  private static let (time, decay) = (2.0, 0.05)

  /// The state after `time` in steps of `rate`.
  private func descent(_ batch: DiagonalNetworkBatch, _ rate: Double) throws -> [Double] {
    let steps = Int((Self.time / rate).rounded())
    let session = try ReferenceTrainingBackend().session(
      for: batch.starting(at: batch.runs[0].initial, learningRate: rate), mapping: .automatic)
    _ = try session.advance(Launch(start: 0, end: steps, evaluations: [], runs: [0]))
    return try session.parameters(of: [0])[0].flatMap(\.values)
  }

  private func batch(_ changes: DiagonalPoints.Changes) throws -> DiagonalNetworkBatch {
    try DiagonalPoints.batch(changes.merging(["weight_decay": .number(Self.decay)]) { $1 })
  }

  /// Halving the step halves the distance.
  @Test(arguments: models) func descentTendsToFlow(changes: DiagonalPoints.Changes) throws {
    let batch = try batch(changes)
    var flow = try ReducedFlow(
      problem: batch.problems[0], parameterization: batch.parameterization, loss: batch.loss,
      weight: batch.weight, weightDecay: Self.decay, initial: batch.runs[0].initial,
      tolerance: 1e-10)
    try flow.advance(to: Self.time)
    let distances = try [1e-3, 5e-4, 2.5e-4].map { rate in
      euclideanNorm(zip(try descent(batch, rate), flow.state).map { $0 - $1 })
    }
    #expect(distances[2] < 0.01 * euclideanNorm(flow.state))
    for (coarse, fine) in zip(distances, distances.dropFirst()) {
      #expect((1.9...2.1).contains(coarse / fine), "\(distances)")
    }
  }

  /// u_k v_k (depth 2) and u_k^2 - v_k^2 (u v) fall as e^{-2 lambda t}, but for a drift of order lr.
  @Test(arguments: [models[0], models[2], models[3]])
  func invariantsDriftWithTheStep(changes: DiagonalPoints.Changes) throws {
    let batch = try batch(changes)
    let d = batch.features
    func invariants(_ state: [Double]) -> [Double] {
      (0..<d).map { k in
        let (u, v) = (state[k], state[d + k])
        return batch.parameterization == .product ? u * u - v * v : u * v
      }
    }
    let expected = invariants(batch.runs[0].initial).map { $0 * exp(-2 * Self.decay * Self.time) }
    let drifts = try [1e-3, 5e-4].map { rate in
      euclideanNorm(zip(invariants(try descent(batch, rate)), expected).map { $0 - $1 })
    }
    #expect(drifts[1] < 0.01 * euclideanNorm(expected))
    #expect((1.9...2.1).contains(drifts[0] / drifts[1]), "\(drifts)")
  }
}
