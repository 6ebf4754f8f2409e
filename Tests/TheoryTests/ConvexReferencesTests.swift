// This file tests that the convex problems named for a run are those that it ends at.

import BatchNumerics
import Experiments
import ReferenceBackend
import Testing
import Theory

@Suite struct ConvexReferencesTests {
  /// A prepared run of a family with some keys changed.
  private func prepare(
    _ family: any Experiment, _ changes: [String: ParameterValue]
  ) throws -> PreparedRun {
    var values: [String: ParameterValue] = ["experiment": .text(family.name)]
    for definition in family.parameters { values[definition.key] = definition.defaultValue }
    return try family.prepare(ResolvedParameters(values.merging(changes) { $1 }), instance: nil)
  }

  /// The last test error after training on the reference.
  private func testError(_ family: any Experiment, _ run: PreparedRun) throws -> Double {
    let session = try family.session(
      for: [run], instance: nil, on: ReferenceTrainingBackend(), mapping: .automatic)
    let block = try session.advance(
      Launch(start: 0, end: run.steps, evaluations: [run.steps], runs: [0]))
    return block[0, try #require(session.metricNames.firstIndex(of: "test_error")), 0]
  }

  private func value(_ name: String, _ predictions: [Prediction]) throws -> Double {
    let found = try #require(predictions.first { $0.name.hasPrefix(name) })
    #expect(found.areConditionsMet)
    return try #require(found.value)
  }

  /// ISTA converges linearly on these, so its end is the minimiser but for 1e-6.
  @Test func aProximalRunEndsAtTheLasso() throws {
    let family = SparseRecovery()
    let run = try prepare(
      family,
      [
        "method": .text("proximal"), "problem.n": .integer(20), "problem.N": .integer(12),
        "problem.s": .integer(2), "regularizer.l1": .number(1e-3), "learning_rate": .number(0.1),
        "steps": .integer(200_000),
      ])
    let report = try ConvexReferences.solve([run])
    #expect(report.problems == 2)
    let expected = try value("test error of the lasso", report.predictions[0])
    #expect(abs(try testError(family, run) - expected) < 1e-6 * expected)
    #expect(try value("test error of basis pursuit", report.predictions[0]) < expected)
  }

  @Test func aProximalRunEndsAtNuclearNormLeastSquares() throws {
    let family = MatrixRecovery()
    let run = try prepare(
      family,
      [
        "method": .text("proximal"), "problem.n1": .integer(6), "problem.n2": .integer(5),
        "problem.r": .integer(1), "problem.N": .integer(22), "regularizer.nuclear": .number(1e-2),
        "learning_rate": .number(1), "steps": .integer(100_000),
      ])
    let report = try ConvexReferences.solve([run])
    #expect(report.problems == 2)
    let expected = try value("test error of nuclear-norm least squares", report.predictions[0])
    #expect(abs(try testError(family, run) - expected) < 1e-6 * expected)
  }

  @Test func whatHasNoConvexProblemHasNone() throws {
    let run = try prepare(SparseRecovery(), ["depth": .integer(2), "unsafe_step": .boolean(true)])
    let report = try ConvexReferences.solve([run])
    #expect(report.problems == 0 && report.predictions[0].isEmpty)
  }
}
