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
}
