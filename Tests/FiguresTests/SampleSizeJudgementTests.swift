// This file tests that the sweeps over sample sizes pass right curves and fail wrong ones, claim by
// claim.

import Experiments
import Figures
import Testing

@Suite struct SampleSizeJudgementTests {
  typealias Runs = SyntheticSampleSizeRuns
  typealias Wrong = MatrixJudgementTests.Wrong<Runs.Sweep>

  @Test(arguments: Runs.ids) func whatIsExpectedPasses(id: String) throws {
    #expect(try failures(id, Runs.Sweep(id).input()) == [])
  }

  @Test(arguments: Runs.ids) func noRunsAreAnError(id: String) throws {
    #expect(throws: FigureError.self) { try failures(id, FigureInput(runs: [])) }
  }

  /// The other method is part of the figure.
  @Test(arguments: ["notsawo/fig12", "notsawo/fig13"]) func bothMethodsAreNeeded(id: String) throws
  {
    let runs = try Runs.Sweep(id).input().runs
    for kept in [runs.prefix(40), runs.suffix(40)] {
      #expect(throws: FigureError.self) { try failures(id, FigureInput(runs: Array(kept))) }
    }
  }

  static let subgradient = [
    Wrong(Runs.Sweep("notsawo/fig27"), "s = 5: least N", "least N grows", "s = 5: t2 for") {
      $0.change = { if $0.s == 5, $0.N == 30 { ($0.t2, $0.error) = (nil, 0.02) } }
    },
    Wrong(Runs.Sweep("notsawo/fig27"), "s = 10: least N", "least N grows") {
      // One that fails far above the others.
      $0.change = { if $0.s == 10, $0.N == 90 { ($0.t2, $0.error) = (nil, 0.02) } }
    },
    Wrong(Runs.Sweep("notsawo/fig27"), "s = 15: least N", "least N grows", "s = 15, N = 40") {
      $0.change = { if $0.s == 15, $0.N == 40 { ($0.t2, $0.error) = (700_000, 2e-4) } }
    },
    Wrong(Runs.Sweep("notsawo/fig27"), "s = 10, N = 30: test error at the end") {
      $0.change = { if $0.s == 10, $0.N == 30 { $0.error = 0.54 } }
    },
    Wrong(Runs.Sweep("notsawo/fig27"), "s = 5: t1 for") {
      $0.change = { if $0.s == 5, $0.N == 30 { $0.t1 = 62 } }
    },
    Wrong(Runs.Sweep("notsawo/fig27"), "s = 15: t1 for") {
      $0.change = { if $0.s == 15, $0.N == 70 { $0.t1 = nil } }
    },
    Wrong(Runs.Sweep("notsawo/fig27"), "s = 10: t2 for") {
      $0.change = { if $0.s == 10, $0.N == 50 { $0.t2 = 190_000 } }
    },
    Wrong(Runs.Sweep("notsawo/fig27"), "t2 does not rise") {
      $0.change = { if $0.s == 10, $0.N == 80 { $0.t2 = 80_000 } }
    },
    Wrong(Runs.Sweep("notsawo/fig27"), "s = 1: test error at the end") {
      $0.change = { if $0.s == 1, $0.N == 10 { $0.error = 6e-3 } }
    },
    Wrong(Runs.Sweep("notsawo/fig27"), "s = 5: test error at the end") {
      $0.change = { if $0.s == 5, $0.N == 60 { $0.error = 9e-5 } }
    },
    // A run that diverges does not recover.
    Wrong(Runs.Sweep("notsawo/fig27"), "s = 15: least N") {
      $0.change = { if $0.s == 15, $0.N == 60 { $0.last = .nan } }
    },
    Wrong(Runs.Sweep("notsawo/fig28"), "t2 alpha beta") {
      $0.change = { if $0.s == 5, $0.N == 30 { $0.t2 = 95_000 } }
    },
    Wrong(Runs.Sweep("notsawo/fig28"), "s = 5: t1 for") {
      $0.change = { if $0.s == 5, $0.N == 80 { $0.t1 = 5000 } }
    },
    Wrong(Runs.Sweep("notsawo/fig28"), "t2 does not rise") {
      $0.change = { if $0.s == 10, $0.N == 80 { $0.t2 = 80_000 } }
    },
    Wrong(Runs.Sweep("notsawo/fig28"), "s = 15: least N", "least N grows", "exactly where") {
      $0.change = { if $0.s == 15, $0.N == 100 { ($0.t2, $0.error) = (nil, 0.2) } }
    },
    Wrong(Runs.Sweep("notsawo/fig28"), "s = 5: least N", "s = 5, N = 20: least", "exactly where") {
      $0.change = { if $0.s == 5, $0.N == 20 { ($0.t2, $0.error) = (200_000, 2e-4) } }
    },
  ]

