// This file tests that the recipes of depth and of trajectories ask for what the paper did.

import BatchNumerics
import Experiments
import Figures
import Sweeps
import Testing

@Suite struct DepthRecipeTests {
  private func runs(_ id: String, _ scale: FigureScale) throws -> [PreparedRun] {
    try SyntheticRuns.prepared(id, scale)
  }

  @Test(arguments: [
    ("notsawo/fig09", 24, 50), ("notsawo/fig17", 24, 40), ("notsawo/fig18", 37, 67),
    ("notsawo/fig24", 30, 30), ("notsawo/fig25", 1, 1),
  ]) func everySpecResolves(id: String, small: Int, paper: Int) throws {
    let (few, many) = (try runs(id, .small), try runs(id, .paper))
    for (runs, count) in [(few, small), (many, paper)] {
      #expect(runs.count == count)
      #expect(Set(runs.map(\.id)).count == count)
    }
    // A store of the small scale serves the paper's.
    #expect(Set(few.map(\.id)).isSubset(of: many.map(\.id)))
  }

  /// The three figures of depth show the same runs, and Fig. 25 shows that of Fig. 3.
  @Test(arguments: FigureScale.allCases) func storesAreShared(scale: FigureScale) throws {
    let all = Set(try runs("notsawo/fig18", scale).map(\.id))
    for id in ["notsawo/fig09", "notsawo/fig17"] {
      #expect(Set(try runs(id, scale).map(\.id)).isSubset(of: all))
    }
    #expect(
      try runs("notsawo/fig25", scale).map(\.id) == runs("notsawo/fig03", scale).map(\.id))
  }

  @Test(arguments: FigureScale.allCases) func depthIsTheAuthorsRun(scale: FigureScale) throws {
    for run in try runs("notsawo/fig17", scale) {
      #expect(run.steps == 1_000_000)
      let parameters = run.parameters
      #expect(try parameters.number("regularizer.l1") == 0)
      #expect(try parameters.number("regularizer.l2") == 0)
      #expect(try parameters.number("learning_rate") == 0.1)
      #expect(try parameters.text("init.kind") == "ones")
      let isFlat = try parameters.integer("depth") == 1
      #expect(try parameters.number("init.scale") == (isFlat ? 1e-6 : 1e-2))
      #expect(try SparseRecovery.problem(of: run).target.count { $0 != 0 } == 5)
    }
    let sizes = Set(
      try runs("notsawo/fig17", scale).map { try $0.parameters.integer("problem.N") })
    #expect(sizes.isSubset(of: stride(from: 10, through: 100, by: 10)))
    #expect(scale == .small || sizes.count == 10)
  }

  /// The authors' target for seed 1, one of whose entries is negative.
  @Test func theTargetIsTheAuthors() throws {
    let run = try runs("notsawo/fig17", .small)[0]
    let target = try SparseRecovery.problem(of: run).target
    let wanted = [
      33: 0.09596368, 80: 0.01080866, 81: -0.01273031, 84: 0.10152629, 93: 0.06985542,
    ]
    for (index, value) in target.enumerated() {
      #expect(abs(value - (wanted[index] ?? 0)) < 1e-8)
    }
  }

  /// One signal, measurements and noise of a seed for each N; l1, nothing, and l2.
  @Test func theLandscapeHasTheAuthorsSeeds() throws {
    let all = try runs("notsawo/fig24", .small)
    for run in all {
      let N = try run.parameters.integer("problem.N")
      #expect(try run.parameters.integer("problem.measurement_seed") == N / 10)
      #expect(try run.parameters.integer("problem.signal_seed") == 1)
      #expect(try run.parameters.number("problem.snr") == 1e8)
    }
    for N in stride(from: 10, through: 100, by: 10) {
      let members = try all.filter { try $0.parameters.integer("problem.N") == N }
      #expect(Set(members.map(\.problemKey)).count == 1)
      let strengths = try members.map {
        [try $0.parameters.number("regularizer.l1"), try $0.parameters.number("regularizer.l2")]
      }
      #expect(strengths == [[1e-5, 0], [0, 0], [0, 1e-5]])
    }
  }
}
