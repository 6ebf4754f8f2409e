// This file tests the recipes of statements that have no figure: runs that do not generalise, and convex
// completion.

import Experiments
import Figures
import Sweeps
import Testing
import _TestSupport

@Suite struct TextClaimTests {
  /// The five runs, trained once.
  static let trained = Result { try trainedInput("notsawo/text-claims") }

  @Test func whatIsTrainedPasses() throws {
    #expect(try failures("notsawo/text-claims", Self.trained.get()) == [])
  }

  /// A run whose metric is another at its end.
  struct Wrong: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let run: Int
    let metric: String
    let factor: Double
    let words: [String]

    init(_ run: Int, _ metric: String, times factor: Double, _ words: String...) {
      (self.run, self.metric, self.factor, self.words) = (run, metric, factor, words)
      testDescription = words.joined(separator: "; ")
    }

    func input() throws -> FigureInput {
      var runs = try TextClaimTests.trained.get().runs
      var curves = runs[run].curves
      let column = try #require(curves.names.firstIndex(of: metric))
      curves.values[column][curves.steps.count - 1] *= factor
      runs[run] = FigureInput.Run(
        prepared: runs[run].prepared, curves: curves, t1: runs[run].t1, t2: runs[run].t2)
      return FigureInput(runs: runs)
    }
  }

  @Test(arguments: [
    Wrong(0, "train_error", times: 20, "with l1 memorises"),
    Wrong(0, "test_error", times: 0.9, "does not generalise"),
    Wrong(1, "test_error", times: 10, "of the same strength it does"),
    Wrong(2, "test_error", times: 0.9, "that is no generalisation"),
    Wrong(3, "test_error", times: 1.01, "ends at the minimiser"),
    Wrong(3, "test_error", times: 0.5, "pins the run", "ends at the minimiser"),
    Wrong(4, "test_error", times: 10, "without it the run recovers"),
  ]) func aWrongRunFails(wrong: Wrong) throws {
    expect(try failures("notsawo/text-claims", wrong.input()), wrong.words)
  }

  /// Ridge that shrinks another start, and one that does not memorise.
  @Test func ridgeThatDropsSoonFails() throws {
    var runs = try Self.trained.get().runs
    let ridge = runs[2]
    var curves = ridge.curves
    let column = try #require(curves.names.firstIndex(of: "test_error"))
    let end = try #require(curves.values[column].last)
    for index in curves.steps.indices.dropFirst() { curves.values[column][index] = end }
    runs[2] = FigureInput.Run(prepared: ridge.prepared, curves: curves, t1: nil, t2: nil)
    expect(
      try failures("notsawo/text-claims", FigureInput(runs: runs)),
      ["ridge alone memorises", "drops late"])
  }

  @Test func aMissingRunIsAnError() throws {
    let rest = FigureInput(runs: Array(try Self.trained.get().runs.dropLast()))
    #expect(throws: FigureError.self) { try failures("notsawo/text-claims", rest) }
    #expect(throws: FigureError.self) {
      try failures("notsawo/appG2-convex", FigureInput(runs: []))
    }
  }

  // MARK: - Convex completion

  @Test func convexCompletionPasses() throws {
    #expect(try failures("notsawo/appG2-convex", trainedInput("notsawo/appG2-convex")) == [])
  }

  /// Without the small N at tau = 1 coherence seems to need more entries; one rank says nothing of ranks.
  @Test func convexCompletionFailsAnotherGrid() throws {
    let late = try trainedInput("notsawo/appG2-convex") { run in
      let isCoherent = try run.parameters.number("problem.tau") == 1
      return try run.parameters.integer("problem.r") == 1
        && (!isCoherent || run.parameters.integer("problem.N") > 80)
    }
    expect(
      try failures("notsawo/appG2-convex", late), ["N_min does not rise", "N_min does not fall"])
  }

  /// Few entries recover nothing, so that nothing can be said.
  @Test func convexCompletionFailsWithoutRecovery() throws {
    let few = try trainedInput("notsawo/appG2-convex") {
      try $0.parameters.integer("problem.N") == 11
    }
    expect(
      try failures("notsawo/appG2-convex", few),
      ["N_min does not rise", "N_min does not fall", "recovery is exact"])
  }
}
