// This file tests what matrix recovery refuses, fills in, and reads from instances.

import BatchNumerics
import Experiments
import Testing
import _TestSupport

@Suite struct MatrixRecoverySpecTests {
  struct Refusal: Sendable, CustomStringConvertible {
    let changes: [String: ParameterValue]
    let words: [String]
    var description: String { words.joined(separator: " ") }
  }

  static let refusals: [Refusal] = [
    Refusal(changes: ["problem.N": .integer(37)], words: ["problem.N", "36"]),
    Refusal(changes: ["problem.r": .integer(7)], words: ["problem.r", "at most"]),
    Refusal(
      changes: ["problem.observations": .text("symmetric"), "problem.tau": .number(0.5)],
      words: ["problem.tau", "symmetric"]),
    Refusal(
      changes: ["problem.observations": .text("symmetric"), "problem.n2": .integer(5)],
      words: ["problem.observations", "n1 = n2"]),
    Refusal(
      changes: [
        "problem.sensing_factors": .text("shared"), "problem.kind": .text("sensing"),
        "problem.n2": .integer(5),
      ], words: ["problem.sensing_factors", "n1 = n2"]),
    Refusal(
      changes: ["parameterization": .text("difference"), "problem.n2": .integer(5)],
      words: ["parameterization", "square"]),
    Refusal(
      changes: ["parameterization": .text("factors"), "regularizer.nuclear": .number(1)],
      words: ["regularizer.nuclear", "weight_decay"]),
    Refusal(
      changes: ["depth": .integer(2), "method": .text("proximal")], words: ["method", "depth 1"]),
    Refusal(
      changes: ["parameterization": .text("factors"), "method": .text("projected")],
      words: ["method", "product"]),
    Refusal(changes: ["learning_rate": .number(2)], words: ["learning_rate", "unsafe_step"]),
    Refusal(
      changes: ["budget.delays": .number(3), "regularizer.nuclear": .number(0)],
      words: ["budget.delays", "nuclear"]),
  ]

