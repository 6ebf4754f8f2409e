// This file implements what the tests of sparse recovery share: points of a sweep without a spec.

import BatchNumerics
import Experiments
import ReferenceBackend
import Testing

enum Points {
  /// The defaults on a small problem, with some keys changed.
  static func point(_ changes: [String: ParameterValue] = [:]) -> ResolvedParameters {
    var values: [String: ParameterValue] = ["experiment": .text("sparse-recovery")]
    for definition in SparseRecovery().parameters {
      values[definition.key] = definition.defaultValue
    }
    let small: [String: ParameterValue] = [
      "problem.n": .integer(20), "problem.N": .integer(10), "problem.s": .integer(3),
      "steps": .integer(100),
    ]
    values.merge(small) { $1 }
    values.merge(changes) { $1 }
    return ResolvedParameters(values)
  }

  static func prepare(
    _ changes: [String: ParameterValue] = [:], instance: TensorFile? = nil
  ) throws -> PreparedRun {
    try SparseRecovery().prepare(point(changes), instance: instance)
  }

  /// The batch of a single run.
  static func batch(
    _ changes: [String: ParameterValue] = [:], instance: TensorFile? = nil
  ) throws -> SparseRecoveryBatch {
    try SparseRecovery().batch(of: [prepare(changes, instance: instance)], instance: instance)
  }

  /// The problem of a single run.
  static func problem(_ changes: [String: ParameterValue] = [:]) throws -> SparseRecoveryProblem {
    try batch(changes).problems[0]
  }
}

/// The error that `body` throws, in words; fails the test when it throws none.
func specError(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) -> String {
  let error = #expect(throws: SpecError.self, sourceLocation: sourceLocation) { try body() }
  return error?.description ?? ""
}

/// The reference's loop on a batch.
func referenceSession(_ batch: SparseRecoveryBatch) throws -> any TrainingSession {
  try ReferenceTrainingBackend().session(for: batch, mapping: .automatic)
}
