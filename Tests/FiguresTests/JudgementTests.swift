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
    Wrong("t1") { $0.t1 = 70 },
    Wrong("t2,") { $0.t2 = 151_000 },
    // Without t2 there is no delay and no time after it.
    Wrong("t2,", failing: 6) { $0.t2 = nil },
    Wrong("generalisation is delayed", failing: 2) { $0.t1 = nil },
    Wrong("before memorisation") { $0.earlyRatio = 20 },
    Wrong("after generalisation") { $0.lateRatio = 20 },
    Wrong("|a|_1 rises") { $0.peak = 0.7 },
    Wrong("then falls") { $0.finalL1 = 0.3 },
    Wrong("|a|_2 grows") { $0.finalL2 = 0.084 },
    Wrong("final test error") { $0.finalError = 9e-4 },
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
    for delay in [1.3, 1.6] {
      let failed = try failures("notsawo/fig04", SyntheticRuns.Grid(delay: delay).input())
      #expect(failed.count == 2 && failed.allSatisfy { $0.hasPrefix("t2 alpha beta / ") })
    }
  }

  @Test func figure4FailsAnotherPowerLaw() throws {
    let steep = try failures(
      "notsawo/fig04", SyntheticRuns.Grid(exponents: (alpha: -1, beta: -2)).input())
    #expect(steep.contains { $0.hasPrefix("slope of log t2") })
    let uneven = try failures(
      "notsawo/fig04", SyntheticRuns.Grid(exponents: (alpha: -2, beta: -1)).input())
    #expect(uneven.contains { $0.hasPrefix("t2 alpha beta / ") })
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
