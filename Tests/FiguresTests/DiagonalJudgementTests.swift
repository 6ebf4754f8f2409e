// This file tests that the recipes of diagonal nets and of linear regression pass right curves and
// fail wrong ones, claim by claim.

import Experiments
import Figures
import Foundation
import Sweeps
import Testing
import _TestSupport

@Suite struct DiagonalJudgementTests {
  typealias Runs = SyntheticDiagonalRuns
  typealias Wrong<Curves: Sendable> = MatrixJudgementTests.Wrong<Curves>

  @Test(arguments: Runs.ids) func whatIsExpectedPasses(id: String) throws {
    #expect(try failures(id, Runs.input(id)) == [])
  }

  @Test(arguments: Runs.ids) func noRunsAreAnError(id: String) throws {
    #expect(throws: FigureError.self) { try failures(id, FigureInput(runs: [])) }
  }

  // MARK: - Lyu et al., figure 1, left

  static let levels = [0.6, 0.731, 0.906, 0.988].map { "test accuracy is \($0)" }

  static let sparse = [
    Wrong(Runs.Classes.sparse, "train accuracy is 100 % very early") { $0.train = 0.01 },
    Wrong(Runs.Classes.sparse, "near chance", "at lambda t = 0.5 and that of") {
      $0.accuracy[2].value = 0.54
    },
    Wrong(Runs.Classes.sparse, "the onset") { $0.accuracy[3] = .init(1.2, 0.56) },
    Wrong(Runs.Classes.sparse, levels[0], "sharp") {
      $0.accuracy[3].time = 1.9
      $0.accuracy[4].time = 2
    },
    Wrong(Runs.Classes.sparse, levels[1]) { $0.accuracy[5].time = 2.8 },
    Wrong(Runs.Classes.sparse, levels[2]) { $0.accuracy[6].time = 2.7 },
    Wrong(Runs.Classes.sparse, levels[3]) { $0.accuracy[7].time = 3.4 },
    Wrong(Runs.Classes.sparse, levels[0], levels[1], levels[2], levels[3]) {
      for i in 3...8 { $0.accuracy[i].time += 0.25 }
    },
    // As Theorem 3.4 would have it without a constant.
    Wrong(
      Runs.Classes.sparse, "the onset", levels[0], levels[1], levels[2], levels[3], "over ln 128"
    ) {
      for i in 2...8 { $0.accuracy[i].time += 2.3 }
      $0.accuracy[9].time = 7
    },
    // From 0.6 to 0.95 in 1.03, and in 0.38.
    Wrong(Runs.Classes.sparse, "sharp") {
      $0.accuracy[4].time = 2.17
      $0.accuracy.insert(.init(3.2, 0.95), at: 7)
      $0.accuracy[6].time = 3.05
      $0.accuracy[8].time = 3.27
    },
    Wrong(Runs.Classes.sparse, "sharp") {
      $0.accuracy[4].time = 2.45
      $0.accuracy[5].time = 2.6
      $0.accuracy[6].time = 2.81
      $0.accuracy.insert(.init(2.83, 0.95), at: 7)
      $0.accuracy[8].time = 3.01
    },
    Wrong(Runs.Classes.sparse, "test accuracy ends") { $0.accuracy[9].value = 0.998 },
    Wrong(
      Runs.Classes.sparse, "the onset", levels[0], levels[1], levels[2], levels[3], "over ln 128",
      "sharp", "test accuracy ends", "T2 - T1", "hardly depends", "falls by over"
    ) { $0.accuracy = [.init(0, 0.5), .init(0.01, 0.515), .init(6, 0.52)] },
    Wrong(Runs.Classes.sparse, "margin over |w|_2 on the plateau", "the largest of these data") {
      $0.l2.plateau = 18.5
    },
    Wrong(Runs.Classes.sparse, "the largest of these data") { $0.theory.l2 = 19.3 },
    Wrong(Runs.Classes.sparse, "at lambda t = 0.5 and that of") { $0.theory.accuracy = 0.6 },
    Wrong(Runs.Classes.sparse, "train loss over 2 lambda q") { $0.loss = 1.2 },
    Wrong(Runs.Classes.sparse, "train loss over 2 lambda q") { $0.loss = 0.5 },
    Wrong(Runs.Classes.sparse, "T2 - T1") { $0.shift = 0.95 },
    Wrong(Runs.Classes.sparse, "falls by over") { $0.drift = 0.5 },
    Wrong(Runs.Classes.sparse, "hardly depends", "falls by over") { $0.drift = 3 },
    Wrong(Runs.Classes.sparse, "and at the end, of that") { $0.l2.end = 0.8 },
    Wrong(Runs.Classes.sparse, "margin over |w|_1 on the plateau") { $0.l1.plateau = 0.07 },
    Wrong(Runs.Classes.sparse, "rises towards the largest") { $0.l1.end = 0.25 },
    Wrong(Runs.Classes.sparse, "descent follows flow, d = 2048") { $0.descent.late = 0.03 },
  ]

