// This file tests what networks refuse, fill in, and name.

import BatchNumerics
import Experiments
import ReferenceBackend
import Testing
import _TestSupport

@Suite struct NetworkSpecTests {
  typealias Changes = NetworkPoints.Changes

  struct Refusal: Sendable, CustomStringConvertible {
    let changes: Changes
    let words: [String]
    var description: String { "\(words.joined(separator: " ")) \(changes.keys.sorted())" }

    init(_ changes: Changes, _ words: String...) {
      self.changes = changes
      self.words = words
    }
  }

  private static func task(_ name: String, _ changes: Changes = [:]) -> Changes {
    changes.merging(["task": .text(name)]) { $1 }
  }

  static let refusals: [Refusal] = [
    // Keys of another task.
    Refusal(["problem.d": .integer(7)], "problem.d", "teacher-student"),
    Refusal(["problem.path": .text("/tmp")], "problem.path", "images"),
    Refusal(["problem.teacher": .text("random")], "problem.teacher", "relu-1d"),
    Refusal(task("relu-1d", ["problem.p": .integer(7)]), "problem.p", "modular-arithmetic"),
    Refusal(task("images", ["aggregation": .text("sum")]), "aggregation", "modular-arithmetic"),
    Refusal(
      task("teacher-student", ["model.kind": .text("one-hot")]), "model.kind",
      "modular-arithmetic"),
    // Keys of another network.
    Refusal(
      NetworkPoints.oneHot.merging(["aggregation": .text("sum")]) { $1 }, "aggregation", "one-hot"),
    Refusal(
      NetworkPoints.oneHot.merging(["model.embedding": .integer(5)]) { $1 }, "model.embedding"),
    Refusal(
      NetworkPoints.oneHot.merging(["model.encoders": .text("separate")]) { $1 }, "model.encoders"),
    // Sizes.
    Refusal(
      ["aggregation": .text("matrix-product"), "model.embedding": .integer(8)], "model.embedding",
      "square"),
    Refusal(
      ["problem.operation": .text("divide"), "problem.p": .integer(9)], "problem.p", "prime"),
    Refusal(["problem.train_fraction": .number(0.001)], "problem.train_fraction", "49"),
    Refusal(["problem.train_fraction": .number(1)], "problem.train_fraction", "49"),
    Refusal(task("images", ["problem.path": .null]), "problem.path", "make-mnist"),
    Refusal(task("images", ["problem.path": .text("/nonexistent")]), "does not exist"),
    Refusal(task("images", ["problem.N": .integer(21)]), "problem.N", "20"),
    Refusal(task("images", ["problem.test": .integer(12)]), "problem.test", "11"),
    // Losses and tasks.
    Refusal(["loss": .text("squared")], "loss", "cross-entropy"),
    Refusal(task("relu-1d", ["loss": .text("cross-entropy")]), "loss", "squared"),
    Refusal(task("teacher-student", ["loss": .text("log-cross-entropy")]), "loss"),
    // What the logarithmic loss cannot have.
    Refusal(["loss": .text("log-cross-entropy")], "optimizer", "gd"),
    Refusal(["loss": .text("log-cross-entropy"), "optimizer": .text("adamw")], "optimizer"),
    Refusal(["loss": .text("log-cross-entropy"), "optimizer": .text("sgd")], "optimizer"),
    Refusal(
      [
        "loss": .text("log-cross-entropy"), "optimizer": .text("gd"), "weight_decay": .number(1e-3),
      ], "weight_decay", "log-cross-entropy"),
    Refusal(
      [
        "loss": .text("log-cross-entropy"), "optimizer": .text("gd"),
        "regularizer.nuclear": .number(1e-3),
      ], "regularizer.nuclear"),
    Refusal(["warm_factor": .number(3)], "warm_factor", "log-cross-entropy"),
    // Optimisers and batches.
    Refusal(["optimizer": .text("gd"), "batch_size": .integer(5)], "batch_size", "sgd"),
    // Sobolev.
    Refusal(["regularizer.sobolev": .number(1)], "regularizer.sobolev", "teacher-student"),
    Refusal(task("relu-1d", ["regularizer.sobolev": .number(1)]), "regularizer.sobolev"),
    Refusal(
      task(
        "teacher-student",
        [
          "regularizer.sobolev": .number(1), "batch_size": .integer(4), "optimizer": .text("sgd"),
        ]), "regularizer.sobolev", "batch_size"),
    Refusal(
      task(
        "teacher-student",
        ["regularizer.sobolev": .number(1), "model.bias": .text("hidden")]), "model.bias", "none"),
  ]

