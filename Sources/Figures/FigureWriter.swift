import Experiments
import Foundation
import Sweeps

/// Writes a figure's folder: tables, what theory says of its runs, gnuplot script, pictures, claims.
public struct FigureWriter: Sendable {
  private let folder: String
  private let gnuplot: Gnuplot?

  public init(folder: String, gnuplot: Gnuplot?) {
    self.folder = folder
    self.gnuplot = gnuplot
  }

  /// Analyses the runs of a recipe and writes everything below `folder/ID`.
  ///
  /// - Returns: the claims, judged.
  /// - Throws: `StoreError.inputOutput`, `FigureError`.
  public func write(_ recipe: FigureRecipe, _ input: FigureInput) throws -> [Claim] {
    let name = recipe.id.split(separator: "/").last.map(String.init) ?? recipe.id
    let place = folder + "/" + recipe.id
    var output = try recipe.analyze(input)
    if let agreement = input.agreement { output.claims.append(agreement) }
    do {
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    } catch {
      throw StoreError.inputOutput(
        path: place, reason: "cannot be made: \(error.localizedDescription)")
    }
    if let theory = input.theoryTable { output.tables.append(("theory", theory)) }
    for table in output.tables {
      let text = table.rows.map { $0.joined(separator: ",") + "\n" }.joined()
      try AtomicFile.write(text.utf8, to: "\(place)/\(table.name).csv")
    }
    let title = "set title \"\" \n"
    for (terminal, suffix) in [
      ("svg size 1200,520 dynamic enhanced font 'Helvetica,12' background 'white'", "svg"),
      ("pngcairo size 1800,780 enhanced font 'Helvetica,14'", "png"),
    ] {
      let script = Gnuplot.script(
        title + output.plot, terminal: terminal, output: "\(name).\(suffix)")
      let file = suffix == "svg" ? "\(name).gp" : "\(name)-png.gp"
      try AtomicFile.write(script.utf8, to: "\(place)/\(file)")
      try gnuplot?.run(file, in: place)
    }
    try AtomicFile.write(Self.verdict(recipe, output.claims).utf8, to: "\(place)/claims.json")
    return output.claims
  }

  /// The claims as a JSON object.
  private static func verdict(_ recipe: FigureRecipe, _ claims: [Claim]) -> String {
    let list = claims.map { claim in
      JSONText.object([
        ("claim", JSONText.string(claim.statement)), ("measured", JSONText.string(claim.measured)),
        ("tolerance", JSONText.string(claim.tolerance)), ("held", claim.held ? "true" : "false"),
      ])
    }
    return JSONText.object([
      ("figure", JSONText.string(recipe.id)), ("title", JSONText.string(recipe.title)),
      ("citation", JSONText.string(recipe.citation)),
      ("claims", "[\n" + list.joined(separator: ",\n") + "\n]"),
    ]) + "\n"
  }
}