  @Test(arguments: sparse) func figure1aFailsAWrongRun(wrong: Wrong<Runs.Classes>) throws {
    expect(try failures("lyu/fig1a", wrong.curves.input()), wrong.words)
  }

  // MARK: - Lyu et al., figure 1, right

  static let largeMargin = [
    Wrong(Runs.Classes.largeMargin, "train accuracy is 100 % very early", "and stays there") {
      $0.train = 0.01
    },
    Wrong(Runs.Classes.largeMargin, "and stays there") { $0.last = 31.0 / 32 },
    Wrong(Runs.Classes.largeMargin, "is almost 100 %") { $0.accuracy[2].value = 0.99 },
    Wrong(Runs.Classes.largeMargin, "still at lambda t = 3.75") { $0.accuracy[3].value = 0.96 },
    Wrong(Runs.Classes.largeMargin, "at lambda t = 4.25") { $0.accuracy[4].value = 0.87 },
    Wrong(Runs.Classes.largeMargin, "at lambda t = 5") { $0.accuracy[5].value = 0.94 },
    Wrong(Runs.Classes.largeMargin, "at lambda t = 6") { $0.accuracy[6].value = 0.83 },
    Wrong(Runs.Classes.largeMargin, "at lambda t = 8", "to nearly 50 %") {
      $0.accuracy[7].value = 0.73
      $0.accuracy[8].value = 0.7
    },
    Wrong(Runs.Classes.largeMargin, "and falls on") { $0.accuracy[8].value = 0.65 },
    // Grokking where there should be misgrokking.
    Wrong(
      Runs.Classes.largeMargin, "at lambda t = 5", "at lambda t = 6", "at lambda t = 8",
      "to nearly 50 %", "and falls on"
    ) { for i in 3...8 { $0.accuracy[i].value = 1 } },
    Wrong(
      Runs.Classes.largeMargin, "margin over |w|_2 at lambda t = 1", "the largest of these data"
    ) { $0.l2.plateau = 55 },
    Wrong(Runs.Classes.largeMargin, "margin over |w|_2 at the end") { $0.l2.end = 8 },
    Wrong(Runs.Classes.largeMargin, "margin over |w|_1 at lambda t = 1") { $0.l1.plateau = 0.2 },
    Wrong(Runs.Classes.largeMargin, "margin over |w|_1 at the end", "d = 2048: margin") {
      $0.l1.end = 0.5
    },
    Wrong(Runs.Classes.largeMargin, "d = 2048: margin") { $0.theory.l1 = nil },
    Wrong(Runs.Classes.largeMargin, "d = 2048: margin") { $0.theory.l1 = 0.57 },
    Wrong(Runs.Classes.largeMargin, "descent follows flow, d = 2048") { $0.descent.late = 0.03 },
  ]

  @Test(arguments: largeMargin) func figure1bFailsAWrongRun(wrong: Wrong<Runs.Classes>) throws {
    expect(try failures("lyu/fig1b", wrong.curves.input()), wrong.words)
  }

  /// A run that diverged fails claims; it does not end the program.
  @Test(arguments: [Runs.Classes.sparse, .largeMargin])
  func aDivergedClassifierFails(curves: Runs.Classes) throws {
    var wrong = curves
    wrong.flowDiverges = true
    #expect(try failures(curves.id, wrong.input()).count > 4)
    wrong.flowDiverges = false
    wrong.descentDiverges = true
    expect(try failures(curves.id, wrong.input()), ["descent follows flow"])
  }

  // MARK: - Lyu et al., appendix B.2

  static let noises = [
    Wrong(Runs.Noise(), "label noise follows the drift", "is at that limit") { $0.bias = 0.2 },
    Wrong(Runs.Noise(), "and the more the smaller eta is") { $0.exponent = 0.1 },
    Wrong(Runs.Noise(), "population loss falls") { $0.loss = 100 },
    Wrong(Runs.Noise(), "the iterate is at that limit") { $0.early = { _ in 0.9 } },
    Wrong(Runs.Noise(), "the closer the smaller") { $0.early = { $0 > 3e-3 ? 1.4 : 1 } },
    Wrong(Runs.Noise(), "population loss then") { $0.earlyLoss = 1.2 },
    Wrong(Runs.Noise(), "train loss vanishes") { $0.power = 0 },
    Wrong(Runs.Noise(), "sharp in log T alone") { $0.hold = 0.29 },
    // A small start is at the sparse interpolant at once.
    Wrong(Runs.Noise(), "but does not generalise", "sharp in log T alone") {
      $0.parameters = ["init.scale": .number(0.01)]
    },
    // A target with too many entries is not found.
    Wrong(
      Runs.Noise(), "population loss falls", "as the prediction does", "sharp in log T alone"
    ) {
      $0.parameters = ["problem.sparsity": .integer(12)]
    },
    // Nothing moves from u = v = 0.
    Wrong(
      Runs.Noise(), "gradient flow alone interpolates", "label noise follows the drift",
      "and the more the smaller eta is", "population loss falls", "as the prediction does",
      "is at that limit", "the closer the smaller", "sharp in log T alone"
    ) { $0.parameters = ["init.scale": .number(0)] },
    Wrong(
      Runs.Noise(), "label noise follows the drift", "and the more the smaller eta is",
      "population loss falls", "train loss vanishes", "sharp in log T alone"
    ) { $0.diverges = true },
  ]