  @Test(arguments: refusals) func refuses(refusal: Refusal) {
    let text = specError { _ = try MatrixPoints.prepare(refusal.changes) }
    for word in refusal.words { #expect(text.contains(word), "\(text)") }
  }

  /// Defaults that depend on the parameterisation stand in the resolved run.
  @Test func defaults() throws {
    let matrix = try MatrixPoints.prepare().parameters
    #expect(matrix["regularizer.nuclear"] == .number(1e-4))
    #expect(matrix["weight_decay"] == .number(0))
    #expect(matrix["init.kind"] == .text("identity") && matrix["init.scale"] == .number(1e-6))
    #expect(matrix["width"] == .null)
    let factors = try MatrixPoints.prepare(["parameterization": .text("factors")]).parameters
    #expect(factors["regularizer.nuclear"] == .number(0))
    #expect(factors["weight_decay"] == .number(1e-3))
    #expect(factors["init.kind"] == .text("standard-normal"))
    #expect(factors["width"] == .integer(6))
    let difference = try MatrixPoints.prepare(["parameterization": .text("difference")]).parameters
    #expect(difference["init.scale"] == .number(10))
  }

  @Test func decayAndRidgeAddUp() throws {
    let batch = try MatrixPoints.batch([
      "weight_decay": .number(0.25), "regularizer.l2": .number(0.5),
    ])
    #expect(batch.runs[0].l2 == 0.75)
  }

  @Test func budgetOfDelays() throws {
    let run = try MatrixPoints.prepare([
      "budget.delays": .number(2), "steps": .integer(1_000_000_000),
    ])
    let problem = try MatrixRecovery.problem(of: run)
    let gap = try #require(MatrixRecoveryAnalysis(problem).gap)
    #expect(run.steps == Int((2 * gap / (0.1 * 1e-4)).rounded(.up)))
    #expect(run.parameters["budget.delays"] == .null)
  }

  @Test func starts() throws {
    func start(_ changes: [String: ParameterValue]) throws -> [Double] {
      try MatrixPoints.batch(changes).runs[0].initial
    }
    let identity = try start(["init.scale": .number(2), "problem.n2": .integer(5)])
    #expect(identity.reduce(0, +) == 10 && identity[0] == 2 && identity[6] == 2)
    let normal = try start(["init.kind": .text("normal"), "init.scale": .number(3)])
    let plain = try start(["init.kind": .text("standard-normal"), "init.scale": .number(3)])
    let rule = Tolerance.sum(.f64, terms: 1)
    expectNone(rule.mismatch(normal.map { $0 * 6 }, plain))
    let noisy = try start(["init.noise": .number(0.5), "init.scale": .number(0)])
    expectNone(rule.mismatch(noisy.map { 6 * $0 }, plain))
  }

  // MARK: - Instances

  private func file(_ changes: [String: ParameterValue]) throws -> TensorFile {
    let tensors = try MatrixRecovery().instanceTensors(
      MatrixPoints.prepare(changes), instance: nil)
    return try TensorFile(bytes: TensorFile.encode(tensors))
  }

  static let kinds: [[String: ParameterValue]] = [
    [:], ["problem.kind": .text("sensing")],
    ["parameterization": .text("factors"), "width": .integer(4)],
    ["parameterization": .text("difference"), "width": .integer(3)],
    ["depth": .integer(3), "width": .integer(4), "init.kind": .text("standard-normal")],
  ]

  /// What a run would use, written and read back, gives the same curves.
  @Test(arguments: kinds) func roundTrip(changes: [String: ParameterValue]) throws {
    let instance = try file(changes)
    let direct = try MatrixPoints.batch(changes)
    let read = try MatrixPoints.batch(changes, instance: instance)
    #expect(read.width == direct.width)
    let evaluations = [0, 1, 20]
    let expected = try direct.referenceSession().train(
      runs: 1, steps: 20, evaluations: evaluations)
    let found = try read.referenceSession().train(runs: 1, steps: 20, evaluations: evaluations)
    #expect(bits(found.values) == bits(expected.values))
  }

  /// General measurement matrices: the rank-one ones, written out.
  @Test func generalMatrices() throws {
    let changes: [String: ParameterValue] = ["problem.kind": .text("sensing")]
    let list = try MatrixRecovery().instanceTensors(MatrixPoints.prepare(changes), instance: nil)
    let rankOne = try MatrixPoints.batch(changes)
    guard case .dense(let matrices, _) = rankOne.problems[0].measurements else {
      Issue.record("dense measurements expected")
      return
    }
    let general =
      list.filter { !["X1", "X2"].contains($0.name) } + [
        NamedTensor(name: "X", shape: [20, 6, 6], values: matrices.values)
      ]
    let instance = try TensorFile(bytes: TensorFile.encode(general))
    let read = try MatrixPoints.batch(changes, instance: instance)
    let found = try read.referenceSession().train(runs: 1, steps: 5, evaluations: [5])
    let expected = try rankOne.referenceSession().train(runs: 1, steps: 5, evaluations: [5])
    #expect(bits(found.values) == bits(expected.values))
  }

  @Test func badInstances() throws {
    func complaint(_ drop: String, _ replacement: NamedTensor?) throws -> String {
      var list = try MatrixRecovery().instanceTensors(MatrixPoints.prepare(), instance: nil)
      list.removeAll { $0.name == drop }
      if let replacement { list.append(replacement) }
      let instance = try TensorFile(bytes: TensorFile.encode(list))
      return specError { _ = try MatrixPoints.prepare(instance: instance) }
    }
    #expect(try complaint("cols", nil).contains("cols"))
    #expect(try complaint("target", nil).contains("target"))
    #expect(try complaint("y", nil).contains("y"))
    let far = NamedTensor(
      name: "rows", shape: [20], values: [Double](repeating: 6, count: 20), isIndex: true)
    #expect(try complaint("rows", far).contains("from 0 to 5"))
    let infinite = NamedTensor(
      name: "y", shape: [20], values: [Double](repeating: .infinity, count: 20))
    #expect(try complaint("y", infinite).contains("finite"))
    let instance = try file([:])
    let text = specError {
      _ = try MatrixPoints.prepare(["problem.kind": .text("sensing")], instance: instance)
    }
    #expect(text.contains("completion"))
  }
}
