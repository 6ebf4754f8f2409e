// This file tests what is noted of the figures' sources, and the variants that follow from it.

import Experiments
import Figures
import Sweeps
import Testing

@Suite struct FigureNoteTests {
  /// Figures of a paper by number, and what recipes add.
  private func isFigure(_ id: String) -> Bool {
    RecipeCatalog.all.contains { $0.id == id }
      || (1...35).contains { id == "notsawo/fig" + ($0 < 10 ? "0" : "") + "\($0)" }
  }

  @Test func notesAreOnFiguresThatThereAre() {
    for note in FigureNotes.all {
      #expect(!note.item.isEmpty && !note.figures.isEmpty)
      #expect(Set(note.figures).count == note.figures.count, "\(note.item)")
      for figure in note.figures { #expect(isFigure(figure), "\(note.item): \(figure)") }
    }
  }

  @Test(arguments: RecipeCatalog.all.map(\.id)) func everyFigureHasACaption(id: String) {
    #expect(FigureCaptions.all[id]?.isEmpty == false)
  }

  /// Digits are not part of the program.
  private static let recipes = RecipeCatalog.all.filter { $0.missingData == nil }

  @Test(arguments: recipes.map(\.id), FigureScale.allCases)
  func variantsResolve(id: String, scale: FigureScale) throws {
    let recipe = try RecipeCatalog.named(id)
    let usual = try recipe.figureSpecs(scale)
    for variant in FigureVariant.allCases {
      let specs = try recipe.figureSpecs(scale, variant)
      #expect(specs.count == usual.count)
      for (spec, before) in zip(specs, usual) where !spec.overrides.isEmpty {
        let runs = try SweepWindows(spec.spec, size: spec.spec.count).first.runs
        #expect(!runs.isEmpty && spec.spec.count <= before.spec.count)
        for setting in spec.overrides {
          let parts = setting.split(separator: "=", maxSplits: 1).map(String.init)
          let key = parts[0]
          #expect(!spec.spec.axes.contains { $0.key == key })
          // What was run is what the variant says, and not what was run before.
          #expect(spec.spec.text.contains("\(key): ") || parts[1] == "null", "\(setting)")
        }
        let before = Set((0..<before.spec.count).map { before.spec.point($0).json })
        let after = Set((0..<spec.spec.count).map { spec.spec.point($0).json })
        #expect(after != before)
      }
      // A figure that follows a variant has nothing to change for it.
      #expect(try recipe.differs(scale, variant) == specs.contains { !$0.overrides.isEmpty })
    }
  }

  @Test func theVariantsOfFigure3() throws {
    let recipe = try RecipeCatalog.named("notsawo/fig03")
    #expect(try !recipe.differs(.small, .code))
    let paper = try recipe.figureSpecs(.small, .paper)
    #expect(paper.map(\.overrides) == [["problem.row_variance=1/n", "init.kind=normal"]])
    let point = paper[0].spec.point(0)
    #expect(try point.text("problem.row_variance") == "1/n")
    #expect(try point.text("init.kind") == "normal")
    #expect(try point.number("learning_rate") == 0.1)
  }

  /// What a spec sweeps over both variants is left alone.
  @Test func whatIsRunBothWaysStays() throws {
    let spec = try RecipeCatalog.named("notsawo/fig07").figureSpecs(.small, .paper)[0]
    #expect(spec.overrides == ["problem.row_variance=1/n"])
    #expect(spec.spec.axes.map(\.key).contains("init.kind"))
  }

  /// Choices of a penalty's form change only specs that have the penalty.
  @Test func formsOfAPenaltyChangeItsSpecsOnly() throws {
    let specs = try RecipeCatalog.named("notsawo/fig01").figureSpecs(.small, .code)
    #expect(specs.map(\.overrides) == [[], ["regularizer.l2_form=norm"], []])
  }
}