  static let otherMethods = [
    Wrong(Runs.Sweep("notsawo/fig13"), "t2 is that of the subgradient") {
      $0.change = { if $0.method == .proximal, $0.s == 15, $0.N == 60 { $0.t2 = 128_000 } }
    },
    Wrong(Runs.Sweep("notsawo/fig13"), "the error ends lower") {
      $0.change = { if $0.method == .proximal, $0.s == 10, $0.N == 70 { $0.error = 2.1e-4 } }
    },
    Wrong(Runs.Sweep("notsawo/fig13"), "s = 5: test error at the end") {
      $0.change = { if $0.method == .proximal, $0.s == 5, $0.N == 70 { $0.error = 1.2e-4 } }
    },
    Wrong(Runs.Sweep("notsawo/fig12"), "after one step: the projection", "at all later steps") {
      $0.change = { if $0.method == .projected, $0.s == 1, $0.N == 20 { $0.train = 1e-9 } }
    },
    Wrong(Runs.Sweep("notsawo/fig12"), "at all later steps") {
      $0.change = { if $0.method == .projected, $0.s == 1, $0.N == 20 { $0.later = 1e-9 } }
    },
    Wrong(Runs.Sweep("notsawo/fig12"), "N = n: test error after one step") {
      $0.change = { if $0.method == .projected, $0.s == 15, $0.N == 100 { $0.error = 1e-5 } }
    },
    Wrong(Runs.Sweep("notsawo/fig12"), "t2 is that of the subgradient") {
      $0.change = { if $0.method == .projected, $0.s == 15, $0.N == 60 { $0.t2 = 128_000 } }
    },
    Wrong(
      Runs.Sweep("notsawo/fig12"), "the error ends lower", "s = 5, N < n: test error at the end"
    ) {
      $0.change = { if $0.method == .projected, $0.s == 5, $0.N == 60 { $0.error = 3e-4 } }
    },
    Wrong(Runs.Sweep("notsawo/fig12"), "without the projection") {
      $0.change = { if $0.method == .subgradient, $0.s == 5, $0.N == 60 { $0.error = 9e-5 } }
    },
    Wrong(Runs.Sweep("notsawo/fig12"), "s = 10: least N", "least N grows") {
      $0.change = { if $0.method == .projected, $0.s == 10, $0.N == 40 { $0.error = 0.1 } }
    },
  ]

  static let coherent = [
    Wrong(Runs.Sweep("notsawo/fig21"), "N = 30: until then t2 grows") {
      $0.change = { if $0.N == 30, $0.tau == 0.2 { $0.t2 = 120_000 } }
    },
    Wrong(Runs.Sweep("notsawo/fig21"), "N = 50: and so does the test error") {
      $0.change = { if $0.N == 50, $0.tau == 0.3 { $0.error = 2e-4 } }
    },
    Wrong(
      Runs.Sweep("notsawo/fig21"), "N = 30: the least tau", "N = 30: larger tau", "N = 30: t2 for"
    ) {
      $0.change = { if $0.N == 30, $0.tau == 0.3 { ($0.t2, $0.error) = (nil, 0.02) } }
    },
    Wrong(Runs.Sweep("notsawo/fig21"), "N = 50: t2 for") {
      $0.change = { if $0.N == 50, $0.tau == 0.5 { $0.t2 = 153_000 } }
    },
    Wrong(Runs.Sweep("notsawo/fig21"), "N = 30, tau = 0.7") {
      $0.change = { if $0.N == 30, $0.tau == 0.7 { $0.error = 0.4 } }
    },
    Wrong(Runs.Sweep("notsawo/fig21"), "recovery only if") {
      $0.change = { if $0.N == 40, $0.tau == 1 { ($0.t2, $0.error) = (67, 2e-4) } }
    },
    Wrong(Runs.Sweep("notsawo/fig21"), "recovery only if") {
      $0.change = { if $0.N == 70, $0.tau == 1 { ($0.t2, $0.error) = (nil, 0.5) } }
    },
    Wrong(Runs.Sweep("notsawo/fig21"), "permutation") {
      $0.change = { if $0.N == 100, $0.tau == 1 { $0.t2 = 90 } }
    },
    Wrong(Runs.Sweep("notsawo/fig21"), "y = 0") {
      $0.change = { if $0.N == 20, $0.tau == 1 { $0.error = 0.9 } }
    },
    Wrong(Runs.Sweep("notsawo/fig22"), "N = 50: until then t2 grows") {
      $0.change = { if $0.N == 50, $0.tau == 0.4 { $0.t2 = 60_000 } }
    },
    Wrong(Runs.Sweep("notsawo/fig22"), "N = 30: and so does the least test error") {
      $0.change = { if $0.N == 30, $0.tau == 0.1 { $0.error = 1.9e-4 } }
    },
    Wrong(Runs.Sweep("notsawo/fig22"), "exactly where") {
      $0.change = { if $0.N == 60, $0.tau == 0.9 { ($0.t2, $0.error) = (100_000, 2e-4) } }
    },
  ]

  @Test(arguments: subgradient + otherMethods + coherent)
  func wrongRunsFail(wrong: Wrong) throws {
    expect(try failures(wrong.curves.id, wrong.curves.input()), wrong.words)
  }
}
