import Experiments
import Foundation
import Sweeps

/// Writes a figure's folder: tables, what theory says of its runs, gnuplot scripts, pictures, claims,
/// and how it was made.
public struct FigureWriter: Sendable {
  private let folder: String
  private let gnuplot: Gnuplot?

  public init(folder: String, gnuplot: Gnuplot?) {
    self.folder = folder
    self.gnuplot = gnuplot
  }

  /// Analyses the runs of a recipe and writes everything below `folder/ID`, or `folder/ID-VARIANT`.
  ///
  /// - Parameter onPictureFailure: what to do if gnuplot fails; all else is written by then.
  /// - Returns: the claims, judged.
  /// - Throws: `StoreError.inputOutput`, `FigureError`.
  public func write(
    _ recipe: FigureRecipe, _ input: FigureInput, _ making: FigureMaking = FigureMaking(),
    onPictureFailure: (FigureError) throws -> Void = { throw $0 }
  ) throws -> [Claim] {
    let place = folder + "/" + FigureRecipe.label(recipe.id, making.variant)
    var output = try recipe.analyze(input)
    if let agreement = input.agreement { output.claims.append(agreement) }
    output.claims += FigureNotes.claims(on: recipe.id, beyond: making.scale)
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
    try AtomicFile.write(
      json: ClaimsRecord(
        figure: recipe.id, title: recipe.title, citation: recipe.citation,
        claims: output.claims.map(ClaimsRecord.Entry.init)), to: "\(place)/\(ClaimsRecord.file)")
    try AtomicFile.write(
      json: FigureRecord(
        figure: recipe.id, title: recipe.title, citation: recipe.citation,
        scale: making.scale.rawValue, variant: making.variant,
        overrides: making.specs.flatMap(\.overrides).distinct,
        specs: making.specs.map { ResolvedSpec($0.spec).yaml }, training: making.training,
        tables: output.tables.map(\.name), version: making.version),
      to: "\(place)/\(FigureRecord.file)")
    do {
      try PlotScript(output.plot).draw(FigureRecipe.name(of: recipe.id), in: place, with: gnuplot)
    } catch let error as FigureError {
      try onPictureFailure(error)
    }
    return output.claims
  }
}

/// How the runs of a figure were made.
public struct FigureMaking: Sendable {
  public var scale: FigureScale
  public var variant: FigureVariant?
  public var specs: [FigureSpec]
  /// Nil where nothing is known of it.
  public var training: FigureTraining?
  /// Of the program.
  public var version: String

  public init(
    scale: FigureScale = .small, variant: FigureVariant? = nil, specs: [FigureSpec] = [],
    training: FigureTraining? = nil, version: String = ""
  ) {
    self.scale = scale
    self.variant = variant
    self.specs = specs
    self.training = training
    self.version = version
  }
}

extension FigureRecipe {
  /// The last part of a figure's id, which its files are called by.
  static func name(of id: String) -> String {
    id.split(separator: "/").last.map(String.init) ?? id
  }

  /// The folder of a figure, or of a variant of it.
  public static func label(_ id: String, _ variant: FigureVariant?) -> String {
    id + (variant.map { "-" + $0.rawValue } ?? "")
  }
}

extension [String] {
  /// The values without repetitions, in the order of the first of each.
  fileprivate var distinct: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
