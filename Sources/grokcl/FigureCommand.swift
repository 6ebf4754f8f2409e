import ArgumentParser
import Experiments
import Figures
import Foundation
import Sweeps
import Theory

struct FigureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figure",
    abstract: "Run, draw and judge a paper's figures.",
    discussion: """
      Below the output folder each figure gets tables (CSV), gnuplot scripts, SVG, PNG and PDF, and a
      verdict per claim; report.html shows all figures that are there, those of earlier commands too.
      Runs are kept in figures.sqlite and are not computed twice. Exits with 1 if a claim fails.

      Where a paper and its code differ, figures follow now the one, now the other, as the report
      says. --variant makes those that can follow one of them throughout, each in a folder of its own:

        grokcl figure notsawo/fig03 --variant paper --output out    # out/notsawo/fig03-paper
      """)

  @Argument(help: "Figures such as notsawo/fig04, or all.")
  var figures: [String]

  @Option(help: "small (minutes on two cores) or paper (the paper's sizes).")
  var scale = "small"

  @Option(help: "Follow paper or code wherever they differ and a key tells.")
  var variant: String?

  @OptionGroup var devices: DeviceOptions

  @Option(help: "Train this share of the runs (0 to 1) on the CPU reference too, and compare.")
  var verify = 0.1

  @Option(help: "Folder to write to.")
  var output: String

  func validate() throws {
    guard (0...1).contains(verify) else {
      throw ValidationError("--verify \(verify): must be from 0 to 1")
    }
  }

  func run() throws {
    guard let scale = FigureScale(rawValue: scale) else {
      throw ValidationError("--scale '\(scale)': must be small or paper")
    }
    let variant = try variant.map { name in
      guard let variant = FigureVariant(rawValue: name) else {
        throw ValidationError("--variant '\(name)': must be paper or code")
      }
      return variant
    }
    let recipes = try self.recipes(scale, variant)
    let mapping = try devices.mappingChoice()
    let backends = try devices.backends()
    do {
      try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
    } catch {
      throw StoreError.inputOutput(
        path: output, reason: "cannot be made: \(error.localizedDescription)")
    }
    let store = try RunStore(writing: output + "/figures.sqlite")
    let session = SweepSession(
      backends: backends, mapping: mapping, verify: backends.areReference ? 0 : verify,
      store: store)
    let result = Result {
      try store.closing { try make(recipes, scale, variant, session, store) }
    }
    // What was made is shown, whatever came after it.
    let report = try FigureReport.write(in: output)
    let failed = try result.get()
    if let report { try Output.line("report: \(report)") }
    if failed > 0 { throw ExitCode(1) }
  }

  /// The figures that are asked for, and that a variant makes a difference to.
  private func recipes(_ scale: FigureScale, _ variant: FigureVariant?) throws -> [FigureRecipe] {
    let isAll = figures == ["all"]
    let asked = isAll ? RecipeCatalog.all : try figures.map { try RecipeCatalog.named($0) }
    guard let variant else { return asked }
    return try asked.filter { recipe in
      if recipe.missingData != nil { return true }
      let differs = try recipe.differs(scale, variant)
      guard differs || isAll else {
        throw SpecError(
          place: recipe.id, key: "--variant", value: variant.rawValue,
          "it follows the \(variant.rawValue) already, wherever a key tells")
      }
      return differs
    }
  }

  /// - Returns: how many claims failed.
  private func make(
    _ recipes: [FigureRecipe], _ scale: FigureScale, _ variant: FigureVariant?,
    _ session: SweepSession, _ store: RunStore
  ) throws -> Int {
    let gnuplot = Gnuplot()
    if gnuplot == nil {
      Failure.warn("no gnuplot on the path: tables and scripts only (install gnuplot-nox)")
    }
    let writer = FigureWriter(folder: output, gnuplot: gnuplot)
    var failed = 0
    var notDrawn: FigureError?
    for recipe in recipes {
      if let missing = recipe.missingData {
        guard figures == ["all"] else { throw SpecError(place: recipe.id, missing) }
        Failure.warn("\(recipe.id) is left out: \(missing)")
        continue
      }
      let specs = try recipe.figureSpecs(scale, variant)
      var runs: [PreparedRun] = []
      for spec in specs.map(\.spec) {
        let windows = try SweepWindows(spec, size: spec.count)
        try session.run(windows, spec)
        runs += windows.first.runs
      }
      let stored = try runs.map { try store.runs($0.id)[0] }
      let making = FigureMaking(
        scale: scale, variant: variant, specs: specs, training: FigureTraining(stored),
        version: programVersion)
      let claims = try writer.write(recipe, try Self.input(runs, stored, store), making) { error in
        Failure.warn("\(recipe.id) is not drawn: \(error)")
        notDrawn = error
      }
      failed += claims.count { $0.verdict == .failed }
      try Self.report(recipe, claims, folder: output, variant)
    }
    if let notDrawn { throw notDrawn }
    return failed
  }

  /// The runs as the store has them.
  private static func input(
    _ runs: [PreparedRun], _ stored: [StoredRun], _ store: RunStore
  ) throws -> FigureInput {
    FigureInput(
      runs: try zip(runs, stored).map { run, stored in
        FigureInput.Run(
          prepared: run, curves: try store.curves(of: run.id), t1: stored.t1, t2: stored.t2,
          maxDeviation: stored.maxDeviation)
      }, predictions: try TheoryCatalog.predictions(forAll: runs))
  }

  private static func report(
    _ recipe: FigureRecipe, _ claims: [Claim], folder: String, _ variant: FigureVariant?
  ) throws {
    let label = FigureRecipe.label(recipe.id, variant)
    try Output.line("\(label)  \(recipe.title)")
    try Output.line("  \(recipe.citation)")
    for claim in claims {
      switch claim.verdict {
      case .held: try Output.line("  pass  \(claim.statement): \(claim.measured)")
      case .failed: try Output.line("  FAIL  \(claim.statement): \(claim.measured)")
      case .notTestable(let reason):
        try Output.line("  n/t   \(claim.statement)")
        try Output.line("        not testable at this scale: \(reason)")
        continue
      }
      try Output.line("        accepted: \(claim.tolerance)")
    }
    try Output.line("  written to \(folder)/\(label)")
  }
}
