// This file tests that the recipes of modular addition and of the scalar-input net pass right curves
// and fail wrong ones, claim by claim.

import Figures
import Foundation
import Testing
import _TestSupport

@Suite struct AdditionJudgementTests {
  typealias Runs = SyntheticAdditionRuns
  typealias Wrong = MatrixJudgementTests.Wrong

  private static let ids = ["lyu/fig2a", "lyu/fig2b", "lyu/fig2c", "lyu/fig4", "boursier/fig3"]

  @Test(arguments: ids) func whatIsExpectedPasses(id: String) throws {
    #expect(try failures(id, Runs.input(id)) == [])
  }

  @Test(arguments: ids) func noRunsAreAnError(id: String) throws {
    #expect(throws: FigureError.self) { try failures(id, FigureInput(runs: [])) }
  }

  // MARK: - Lyu et al., figure 2

  static let delays = [
    Wrong(Runs.Delay(), "train accuracy reaches", "at t1 over", "stays there", "t2/t1") {
      $0.t1 = nil
    },
    Wrong(Runs.Delay(), "train accuracy reaches") { $0.t1 = 1050 },
    Wrong(Runs.Delay(), "at t1 over", "sharp") { $0.early = 0.2 },
    Wrong(Runs.Delay(), "stays there") { $0.memory = { _ in 0.9 } },
    Wrong(Runs.Delay(), "at the end", "t2/t1") { $0.late = 0.97 },
    Wrong(Runs.Delay(), "lambda t at a test accuracy") { $0.half = { _, _ in 0.8 } },
    Wrong(Runs.Delay(), "sharp", "at the end", "t2/t1") { $0.width = 10 },
    Wrong(Runs.Delay(), "normalised net") { $0.margin = 1 },
  ]

  @Test(arguments: delays) func figure2aFailsAWrongRun(wrong: Wrong<Runs.Delay>) throws {
    expect(try failures("lyu/fig2a", wrong.curves.input()), wrong.words)
  }

  static let scales = [
    Wrong(Runs.Delay.scales, "train accuracy reaches", "at t1 over") { $0.t1 = nil },
    Wrong(Runs.Delay.scales, "at t1 over") { $0.early = 0.2 },
    Wrong(Runs.Delay.scales, "the output layer is stable") { $0.stability = 1.1 },
    Wrong(Runs.Delay.scales, "test accuracy at the end") { $0.late = 0.68 },
    Wrong(Runs.Delay.scales, "rises with alpha", "its shift", "the same from") {
      $0.half = { _, _ in 3 }
    },
    Wrong(Runs.Delay.scales, "rises with alpha", "its shift", "none earlier", "the same from") {
      $0.half = { 5 - 0.5 * log($1 / 3) }
    },
    Wrong(Runs.Delay.scales, "its shift", "the same from") {
      $0.half = { 3 + 0.4 * log($1 / 3) }
    },
    Wrong(Runs.Delay.scales, "its shift") {
      $0.half = { 3.1 + ($1 < 7 ? 0.5 * log($1 / 3) : 0.5 * log(2) + 1.2 * log($1 / 6)) }
    },
  ]

  @Test(arguments: scales) func figure2bFailsAWrongRun(wrong: Wrong<Runs.Delay>) throws {
    expect(try failures("lyu/fig2b", wrong.curves.input()), wrong.words)
  }

  static let decays = [
    Wrong(Runs.Delay.decays, "ends at 100 %", "no larger decay fits better") {
      $0.memory = { $0 == 0 || $0 > 1e-2 ? 0.05 : 1 }
    },
    Wrong(Runs.Delay.decays, "steps of 50 %", "as 1/lambda") {
      $0.half = { decay, _ in decay * 2e4 }
    },
    Wrong(Runs.Delay.decays, "as 1/lambda") {
      $0.half = { decay, _ in 2 * pow(decay / 5e-5, 0.5) }
    },
    Wrong(Runs.Delay.decays, "at chance") { $0.early = 0.2 },
    Wrong(Runs.Delay.decays, "collapses") { $0.memory = { _ in 1 } },
    Wrong(Runs.Delay.decays, "the threshold is small", "comes eventually") {
      $0.wide = { _ in (1, 1) }
    },
    // Never fitted: decay wins at once.
    Wrong(Runs.Delay.decays, "comes eventually") {
      $0.wide = { ($0 > 1e-2 ? 0.1 : 1, $0 > 1e-2 ? 0.1 : 1) }
    },
    Wrong(Runs.Delay.decays, "below the threshold the fit stays") {
      $0.wide = { $0 > 1e-2 ? (0.95, 0.05) : (1, 0.9) }
    },
    Wrong(Runs.Delay.decays, "no larger decay fits better") {
      $0.wide = { $0 > 1.2e-2 ? (0.95, 0.2) : $0 > 1e-2 ? (0.95, 0.05) : (1, 1) }
    },
    Wrong(Runs.Delay.decays, "acts in f32") { $0.felt = 0 },
  ]

