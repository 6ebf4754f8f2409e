import Foundation
import Sweeps

/// A gnuplot script for each form of a picture: the terminal, the common look, and the plot.
package struct PlotScript {
  /// A file that a script draws.
  package struct Picture: Sendable {
    /// Added to the name of the plot: `fig03-narrow.gp` draws `fig03-narrow.svg`.
    package let script: String
    package let output: String
    let isNarrow: Bool
    /// Gnuplot's terminal for a picture of so many rows of panels.
    let terminal: @Sendable (_ rows: Int) -> String
  }

  /// For pages and screens, for small screens (panels below each other), for slides and chats, for
  /// papers.
  package static let pictures = [
    Picture(script: ".gp", output: ".svg", isNarrow: false) {
      "svg size 1200,\(height($0)) dynamic enhanced font 'Helvetica,12' background 'white'"
    },
    Picture(script: "-narrow.gp", output: "-narrow.svg", isNarrow: true) {
      "svg size 480,\(330 * $0) dynamic enhanced font 'Helvetica,13' background 'white'"
    },
    Picture(script: "-png.gp", output: ".png", isNarrow: false) {
      "pngcairo size 1800,\(height($0) * 3 / 2) enhanced font 'Helvetica,14'"
    },
    Picture(script: "-pdf.gp", output: ".pdf", isNarrow: false) {
      "pdfcairo size 24cm,\(Double(height($0)) / 50)cm enhanced font 'Helvetica,12'"
    },
  ]

  private static func height(_ rows: Int) -> Int { rows == 1 ? 520 : 370 * rows }

  /// Gnuplot commands after the terminal is set; they read tables by name.
  let plot: String

  package init(_ plot: String) { self.plot = Self.readable(Self.withGreek(plot)) }

  package func text(_ picture: Picture, name: String) -> String {
    let panels = self.panels
    let columns = picture.isNarrow ? 1 : min(panels.columns, Self.mostColumns)
    let rows = (panels.count + columns - 1) / columns
    var plot = self.plot
    if let range = panels.range {
      plot.replaceSubrange(range, with: "set multiplot layout \(rows), \(columns)")
    }
    return """
      set terminal \(picture.terminal(rows))
      set output '\(name)\(picture.output)'
      \(Self.look)
      \(plot)
      """ + "\n"
  }

  /// Writes the scripts of a plot and draws its pictures, where there is gnuplot; without it, pictures
  /// of earlier runs are removed, as they may show others.
  ///
  /// - Throws: `StoreError.inputOutput`, `FigureError.gnuplot`.
  func draw(_ name: String, in folder: String, with gnuplot: Gnuplot?) throws {
    for picture in Self.pictures {
      let script = name + picture.script
      try AtomicFile.write(text(picture, name: name).utf8, to: "\(folder)/\(script)")
      guard let gnuplot else {
        try? FileManager.default.removeItem(atPath: "\(folder)/\(name)\(picture.output)")
        continue
      }
      try gnuplot.run(script, in: folder)
    }
  }

  // MARK: - Panels

  /// Wider rows go on in the next one.
  private static let mostColumns = 4

  /// The panels of the plot, and where it says how they lie.
  private var panels: (count: Int, columns: Int, range: Range<String.Index>?) {
    let layout = /set multiplot layout (\d+), *(\d+)/
    guard let found = plot.firstMatch(of: layout), let rows = Int(found.1),
      let columns = Int(found.2), rows > 0, columns > 0
    else { return (1, 1, nil) }
    return (rows * columns, columns, found.range)
  }

  // MARK: - Look

  /// Colours that the colour-blind tell apart (Okabe and Ito 2008, its yellow darkened) and that
  /// stand out from white; a palette of even steps of lightness.
  private static let look = """
    set encoding utf8
    set datafile separator ','
    set datafile missing 'nan'
    set key autotitle columnhead
    set grid lc rgb '#dddddd'
    set border 3
    set tics nomirror
    set title ''
    \(colours.enumerated().map { "set linetype \($0 + 1) lc rgb '\($1)'" }.joined(separator: "\n"))
    set linetype cycle \(colours.count)
    set palette defined (0 '#440154', 1 '#3b528b', 2 '#21918c', 3 '#5ec962', 4 '#fde725')
    """

  private static let colours = [
    "#0072b2", "#d55e00", "#009e73", "#aa3377", "#e69f00", "#56b4e9", "#6a51a3", "#666666",
  ]

  /// No letters so small that they cannot be read on a page.
  private static func readable(_ plot: String) -> String {
    plot.replacing(/font ',(\d+)'/) { "font ',\(max(leastFont, Int($0.1) ?? 0))'" }
  }

  private static let leastFont = 10

  // MARK: - Greek

  /// The letters of Adobe's Symbol font as Unicode, as pictures are read where there is no such
  /// font: `{/Symbol a b}` becomes `α β`.
  static func withGreek(_ plot: String) -> String {
    plot.replacing(/\{\/Symbol ([^}]*)\}/) { match in
      match.1.replacing("\\245", with: "∞").map { greek[$0] ?? $0 }.map(String.init).joined()
    }
  }

  private static let greek: [Character: Character] = Dictionary(
    uniqueKeysWithValues: zip(
      "abgdezhqiklmnxprstufcywDFGLPQSWXY", "αβγδεζηθικλμνξπρστυφχψωΔΦΓΛΠΘΣΩΞΨ"))
}
