import Foundation
import Sweeps

/// The picture of a plot, with its table and its script beside it.
public struct StorePlotFile: Sendable {
  private static let pictures = PlotScript.pictures.filter { !$0.isNarrow }

  /// What a file's name may end in.
  public static let suffixes = pictures.map(\.output)

  /// Empty, or with a slash at its end.
  private let folder: String
  private let name: String
  private let picture: PlotScript.Picture

  /// - Parameter path: of the picture; nil if its name ends in none of `suffixes`.
  public init?(_ path: String) {
    let url = URL(fileURLWithPath: path)
    let suffix = "." + url.pathExtension.lowercased()
    guard let picture = Self.pictures.first(where: { $0.output == suffix }) else { return nil }
    self.picture = picture
    name = url.deletingPathExtension().lastPathComponent
    folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  /// Writes the table and the script, and draws the picture where there is gnuplot.
  ///
  /// - Returns: the files.
  /// - Throws: `StoreError.inputOutput`, `FigureError.gnuplot`.
  public func write(_ plot: StorePlot, with gnuplot: Gnuplot?) throws -> [String] {
    let (table, script) = ("\(folder)\(name).csv", "\(folder)\(name).gp")
    let text = plot.rows.map { $0.joined(separator: ",") + "\n" }.joined()
    try AtomicFile.write(text.utf8, to: table)
    let quoted = name.replacing("'", with: "''")
    let commands = plot.plot.replacing(StorePlot.tableName, with: "\(quoted).csv")
    try AtomicFile.write(
      PlotScript(commands, width: 860).text(picture, name: quoted).utf8, to: script)
    guard let gnuplot else { return [table, script] }
    try gnuplot.run("\(name).gp", in: folder.isEmpty ? "." : folder)
    return ["\(folder)\(name)\(picture.output)", table, script]
  }
}
