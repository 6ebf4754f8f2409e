// This file tests the figures that need no long training: ridge in closed form (7, 16), basis pursuit
// over a grid (20) and coherence (19).

import Experiments
import Figures
import Sweeps
import Testing
import _TestSupport

@Suite struct ConvexRecipeTests {
  @Test(arguments: ["notsawo/fig07", "notsawo/fig16"]) func ridgePasses(id: String) throws {
    #expect(try failures(id, trainedInput(id)) == [])
  }

  /// The names of the runs in claims.
  private static let ridges = ["ones", "normal"].flatMap { kind in
    ["\(kind):", "\(kind), N = 10:", "\(kind), N = 20:"]
  }

  /// Figure 7 with another value of a metric at evaluations of all runs.
  private func ridge(
    _ metric: String, at isChanged: (Int, Int) -> Bool, _ change: (Double) -> Double
  ) throws -> [String] {
    let wrong = try trainedInput(
      "notsawo/fig07",
      change: { curves in
        guard let metric = curves.names.firstIndex(of: metric) else { return }
        for index in curves.steps.indices where isChanged(index, curves.steps.count - 1 - index) {
          curves.values[metric][index] = change(curves.values[metric][index])
        }
      })
    return try failures("notsawo/fig07", wrong)
  }

  @Test func ridgeFailsARunThatGeneralises() throws {
    expect(
      try ridge("test_error", at: { $1 == 0 }) { _ in 0.1 },
      ["ones: it never generalises", "normal: it never generalises"]
        + Self.ridges.flatMap { ["\($0) nor does it", "\($0) it ends"] })
  }

  @Test func ridgeFailsANormThatRises() throws {
    expect(
      try ridge("l2_norm", at: { index, _ in index == 300 }) { 1.5 * $0 },
      Self.ridges.map { "\($0) |a|_2 never" })
  }

  @Test func ridgeFailsASparseEnd() throws {
    let sparse = try trainedInput(
      "notsawo/fig07",
      change: { curves in
        for index in 0..<20 {
          guard let metric = curves.names.firstIndex(of: "a_\(index)") else { continue }
          curves.values[metric][curves.steps.count - 1] = 0
        }
      })
    expect(try failures("notsawo/fig07", sparse), Self.ridges.map { "\($0) entries above 1e-4" })
  }

  /// An error that falls from the start on a logarithmic axis does not wait.
  @Test func ridgeFailsAnErrorThatFallsAtOnce() throws {
    expect(
      try ridge("test_error", at: { index, left in index > 210 && left > 100 }) { 0.5 * $0 }
        .filter { $0.contains("the error waits") },
      Self.ridges.map { "\($0) the error waits" })
  }

  /// Less than the measurements leave open cannot be: t2 is a run's own.
  @Test func ridgeFailsAReachedThreshold() throws {
    let input = try trainedInput("notsawo/fig16")
    let wrong = FigureInput(
      runs: input.runs.map {
        FigureInput.Run(prepared: $0.prepared, curves: $0.curves, t1: $0.t1, t2: 5_000_000)
      })
    expect(try failures("notsawo/fig16", wrong), Self.ridges.map { "\($0) t2, generalisation" })
  }

  @Test func thePhaseDiagramPasses() throws {
    #expect(try failures("notsawo/fig20", trainedInput("notsawo/fig20")) == [])
  }

  /// Without the targets' own measurements the least N is another.
  @Test func thePhaseDiagramFailsAnotherGrid() throws {
    let late = try trainedInput("notsawo/fig20") { try $0.parameters.integer("problem.N") > 61 }
    expect(try failures("notsawo/fig20", late), ["within a step of the grid"])
    let early = try trainedInput("notsawo/fig20") { try $0.parameters.integer("problem.N") < 61 }
    expect(try failures("notsawo/fig20", early), ["at tau = 1", "within a step of the grid"])
  }

  @Test func coherencePasses() throws {
    #expect(try failures("notsawo/fig19", trainedInput("notsawo/fig19")) == [])
  }
}
