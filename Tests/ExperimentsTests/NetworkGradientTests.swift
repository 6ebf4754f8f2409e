// This file tests the gradients of every model, loss and penalty by finite differences.

import BatchNumerics
import Experiments
import Foundation
import ReferenceBackend
import Testing
import _TestSupport

@Suite struct NetworkGradientTests {
  struct Case: Sendable, CustomStringConvertible {
    let description: String
    let changes: NetworkPoints.Changes

    init(_ description: String, _ changes: NetworkPoints.Changes...) {
      self.description = description
      self.changes = changes.reduce(into: [:]) { $0.merge($1) { $1 } }
    }
  }

  private static func text(_ values: [String: String]) -> NetworkPoints.Changes {
    values.mapValues { .text($0) }
  }

  // MARK: - Cases

  /// Each aggregation with shared and separate tables and each choice of biases.
  static let embeddings: [Case] = Aggregation.allCases.flatMap { aggregation in
    ["shared", "separate"].flatMap { encoders in
      ["none", "hidden", "both"].map { bias in
        Case(
          "\(aggregation) \(encoders) \(bias)",
          text([
            "aggregation": aggregation.rawValue, "model.encoders": encoders, "model.bias": bias,
          ]))
      }
    }
  }

  static let others: [Case] =
    ["none", "hidden", "both"].map {
      Case("one-hot \($0)", NetworkPoints.oneHot, text(["model.bias": $0]))
    }
    + [1, 2].flatMap { c in
      ["none", "both"].map {
        Case(
          "teacher \(c) \($0)", text(["task": "teacher-student", "model.bias": $0]),
          ["problem.c": .integer(c)])
      }
    }
    + ["hidden", "both"].flatMap { bias in
      ["fixed", "random"].map {
        Case(
          "relu-1d \(bias) \($0)",
          text(["task": "relu-1d", "model.bias": bias, "problem.teacher": $0]))
      }
    } + [
      Case("images", text(["task": "images"])),
      Case("images with biases", text(["task": "images", "model.bias": "both"])),
    ]

  /// Each penalty on each kind of network.
  static let penalties: [Case] = {
    let models: [(String, NetworkPoints.Changes)] = [
      ("embedding", text(["aggregation": "concat", "model.encoders": "separate"])),
      ("one-hot", NetworkPoints.oneHot), ("teacher", text(["task": "teacher-student"])),
      ("relu-1d", text(["task": "relu-1d"])),
      ("images", text(["task": "images", "model.bias": "both"])),
    ]
    let penalties: [(String, NetworkPoints.Changes)] = [
      ("l1", ["regularizer.l1": .number(0.3)]),
      (
        "l1 of weights",
        ["regularizer.l1": .number(0.3), "regularizer.parameters": .text("weights")]
      ),
      ("l2", ["regularizer.l2": .number(0.4)]),
      (
        "l2 of weights",
        ["regularizer.l2": .number(0.4), "regularizer.parameters": .text("weights")]
      ),
      ("l2 norm", ["regularizer.l2": .number(0.4), "regularizer.l2_form": .text("norm")]),
      (
        "l2 norm of weights",
        [
          "regularizer.l2": .number(0.4), "regularizer.l2_form": .text("norm"),
          "regularizer.parameters": .text("weights"), "weight_decay": .number(0.2),
        ]
      ),
      ("nuclear", ["regularizer.nuclear": .number(0.3)]),
      ("decay", ["weight_decay": .number(0.5)]),
      (
        "everything",
        [
          "regularizer.l1": .number(0.1), "regularizer.l2": .number(0.2),
          "regularizer.nuclear": .number(0.3), "weight_decay": .number(0.4),
        ]
      ),
    ]
    return models.flatMap { model in
      penalties.map { Case("\(model.0) \($0.0)", model.1, $0.1) }
    }
  }()

  static let sobolev: [Case] = ["mean-squared", "norm"].flatMap { form in
    [1, 3].map {
      Case(
        "sobolev \(form) \($0)",
        text(["task": "teacher-student", "regularizer.sobolev_form": form]),
        ["problem.c": .integer($0), "regularizer.sobolev": .number(0.7)])
    }
  }

  /// A start without zeros, one step of size 1.
  private func batch(_ test: Case) throws -> NetworkBatch {
    var changes: NetworkPoints.Changes = [
      "optimizer": .text("gd"), "learning_rate": .number(1), "init.kind": .text("normal"),
      "init.scale": .number(0.5), "seed": .integer(3),
    ]
    changes.merge(test.changes) { $1 }
    return try NetworkPoints.batch(changes)
  }

  // MARK: - Tests

