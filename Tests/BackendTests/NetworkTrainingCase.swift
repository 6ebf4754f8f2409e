// This file implements small trainings of networks as data.

import BatchNumerics
import Experiments
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import _TestSupport

/// Three runs of a network, differing in seed, rate and penalties.
struct NetworkTrainingCase: Sendable, CustomStringConvertible {
  typealias Changes = [String: ParameterValue]

  let name: String
  let task: String
  let changes: Changes
  var precision = Precision.f64
  var mapping = MappingChoice.stepwise

  var description: String { "\(name) \(precision) \(mapping.rawValue)" }

  init(_ name: String, _ task: String, _ texts: [String: String], _ numbers: [String: Double]) {
    self.name = name
    self.task = task
    changes = texts.mapValues { .text($0) }.merging(
      numbers.mapValues { value in Int(exactly: value).map { .integer($0) } ?? .number(value) }
    ) { $1 }
  }

  func with(_ mapping: MappingChoice) -> NetworkTrainingCase {
    var copy = self
    copy.mapping = mapping
    return copy
  }

  func with(_ precision: Precision) -> NetworkTrainingCase {
    var copy = self
    copy.precision = precision
    return copy
  }

  // MARK: - Runs

  private static let small: [String: [String: Int]] = [
    "modular-arithmetic": ["problem.p": 7, "model.embedding": 9, "model.width": 13],
    "teacher-student": [
      "problem.d": 7, "problem.r": 5, "problem.c": 2, "problem.N": 17, "problem.test": 9,
      "model.width": 11,
    ],
    "relu-1d": ["problem.N": 9, "problem.test": 11, "model.width": 10],
    "images": ["problem.N": 17, "model.width": 9],
    "one-hot": ["problem.p": 7, "model.width": 12],
  ]

  private static let images = Result { try ImageFolder.make() }

  /// Penalties and rates that are not zero grow from run to run.
  private static let graded = [
    "learning_rate", "weight_decay", "regularizer.l1", "regularizer.l2", "regularizer.nuclear",
    "regularizer.sobolev",
  ]

  /// The runs, each for so many steps.
  func runs(_ count: Int = 3, steps: Int = 300) throws -> [PreparedRun] {
    var values: Changes = ["experiment": .text("network")]
    for definition in Network().parameters { values[definition.key] = definition.defaultValue }
    let isOneHot = changes["model.kind"] == .text("one-hot")
    for (key, value) in Self.small[isOneHot ? "one-hot" : task] ?? [:] {
      values[key] = .integer(value)
    }
    if task == "images" { values["problem.path"] = .text(try Self.images.get().path) }
    values["task"] = .text(task)
    values["steps"] = .integer(steps)
    values["precision"] = .text(precision.rawValue)
    values["record.tensor_norms"] = .boolean(true)
    values["record.predictions"] = .boolean(true)
    values.merge(changes) { $1 }
    return try (0..<count).map { run in
      var point = values
      point["seed"] = .integer(2 + run)
      for key in Self.graded {
        if let value = values[key]?.asNumber {
          point[key] = .number(value * (1 + 0.25 * Double(run)))
        }
      }
      return try Network().prepare(ResolvedParameters(point), instance: nil)
    }
  }

  // MARK: - Sessions

  static func reference(_ runs: [PreparedRun]) throws -> any TrainingSession {
    try Network().session(
      for: runs, instance: nil, on: ReferenceTrainingBackend(), mapping: .stepwise)
  }

  /// Nil for a mapping that the device does not have for the network.
  func session(_ runs: [PreparedRun], on device: Device) throws -> (any TrainingSession)? {
    do {
      return try Network().session(
        for: runs, instance: nil, on: DeviceBackends.backend(device), mapping: mapping)
    } catch let error as MappingError {
      guard mapping != .automatic, mapping != .stepwise else { throw error }
      return nil
    }
  }

  // MARK: - Cases

