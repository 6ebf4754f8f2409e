// This file tests that the recipes of modular addition and of the scalar-input net ask for what
// their papers did.

import Experiments
import Figures
import Sweeps
import Testing

@Suite struct AdditionRecipeTests {
  private func runs(_ id: String, _ scale: FigureScale) throws -> [PreparedRun] {
    try SyntheticRuns.prepared(id, scale)
  }

  @Test(arguments: [
    ("lyu/fig2a", 3, 3), ("lyu/fig2b", 6, 5), ("lyu/fig2c", 10, 8), ("lyu/fig4", 2, 1),
    ("boursier/fig3", 24, 24),
  ]) func everySpecResolves(id: String, small: Int, paper: Int) throws {
    #expect(try RecipeCatalog.named(id).citation.contains("arXiv"))
    for (scale, count) in [(FigureScale.small, small), (.paper, paper)] {
      let runs = try self.runs(id, scale)
      #expect(runs.count == count)
      #expect(Set(runs.map(\.id)).count == count)
      // A batch for each document: same shapes, method, precision.
      #expect(
        Set(runs.map(\.batchKey)).count == (try RecipeCatalog.named(id).specs(scale).count))
    }
  }

  @Test(arguments: ["lyu/fig2a", "lyu/fig2b", "lyu/fig2c", "lyu/fig4"])
  func additionIsThePapers(id: String) throws {
    for run in try runs(id, .paper) {
      #expect(try run.parameters.integer("problem.p") == 97)
      #expect(try run.parameters.integer("model.width") == 1024)
      #expect(try run.parameters.text("model.bias") == "hidden")
      #expect(try run.parameters.text("optimizer") == "gd")
      let batch = try Network().batch(of: [run], instance: nil)
      #expect(batch.problems[0].train.count == 3763 && batch.problems[0].test.count == 5646)
      #expect(batch.model.parameterCount == 299_008)
    }
  }

  /// 4e7 steps at 1/(lr lambda) = 5e6 are lambda t = 8, at both scales.
  @Test func figure2aHasThePapersRateAndDecay() throws {
    for scale in FigureScale.allCases {
      for run in try runs("lyu/fig2a", scale) {
        let rate = try run.parameters.number("learning_rate")
        #expect(try run.parameters.number("weight_decay") == 1e-4)
        #expect(scale == .small || rate == 0.002)
        #expect(abs(rate * 1e-4 * Double(run.steps) - 8) < 1e-9)
      }
    }
  }

  @Test func figure2bStartsAtZeroOutput() throws {
    for scale in FigureScale.allCases {
      #expect(
        try runs("lyu/fig2b", scale).allSatisfy {
          try $0.parameters.boolean("init.zero_output")
        })
    }
    let scales = try runs("lyu/fig2b", .paper).map { try $0.parameters.number("init.scale") }
    #expect(scales.min() == 1 && scales.max() == 100)
  }

  /// One decay of each scale is below half a unit of the last place of f32 per step.
  @Test func figure2cHasADecayThatPlainF32Loses() throws {
    for scale in FigureScale.allCases {
      let changes = try runs("lyu/fig2c", scale).map {
        try $0.parameters.number("weight_decay") * $0.parameters.number("learning_rate")
      }
      #expect(changes.count { $0 > 0 && $0 < 0x1p-25 } == 1 && changes.contains(0))
    }
  }

  /// Wide nets at the small scale, on both sides of the threshold.
  @Test func figure2cHasWideNets() throws {
    let wide = try runs("lyu/fig2c", .small).filter {
      try $0.parameters.integer("model.width") == 2048
    }
    #expect(try wide.map { try $0.parameters.number("weight_decay") } == [8e-3, 1.1e-2, 1.4e-2])
    // lambda t at the end.
    #expect(
      try wide.allSatisfy {
        try $0.parameters.number("weight_decay") * $0.parameters.number("learning_rate")
          * Double($0.steps) > 15
      })
  }

  @Test func figure4HasNoDecay() throws {
    for scale in FigureScale.allCases {
      for run in try runs("lyu/fig4", scale) {
        #expect(try run.parameters.number("weight_decay") == 0)
        #expect(try run.parameters.text("loss") == "log-cross-entropy")
      }
    }
  }

  @Test func theScalarNetIsThePapers() throws {
    for run in try runs("boursier/fig3", .paper) {
      let rate = try run.parameters.number("learning_rate")
      #expect(rate == 0.002 ? Double(run.steps) * rate == 1e5 : run.steps == 200)
      #expect(try run.parameters.number("weight_decay") == 1e-3)
      let batch = try Network().batch(of: [run], instance: nil)
      #expect(batch.problems[0].train.count == 10 && batch.problems[0].test.count == 401)
      #expect(batch.model.parameterCount == 300)
    }
  }
}
