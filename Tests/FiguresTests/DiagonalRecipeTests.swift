// This file tests that the recipes of diagonal nets and of linear regression ask for what their
// papers did.

import BatchNumerics
import Experiments
import Figures
import Sweeps
import Testing

@Suite struct DiagonalRecipeTests {
  typealias Runs = SyntheticDiagonalRuns

  @Test(arguments: [
    ("lyu/fig1a", 8, 12), ("lyu/fig1b", 3, 7), ("lyu/appB2-label-noise", 24, 40),
    ("boursier/fig4", 8, 16), ("boursier/linreg", 5, 5),
  ]) func everySpecResolves(id: String, small: Int, paper: Int) throws {
    #expect(try RecipeCatalog.named(id).citation.contains("arXiv"))
    let (few, many) = (try Runs.prepared(id), try SyntheticRuns.prepared(id, .paper))
    for (runs, count) in [(few, small), (many, paper)] {
      #expect(runs.count == count)
      #expect(Set(runs.map(\.id)).count == count)
    }
    // A store of the small scale serves the paper's.
    #expect(Set(few.map(\.id)).isSubset(of: many.map(\.id)))
  }

  /// The same data for flow and descent, with fewer features; lambda t at the end is 6 and 10. Fig. 1a has
  /// flows from other scales and with another decay beside.
  @Test(arguments: [("lyu/fig1a", 256, 6.0), ("lyu/fig1b", 32, 10)])
  func figure1HasThePapersSizes(id: String, samples: Int, end: Double) throws {
    let runs = try Runs.prepared(id)
    for run in runs {
      #expect(try run.parameters.integer("problem.n") == samples)
      #expect(try run.parameters.text("init.kind") == "norm")
      #expect(try run.parameters.text("loss") == "logistic")
      #expect(try run.parameters.text("loss_scale") == "mean")
      let time = try run.parameters.number("learning_rate") * Double(run.steps)
      #expect(abs(try run.parameters.number("weight_decay") * time - end) < 1e-9)
    }
    let papers = runs.prefix(3)
    #expect(try papers.map { try $0.parameters.integer("problem.d") } == [100_000, 2048, 2048])
    #expect(
      try papers.map { try $0.parameters.text("method") }
        == ["reduced-flow", "reduced-flow", "gradient-descent"])
    #expect(try papers.allSatisfy { try $0.parameters.number("init.scale") == 128 })
    #expect(runs.dropFirst().allSatisfy { $0.problemKey == runs[1].problemKey })
    #expect(
      try runs.dropFirst(3).allSatisfy { try $0.parameters.text("method") == "reduced-flow" })
  }

  /// One problem, eight streams of noise, T = eta^2 steps = 0.5 at the end of each.
  @Test(arguments: FigureScale.allCases) func labelNoiseRunsInSlowTime(scale: FigureScale) throws {
    let runs = try SyntheticRuns.prepared("lyu/appB2-label-noise", scale)
    #expect(Set(runs.map(\.problemKey)).count == 1)
    for run in runs {
      let rate = try run.parameters.number("learning_rate")
      #expect(abs(rate * rate * Double(run.steps) - 0.5) < 1e-9)
      #expect(try run.parameters.number("weight_decay") == 0)
      #expect(try run.parameters.number("label_noise") == 1)
      for time in [0.16, 0.28, 0.34] {
        let step = Int((time / rate / rate).rounded())
        #expect(run.schedule.next(from: step) == step)
      }
    }
  }

  @Test func figure4IsThePapers() throws {
    for run in try Runs.prepared("boursier/fig4") {
      let batch = try DiagonalNetwork().batch(of: [run], instance: nil)
      #expect(batch.samples == 12 && batch.features == 61)
      #expect(batch.parameterization == .product && batch.weight == 0.5 / 12)
      #expect(batch.records == DiagonalRecords(predictor: true, predictions: true))
      #expect(batch.problems[0].test?.targets.count == 401)
      #expect(try run.parameters.number("weight_decay") == 1e-4)
      #expect(try run.parameters.number("learning_rate") * Double(run.steps) == 1e6)
      // The snapshots' times t = 100 and 1e5.
      for step in [1000, 1_000_000] { #expect(run.schedule.next(from: step) == step) }
    }
  }

  /// All runs are of one problem and end at lambda t = 5.
  @Test func linregComparesMethodsOnOneProblem() throws {
    let runs = try Runs.prepared("boursier/linreg")
    #expect(Set(runs.map(\.problemKey)).count == 1)
    for run in runs {
      #expect(try run.parameters.text("loss_scale") == "sum")
      #expect(abs(try run.parameters.number("learning_rate") * Double(run.steps) - 5000) < 1e-9)
    }
    let methods = try runs.map { try $0.parameters.text("method") }
    #expect(
      methods == ["gradient-descent", "exact-descent", "flow", "gradient-descent", "flow"])
  }
}
