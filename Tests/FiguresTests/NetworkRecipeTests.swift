// This file tests that the recipes of networks ask for what their papers did.

import BatchNumerics
import Experiments
import Figures
import Sweeps
import Testing

@Suite struct NetworkRecipeTests {
  private func runs(_ id: String, _ scale: FigureScale) throws -> [PreparedRun] {
    try SyntheticNetworkRuns.prepared(id, scale)
  }

  @Test(arguments: [
    ("notsawo/fig01", 45, 18), ("notsawo/fig02", 15, 18), ("notsawo/fig30", 30, 36),
    ("notsawo/blog-l2", 4, 4), ("notsawo/fig10", 18, 24), ("notsawo/fig31", 36, 48),
    ("notsawo/fig32", 36, 48), ("notsawo/fig33", 36, 48), ("notsawo/fig11", 18, 24),
    ("notsawo/fig34", 36, 48),
  ]) func everySpecResolves(id: String, small: Int, paper: Int) throws {
    #expect(try RecipeCatalog.named(id).citation.contains("arXiv"))
    for (scale, count) in [(FigureScale.small, small), (.paper, paper)] {
      let runs = try runs(id, scale)
      #expect(runs.count == count)
      #expect(Set(runs.map(\.id)).count == count)
      // The authors train in f32.
      #expect(try runs.allSatisfy { try $0.parameters.text("precision") == "f32" })
    }
  }

  /// Figures that show the same runs share them in a store.
  @Test(arguments: [("notsawo/fig10", "notsawo/fig31"), ("notsawo/fig11", "notsawo/fig34")])
  func panelsAreRunsOfTheWhole(part: String, whole: String) throws {
    for scale in FigureScale.allCases {
      let all = Set(try runs(whole, scale).map(\.id))
      #expect(try runs(part, scale).allSatisfy { all.contains($0.id) })
    }
  }

  @Test(arguments: ["notsawo/fig01", "notsawo/fig02", "notsawo/fig30"])
  func thePaperScaleIsTheAuthorsNet(id: String) throws {
    for run in try runs(id, .paper) {
      let batch = try Network().batch(of: [run], instance: nil)
      #expect(batch.model.parameterCount == 22_720)
      #expect(batch.batchSize == 2048 && run.steps == 20_002)
      #expect(batch.problems[0].train.count == 3763 && batch.problems[0].test.count == 5646)
    }
  }

  /// One penalty per run, on the lists of the authors' notebook.
  @Test func theStrengthsAreTheAuthors() throws {
    let lists: [(String, [Double])] = [
      ("l1", [5e-9, 1e-8, 1e-7, 1e-6, 5e-6, 1e-5]), ("l2", [1e-7, 5e-7, 1e-6, 5e-6, 1e-5, 5e-5]),
      ("nuclear", [5e-8, 1e-7, 1e-6, 1e-5, 5e-5, 1e-4]),
    ]
    let runs = try runs("notsawo/fig01", .paper)
    for (name, list) in lists {
      let strengths = try runs.map { try $0.parameters.number("regularizer.\(name)") }
      #expect(strengths.filter { $0 > 0 } == list)
    }
  }

  @Test func theBlogsExampleHasTheNumbersOfThePost() throws {
    for run in try runs("notsawo/blog-l2", .paper) {
      #expect(try run.parameters.number("learning_rate") == 1e-3)
      #expect(try run.parameters.number("regularizer.l2") == 1e-6)
      let isCode = try run.parameters.text("model.encoders") == "separate"
      #expect(try run.parameters.text("regularizer.l2_form") == (isCode ? "norm" : "squared"))
    }
  }

  @Test func studentsHaveTheAuthorsSizes() throws {
    let run = try runs("notsawo/fig31", .paper)[0]
    let batch = try Network().batch(of: [run], instance: nil)
    #expect(batch.model.parameterCount == 500 * 102 && run.steps == 1_000_001)
    #expect(batch.problems[0].train.count == 100 && batch.problems[0].test.count == 1000)
    #expect(try runs("notsawo/fig34", .paper)[0].steps == 100_001)
  }

  // MARK: - Specs and baselines

  @Test func severalSpecsAreDocuments() throws {
    #expect(try RecipeCatalog.named("notsawo/fig03").specs(.small).count == 1)
    #expect(try RecipeCatalog.named("notsawo/fig01").specs(.small).count == 3)
    #expect(try RecipeCatalog.named("notsawo/fig30").specs(.paper).count == 2)
  }

  @Test func onlyDigitsAreMissing() throws {
    #expect(try RecipeCatalog.named("notsawo/fig03").missingData == nil)
    let missing = try #require(try RecipeCatalog.named("notsawo/fig35").missingData)
    #expect(missing.contains("tools/make-mnist"))
  }

  private func samples(_ x: [Double], _ y: [Double]) -> NetworkSamples {
    NetworkSamples(
      inputs: .dense(DenseMatrix(rows: x.count, columns: 1, values: x)),
      targets: .values(DenseMatrix(rows: y.count, columns: 1, values: y)))
  }

  @Test func baselinesAreLossesOfPredictors() throws {
    let problem = NetworkProblem(
      train: samples([0, 1], [1, 3]), test: samples([-1, 0, 1, 2], [1, 0, 1, 2]))
    let baselines = try NetworkBaselines(problem)
    #expect(abs(baselines.zero - 6.0 / 8) < 1e-12)
    #expect(abs(baselines.trainMean - 6.0 / 8) < 1e-12)
    // The least-squares line is 0.8 + 0.4 x: residuals 0.6, -0.8, -0.2, 0.4.
    #expect(abs(baselines.linear - 1.2 / 8) < 1e-12)
  }

  @Test func anAffineTestSetHasNoLoss() throws {
    let problem = NetworkProblem(
      train: samples([0], [1]), test: samples([-1, 0, 3], [-1, 1, 7]))
    #expect(try NetworkBaselines(problem).linear < 1e-20)
  }

  @Test func tokensHaveNoBaselines() throws {
    let run = try runs("notsawo/fig02", .small)[0]
    #expect(throws: SpecError.self) { try NetworkBaselines(Network.problem(of: run)) }
  }

  /// Runs with and without the Sobolev term do not share a batch: only the former have Jacobians.
  @Test func theControlHasABatchOfItsOwn() throws {
    let runs = try runs("notsawo/fig11", .small)
    let (free, rest) = try (
      runs.filter { try $0.parameters.number("regularizer.sobolev") == 0 },
      runs.filter { try $0.parameters.number("regularizer.sobolev") > 0 }
    )
    #expect(Set(free.map(\.batchKey)).isDisjoint(with: rest.map(\.batchKey)))
  }
}
