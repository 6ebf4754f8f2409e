// This file tests that the recipes of modular addition and of the scalar-input net ask for what
// their papers did.

import Experiments
import Figures
import Sweeps
import Testing

@Suite struct AdditionRecipeTests {
  private func plan(_ id: String, _ scale: FigureScale) throws -> SweepPlan {
    let recipe = try RecipeCatalog.named(id)
    return try SweepPlan(try SweepSpec(yaml: recipe.spec(scale), file: recipe.id))
  }

  @Test(arguments: [
    ("lyu/fig2a", 3, 3), ("lyu/fig2b", 6, 5), ("lyu/fig2c", 7, 8), ("lyu/fig4", 2, 1),
    ("boursier/fig3", 8, 8),
  ]) func everySpecResolves(id: String, small: Int, paper: Int) throws {
    #expect(try RecipeCatalog.named(id).citation.contains("arXiv"))
    for (scale, count) in [(FigureScale.small, small), (.paper, paper)] {
      let runs = try plan(id, scale).runs
      #expect(runs.count == count)
      #expect(Set(runs.map(\.id)).count == count)
      // One batch for all: same shapes, method, precision.
      #expect(Set(runs.map(\.batchKey)).count == 1)
    }
  }

  @Test(arguments: ["lyu/fig2a", "lyu/fig2b", "lyu/fig2c", "lyu/fig4"])
  func additionIsThePapers(id: String) throws {
    for run in try plan(id, .paper).runs {
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
      for run in try plan("lyu/fig2a", scale).runs {
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
        try plan("lyu/fig2b", scale).runs.allSatisfy {
          try $0.parameters.boolean("init.zero_output")
        })
    }
    let scales = try plan("lyu/fig2b", .paper).runs.map { try $0.parameters.number("init.scale") }
    #expect(scales.min() == 1 && scales.max() == 100)
  }

  /// One decay of each scale is below half a unit of the last place of f32 per step.
  @Test func figure2cHasADecayThatPlainF32Loses() throws {
    for scale in FigureScale.allCases {
      let changes = try plan("lyu/fig2c", scale).runs.map {
        try $0.parameters.number("weight_decay") * $0.parameters.number("learning_rate")
      }
      #expect(changes.count { $0 > 0 && $0 < 0x1p-25 } == 1 && changes.contains(0))
    }
  }

  @Test func figure4HasNoDecay() throws {
    for scale in FigureScale.allCases {
      for run in try plan("lyu/fig4", scale).runs {
        #expect(try run.parameters.number("weight_decay") == 0)
        #expect(try run.parameters.text("loss") == "log-cross-entropy")
      }
    }
  }

  @Test func theScalarNetIsThePapers() throws {
    for run in try plan("boursier/fig3", .paper).runs {
      #expect(Double(run.steps) * 0.002 == 1e5)
      #expect(try run.parameters.number("weight_decay") == 1e-3)
      let batch = try Network().batch(of: [run], instance: nil)
      #expect(batch.problems[0].train.count == 10 && batch.problems[0].test.count == 401)
      #expect(batch.model.parameterCount == 300)
    }
  }
}
