// This file tests the closed form of sparse recovery without l1 against the steps it stands for.

import BatchNumerics
import Experiments
import ReferenceBackend
import Testing
import _TestSupport

@Suite struct SparseRecoveryFastForwardTests {
  /// The metrics of a run at some steps, [evaluation][metric], and its parameters at the end.
  private func train(
    _ changes: [String: ParameterValue], evaluations: [Int]
  ) throws -> (names: [String], values: [[Double]], final: [NamedTensor]) {
    let own: [String: ParameterValue] = [
      "regularizer.l1": .number(0), "init.kind": .text("normal"), "init.scale": .number(3),
      "record.trace": .boolean(true), "record.support_norms": .boolean(true),
    ]
    let run = try Points.prepare(own.merging(changes) { $1 })
    let session = try SparseRecovery().session(
      for: [run], instance: nil, on: ReferenceTrainingBackend(), mapping: .automatic)
    let end = evaluations.last ?? 0
    let block = try session.advance(
      Launch(start: 0, end: end, evaluations: evaluations, runs: [0]))
    return (
      session.metricNames,
      evaluations.indices.map { index in
        session.metricNames.indices.map { block[index, $0, 0] }
      }, try session.parameters(of: [0])[0]
    )
  }

  @Test(arguments: [0, 1e-5, 0.3], ["subgradient", "proximal"])
  func everyMetricIsThatOfTheSteps(l2: Double, method: String) throws {
    let steps = [0, 1, 2, 50, 400]
    let changes: [String: ParameterValue] = [
      "regularizer.l2": .number(l2), "method": .text(method), "learning_rate": .number(0.02),
    ]
    let slow = try train(changes, evaluations: steps)
    let fast = try train(
      changes.merging(["solver": .text("closed-form")]) { $1 }, evaluations: steps)
    #expect(fast.names == slow.names)
    // Residuals are differences of numbers of size 10.
    let rule = Tolerance.trajectory(.f64, steps: 10 * 400)
    for (values, expected) in zip(fast.values, slow.values) {
      #expect(rule.mismatch(values, expected) == nil)
    }
    #expect(fast.final.map(\.name) == slow.final.map(\.name))
    for (tensor, expected) in zip(fast.final, slow.final) {
      #expect(rule.mismatch(tensor.values, expected.values) == nil)
    }
  }

  /// After 1e8 steps nothing is left of the start: the test error is at least |(I - P) a*| / |a*|.
  @Test func aHundredMillionStepsAtOnce() throws {
    let changes: [String: ParameterValue] = [
      "regularizer.l2": .number(1e-4), "learning_rate": .number(0.02),
      "solver": .text("closed-form"), "steps": .integer(100_000_000),
    ]
    let end = try train(changes, evaluations: [99_999_999, 100_000_000])
    #expect(end.values[0] == end.values[1])
    let problem = try Points.problem()
    let svd = SingularValueDecomposition(problem.measurements)
    var hidden = problem.target
    for k in 0..<svd.rank {
      let inner = hidden.indices.reduce(0) { $0 + svd.right[$1, k] * problem.target[$1] }
      for j in hidden.indices { hidden[j] -= inner * svd.right[j, k] }
    }
    let error = try #require(end.names.firstIndex(of: "test_error"))
    let floor = euclideanNorm(hidden) / euclideanNorm(problem.target)
    #expect(end.values[1][error] >= floor && end.values[1][error] < 1.01 * floor)
  }

  @Test(
    arguments: [
      ["regularizer.l1": .number(1e-5)], ["method": .text("projected")], ["depth": .integer(2)],
    ] as [[String: ParameterValue]]) func whatHasNoClosedFormIsRefused(
      _ change: [String: ParameterValue]
    )
  {
    let message = specError {
      _ = try Points.prepare(
        ["regularizer.l1": .number(0), "solver": .text("closed-form")].merging(change) { $1 })
    }
    #expect(message.contains("solver") && message.contains("needs regularizer.l1: 0"))
  }
}
