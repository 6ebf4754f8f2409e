// This file tests that the recipes of networks pass right curves and fail wrong ones, claim by claim.

import Experiments
import Figures
import Sweeps
import Testing
import _TestSupport

@Suite struct NetworkJudgementTests {
  typealias Runs = SyntheticNetworkRuns

  static let figures = [
    "notsawo/fig01", "notsawo/fig02", "notsawo/fig10", "notsawo/fig11", "notsawo/fig30",
    "notsawo/fig31", "notsawo/fig32", "notsawo/fig33", "notsawo/fig34", "notsawo/fig35",
    "notsawo/blog-l2",
  ]

  @Test(arguments: figures) func whatIsExpectedPasses(id: String) throws {
    #expect(try failures(id, Runs.input(id)) == [])
  }

  @Test(arguments: figures) func noRunsAreAnError(id: String) throws {
    #expect(throws: FigureError.self) { try failures(id, FigureInput(runs: [])) }
  }

  // MARK: - Modular addition

  static let three = ["l1: ", "l2: ", "nuclear: "]

  @Test func figure1FailsRunsThatDoNotMemorise() throws {
    expect(
      try failures("notsawo/fig01", Runs.Modular(t1: { _ in nil }).input()),
      Self.three.map { $0 + "runs that memorise" } + Self.three.map { $0 + "t2/t1" }
        + ["|theta|_1 at the end over that at t1", "is not monotone"])
  }

  @Test func figure1FailsRunsWithoutADelay() throws {
    expect(
      try failures("notsawo/fig01", Runs.Modular(t1: { $0 / 2 }).input()),
      Self.three.map { $0 + "t2/t1" })
  }

  @Test func figure1FailsADelayThatGrowsWithBeta() throws {
    let wrong = Runs.Modular(delay: 11_000, exponents: (-0.5, 0.5), t1: { _ in 40 })
    expect(
      try failures("notsawo/fig01", wrong.input()),
      Self.three.flatMap { [$0 + "a larger beta", $0 + "slope of log t2"] })
  }

  @Test func figure1FailsAnotherPowerLaw() throws {
    let wrong = Runs.Modular(delay: 300, exponents: (-0.5, -1), t1: { _ in 20 })
    expect(try failures("notsawo/fig01", wrong.input()), Self.three.map { $0 + "slope of log t2" })
  }

  /// A seed that stays below the threshold is none of the claim's business; most of them are.
  @Test func figure1JudgesMediansOverSeeds() throws {
    let one = Runs.Modular(isStuck: { $0 > 0.9 && $1 == 2 })
    #expect(try failures("notsawo/fig01", one.input()) == [])
    let two = Runs.Modular(isStuck: { $0 > 0.9 && $1 >= 2 })
    expect(try failures("notsawo/fig01", two.input()), Self.three.map { $0 + "a larger beta" })
  }

  @Test func figure1FailsOtherNorms() throws {
    expect(
      try failures("notsawo/fig01", Runs.Modular(norm: 30).input()), ["its largest rise"])
    expect(
      try failures("notsawo/fig01", Runs.Modular(peak: 30).input()), ["is not monotone"])
    expect(
      try failures("notsawo/fig01", Runs.Modular(norm: 9).input()),
      ["its largest rise", "over that at the start", "is not monotone"])
    expect(
      try failures("notsawo/fig01", Runs.Modular(sum: 1900).input()),
      ["|theta|_1 at the end over that at t1"])
    expect(
      try failures("notsawo/fig01", Runs.Modular(accuracy: 0.5).input()),
      ["the test accuracy stays"])
  }

  @Test(arguments: ["notsawo/fig02", "notsawo/fig30"])
  func gridsFailOtherLaws(id: String) throws {
    let names = id == "notsawo/fig02" ? ["nuclear: "] : ["l1: ", "l2: "]
    func check(_ runs: Runs.Modular, _ words: [String], more: [String] = []) throws {
      expect(
        try failures(id, runs.input()), words.flatMap { word in names.map { $0 + word } } + more)
    }
    try check(
      Runs.Modular(id: id, exponents: (-0.5, 0)), ["a larger beta", "slope of log t2"])
    try check(
      Runs.Modular(id: id, delay: 300, exponents: (-0.5, -1), t1: { _ in 20 }),
      ["slope of log t2"])
    try check(Runs.Modular(id: id, exponents: (0, -0.5)), ["a larger alpha"])
    // t2 falls all the same, t2 - t1 grows.
    try check(
      Runs.Modular(id: id, t1: { $0 - 1_000_000 / $0 }),
      ["t2/t1", "a larger beta", "a larger alpha"])
    try check(
      Runs.Modular(id: id, delay: 1e6),
      ["t2/t1", "a larger beta", "a larger alpha", "slope of log t2", "cells that do not"],
      more: id == "notsawo/fig30" ? ["l1, the largest alpha"] : [])
  }

  @Test func figure30FailsANormThatFalls() throws {
    expect(
      try failures("notsawo/fig30", Runs.Modular(id: "notsawo/fig30", norm: 29).input()),
      ["l1, the largest alpha: |theta|_2"])
  }

  /// At the paper's size the numbers are those measured elsewhere.
  @Test(arguments: ["notsawo/fig01", "notsawo/fig02", "notsawo/fig30"])
  func fullSizeIsHeldToMeasurements(id: String) throws {
    #expect(try failures(id, Runs.FullModular(id: id).input()) == [])
    for wrong in [Runs.FullModular(id: id, second: 2.6), Runs.FullModular(id: id, second: 0.3)] {
      let failed = try failures(id, wrong.input()).filter { $0.contains("full size: t2") }
      #expect(!failed.isEmpty, "\(failed)")
    }
    let early = try failures(id, Runs.FullModular(id: id, first: 0.4).input())
    #expect(early.allSatisfy { $0.contains("full size: t1") } && !early.isEmpty, "\(early)")
  }