  static let all: [NetworkTrainingCase] =
    Aggregation.allCases.map {
      NetworkTrainingCase(
        "\($0)", "modular-arithmetic",
        ["aggregation": $0.rawValue, "model.encoders": $0 == .concat ? "separate" : "shared"],
        ["learning_rate": 1e-3])
    } + [
      NetworkTrainingCase(
        "one-hot log loss", "modular-arithmetic",
        ["model.kind": "one-hot", "optimizer": "gd", "loss": "log-cross-entropy"],
        ["learning_rate": 0.05]),
      NetworkTrainingCase(
        "one-hot decay", "modular-arithmetic", ["model.kind": "one-hot", "optimizer": "gd"],
        ["learning_rate": 0.2, "weight_decay": 1e-3]),
      NetworkTrainingCase(
        "one-hot batches", "modular-arithmetic",
        ["model.kind": "one-hot", "optimizer": "adamw", "model.bias": "none"],
        ["learning_rate": 1e-3, "weight_decay": 0.1, "batch_size": 7]),
      NetworkTrainingCase(
        "l1 and l2", "modular-arithmetic", ["model.encoders": "separate", "optimizer": "gd"],
        ["learning_rate": 0.1, "regularizer.l1": 1e-4, "regularizer.l2": 1e-3]),
      NetworkTrainingCase(
        "nuclear", "modular-arithmetic", ["optimizer": "gd", "aggregation": "sum"],
        ["learning_rate": 0.1, "regularizer.nuclear": 1e-3]),
      NetworkTrainingCase(
        "adamw batches", "modular-arithmetic", ["optimizer": "adamw"],
        ["learning_rate": 1e-3, "weight_decay": 0.5, "batch_size": 8]),
      NetworkTrainingCase(
        "teacher", "teacher-student", [:], ["learning_rate": 1e-3, "regularizer.l2": 1e-3]),
      NetworkTrainingCase(
        "teacher sgd", "teacher-student", ["optimizer": "sgd", "model.bias": "both"],
        ["learning_rate": 0.02, "batch_size": 5, "regularizer.l1": 1e-4]),
      NetworkTrainingCase(
        "sobolev", "teacher-student", ["optimizer": "gd"],
        ["learning_rate": 0.01, "regularizer.sobolev": 0.1]),
      NetworkTrainingCase(
        "sobolev norm", "teacher-student",
        ["regularizer.sobolev_form": "norm", "regularizer.l2_form": "norm"],
        ["learning_rate": 1e-3, "regularizer.sobolev": 0.1, "regularizer.l2": 1e-3]),
      NetworkTrainingCase(
        "relu-1d", "relu-1d", ["optimizer": "gd"], ["learning_rate": 0.01, "init.scale": 0.5]),
      NetworkTrainingCase(
        "relu-1d penalties", "relu-1d", ["optimizer": "gd", "regularizer.parameters": "weights"],
        [
          "learning_rate": 0.01, "init.scale": 0.5, "regularizer.l1": 1e-3,
          "regularizer.l2": 1e-3,
        ]),
      NetworkTrainingCase(
        "relu-1d adam", "relu-1d", ["optimizer": "adam", "model.bias": "both"],
        ["learning_rate": 1e-3, "init.scale": 0.5]),
      NetworkTrainingCase(
        "images", "images", ["optimizer": "adamw"], ["learning_rate": 1e-3, "weight_decay": 0.1]),
      NetworkTrainingCase(
        "images batches", "images", ["optimizer": "sgd", "model.bias": "both"],
        ["learning_rate": 0.1, "batch_size": 6, "weight_decay": 1e-3]),
    ]

  /// What differs most from each other.
  static let few = all.filter {
    [
      "matrixProduct", "one-hot log loss", "one-hot batches", "nuclear", "adamw batches",
      "teacher sgd", "sobolev norm", "relu-1d penalties", "images batches",
    ].contains($0.name)
  }

  /// Those that devices have kernels of their own for, one of each kind.
  static let preferred = few.filter {
    [
      "matrixProduct", "one-hot batches", "adamw batches", "teacher sgd", "relu-1d penalties",
    ].contains($0.name)
  }

  static let fewest = few.filter { ["adamw batches", "relu-1d penalties"].contains($0.name) }
}
