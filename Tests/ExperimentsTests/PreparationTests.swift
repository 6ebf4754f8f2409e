// This file tests the checks of a point that go beyond the types of its values.

import BatchNumerics
import Experiments
import Testing
import _TestSupport

@Suite struct PreparationTests {
  @Test func unsafeLearningRateIsRefusedNamingTheLimit() throws {
    let limit = SparseRecoveryAnalysis(try Points.problem()).largestLearningRate(l2: 0)
    let above: [String: ParameterValue] = ["learning_rate": .number(limit * 1.001)]
    let text = specError { _ = try Points.prepare(above) }
    #expect(
      text == "learning_rate = \(limit * 1.001): must be below 2/(sigma_max(X^T X) + l2) = "
        + "\(limit), or set unsafe_step: true")
    #expect(throws: SpecError.self) { try Points.prepare(["learning_rate": .number(limit)]) }
    _ = try Points.prepare(["learning_rate": .number(limit * 0.999)])
    _ = try Points.prepare(above.merging(["unsafe_step": .boolean(true)]) { $1 })
  }

  @Test func ridgeLowersTheLimit() throws {
    let limit = SparseRecoveryAnalysis(try Points.problem()).largestLearningRate(l2: 0)
    let rate: [String: ParameterValue] = ["learning_rate": .number(limit * 0.999)]
    #expect(throws: SpecError.self) {
      try Points.prepare(rate.merging(["regularizer.l2": .number(1)]) { $1 })
    }
  }

  /// The limit is that of gradient descent on one factor.
  @Test(arguments: [
    ["method": ParameterValue.text("projected")], ["depth": .integer(2)],
  ]) func limitDoesNotApply(_ changes: [String: ParameterValue]) throws {
    _ = try Points.prepare(changes.merging(["learning_rate": .number(100)]) { $1 })
  }

  @Test func projectedWithTwoFactorsIsRefused() {
    let text = specError {
      _ = try Points.prepare(["method": .text("projected"), "depth": .integer(2)])
    }
    #expect(text == "depth = 2: the projected method is defined for depth 1")
  }

  @Test func moreComponentsThanTheSignalHasAreRefused() {
    let text = specError { _ = try Points.prepare(["problem.s": .integer(21)]) }
    #expect(text == "problem.s = 21: must be at most problem.n = 20")
  }

  @Test func tooManyMeasurementsAreRefusedBeforeTheyAreDrawn() {
    let text = specError {
      _ = try Points.prepare(["problem.N": .integer(1_000_000), "problem.n": .integer(1000)])
    }
    #expect(text == "problem.N = 1000000: n * N must be at most 134217728 entries")
  }

  @Test func batchKeysTellWhatCannotShareABatch() throws {
    let base = try Points.prepare().batchKey
    let together: [[String: ParameterValue]] = [
      ["seed": .integer(2)], ["learning_rate": .number(0.01)], ["steps": .integer(7)],
      ["regularizer.l1": .number(0)], ["problem.tau": .number(0.5)],
      ["thresholds.test": .number(0.5)],
    ]
    for changes in together { #expect(try Points.prepare(changes).batchKey == base) }
    let apart: [[String: ParameterValue]] = [
      ["method": .text("proximal")], ["depth": .integer(2)], ["precision": .text("f32")],
      ["problem.n": .integer(21)], ["problem.N": .integer(11)],
      ["evaluate.every": .integer(10)], ["record.trace": .boolean(true)],
      ["record.support_norms": .boolean(true)],
    ]
    for changes in apart { #expect(try Points.prepare(changes).batchKey != base) }
  }

  @Test func runsThatShareDataShareItsCopy() throws {
    let runs =
      try [0.01, 0.02, 0.03].map {
        try Points.prepare(["learning_rate": .number($0)])
      } + [Points.prepare(["seed": .integer(2)])]
    let batch = try SparseRecovery().batch(of: runs, instance: nil)
    #expect(batch.problems.count == 2 && batch.runs.map(\.problem) == [0, 0, 0, 1])
    #expect(batch.runs.map(\.learningRate) == [0.01, 0.02, 0.03, 0.1])
  }

  @Test func projectionComesWithTheProjectedMethodOnly() throws {
    #expect(try Points.problem().pseudoInverse == nil)
    #expect(try Points.problem(["method": .text("projected")]).pseudoInverse != nil)
  }

  @Test func recordedMetricsAreNamed() throws {
    func names(_ changes: [String: ParameterValue]) throws -> [String] {
      try referenceSession(Points.batch(changes)).metricNames
    }
    let always = ["train_error", "test_error", "l1_norm", "l2_norm", "gradient_ratio"]
    #expect(try names([:]) == always)
    #expect(
      try names(["record.support_norms": .boolean(true)])
        == always + ["support_norm", "off_support_norm"])
    #expect(
      try names(["record.trace": .boolean(true)]) == always + (0..<20).map { "a_\($0)" })
  }
}
