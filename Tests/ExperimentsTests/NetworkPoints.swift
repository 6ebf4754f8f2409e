// This file implements what the tests of networks share: points of a sweep without a spec.

import BatchNumerics
import Experiments
import ReferenceBackend
import Testing
import _TestSupport

enum NetworkPoints {
  typealias Changes = [String: ParameterValue]

  /// Small sizes for each task.
  static let small: [String: Changes] = [
    "modular-arithmetic": [
      "problem.p": .integer(7), "model.embedding": .integer(4), "model.width": .integer(6),
    ],
    "teacher-student": [
      "problem.d": .integer(5), "problem.r": .integer(3), "problem.c": .integer(2),
      "problem.N": .integer(9), "problem.test": .integer(11), "model.width": .integer(6),
    ],
    "relu-1d": [
      "problem.N": .integer(8), "problem.test": .integer(11), "model.width": .integer(6),
    ],
    "images": ["problem.N": .integer(12), "model.width": .integer(5)],
  ]

  static let oneHot: Changes = [
    "model.kind": .text("one-hot"), "problem.p": .integer(7), "model.width": .integer(6),
    "model.embedding": .null,
  ]

  /// The images of all tests.
  static let images = Result { try ImageFolder.make() }

  /// The defaults on a small problem, with some keys changed.
  static func point(_ changes: Changes = [:]) throws -> ResolvedParameters {
    var values: Changes = ["experiment": .text("network")]
    for definition in Network().parameters { values[definition.key] = definition.defaultValue }
    values["steps"] = .integer(50)
    var task = "modular-arithmetic"
    if case .text(let name) = changes["task"] ?? .null { task = name }
    values.merge(small[task] ?? [:]) { $1 }
    if task == "images", changes["problem.path"] == nil {
      values["problem.path"] = .text(try images.get().path)
    }
    values.merge(changes) { $1 }
    return ResolvedParameters(values)
  }

  static func prepare(
    _ changes: Changes = [:], instance: TensorFile? = nil
  ) throws -> PreparedRun {
    try Network().prepare(point(changes), instance: instance)
  }

  /// The batch of a single run.
  static func batch(
    _ changes: Changes = [:], instance: TensorFile? = nil
  ) throws -> NetworkBatch {
    try Network().batch(of: [prepare(changes, instance: instance)], instance: instance)
  }

  /// The reference's session of a run.
  static func session(
    _ changes: Changes = [:], instance: TensorFile? = nil,
    mapping: MappingChoice = .stepwise
  ) throws -> any TrainingSession {
    try Network().session(
      for: [prepare(changes, instance: instance)], instance: instance,
      on: ReferenceTrainingBackend(), mapping: mapping)
  }

  /// The data and the start of a run, as a file holds them.
  static func tensors(_ changes: Changes = [:]) throws -> [NamedTensor] {
    try Network().instanceTensors(prepare(changes), instance: nil)
  }
}

extension NetworkBatch {
  /// The parameters of the first run after some steps of the reference, as `initial` holds them.
  func parameters(after steps: Int) throws -> [Double] {
    let session = try StepwiseNetwork(self, on: ReferenceOperations<Double>())
    _ = try session.train(runs: runs.count, steps: steps, evaluations: [])
    let tensors = try session.parameters(of: [0])[0]
    return zip(tensors, model.parameters).flatMap { tensor, shape -> [Double] in
      // Files hold W1 of a one-hot net, runs its transpose.
      guard tensor.shape == [shape.columns, shape.rows],
        tensor.shape != [shape.rows, shape.columns]
      else { return tensor.values }
      return DenseMatrix(rows: shape.columns, columns: shape.rows, values: tensor.values)
        .transposed.values
    }
  }
}
