// This file tests that the recipes of matrix recovery ask for what their papers did.

import BatchNumerics
import Experiments
import Figures
import Sweeps
import Testing

@Suite struct MatrixRecipeTests {
  private func runs(
    _ id: String, _ scale: FigureScale, overrides: [String] = []
  ) throws -> [PreparedRun] {
    try SyntheticRuns.prepared(id, scale, overrides: overrides)
  }

  @Test(arguments: [
    ("notsawo/fig05", 1, 1), ("notsawo/fig06", 36, 36), ("notsawo/fig29", 36, 36),
    ("notsawo/fig08", 408, 102), ("notsawo/fig23", 408, 102), ("notsawo/fig14", 6, 4),
    ("notsawo/fig15", 6, 4), ("lyu/fig3", 12, 21), ("boursier/fig2", 9, 9),
  ]) func everySpecResolves(id: String, small: Int, paper: Int) throws {
    #expect(try RecipeCatalog.named(id).citation.contains("arXiv"))
    for (scale, count) in [(FigureScale.small, small), (.paper, paper)] {
      let runs = try runs(id, scale)
      #expect(runs.count == count)
      #expect(Set(runs.map(\.id)).count == count)
      // One batch for all of a size: same shapes, method, precision.
      let sizes = try Set(runs.map { try MatrixRecovery.problem(of: $0).count })
      // The multiplication table's second decay has evaluations of its own.
      #expect(Set(runs.map(\.batchKey)).count == (id == "lyu/fig3" ? 2 : sizes.count))
    }
  }

  /// Figures that show the same runs share them in a store.
  @Test(arguments: [("notsawo/fig06", "notsawo/fig29"), ("notsawo/fig08", "notsawo/fig23")])
  func pairsShareTheirRuns(first: String, second: String) throws {
    for scale in FigureScale.allCases {
      #expect(try runs(first, scale).map(\.id) == runs(second, scale).map(\.id))
    }
  }

  @Test(arguments: ["notsawo/fig05", "notsawo/fig06", "notsawo/fig14", "notsawo/fig15"])
  func thePapersScaleHasTheAuthorsSteps(id: String) throws {
    #expect(try runs(id, .paper).allSatisfy { $0.steps == 10_000_001 })
  }

  @Test func figure5IsTheAuthorsRunButForItsTarget() throws {
    for scale in FigureScale.allCases {
      let run = try runs("notsawo/fig05", scale)[0]
      #expect(run.thresholds == Thresholds(train: 1e-4, test: 1e-4))
      #expect(try run.parameters.number("learning_rate") == 0.1)
      #expect(try run.parameters.number("regularizer.nuclear") == 1e-4)
      let problem = try MatrixRecovery.problem(of: run)
      #expect(problem.count == 80)
      #expect(abs(euclideanNorm(problem.target.values) - 10) < 1e-12)
    }
  }

  /// The paper's variant is a matter of two keys.
  @Test func figure5CanBeThePapersRun() throws {
    let run = try runs(
      "notsawo/fig05", .small,
      overrides: ["problem.N=70", "problem.target_scale=unit-spectrum"]
    )[0]
    let problem = try MatrixRecovery.problem(of: run)
    #expect(problem.count == 70)
    #expect(abs(euclideanNorm(problem.target.values) - 1) < 1e-12)
  }

  /// At the small scale a cell has 8 predicted delays, but at least 20,000 and at most 3e6 steps.
  @Test func theSmallGridHasABudget() throws {
    let runs = try runs("notsawo/fig06", .small)
    let gap = try #require(
      MatrixRecoveryAnalysis(try MatrixRecovery.problem(of: runs[0])).gap)
    for run in runs {
      let product =
        try run.parameters.number("learning_rate") * run.parameters.number("regularizer.nuclear")
      let wanted = min(max(8 * gap / product, 20_000), 3_000_001)
      #expect(abs(Double(run.steps) - wanted) <= 1 + 1e-12 * wanted)
    }
    #expect(runs.map(\.steps).min() == 20_000 && runs.map(\.steps).max() == 3_000_001)
  }

  /// Steps in units of 1 / (alpha beta) are of one size at both scales of Fig. 23.
  @Test func theCoherenceSweepIsScaledByBeta() throws {
    for (scale, times) in [(FigureScale.small, 40.0), (.paper, 100.0)] {
      for run in try runs("notsawo/fig23", scale) {
        let beta = try run.parameters.number("regularizer.nuclear")
        #expect(abs(Double(run.steps) * beta - times) < 1e-3 * times)
        #expect(abs(run.thresholds.test / beta - 2) < 1e-9)
      }
    }
  }

  /// Half of the runs have the equal factors of the authors' code.
  @Test(arguments: ["notsawo/fig14", "notsawo/fig15"])
  func sensingDrawsIndependentAndSharedFactors(id: String) throws {
    let draws = try runs(id, .small).map { try $0.parameters.text("problem.sensing_factors") }
    #expect(draws.count { $0 == "shared" } == 3 && draws.count { $0 == "independent" } == 3)
  }

  @Test func theMultiplicationTableIsThePapers() throws {
    for run in try runs("lyu/fig3", .small) {
      let problem = try MatrixRecovery.problem(of: run)
      #expect(problem.count == 470 && problem.target.rows == 97)
      let sizes = SingularValueDecomposition(problem.target).values
      #expect(abs(sizes.reduce(0, +) - 31.835) < 1e-3)
      #expect(sizes[1] < 1e-10)
    }
    let strengths = try runs("lyu/fig3", .paper).map {
      try $0.parameters.number("weight_decay")
    }
    // The third shows how the end depends on the decay (Lyu et al., section 3.3).
    #expect(Set(strengths) == [1e-3, 1e-4, 3e-3])
  }

  @Test func theCompletionIsThePapers() throws {
    for run in try runs("boursier/fig2", .paper) {
      #expect(run.steps == 10_000_000)
      #expect(try run.parameters.integer("width") == 10)
      let problem = try MatrixRecovery.problem(of: run)
      #expect(problem.count == 200 && problem.target.values.count == 400)
      #expect(SingularValueDecomposition(problem.target).numericalRank == 3)
    }
  }
}
