// This file tests that recipes pass right curves and fail wrong ones, claim by claim.

import Experiments
import Figures
import Sweeps
import Testing
import _TestSupport

@Suite struct JudgementTests {
  // MARK: - Figure 3

  @Test func figure3PassesWhatWasMeasured() throws {
    #expect(try failures("notsawo/fig03", SyntheticRuns.Figure3().input()) == [])
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let run: SyntheticRuns.Figure3
    let count: Int

    /// - Parameter word: of the claim that must fail.
    init(_ word: String, failing count: Int = 1, _ change: (inout SyntheticRuns.Figure3) -> Void) {
      testDescription = word
      self.count = count
      var run = SyntheticRuns.Figure3()
      change(&run)
      self.run = run
    }
  }

  @Test(arguments: [
    Wrong("t1,") { $0.t1 = 68 },
    Wrong("t1 of theory", failing: 2) { $0.t1 = 50 },
    Wrong("t2,", failing: 2) { $0.t2 = 151_000 },
    Wrong("t2 alpha beta") { $0.t2 = 99_000 },
    // Without t2 there is no delay and no time after it, and the state stays at a_LS; without t1 it
    // stays at the start.
    Wrong("t2,", failing: 10) { $0.t2 = nil },
    Wrong("generalisation is delayed", failing: 7) { $0.t1 = nil },
    Wrong("before memorisation", failing: 2) { $0.earlyRatio = 4 },
    Wrong("half way to memorisation", failing: 2) { $0.earlyRatio = 4.9 },
    Wrong("from memorisation to generalisation") { $0.middleRatio = 1.5 },
    Wrong("after generalisation") { $0.lateRatio = 20 },
    Wrong("|a|_1 rises", failing: 2) { $0.peak = 0.7 },
    Wrong("which it is") { $0.peak = 0.608 },
    Wrong("then falls") { $0.finalL1 = 0.3 },
    Wrong("|a|_2 grows") { $0.finalL2 = 0.084 },
    Wrong("final test error", failing: 2) { $0.finalError = 9e-4 },
    Wrong("no lower on the way") { $0.lowest.test = 2e-5 },
    Wrong("and the least train error") { $0.lowest.train = 1e-6 },
    Wrong("and the least train error") { $0.finalTrain = 9e-4 },
    Wrong("Theorem 3.1 (i)") { $0.drift = 6e-4 },
    Wrong("false as printed") { $0.share = 0.1 },
    Wrong("Theorem 3.1 (i)", failing: 2) { $0.leaveOut = "a_7" },
  ]) func figure3FailsAWrongRun(wrong: Wrong) throws {
    let failed = try failures("notsawo/fig03", wrong.run.input())
    #expect(failed.contains { $0.hasPrefix(wrong.testDescription) }, "\(failed)")
    #expect(failed.count == wrong.count, "\(failed)")
  }

  @Test(arguments: ["train_error", "gradient_ratio", "l1_norm"])
  func aMetricThatIsNotThereIsNamed(metric: String) throws {
    var run = SyntheticRuns.Figure3()
    run.leaveOut = metric
    let input = try run.input()
    let error = #expect(throws: SpecError.self) { try failures("notsawo/fig03", input) }
    #expect(error?.key == metric)
  }

  // MARK: - The grid of figures 4 and 26

  @Test(arguments: ["notsawo/fig04", "notsawo/fig26"]) func theGridPassesTheory(id: String) throws {
    #expect(try failures(id, SyntheticRuns.Grid().input()) == [])
  }

  @Test func figure4FailsAShiftedDelay() throws {
    let constants = ["least over", "largest over", "near alpha beta = 1e-6"]
    expect(try failures("notsawo/fig04", SyntheticRuns.Grid(delay: 1.6).input()), constants)
    expect(
      try failures("notsawo/fig04", SyntheticRuns.Grid(delay: 1.3).input()),
      constants + ["near alpha beta = 1e-5"])
  }

  @Test func figure4FailsAnotherPowerLaw() throws {
    let steep = try failures(
      "notsawo/fig04", SyntheticRuns.Grid(exponents: (alpha: -1, beta: -2)).input())
    #expect(steep.contains { $0.hasPrefix("slope of log t2") })
    let uneven = try failures(
      "notsawo/fig04", SyntheticRuns.Grid(exponents: (alpha: -2, beta: -1)).input())
    #expect(uneven.contains { $0.hasPrefix("t2 alpha beta / ") })
    #expect(uneven.contains { $0.contains("all 24 cells") })
  }

  @Test func figure4FailsAnErrorThatFollowsAlpha() throws {
    for growth in [1, -0.2] {
      let failed = try failures("notsawo/fig04", SyntheticRuns.Grid(growth: growth).input())
      #expect(failed.contains { $0.hasPrefix("slope of log error against log alpha") }, "\(failed)")
    }
  }

  @Test func figure4FailsAnErrorBelowTheThreshold() throws {
    expect(
      try failures("notsawo/fig04", SyntheticRuns.Grid(least: 9e-5).input()),
      ["ever reach the caption's threshold"])
  }

  @Test func figure4FailsAnErrorThatDoesNotFollowBeta() throws {
    let grid = SyntheticRuns.Grid(plateau: { 24e3 * $0 * $0 })
    let failed = try failures("notsawo/fig04", grid.input())
    #expect(failed.count { $0.hasPrefix("slope of log error") } == 2, "\(failed)")
  }

  @Test func figure26FailsAWrongPlateau() throws {
    for factor in [0.5, 2] {
      let grid = SyntheticRuns.Grid(plateau: { factor * SyntheticRuns.Grid().plateau($0) })
      let failed = try failures("notsawo/fig26", grid.input())
      #expect(failed.count { $0.hasPrefix("plateau of the error") } == 6, "\(failed)")
    }
  }

  @Test func figure26FailsAnErrorThatFallsWithAlpha() throws {
    expect(
      try failures("notsawo/fig26", SyntheticRuns.Grid(growth: -0.01).input()),
      ["a larger alpha ends no better"])
  }

  @Test func figure26FailsAWrongTrainError() throws {
    expect(
      try failures("notsawo/fig26", SyntheticRuns.Grid(train: { $0 < 0.05 ? 1e-4 : 0.3 }).input()),
      ["beta = 0.1: the train error"])
    expect(
      try failures("notsawo/fig26", SyntheticRuns.Grid(train: { $0 < 0.05 ? 0.1 : 0.95 }).input()),
      ["Theorem 3.1 (i)"])
  }

  @Test func figure26FailsADelayThatDoesNotFall() throws {
    let byRate = SyntheticRuns.Grid(exponents: (alpha: 0, beta: -1))
    #expect(
      try failures("notsawo/fig26", byRate.input()) == [
        "a larger alpha generalises earlier (beta fixed)"
      ])
    let byStrength = SyntheticRuns.Grid(exponents: (alpha: -1, beta: 0))
    #expect(
      try failures("notsawo/fig26", byStrength.input()) == [
        "a larger beta generalises earlier (alpha fixed)"
      ])
  }

  /// A run that diverged fails claims; it does not end the program.
  @Test(arguments: ["notsawo/fig04", "notsawo/fig26"])
  func aDivergedCellFails(id: String) throws {
    #expect(try !failures(id, SyntheticRuns.Grid(diverged: 6).input()).isEmpty)
  }

  @Test func noRunsAreAnError() throws {
    #expect(throws: FigureError.self) { try failures("notsawo/fig03", FigureInput(runs: [])) }
    #expect(throws: FigureError.self) { try failures("notsawo/fig04", FigureInput(runs: [])) }
  }
}
