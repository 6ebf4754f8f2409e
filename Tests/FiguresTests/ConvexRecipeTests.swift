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

  @Test func ridgeFailsARunThatGeneralises() throws {
    let wrong = try trainedInput(
      "notsawo/fig07",
      change: { curves in
        guard let metric = curves.names.firstIndex(of: "test_error") else { return }
        curves.values[metric][curves.steps.count - 1] = 0.1
      })
    expect(
      try failures("notsawo/fig07", wrong),
      ["ones: it", "ones: nor", "ones: it ends", "normal: it", "normal: nor", "normal: it ends"])
  }

  @Test func ridgeFailsANormThatRises() throws {
    let wrong = try trainedInput(
      "notsawo/fig07",
      change: { curves in
        guard let metric = curves.names.firstIndex(of: "l2_norm") else { return }
        curves.values[metric][300] *= 1.5
      })
    expect(try failures("notsawo/fig07", wrong), ["ones: |a|_2 never", "normal: |a|_2 never"])
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
