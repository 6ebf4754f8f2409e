// This file tests that every recipe's spec can be run, and asks for what its paper did.

import Experiments
import Figures
import Sweeps
import Testing

@Suite struct RecipeTests {
  private static let grids = ["notsawo/fig04", "notsawo/fig26"]

  private func plan(_ id: String, _ scale: FigureScale) throws -> SweepPlan {
    let recipe = try RecipeCatalog.named(id)
    return try SweepPlan(try SweepSpec(yaml: recipe.spec(scale), file: recipe.id))
  }

  @Test(arguments: RecipeCatalog.all.map(\.id), FigureScale.allCases)
  func everySpecResolves(id: String, scale: FigureScale) throws {
    let recipe = try RecipeCatalog.named(id)
    #expect(!recipe.title.isEmpty && recipe.citation.contains("arXiv"))
    // Digits are not part of the program; NetworkRecipeTests make some up.
    guard recipe.missingData == nil else { return }
    let runs = try recipe.specs(scale).flatMap {
      try SweepPlan(try SweepSpec(yaml: $0, file: recipe.id)).runs
    }
    #expect(!runs.isEmpty)
    if id == "notsawo/fig03" { #expect(runs.count == 1) }
    if Self.grids.contains(id) { #expect(runs.count == 36) }
    #expect(Set(runs.map(\.id)).count == runs.count)
  }

  @Test func namesAreUnique() {
    #expect(Set(RecipeCatalog.all.map(\.id)).count == RecipeCatalog.all.count)
  }

  @Test func anUnknownNameIsRefused() {
    let error = #expect(throws: SpecError.self) { try RecipeCatalog.named("notsawo/fig99") }
    #expect(error?.value == "notsawo/fig99")
    for recipe in RecipeCatalog.all { #expect(error?.reason.contains(recipe.id) == true) }
  }

  @Test func figure3IsTheAuthorsRun() throws {
    for scale in FigureScale.allCases {
      let run = try plan("notsawo/fig03", scale).runs[0]
      #expect(run.steps == 1_000_000)
      #expect(run.thresholds == Thresholds(train: 1e-3, test: 1e-3))
      #expect(try run.parameters.number("learning_rate") == 0.1)
      #expect(try run.parameters.text("problem.generator") == "mt19937")
      #expect(try run.parameters.boolean("record.trace"))
    }
  }

  /// At the paper's scale every cell has the authors' 1e8 steps (and the last evaluated one).
  @Test(arguments: grids) func aPaperGridHasThePapersSteps(id: String) throws {
    #expect(try plan(id, .paper).runs.allSatisfy { $0.steps == 100_000_001 })
  }

  /// At the small scale a cell has 2.5 predicted delays, but at least 20,000 steps.
  @Test(arguments: grids) func aSmallGridHasABudget(id: String) throws {
    let runs = try plan(id, .small).runs
    let gap = SparseRecoveryAnalysis(try SparseRecovery.problem(of: runs[0])).gap
    for run in runs {
      let product =
        try run.parameters.number("learning_rate") * run.parameters.number("regularizer.l1")
      let wanted = min(max(2.5 * gap / product, 20_000), 100_000_001)
      #expect(abs(Double(run.steps) - wanted) <= 1 + 1e-12 * wanted)
    }
    #expect(Set(runs.map(\.steps)).count > 10)
    #expect(runs.map(\.steps).min() == 20_000)
  }

  /// Both figures judge the same runs, so a store of one serves the other.
  @Test func theGridsShareTheirRuns() throws {
    for scale in FigureScale.allCases {
      #expect(
        try plan(Self.grids[0], scale).runs.map(\.id) == plan(Self.grids[1], scale).runs.map(\.id))
    }
  }
}
