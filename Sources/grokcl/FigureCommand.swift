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
      Writes tables (CSV), a gnuplot script, SVG and PNG, and a verdict per claim below the output
      folder; runs are kept in figures.sqlite there and are not computed twice. Exits with 1 if a
      claim does not hold.
      """)

  @Argument(help: "Figures such as notsawo/fig04, or all.")
  var figures: [String]

  @Option(help: "small (minutes on two cores) or paper (the paper's sizes).")
  var scale = "small"

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
    let recipes =
      figures == ["all"] ? RecipeCatalog.all : try figures.map { try RecipeCatalog.named($0) }
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
    try store.closing { try make(recipes, scale, session, store) }
  }

  private func make(
    _ recipes: [FigureRecipe], _ scale: FigureScale, _ session: SweepSession, _ store: RunStore
  ) throws {
    let gnuplot = Gnuplot()
    if gnuplot == nil {
      Failure.warn("no gnuplot on the path: tables and scripts only (install gnuplot-nox)")
    }
    let writer = FigureWriter(folder: output, gnuplot: gnuplot)
    var failed = 0
    for recipe in recipes {
      if let missing = recipe.missingData {
        guard figures == ["all"] else { throw SpecError(place: recipe.id, missing) }
        Failure.warn("\(recipe.id) is left out: \(missing)")
        continue
      }
      var runs: [PreparedRun] = []
      for text in recipe.specs(scale) {
        let spec = try SweepSpec(yaml: text, file: recipe.id)
        let windows = try SweepWindows(spec, size: spec.count)
        try session.run(windows, spec)
        runs += windows.first.runs
      }
      let claims = try writer.write(recipe, try Self.input(runs, store))
      failed += claims.filter { !$0.held }.count
      try Self.report(recipe, claims, folder: output)
    }
    if failed > 0 { throw ExitCode(1) }
  }

  /// The runs as the store has them.
  private static func input(_ runs: [PreparedRun], _ store: RunStore) throws -> FigureInput {
    FigureInput(
      runs: try runs.map { run in
        let stored = try store.runs(run.id)[0]
        return FigureInput.Run(
          prepared: run, curves: try store.curves(of: run.id), t1: stored.t1, t2: stored.t2,
          maxDeviation: stored.maxDeviation)
      }, predictions: try TheoryCatalog.predictions(forAll: runs))
  }

  private static func report(_ recipe: FigureRecipe, _ claims: [Claim], folder: String) throws {
    try Output.line("\(recipe.id)  \(recipe.title)")
    try Output.line("  \(recipe.citation)")
    for claim in claims {
      try Output.line("  \(claim.held ? "pass" : "FAIL")  \(claim.statement): \(claim.measured)")
      try Output.line("        accepted: \(claim.tolerance)")
    }
    try Output.line("  written to \(folder)/\(recipe.id)")
  }
}
