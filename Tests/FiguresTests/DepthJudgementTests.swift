// This file tests that the recipes of depth and of trajectories pass right curves and fail wrong ones.

import Experiments
import Figures
import Sweeps
import Testing

@Suite struct DepthJudgementTests {
  typealias Runs = SyntheticDepthRuns

  @Test(arguments: Runs.ids) func whatWasMeasuredPasses(id: String) throws {
    #expect(try failures(id, Runs.input(id)) == [])
  }

  @Test(arguments: Runs.ids) func noRunsAreAnError(id: String) throws {
    #expect(throws: FigureError.self) { try failures(id, FigureInput(runs: [])) }
  }

  /// Runs that diverged fail claims; they do not end the program.
  @Test(arguments: Runs.depthFigures) func aDivergedRunFails(id: String) throws {
    for index in [0, 8] {
      #expect(try !failures(id, Runs.Depth(diverged: index).input(id)).isEmpty)
    }
  }

  // MARK: - Figures 9, 17 and 18

  struct Wrong: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let figure: String
    let words: [String]
    let runs: Runs.Depth

    init(
      _ name: String, _ figure: String, _ words: [String],
      _ change: @Sendable (inout Runs.Depth) -> Void
    ) {
      testDescription = "\(figure): \(name)"
      self.figure = "notsawo/" + figure
      self.words = words
      var runs = Runs.Depth()
      change(&runs)
      self.runs = runs
    }
  }

  @Test(arguments: [
    Wrong("one factor recovers a little", "fig09", ["ends at least squares"]) { $0.flat = 0.98 },
    Wrong("two factors no better", "fig09", ["come far closer", "falls with L"]) {
      $0.least = { depth, N, isNeutral, known in
        depth == 2 && N == 30 && !isNeutral ? 0.9 : known
      }
    },
    Wrong("three factors behind two", "fig09", ["falls with L"]) {
      $0.least = { depth, N, isNeutral, known in
        depth == 3 && N == 50 && !isNeutral ? 0.12 : known
      }
    },
    Wrong("entries become negative", "fig09", ["keep a >= 0"]) {
      $0.least = { depth, N, isNeutral, known in
        depth == 3 && N == 90 && !isNeutral ? 0.05 : known
      }
    },
    Wrong("nothing gets near the floor", "fig09", ["keep a >= 0"]) {
      $0.least = { depth, _, isNeutral, known in depth > 1 && !isNeutral ? known * 1.12 : known }
    },
    Wrong("a sign-neutral start does not recover", "fig09", ["recovers from a sign-neutral start"])
    {
      $0.least = { _, _, isNeutral, known in isNeutral ? 0.1 : known }
    },
    Wrong("two factors in stairs", "fig17", ["learn at once"]) { $0.stairs[2] = 2 },
    Wrong("three factors at once", "fig17", ["in stairs"]) { $0.stairs[3] = 1 },
    Wrong("four factors at once", "fig17", ["so do four"]) { $0.stairs[4] = 1 },
    Wrong("three factors late", "fig17", ["three factors leave 0"]) { $0.escape[3] = 1.3 },
    Wrong("four factors early", "fig17", ["and four", "longer training"]) { $0.escape[4] = 0.5 },
    Wrong("four factors as good", "fig17", ["not caught up"]) {
      $0.least = { depth, N, _, known in depth == 4 && N == 50 ? 0.083 : known }
    },
    Wrong("another error of one factor", "fig18", ["L = 1: least"]) { $0.flat = 1.1 },
    Wrong("another error of three factors", "fig18", ["L = 3: least"]) {
      $0.least = { depth, N, isNeutral, known in
        depth == 3 && N == 30 && !isNeutral ? known * 1.1 : known
      }
    },
    Wrong("another error from the sign-neutral start", "fig18", ["L = 2 from", "L = 3 from"]) {
      $0.least = { _, _, isNeutral, known in isNeutral ? 2 * known : known }
    },
    Wrong("a delay as with l1", "fig18", ["depth delays"]) { $0.delay = 9000 },
    Wrong("no memorisation", "fig18", ["t1, memorisation"]) { $0.ridge.t1 = nil },
    Wrong("a small start", "fig18", ["at step 1000"]) { $0.ridge.early = 0.9 },
    Wrong("no generalisation", "fig18", ["t2, generalisation", "at the end", "of the lasso"]) {
      $0.ridge.t2 = nil
    },
    Wrong("early generalisation", "fig18", ["t2, generalisation"]) { $0.ridge.t2 = 20_000 },
    Wrong("not the lasso's error", "fig18", ["of the lasso"]) { $0.ridge.end = 2.3e-3 },
    Wrong("one factor with l2 recovers", "fig18", ["stays at least squares"]) {
      $0.ridge.flat = 0.7
    },
  ]) func wrongDepthFails(wrong: Wrong) throws {
    expect(try failures(wrong.figure, wrong.runs.input(wrong.figure)), wrong.words)
  }

  // MARK: - Figure 24

  @Test func theLandscapeFailsAPathThatPassesBy() throws {
    expect(
      try failures("notsawo/fig24", Runs.Landscape(miss: 0.05).input()),
      ["each run passes least squares"])
    expect(
      try failures("notsawo/fig24", Runs.Landscape(arrival: 5000).input()), ["before it turns"])
  }

  @Test func theLandscapeFailsAnotherEnd() throws {
    expect(try failures("notsawo/fig24", Runs.Landscape(off: 2e-3).input()), ["v at the end"])
    expect(try failures("notsawo/fig24", Runs.Landscape(on: -2e-3).input()), ["|u - |a*||"])
    expect(
      try failures("notsawo/fig24", Runs.Landscape(errors: [10: 1e-3, 20: 0.2]).input()),
      ["N = 10", "N = 20"])
  }

  @Test func theLandscapeFailsAnotherDelay() throws {
    for shift in [-2000, 2000] {
      expect(
        try failures("notsawo/fig24", Runs.Landscape(shift: shift).input()), ["t2 by the authors'"])
    }
  }

  @Test func theLandscapeFailsRunsWithoutL1ThatMoveOn() throws {
    expect(
      try failures("notsawo/fig24", Runs.Landscape(drift: (0.1, 1e-5)).input()), ["without l1"])
    expect(
      try failures("notsawo/fig24", Runs.Landscape(drift: (1e-5, 0.1)).input()), ["also with l2"])
  }

  // MARK: - Figure 25

  @Test func theHeatMapFailsWhatStays() throws {
    #expect(try failures("notsawo/fig25", Runs.Components(stray: (3, 9e-5)).input()) == [])
    expect(
      try failures("notsawo/fig25", Runs.Components(stray: (4, 5e-4)).input()),
      ["still visible at t2", "and at the end", "largest |a_i - a*_i|"])
    expect(
      try failures("notsawo/fig25", Runs.Components(shift: 2e-4).input()),
      ["largest |a_i - a*_i|"])
  }

  @Test func theHeatMapFailsWithoutTheTwoPhases() throws {
    expect(
      try failures("notsawo/fig25", Runs.Components(t2: nil).input()),
      ["still visible at t2", "and at the end", "largest |a_i - a*_i|"])
    expect(
      try failures("notsawo/fig25", Runs.Components(isSpread: false).input()), ["once the fit"])
    expect(try failures("notsawo/fig25", Runs.Components(t1: nil).input()), ["once the fit"])
  }
}
