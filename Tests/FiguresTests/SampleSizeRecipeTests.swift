// This file tests that the sweeps over sample sizes ask for the authors' runs.

import BatchNumerics
import Experiments
import Figures
import Sweeps
import Testing

@Suite struct SampleSizeRecipeTests {
  typealias Runs = SyntheticSampleSizeRuns

  @Test(arguments: [
    ("notsawo/fig27", ["subgradient"]), ("notsawo/fig28", ["subgradient"]),
    ("notsawo/fig13", ["proximal", "subgradient"]),
    ("notsawo/fig12", ["projected", "subgradient"]),
  ]) func theGridIsTheAuthors(id: String, methods: [String]) throws {
    for scale in FigureScale.allCases {
      let runs = try Runs.prepared(id, scale)
      #expect(runs.count == 40 * methods.count)
      #expect(Set(try runs.map { try $0.parameters.text("method") }) == Set(methods))
      for run in runs {
        let s = try run.parameters.integer("problem.s")
        #expect([1, 5, 10, 15].contains(s) && run.steps == 1_000_000)
        let threshold = s == 1 ? 1e-2 : 1e-3
        #expect(run.thresholds == Thresholds(train: threshold, test: threshold))
        #expect(try run.parameters.text("problem.generator") == "mt19937")
        #expect(try run.parameters.number("problem.snr") == .infinity)
      }
    }
  }

  /// What the figures share is trained once.
  @Test func theSubgradientRunsAreShared() throws {
    let runs = Set(try Runs.prepared("notsawo/fig27").map(\.id))
    #expect(Set(try Runs.prepared("notsawo/fig28").map(\.id)) == runs)
    for id in ["notsawo/fig12", "notsawo/fig13"] {
      #expect(runs.isSubset(of: try Runs.prepared(id).map(\.id)))
    }
    #expect(
      try Runs.prepared("notsawo/fig21").map(\.id) == Runs.prepared("notsawo/fig22").map(\.id))
  }

  @Test(arguments: [(FigureScale.small, 1_000_000), (.paper, 10_000_001)])
  func theCoherentSweepIsTheAuthors(scale: FigureScale, steps: Int) throws {
    let runs = try Runs.prepared("notsawo/fig21", scale)
    #expect(runs.count == 110)
    for run in runs {
      #expect(run.steps == steps)
      #expect(try run.parameters.integer("problem.signal_seed") == 1)
      let N = try run.parameters.integer("problem.N")
      #expect(try run.parameters.integer("problem.measurement_seed") == N / 10)
    }
    #expect(Set(try runs.map { try $0.parameters.number("problem.tau") }).count == 11)
  }

  /// Signal and measurements of the first N come from one seed: what is selected there begins with the
  /// support, however few rows there are.
  @Test func theFirstSampleSizeSelectsTheSupport() throws {
    let seen = try Runs.prepared("notsawo/fig21").filter {
      try $0.parameters.number("problem.tau") == 1
    }.filter { run in
      let problem = try SparseRecovery.problem(of: run)
      let x = problem.measurements
      return problem.target.indices.allSatisfy { j in
        problem.target[j] == 0 || (0..<x.rows).contains { x[$0, j] == 1 }
      }
    }
    #expect(try seen.map { try $0.parameters.integer("problem.N") } == [10, 70, 100])
  }
}
