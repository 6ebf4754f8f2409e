// This file implements what the tests of matrix recovery share: points of a sweep without a spec.

import BatchNumerics
import Experiments
import ReferenceBackend
import Testing
import _TestSupport

enum MatrixPoints {
  /// The defaults on a small problem, with some keys changed.
  static func point(_ changes: [String: ParameterValue] = [:]) -> ResolvedParameters {
    var values: [String: ParameterValue] = ["experiment": .text("matrix-recovery")]
    for definition in MatrixRecovery().parameters {
      values[definition.key] = definition.defaultValue
    }
    let small: [String: ParameterValue] = [
      "problem.n1": .integer(6), "problem.n2": .integer(6), "problem.N": .integer(20),
      "steps": .integer(50),
    ]
    values.merge(small) { $1 }
    values.merge(changes) { $1 }
    return ResolvedParameters(values)
  }

  static func prepare(
    _ changes: [String: ParameterValue] = [:], instance: TensorFile? = nil
  ) throws -> PreparedRun {
    try MatrixRecovery().prepare(point(changes), instance: instance)
  }

  static func batch(
    _ changes: [String: ParameterValue] = [:], instance: TensorFile? = nil
  ) throws -> MatrixRecoveryBatch {
    try MatrixRecovery().batch(of: [prepare(changes, instance: instance)], instance: instance)
  }

  /// The tensors that a run would use, by name.
  static func tensors(_ changes: [String: ParameterValue] = [:]) throws -> [String: NamedTensor] {
    let list = try MatrixRecovery().instanceTensors(prepare(changes), instance: nil)
    return Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0) })
  }
}

extension MatrixRecoveryBatch {
  /// The reference's loop on the batch.
  func referenceSession() throws -> any TrainingSession {
    try #require(try ReferenceTrainingBackend().session(for: self, mapping: .automatic))
  }

  /// Step by step on the reference's operations.
  func stepwiseSession() throws -> any TrainingSession {
    switch precision {
    case .f32: try StepwiseMatrixRecovery(self, on: ReferenceOperations<Float>())
    case .f64: try StepwiseMatrixRecovery(self, on: ReferenceOperations<Double>())
    }
  }
}
