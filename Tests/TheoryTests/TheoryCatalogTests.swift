// This file tests what is said of each family's runs.

import BatchNumerics
import Experiments
import Testing
import Theory
import _TestSupport

@Suite struct TheoryCatalogTests {
  private func predictions(
    _ experiment: any Experiment, _ changes: [String: ParameterValue]
  ) throws -> [Prediction] {
    var values: [String: ParameterValue] = ["experiment": .text(experiment.name)]
    for definition in experiment.parameters { values[definition.key] = definition.defaultValue }
    values.merge(changes) { $1 }
    let run = try experiment.prepare(ResolvedParameters(values), instance: nil)
    return try TheoryCatalog.predictions(for: run)
  }

  private func value(_ predictions: [Prediction], _ name: String) throws -> Double {
    let found = try #require(predictions.first { $0.name.hasPrefix(name) }, "\(name)")
    return try #require(found.value)
  }

  /// The authors' instance of Fig. 3: t1 of 84.3 by Eq. 78 before rounding up, 114.5 as coded, and a
  /// bound of 2.7e-4 in the row space.
  @Test func sparseRecoveryOfFigure3() throws {
    let found = try predictions(
      SparseRecovery(),
      [
        "regularizer.l1": .number(1e-5), "learning_rate": .number(0.1),
        "problem.generator": .text("mt19937"), "problem.snr": .number(1e8),
      ])
    #expect((84...85).contains(try value(found, "step of memorisation t1")))
    #expect(abs(try value(found, "step of memorisation as") - 114.5) < 0.1)
    #expect(abs(try value(found, "distance to a_LS in the row space") - 2.7e-4) < 1e-5)
    #expect(try value(found, "mutual coherence") < 1)
  }