  @Test(arguments: decays) func figure2cFailsAWrongRun(wrong: Wrong<Runs.Delay>) throws {
    expect(try failures("lyu/fig2c", wrong.curves.input()), wrong.words)
  }

  // MARK: - Lyu et al., figure 4

  static let slow = [
    Wrong(Runs.Slow(), "train accuracy reaches", "at t1 over", "ln t at t1") { $0.t1 = nil },
    Wrong(Runs.Slow(), "at t1 over") { $0.early = 0.09 },
    Wrong(Runs.Slow(), "ln t at t1") { $0.first = 25 },
    Wrong(
      Runs.Slow(), "-log L at the end", "ln t at a test accuracy of 90 %", "a decade",
      "train margin at a test accuracy of 90 %", "test accuracy at the end"
    ) { $0.last = 700 },
    Wrong(Runs.Slow(), "stay finite") { $0.leavesFloats = true },
    Wrong(
      Runs.Slow(), "ln t at a test accuracy of 10 %", "ln t at a test accuracy of 90 %",
      "train margin at a test accuracy of 10 %", "train margin at a test accuracy of 90 %"
    ) { $0.rise = (7, 200) },
    Wrong(
      Runs.Slow(), "ln t at a test accuracy of 90 %", "train margin at a test accuracy of 90 %",
      "a decade", "test accuracy at the end"
    ) { $0.rise = (300, 2e5) },
    Wrong(Runs.Slow(), "train margin at a test accuracy of 10 %") { $0.size = 0.15 },
    Wrong(
      Runs.Slow(), "train margin at a test accuracy of 10 %",
      "train margin at a test accuracy of 90 %"
    ) { $0.size = 30 },
    Wrong(Runs.Slow(), "a decade") { $0.rise = (400, 900) },
    Wrong(Runs.Slow(), "test accuracy at the end") { $0.late = 0.95 },
    Wrong(Runs.Slow(), "inverse of the loss") { $0.clock = 1.5 },
    Wrong(Runs.Slow(), "exponentially in steps") { $0.growth = 0.5 },
    Wrong(Runs.Slow(), "grows on") { $0.margin = 1 },
  ]

  @Test(arguments: slow) func figure4FailsAWrongRun(wrong: Wrong<Runs.Slow>) throws {
    expect(try failures("lyu/fig4", wrong.curves.input()), wrong.words)
  }

  // MARK: - Boursier et al., figure 3

  static let scalars = [
    Wrong(Runs.Scalar(), "no run diverges") { $0.firstStep = 0.8 },
    Wrong(Runs.Scalar(), "almost 0") { $0.trainLoss.one = 2 },
    Wrong(Runs.Scalar(), "and by t = 10", "over train loss at t = 10") { $0.trainLoss.ten = 0.1 },
    Wrong(Runs.Scalar(), "test loss at t = 1,", "less test loss", "it falls from t = 2") {
      $0.testLoss.one = 0.005
    },
    Wrong(Runs.Scalar(), "zero train loss") { $0.trainLoss.end = 0.1 },
    Wrong(
      Runs.Scalar(), "less test loss", "test loss at the end", "is half of that",
      "it falls from t = 2"
    ) { $0.testLoss.end = 0.3 },
    Wrong(Runs.Scalar(), "is half of that at t = 10", "it falls from t = 2") {
      $0.fall = 3
    },
    Wrong(Runs.Scalar(), "it falls from t = 2") { $0.middle = 3 },
    Wrong(Runs.Scalar(), "and stays low") { $0.last = 3 },
    Wrong(Runs.Scalar(), "a step of 0.1,") { $0.divergence = 1.1 },
    Wrong(Runs.Scalar(), "the loss catapults") { $0.catapult.loss = 1 },
    Wrong(Runs.Scalar(), "the start is lost") { $0.catapult.end = 1.01 },
    Wrong(Runs.Scalar(), "mostly upwards") { $0.catapult = (50, 1.05, 0.88) },
    Wrong(Runs.Scalar(), "|theta| at t = 524", "|theta| at t = 2097", "1/lambda on") {
      $0.pace = 0.5
    },
    Wrong(Runs.Scalar(), "|theta| at t = 8389") { $0.lastNorm = 3.5 },
    Wrong(Runs.Scalar(), "|v|^2 + |b|^2") { $0.imbalance = 1.1 },
    Wrong(Runs.Scalar(), "many kinks") { $0.kinks.first = 5 },
    Wrong(Runs.Scalar(), "few at the end") { $0.kinks.last = 30 },
  ]

  @Test(arguments: scalars) func boursierFigure3FailsAWrongRun(wrong: Wrong<Runs.Scalar>) throws {
    expect(try failures("boursier/fig3", wrong.curves.input()), wrong.words)
  }
}
