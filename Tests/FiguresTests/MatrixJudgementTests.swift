// This file tests that the recipes of matrix recovery pass right curves and fail wrong ones, claim by
// claim.

import Experiments
import Figures
import Foundation
import Sweeps
import Testing
import _TestSupport

@Suite struct MatrixJudgementTests {
  typealias Runs = SyntheticMatrixRuns

  /// A wrong run, and words of the claims that must fail.
  struct Wrong<Curves: Sendable>: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let curves: Curves
    let words: [String]

    init(_ curves: Curves, _ words: String..., change: (inout Curves) -> Void) {
      var curves = curves
      change(&curves)
      self.curves = curves
      self.words = words
      testDescription = words.joined(separator: "; ")
    }
  }

  @Test(arguments: [
    "notsawo/fig05", "notsawo/fig06", "notsawo/fig08", "notsawo/fig14", "notsawo/fig15",
    "notsawo/fig23", "notsawo/fig29", "lyu/fig3", "boursier/fig2",
  ]) func whatIsExpectedPasses(id: String) throws {
    #expect(try failures(id, Runs.input(id)) == [])
  }

  @Test(arguments: [
    "notsawo/fig05", "notsawo/fig06", "notsawo/fig08", "notsawo/fig14", "notsawo/fig15",
    "notsawo/fig23", "notsawo/fig29", "lyu/fig3", "boursier/fig2",
  ]) func noRunsAreAnError(id: String) throws {
    #expect(throws: FigureError.self) { try failures(id, FigureInput(runs: [])) }
  }

  // MARK: - Figure 5

  static let anatomies = [
    Wrong(Runs.Anatomy(), "t1,") { $0.t1 = 120 },
    Wrong(Runs.Anatomy(), "train error at 100 steps", "Theorem 3.4 (i)") { $0.error = 1e-3 },
    Wrong(Runs.Anatomy(), "Theorem 3.4 (i)") { $0.error = 9e-5 },
    Wrong(Runs.Anatomy(), "before memorisation") { $0.earlyRatio = 5 },
    Wrong(Runs.Anatomy(), "half way to memorisation") { $0.halfRatio = 15 },
    Wrong(Runs.Anatomy(), "memorisation ends at least squares") { $0.memory = 0.97 },
    Wrong(Runs.Anatomy(), "memorisation ends at least squares") { $0.memory = 1.01 },
    Wrong(Runs.Anatomy(), "balance") { $0.lateRatio = 2 },
    Wrong(Runs.Anatomy(), "the smallest first") { $0.start = (1.0, 0.01) },
    Wrong(Runs.Anatomy(), "the smallest first", "order alpha beta") { $0.vanishes = false },
    Wrong(Runs.Anatomy(), "order alpha beta") { $0.fall = 30 },
    Wrong(Runs.Anatomy(), "t2 alpha beta", "t2/t1") { $0.t2 = nil },
    Wrong(Runs.Anatomy(), "t2 alpha beta", "t2/t1") { $0.t2 = 50_000 },
    Wrong(Runs.Anatomy(), "after memorisation (200 steps)") { $0.peak = 1.0 },
    Wrong(Runs.Anatomy(), "|A|_* at the end") { $0.end = 1.01 },
  ]

  @Test(arguments: anatomies) func figure5FailsAWrongRun(wrong: Wrong<Runs.Anatomy>) throws {
    expect(try failures("notsawo/fig05", wrong.curves.input()), wrong.words)
  }

  // MARK: - The grid of figures 6 and 29

  @Test func figure6FailsAShiftedDelay() throws {
    let failed = try failures("notsawo/fig06", Runs.Grid(delay: 0.5).input())
    expect(failed, ["t2 alpha beta / "])
  }

  @Test func figure6FailsAnotherPowerLaw() throws {
    let failed = try failures("notsawo/fig06", Runs.Grid(exponent: -0.5).input())
    #expect(failed.contains { $0.hasPrefix("slope of log t2") }, "\(failed)")
    #expect(failed.contains { $0.hasPrefix("which is one constant") }, "\(failed)")
  }

  @Test func figure6FailsAnErrorThatDoesNotFollowBeta() throws {
    let flat = Runs.Grid(error: { _, beta in 0.5 * (1e-2 / beta).squareRoot() })
    let failed = try failures("notsawo/fig06", flat.input())
    #expect(failed.contains { $0.hasPrefix("slope of log error") }, "\(failed)")
    let tenfold = Runs.Grid(error: { _, _ in 34 })
    expect(
      try failures("notsawo/fig06", tenfold.input()),
      [
        "|A - A*|_F / beta at the end for alpha <= 0.1", "for alpha = 1,", "against log alpha",
      ])
  }

  @Test func figure6FailsAnErrorInProportionToAlpha() throws {
    let steep = Runs.Grid(error: { alpha, _ in 34 * alpha })
    expect(
      try failures("notsawo/fig06", steep.input()),
      ["for alpha = 1,", "for alpha = 1.5,", "against log alpha"])
    let calm = Runs.Grid(error: { alpha, _ in alpha < 0.5 ? 1.8 : 3 })
    expect(try failures("notsawo/fig06", calm.input()), ["for alpha = 1.5,"])
  }

  @Test func figure6FailsWithoutOutliers() throws {
    let failed = try failures("notsawo/fig06", Runs.Grid(alwaysConverges: true).input())
    #expect(failed.contains { $0.hasPrefix("outliers") }, "\(failed)")
    let diverged = try failures("notsawo/fig06", Runs.Grid(diverged: 4 * 6 + 3).input())
    #expect(diverged.contains { $0.hasPrefix("outliers") }, "\(diverged)")
  }

  @Test func figure29FailsADelayThatDoesNotFall() throws {
    expect(
      try failures("notsawo/fig29", Runs.Grid(exponent: 0).input()).filter {
        $0.hasPrefix("a larger")
      }, ["a larger beta generalises earlier"])
  }

  @Test func figure29FailsADelayThatAlphaDoesNotShorten() throws {
    expect(
      try failures("notsawo/fig29", Runs.Grid(alphaExponent: 0).input()).filter {
        $0.hasPrefix("a larger")
      }, ["a larger alpha generalises earlier"])
  }

  @Test func figure29FailsAnErrorThatFallsWithBeta() throws {
    let grid = Runs.Grid(error: { _, beta in 1e-4 * pow(1e-5 / beta, 0.1) / beta })
    expect(try failures("notsawo/fig29", grid.input()), ["the error at the end grows"])
  }

  @Test func figure29FailsCurvesThatDoNotScale() throws {
    expect(
      try failures("notsawo/fig29", Runs.Grid(shift: 1.03).input()), ["alpha = 1 gives the curve"])
  }

  @Test func figure29FailsCellsThatConvergeTooSoon() throws {
    let failed = try failures("notsawo/fig29", Runs.Grid(alwaysConverges: true).input())
    #expect(failed.contains { $0.contains("do not converge") }, "\(failed)")
  }

  @Test func figure29FailsCellsThatDoNotConverge() throws {
    let failed = try failures("notsawo/fig29", Runs.Grid(error: { _, _ in 500 }).input())
    #expect(failed.contains { $0.hasPrefix("the others do") }, "\(failed)")
  }

  /// A run that diverged fails claims; it does not end the program.
  @Test func aDivergedCellFails() throws {
    let index = 4 * 6 + 3
    #expect(try !failures("notsawo/fig29", Runs.Grid(diverged: index).input()).isEmpty)
  }

  // MARK: - Figures 8 and 23

  static let coherences = [
    Wrong(Runs.Coherence(), "more frequent", "less that at tau = 0") { $0.rate = { _ in 1 } },
    Wrong(
      Runs.Coherence(), "t2 falls with tau", "median t2 at tau = 1 over", "times alpha beta"
    ) {
      $0.rate = { 0.6 + 0.4 * $0 }
      $0.delay = { _ in 16_000 }
    },
    Wrong(
      Runs.Coherence(), "t2 falls with tau", "does not rise", "median t2 at tau = 1 over",
      "times alpha beta", "more frequent", "less that"
    ) {
      $0.rate = { 1 - 0.7 * $0 }
      $0.delay = { 2000 + 16_000 * $0 }
    },
    Wrong(Runs.Coherence(), "times alpha beta") { $0.delay = { 600 / (1 + 7 * $0) } },
    Wrong(Runs.Coherence(), "more entries, more recovery") { $0.more = 0.5 },
    Wrong(Runs.Coherence(), "at N = 50, tau = 0") { $0.fewer = 0.9 },
  ]

  @Test(arguments: coherences, ["notsawo/fig08", "notsawo/fig23"])
  func figure23FailsWrongRuns(wrong: Wrong<Runs.Coherence>, id: String) throws {
    expect(try failures(id, wrong.curves.input()), wrong.words)
  }

  // MARK: - Figures 14 and 15

  static let projected = [
    Wrong(Runs.Sensing(), "train error after one step, over beta", "projected by X^+") {
      $0.trainError = 1e-9
    },
    Wrong(Runs.Sensing(), "with equal factors nothing is recovered") { $0.stuck = 0.01 },
    Wrong(Runs.Sensing(), "over that of the least-squares") { $0.firstError = 0.9 },
    Wrong(Runs.Sensing(), "t2, generalisation (test error 0.01)", "(test error 0.001)") {
      $0.t2 = 60_000
    },
    Wrong(
      Runs.Sensing(), "t2, generalisation (test error 0.01)", "(test error 0.001)", "sharp",
      "slope",
      "test error at the end"
    ) { $0.t2 = nil },
    Wrong(Runs.Sensing(), "sharp") { $0.sharpness = 1.5 },
    Wrong(Runs.Sensing(), "slope of log t2") { $0.exponent = -0.5 },
    Wrong(Runs.Sensing(), "test error at the end") { $0.floor = 0.24 },
    Wrong(Runs.Sensing(), "|A|_* at the end") { $0.norm = 1.01 },
  ]

  @Test(arguments: projected) func figure14FailsAWrongRun(wrong: Wrong<Runs.Sensing>) throws {
    expect(try failures("notsawo/fig14", wrong.curves.input()), wrong.words)
  }

  static let proximal = [
    Wrong(Runs.Sensing.proximal, "memorisation (train error 1e-2)") { $0.t1.0 = 50 },
    Wrong(Runs.Sensing.proximal, "and (train error 1e-3)") { $0.t1.1 = 40_000 },
    Wrong(Runs.Sensing.proximal, "t2, generalisation") { $0.t2 = 60_000 },
    Wrong(Runs.Sensing.proximal, "slope of log t2") { $0.exponent = -0.5 },
    Wrong(Runs.Sensing.proximal, "test error at the end") { $0.floor = 0.024 },
    Wrong(Runs.Sensing.proximal, "|A|_* at the end") { $0.norm = 1.01 },
    Wrong(Runs.Sensing.proximal, "with equal factors") { $0.stuck = 0.01 },
  ]

  @Test(arguments: proximal) func figure15FailsAWrongRun(wrong: Wrong<Runs.Sensing>) throws {
    expect(try failures("notsawo/fig15", wrong.curves.input()), wrong.words)
  }

  // MARK: - Lyu et al., figure 3

  static let tables = [
    Wrong(Runs.Table(), "train loss is minimised") { $0.memory.first = 5e-2 },
    Wrong(Runs.Table(), "and at step 32") { $0.memory.second = 1e-5 },
    Wrong(
      Runs.Table(), "test loss on the plateau", "kernel regime", "lambda t at a test loss of 0.1,"
    ) { $0.plateau = 0.9 },
    Wrong(Runs.Table(), "K the diagonal") { $0.floor = 4 },
    Wrong(Runs.Table(), "ln alpha at a test loss of 0.05", "ln alpha at a test loss of 0.02") {
      $0.shift = { $0 == 20 ? 0.1 : 0 }
    },
    Wrong(
      Runs.Table(), "lambda = 0.001: lambda t at a test loss of 0.05",
      "lambda t at a test loss of 0.01"
    ) { $0.stretch = 2 },
    Wrong(Runs.Table(), "does not depend on lambda") { $0.strong.shift = 1 },
    Wrong(
      Runs.Table(), "lambda = 0.003: test loss at the end and that of the convex", "slope of log"
    ) { $0.strong.test = 3 },
    Wrong(Runs.Table(), "N is below") { $0.needed = 400 },
    Wrong(Runs.Table(), "train loss at the end and that of the convex") { $0.train = 1.05 },
    Wrong(Runs.Table(), "test loss at the end and that of the convex") { $0.test = 1.1 },
    Wrong(Runs.Table(), "|W|_* at the end and that of the convex") { $0.nuclear = 1.01 },
    Wrong(Runs.Table(), "|theta|^2 and |W|_*") { $0.balance = 1.01 },
    Wrong(
      Runs.Table(), "ln alpha at a test loss of 0.05", "ln alpha at a test loss of 0.02", "diverges"
    ) { $0.diverges = true },
  ]

  @Test(arguments: tables) func lyuFigure3FailsAWrongRun(wrong: Wrong<Runs.Table>) throws {
    expect(try failures("lyu/fig3", wrong.curves.input()), wrong.words)
  }

  // MARK: - Boursier et al., figure 2

  static let completions = [
    Wrong(Runs.Completion(), "below 1,") { $0.interpolation.0 = 3 },
    Wrong(Runs.Completion(), "below 1e-4") { $0.interpolation.1 = 60 },
    Wrong(Runs.Completion(), "|M* - U V^T|_F at t = 1, median", "is half of that at t = 1") {
      $0.early = 20
    },
    Wrong(Runs.Completion(), "it stays there") { $0.drift = 0.7 },
    Wrong(Runs.Completion(), "then the norm falls") { $0.held = 0.6 },
    Wrong(Runs.Completion(), "half of its fall") { $0.fall = 2500 },
    Wrong(Runs.Completion(), "is half of that at t = 1") { $0.halving = 200 },
    Wrong(Runs.Completion(), "zero train loss") { $0.trainLoss = 5e-5 },
    Wrong(Runs.Completion(), "(|U|^2 + |V|^2)/2") { $0.balance = 1.01 },
    Wrong(Runs.Completion(), "that of M*", "the minimiser") { $0.nuclear = 1.1 },
    Wrong(Runs.Completion(), "the minimiser") { $0.nuclear = 0.95 },
    Wrong(Runs.Completion(), "all but three", "stand apart", "sigma_4 at the end, over seeds") {
      $0.fourth = 8
    },
    Wrong(Runs.Completion(), "sigma_4 at the end, over seeds") { $0.fourth = 0.1 },
    Wrong(Runs.Completion(), "all singular values") { $0.settled = 0.8 },
    Wrong(Runs.Completion(), "three singular values remain") { $0.kept = 0.5 },
    Wrong(Runs.Completion(), "all is over") { $0.unfinished = 2 },
    Wrong(Runs.Completion(), "learning rate over the largest") { $0.stability = 1.1 },
    Wrong(Runs.Completion(), "not recovered exactly") { $0.end = 0.01 },
  ]

  @Test(arguments: completions)
  func boursierFigure2FailsWrongRuns(wrong: Wrong<Runs.Completion>) throws {
    expect(try failures("boursier/fig2", wrong.curves.input()), wrong.words)
  }
}