  @Test func fullSizeNormsAreHeldToMeasurements() throws {
    let failed = try failures("notsawo/fig01", Runs.FullModular(norms: 2.6).input())
    #expect(failed.count { $0.contains("full size: l2_norm") } == 4, "\(failed)")
    #expect(failed.count { $0.contains("full size: l1_norm") } == 2, "\(failed)")
  }

  // MARK: - The blog's example

  @Test func theBlogFailsOtherSteps() throws {
    expect(try failures("notsawo/blog-l2", Runs.Blog(t1: 2000).input()), ["t1, train", "t2/t1"])
    expect(
      try failures("notsawo/blog-l2", Runs.Blog(t2: nil).input()),
      ["t2, test", "t2/t1", "|theta|_2"])
    expect(try failures("notsawo/blog-l2", Runs.Blog(t2: 1500).input()), ["t2, test", "t2/t1"])
    expect(try failures("notsawo/blog-l2", Runs.Blog(ratio: 1.2).input()), ["|theta|_2"])
    expect(try failures("notsawo/blog-l2", Runs.Blog(hasCode: false).input()), ["reported"])
  }

  /// At the paper's scale the numbers are the blog's.
  @Test func theBlogsNumbersAreThoseOfThePaper() throws {
    #expect(try failures("notsawo/blog-l2", Runs.Blog(scale: .paper).input()) == [])
    expect(
      try failures("notsawo/blog-l2", Runs.Blog(scale: .paper, t1: 300).input()), ["t1, train"])
    expect(
      try failures("notsawo/blog-l2", Runs.Blog(scale: .paper, t2: 5000).input()), ["t2, test"])
  }

  // MARK: - Teacher and student

  @Test(arguments: ["notsawo/fig10", "notsawo/fig31", "notsawo/fig32", "notsawo/fig33"])
  func forgettingFailsWrongRuns(id: String) throws {
    func check(_ words: String..., change: (inout Runs.Student) -> Void) throws {
      var runs = Runs.Student(id: id)
      change(&runs)
      expect(try failures(id, runs.input()), words)
    }
    try check(
      "runs that memorise", "t2/t1", "test loss at t1 over", "without a penalty", "t1, memorisation"
    ) { $0.t1 = nil }
    try check("t1, memorisation") { $0.t1 = 20 }
    try check("test loss at t1 over that at the start") { $0.memory = 0.5 }
    try check("without a penalty") { $0.free = 0.3 }
    try check("true generalisation", "the training set's mean") { $0.final = { 0.5 * $1 } }
    try check("the training set's mean") { mean in mean.final = { 3 * $0 + 0 * $1 } }
  }

  @Test func ordersAreJudged() throws {
    let id = "notsawo/fig10"
    expect(
      try failures(id, Runs.Student(id: id, exponents: (-0.5, 0.3)).input()),
      ["a larger beta", "slope of log t2"])
    expect(
      try failures(id, Runs.Student(id: id, exponents: (-0.5, -0.25)).input()),
      ["slope of log t2"])
    expect(
      try failures(id, Runs.Student(id: id, exponents: (0.5, -0.5)).input()), ["a larger alpha"])
  }

  @Test(arguments: [("notsawo/fig10", 9), ("notsawo/fig32", 2), ("notsawo/fig34", 7)])
  func studentsOfFullSizeAreHeldToMeasurements(id: String, count: Int) throws {
    #expect(try failures(id, Runs.Student(id: id, scale: .paper).input()) == [])
    let wrong = try failures(id, Runs.Student(id: id, scale: .paper, reference: 3).input())
    #expect(wrong.count { $0.contains("full size: test_loss") } == count, "\(wrong)")
  }

  @Test(arguments: ["notsawo/fig11", "notsawo/fig34"])
  func sobolevFailsARunThatOnlyForgets(id: String) throws {
    expect(
      try failures(id, Runs.Student(id: id, final: { 0 * $0 + 1.2 * $1 }).input()),
      ["true generalisation"])
    let free = try failures(id, Runs.Student(id: id, free: 1e-4).input())
    #expect(free.contains { $0.contains("runs without the penalty") }, "\(free)")
  }

  /// A run that diverged fails claims; it does not end the program.
  @Test func aDivergedStudentFails() throws {
    let wrong = Runs.Student(final: { _, _ in .nan })
    #expect(try !failures("notsawo/fig10", wrong.input()).isEmpty)
  }

  // MARK: - Digits

  /// Each of the three penalties fails.
  @Test func digitsFailWrongRuns() throws {
    func check(_ words: String..., change: (inout Runs.Digits) -> Void) throws {
      var runs = Runs.Digits()
      change(&runs)
      let failed = try failures("notsawo/fig35", runs.input())
      for name in Self.three { expect(failed.filter { $0.hasPrefix(name) }, words) }
    }
    try check("runs that memorise", "t2/t1", "rise of", "a larger beta", "a larger alpha") {
      $0.t1 = nil
    }
    try check("t2/t1") { $0.t1 = 190 }
    try check("rise of") { $0.accuracy = (0.6, 0.62) }
    try check("a larger beta") { $0.exponents = (-0.5, 0.2) }
    try check("a larger alpha") { $0.exponents = (0.2, -0.5) }
  }
}