  @Test(arguments: refusals) func refuses(refusal: Refusal) {
    let text = specError { _ = try NetworkPoints.prepare(refusal.changes) }
    for word in refusal.words { #expect(text.contains(word), "\(text)") }
  }

  /// Fractions that leave one pair to either set.
  @Test(arguments: [(0.021, 1), (0.97, 47), (0.98, 48)])
  func extremeFractions(fraction: Double, count: Int) throws {
    let batch = try NetworkPoints.batch(["problem.train_fraction": .number(fraction)])
    let counts = batch.problems.map { [$0.train.count, $0.test.count] }
    #expect(counts == [[count, 49 - count]])
  }

  // MARK: - Identity

  /// A run of each task, with its defaults filled in.
  static let tasks: [Changes] = [
    [:], NetworkPoints.oneHot, task("teacher-student"),
    task("teacher-student", ["regularizer.sobolev": .number(0.1)]), task("relu-1d"),
    task("images"), ["optimizer": .text("gd"), "loss": .text("log-cross-entropy")],
  ]

  /// A resolved run, resolved again, is the same run.
  @Test(arguments: tasks) func resolvingAgain(changes: Changes) throws {
    let run = try NetworkPoints.prepare(changes)
    let again = try Network().prepare(run.parameters, instance: nil)
    #expect(again.parameters == run.parameters && again.id == run.id)
    #expect(again.batchKey == run.batchKey && again.problemKey == run.problemKey)
    // And what it trains on is the same.
    let (first, second) = try (
      Network().instanceTensors(run, instance: nil), Network().instanceTensors(again, instance: nil)
    )
    #expect(first == second)
  }

  /// Writing a default out, or leaving a key of another task null, changes nothing.
  @Test func defaultsSpelledOut() throws {
    func id(_ changes: Changes) throws -> String { try NetworkPoints.prepare(changes).id }
    let base = try id([:])
    let spelled: [Changes] = [
      ["aggregation": .text("hadamard")], ["model.kind": .text("embedding")],
      ["loss": .text("cross-entropy")], ["model.bias": .text("both")],
      ["init.kind": .text("fan-out")], ["init.scale": .number(1)],
      ["thresholds.train": .number(0.999)], ["thresholds.test": .number(0.99)],
      ["problem.d": .null], ["problem.operation": .text("add")],
    ]
    for changes in spelled { #expect(try id(changes) == base, "\(changes)") }
    let other: [Changes] = [
      ["aggregation": .text("sum")], ["seed": .integer(2)], ["optimizer": .text("adamw")],
      ["init.scale": .number(2)], ["batch_size": .integer(5)], ["problem.seed": .integer(7)],
      ["weight_decay": .number(1)], ["regularizer.sign_of_zero": .integer(0)],
    ]
    for changes in other { #expect(try id(changes) != base, "\(changes)") }
    let log = ["loss": ParameterValue.text("log-cross-entropy"), "optimizer": .text("gd")]
    #expect(try id(log) != id(log.merging(["warm_factor": .number(3)]) { $1 }))
  }

  @Test func batchKeysTellWhatCannotShareABatch() throws {
    let base = try NetworkPoints.prepare().batchKey
    let together: [Changes] = [
      ["seed": .integer(2)], ["learning_rate": .number(0.01)], ["steps": .integer(7)],
      ["regularizer.l1": .number(0.1)], ["weight_decay": .number(0.5)],
      ["problem.operation": .text("multiply")],
    ]
    for changes in together { #expect(try NetworkPoints.prepare(changes).batchKey == base) }
    let apart: [Changes] = [
      ["optimizer": .text("adamw")], ["precision": .text("f32")], ["aggregation": .text("sum")],
      ["model.encoders": .text("separate")], ["model.width": .integer(5)],
      ["model.bias": .text("none")], ["problem.p": .integer(5)], ["batch_size": .integer(5)],
      ["problem.train_fraction": .number(0.5)], ["regularizer.l2_form": .text("norm")],
      ["regularizer.parameters": .text("weights")], ["record.nuclear_norm": .boolean(false)],
      ["evaluate.every": .integer(10)],
    ]
    for changes in apart { #expect(try NetworkPoints.prepare(changes).batchKey != base) }
  }

  /// Whatever shares a key trains together and gives what it gives alone.
  @Test(arguments: [
    ("teacher-student", "regularizer.sobolev", [0, 0.1]),
    ("teacher-student", "regularizer.nuclear", [0.1, 0]),
    ("modular-arithmetic", "regularizer.nuclear", [0, 0.1]),
    ("modular-arithmetic", "problem.seed", [3, 4]), ("images", "weight_decay", [0, 0.1]),
  ]) func runsWithOneKey(task: String, key: String, values: [Double]) throws {
    let runs = try values.map {
      let value = key.hasSuffix("seed") ? ParameterValue.integer(Int($0)) : .number($0)
      return try NetworkPoints.prepare(["task": .text(task), key: value])
    }
    guard runs[0].batchKey == runs[1].batchKey else { return }
    func curves(_ runs: [PreparedRun]) throws -> EvaluationBlock {
      try Network().session(
        for: runs, instance: nil, on: ReferenceTrainingBackend(), mapping: .stepwise
      ).train(runs: runs.count, steps: 5, evaluations: [0, 5])
    }
    for order in [[0, 1], [1, 0]] {
      let together = try curves(order.map { runs[$0] })
      for (place, run) in order.enumerated() {
        #expect(
          bits(together.values(ofRun: place)) == bits(try curves([runs[run]]).values(ofRun: 0)))
      }
    }
  }

  /// A run without the Sobolev term may come first, or beside one with it.
  @Test func jacobiansAreThereWhereTheyAreNeeded() throws {
    let runs = try [0, 0.1].map {
      try NetworkPoints.prepare([
        "task": .text("teacher-student"), "regularizer.sobolev": .number($0),
      ])
    }
    guard runs[0].batchKey == runs[1].batchKey else { return }
    for order in [[0, 1], [1, 0]] {
      let batch = try Network().batch(of: order.map { runs[$0] }, instance: nil)
      #expect(batch.problems.allSatisfy { $0.jacobians.count == 2 })
    }
  }

  // MARK: - Names

  @Test func metrics() throws {
    func names(_ changes: Changes) throws -> [String] {
      try NetworkPoints.session(changes).metricNames
    }
    let classes = [
      "train_loss", "test_loss", "train_accuracy", "test_accuracy", "train_margin", "test_margin",
    ]
    let norms = ["l0_norm", "l1_norm", "l2_norm", "nuclear_norm"]
    #expect(try names([:]) == classes + norms)
    #expect(try names(["record.nuclear_norm": .boolean(false)]) == classes + norms.dropLast())
    let log: Changes = ["loss": .text("log-cross-entropy"), "optimizer": .text("gd")]
    #expect(
      try names(log) == classes + ["train_log_loss", "test_log_loss", "log_time"] + norms)
    let scalar = try names([
      "task": .text("relu-1d"), "record.tensor_norms": .boolean(true),
      "record.predictions": .boolean(true),
    ])
    let tensors = ["v", "b", "u"].flatMap { name in
      ["l1_norm_\(name)", "l2_norm_\(name)"] + (name == "b" ? [] : ["nuclear_norm_\(name)"])
    }
    #expect(
      scalar == ["train_loss", "test_loss"] + norms + tensors + (0..<11).map { "f_\($0)" })
  }
}