  /// theta_1 = theta_0 - gradient.
  @Test(arguments: embeddings + others + penalties + sobolev)
  func stepIsTheGradient(test: Case) throws {
    let batch = try batch(test)
    let plain = PlainNetwork(batch: batch)
    try #require(plain.distanceFromKinks > 10 * FiniteDifferences.step, "choose another seed")
    let start = batch.runs[0].initial
    let gradient = zip(start, try batch.parameters(after: 1)).map { $0 - $1 }
    let numerical = FiniteDifferences.gradient(at: start, of: plain.objective)
    // Objectives and their third derivatives are of size ten to a hundred.
    expectNone(Tolerance.centralDifference(curvature: 100).mismatch(gradient, numerical))
    #expect(gradient.contains { abs($0) > 1e-2 })
  }

  /// While log L > -5 a step is one on warm_factor L, later, here after 150 steps of Adam, one on
  /// log L.
  @Test(arguments: [(true, 10.0), (true, 3), (false, 10)], [false, true])
  func stepOfTheLogarithmicLoss(phase: (isWarm: Bool, factor: Double), isOneHot: Bool) throws {
    var changes: NetworkPoints.Changes = [
      "optimizer": .text("gd"), "learning_rate": .number(1), "init.kind": .text("normal"),
      "init.scale": .number(0.5), "seed": .integer(3), "loss": .text("log-cross-entropy"),
      "warm_factor": .number(phase.factor),
    ]
    if isOneHot { changes.merge(NetworkPoints.oneHot) { $1 } }
    var batch = try NetworkPoints.batch(changes)
    if !phase.isWarm {
      let quick: NetworkPoints.Changes = [
        "optimizer": .text("adam"), "learning_rate": .number(0.1), "loss": .null,
        "warm_factor": .null,
      ]
      let trained = try NetworkPoints.batch(changes.merging(quick) { $1 }).parameters(after: 150)
      batch = batch.starting(at: trained)
    }
    let plain = PlainNetwork(batch: batch)
    try #require(plain.distanceFromKinks > 10 * FiniteDifferences.step)
    let start = batch.runs[0].initial
    #expect((log(plain.meanLoss(start)) > -5) == phase.isWarm)
    let gradient = zip(start, try batch.parameters(after: 1)).map { $0 - $1 }
    let numerical = FiniteDifferences.gradient(at: start) {
      phase.isWarm ? phase.factor * plain.meanLoss($0) : log(plain.meanLoss($0))
    }
    expectNone(Tolerance.centralDifference(curvature: 2000).mismatch(gradient, numerical))
  }

  /// A step of mini-batches is one on the samples that the stream of the run's seed picks.
  @Test(arguments: ["modular-arithmetic", "teacher-student", "images"])
  func stepOfAMiniBatch(task: String) throws {
    let batch = try NetworkPoints.batch([
      "task": .text(task), "optimizer": .text("sgd"), "batch_size": .integer(5),
      "learning_rate": .number(1), "init.kind": .text("normal"), "init.scale": .number(0.5),
      "seed": .integer(3),
    ])
    let plain = PlainNetwork(batch: batch)
    var stream = RandomStream(seed: 3, purpose: .shuffling)
    let order = stream.permutation(plain.problem.train.count)
    let start = batch.runs[0].initial
    let gradient = zip(start, try batch.parameters(after: 1)).map { $0 - $1 }
    let numerical = FiniteDifferences.gradient(at: start) {
      plain.meanLoss($0, of: Array(order.prefix(5)))
    }
    expectNone(Tolerance.centralDifference(curvature: 100).mismatch(gradient, numerical))
    // The end of the epoch is a batch of what is left, the next epoch a new order.
    let epoch = (order.count + 4) / 5
    var theta = try batch.parameters(after: epoch - 1)
    let rest = Array(order[(5 * (epoch - 1))...])
    for samples in [rest, Array(stream.permutation(order.count).prefix(5))] {
      let slope = FiniteDifferences.gradient(at: theta) { plain.meanLoss($0, of: samples) }
      theta = zip(theta, slope).map { $0 - $1 }
    }
    expectNone(
      Tolerance.centralDifference(curvature: 1e5).mismatch(
        try batch.parameters(after: epoch + 1), theta))
  }
}

extension NetworkBatch {
  fileprivate func starting(at initial: [Double]) -> NetworkBatch {
    NetworkBatch(
      model: model, optimizer: optimizer, warmFactor: warmFactor, precision: precision,
      problems: problems,
      runs: [
        NetworkRun(
          problem: runs[0].problem, learningRate: runs[0].learningRate, initial: initial,
          steps: runs[0].steps)
      ])
  }
}