  @Test func deepSparseRecoveryHasNone() throws {
    #expect(
      try predictions(SparseRecovery(), ["depth": .integer(2), "init.scale": .number(0.1)])
        == [])
  }

  /// Completion: |A - A_LS| by hand, and a limit of 2 for single observations.
  @Test func matrixRecovery() throws {
    let found = try predictions(
      MatrixRecovery(),
      ["regularizer.nuclear": .number(1e-3), "learning_rate": .number(0.5)])
    let gap = try value(found, "distance of the least-squares")
    #expect(try value(found, "delay") == gap / (0.5 * 1e-3))
    #expect(abs(try value(found, "largest learning rate") - 2) < 1e-12)
  }

  @Test func linearRegression() throws {
    let found = try predictions(LinearRegression(), ["weight_decay": .number(0.01)])
    let limit = try value(found, "largest learning rate")
    #expect(throws: SpecError.self) {
      try predictions(
        LinearRegression(),
        ["weight_decay": .number(0.01), "learning_rate": .number(1.001 * limit)])
    }
    _ = try predictions(
      LinearRegression(),
      ["weight_decay": .number(0.01), "learning_rate": .number(0.999 * limit)])
    #expect(abs(try value(found, "steps of one unit of slow time") - 1000) < 1e-9)
  }

  @Test func diagonalNetworks() throws {
    let found = try predictions(
      DiagonalNetwork(),
      ["problem.n": .integer(20), "problem.d": .integer(400), "init.scale": .number(100)])
    #expect(abs(try value(found, "slow time in which") - 4.605170185988091) < 1e-12)
    #expect(try value(found, "largest L2 margin") > 3)  // about sqrt(d / n)
    #expect((0.5...0.9).contains(try value(found, "population accuracy")))
    let margin = try value(found, "largest L1 margin")
    #expect(margin >= 1 / 3.0 - 1e-6, "three signs separate everything")
    #expect(try value(found, "L1 margin of that predictor, before") <= margin)
    #expect(
      try predictions(
        DiagonalNetwork(), ["problem.kind": .text("fourier")]
      ).map(\.name).filter { $0.contains("margin") } == [])
  }

  /// A spectral bound of the first phase, and the numbers of the target.
  @Test func boundsOfMatrixRecovery() throws {
    let found = try predictions(
      MatrixRecovery(),
      ["regularizer.nuclear": .number(1e-3), "learning_rate": .number(1)])
    #expect(try value(found, "step of memorisation") == 1)
    #expect(abs(try value(found, "distance to A_LS") - 2e-3 * 10.squareRoot()) < 1e-12)
    #expect(try value(found, "free numbers") == 36)
    #expect(abs(try value(found, "measurements that completion") - 46.05) < 0.01)
    let bounds = found.filter { $0.kind == .bound && $0.name.contains("after t1") }
    #expect(bounds.count == 2 && bounds.allSatisfy { $0.areConditionsMet })
    let ridge = try predictions(
      MatrixRecovery(), ["regularizer.nuclear": .number(0), "regularizer.l2": .number(0.1)])
    let rate = try #require(ridge.first { $0.name.contains("in all directions") })
    #expect(rate.areConditionsMet && abs((rate.value ?? 0) - 0.99) < 1e-12)
  }

  /// The multiplication table of Fig. 3: a test loss of 0.1027 and a train loss of 1.45e-7 on the plateau, with
  /// the spread of other draws of 470 entries.
  @Test func kernelPhaseOfTheMultiplicationTable() throws {
    let found = try predictions(
      MatrixRecovery(),
      [
        "parameterization": .text("difference"), "problem.target": .text("multiplication-table"),
        "problem.n1": .integer(97), "problem.n2": .integer(97), "problem.N": .integer(470),
        "weight_decay": .number(1e-3),
      ])
    #expect(abs(try value(found, "test loss before") - 0.1027) < 0.002)
    #expect(abs(try value(found, "train loss of the plateau") - 1.45e-7) < 0.4e-7)
    // Between n / (16 alpha^2), of diagonal entries, and n / (8 alpha^2), of others.
    #expect((0.29...0.59).contains(try value(found, "largest learning rate at the start")))
    // mu^4 of 2.98^4 times 2030.
    let needed = try value(found, "measurements that the recovery theorem")
    #expect(abs(needed / (2.9845 * 2.9845 * 2.9845 * 2.9845 * 2030) - 1) < 0.01)
    let unmet = found.filter { $0.kind == .estimate && !$0.areConditionsMet }.map(\.name)
    #expect(unmet == ["measurements that the recovery theorem for factors supposes"])
  }

  @Test func factors() throws {
    let found = try predictions(
      MatrixRecovery(),
      [
        "parameterization": .text("factors"), "problem.n1": .integer(20),
        "problem.n2": .integer(20), "problem.r": .integer(3), "problem.N": .integer(200),
        "problem.target_scale": .text("none"),
      ])
    #expect((0.005...0.03).contains(try value(found, "largest learning rate at the start")))
    let end = try #require(found.first { $0.name.hasPrefix("nuclear norm of the global") })
    #expect(end.areConditionsMet && (end.value ?? 0) > 30)
  }

  @Test func regressionOfDiagonalNetworks() throws {
    let found = try predictions(
      DiagonalNetwork(),
      [
        "problem.kind": .text("gaussian"), "init.kind": .text("constant"),
        "init.scale": .number(10), "weight_decay": .number(1e-3), "loss": .text("squared"),
      ])
    #expect(try value(found, "least eigenvalue") > 0)
    // A kernel cannot know which of 100 numbers matter; the least l1 norm does.
    #expect(try value(found, "population loss of the kernel") > 1)
    #expect(try value(found, "population loss of that") < 1e-6)
    #expect(abs(try value(found, "|theta|^2 of the interpolation") - 3) < 1e-6)
    #expect(try value(found, "train loss of the plateau") < 1e-6)
  }

  @Test func nullSpaceConstants() throws {
    let found = try predictions(SparseRecovery(), ["problem.N": .integer(60)])
    #expect((0..<1).contains(try value(found, "null-space constant rho")))
    #expect(try value(found, "C1") >= 0.5)
    #expect(try value(found, "coherence of the measurements with") < 1)
  }
}