  @Test(arguments: noises) func labelNoiseFailsAWrongRun(wrong: Wrong<Runs.Noise>) throws {
    expect(try failures("lyu/appB2-label-noise", wrong.curves.input()), wrong.words)
  }

  // MARK: - Boursier et al., figure 4

  @Test func figure4PassesAllSeeds() throws {
    #expect(try failures("boursier/fig4", Runs.Fourier(seeds: Array(1...8)).input()) == [])
  }

  static let fouriers = [
    Wrong(Runs.Fourier(), "train loss is almost 0") { $0.interpolation = 200 },
    Wrong(Runs.Fourier(), "with a solution of large norm") { $0.plateau = 1.3 },
    Wrong(Runs.Fourier(), "the norm falls from about") {
      $0.plateau = 3.8
      $0.fall = 0.05
    },
    Wrong(Runs.Fourier(), "the norm falls from about", "u^2 - v^2 decays") { $0.fall = 4.5 },
    Wrong(Runs.Fourier(), "|w|^2 at the start") { $0.start = 6 },
    Wrong(Runs.Fourier(), "|w|^2 at t = 5e4") { $0.middle = 1.2 },
    Wrong(Runs.Fourier(), "by t = 1e5") { $0.late = 1.1 },
    Wrong(Runs.Fourier(), "by t = 1e5", "or nearly") { $0.late = 1.3 },
    Wrong(Runs.Fourier(), "the end is the l1-minimal interpolant") { $0.scale = 1.003 },
    Wrong(Runs.Fourier(), "|w|^2 over twice") { $0.end = 1.02 },
    Wrong(
      Runs.Fourier(), "near the l1-minimal interpolant itself", "|w|^2 at t = 5e4", "by t = 1e5",
      "or nearly"
    ) {
      $0.decay = 1e-2
      $0.fall = 1.5
    },
    // The interpolant of this seed's samples is not the teacher.
    Wrong(
      Runs.Fourier(), "most sets of twelve", "the end is the l1-minimal interpolant",
      "test loss vanishes", "test loss at t = 1e5"
    ) { $0.seeds = [2] },
    Wrong(Runs.Fourier(), "test loss vanishes", "test loss at t = 1e5") { $0.final = 0.1 },
    Wrong(Runs.Fourier(), "u^2 - v^2 decays") { $0.share = 1.1 },
  ]

  @Test(arguments: fouriers) func figure4FailsAWrongRun(wrong: Wrong<Runs.Fourier>) throws {
    expect(try failures("boursier/fig4", wrong.curves.input()), wrong.words)
  }

  // MARK: - Boursier et al., appendix C

  static let linears = [
    Wrong(Runs.Linear(), "iterates of the closed form") { $0.rounding = 1e-8 },
    Wrong(Runs.Linear(), "flow is Eqs. 23-24", "not as printed", "descent tends to flow") {
      $0.factor = 1
    },
    Wrong(Runs.Linear(), "descent tends to flow") { $0.coarse = 0.01 },
    Wrong(
      Runs.Linear(), "flow is Eqs. 23-24", "the fast phase ends", "the slow phase is",
      "the fit is fast"
    ) { $0.bump = -0.06 },
    Wrong(Runs.Linear(), "flow is Eqs. 23-24", "the slow phase is") { $0.outside = 0.9 },
    Wrong(Runs.Linear(), "the fast phase ends", "the slow phase is") { $0.decay = 1e-2 },
    Wrong(Runs.Linear(), "the fit is fast") { $0.train = 1e6 },
    Wrong(Runs.Linear(), "test loss falls later") { $0.test = 3 },
    Wrong(Runs.Linear(), "iterates of the closed form", "descent tends to flow") {
      $0.diverges = true
    },
  ]

  @Test(arguments: linears) func linregFailsAWrongRun(wrong: Wrong<Runs.Linear>) throws {
    expect(try failures("boursier/linreg", wrong.curves.input()), wrong.words)
  }

  /// A rate or a method that is missing is an error, not a claim that holds.
  @Test func linregNeedsAllItsRuns() throws {
    let runs = try Runs.Linear().input().runs
    for index in runs.indices {
      var rest = runs
      rest.remove(at: index)
      #expect(throws: FigureError.self) {
        try failures("boursier/linreg", FigureInput(runs: rest))
      }
    }
  }
}
