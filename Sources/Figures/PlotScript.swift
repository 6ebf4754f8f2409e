import Foundation
import Sweeps

/// A gnuplot script for each form of a picture: the terminal, the common look, and the plot.
package struct PlotScript {
  /// A form of picture, and the file that its script draws.
  package struct Picture: Sendable {
    /// Added to the name of the plot: `fig03-narrow.gp` draws `fig03-narrow.svg`.
    package let script: String
    package let output: String
    let isNarrow: Bool
    /// Gnuplot's terminal for a picture of some width and height.
    let terminal: @Sendable (_ width: Int, _ height: Int) -> String
  }

  /// For pages and screens, for small screens (panels below each other), for slides and chats, for
  /// papers.
  package static let pictures = [
    Picture(script: ".gp", output: ".svg", isNarrow: false) {
      "svg size \($0),\($1) dynamic enhanced font 'Helvetica,12' background 'white'"
    },
    Picture(script: "-narrow.gp", output: "-narrow.svg", isNarrow: true) {
      "svg size \($0),\($1) dynamic enhanced font 'Helvetica,13' background 'white'"
    },
    Picture(script: "-png.gp", output: ".png", isNarrow: false) {
      "pngcairo size \($0 * 3 / 2),\($1 * 3 / 2) enhanced font 'Helvetica,14'"
    },
    Picture(script: "-pdf.gp", output: ".pdf", isNarrow: false) {
      "pdfcairo size \(Double($0) / 50)cm,\(Double($1) / 50)cm enhanced font 'Helvetica,12'"
    },
  ]

  /// Gnuplot commands after the terminal is set; they read tables by name.
  let plot: String
  /// The width of a wide picture, in pixels of a page.
  private let width: Int

  package init(_ plot: String, width: Int = 1200) {
    self.plot = Self.withGreek(plot)
    self.width = width
  }

  package func text(_ picture: Picture, name: String) -> String {
    let layout = PanelLayout(plot, isNarrow: picture.isNarrow)
    let terminal =
      picture.isNarrow
      ? picture.terminal(PanelLayout.narrowWidth, PanelLayout.narrowHeight * layout.rows)
      : picture.terminal(width, layout.rows == 1 ? 520 : 370 * layout.rows)
    return """
      set terminal \(terminal)
      set output '\(name)\(picture.output)'
      \(Self.look)
      \(Self.readable(layout.plot, least: picture.isNarrow ? 10 : 8))
      """ + "\n"
  }

  /// Writes the scripts of a plot and draws its pictures, where there is gnuplot. Pictures that are not
  /// drawn are removed, as those of earlier runs may show others.
  ///
  /// - Throws: `StoreError.inputOutput`, `FigureError.gnuplot`.
  func draw(_ name: String, in folder: String, with gnuplot: Gnuplot?) throws {
    for picture in Self.pictures {
      try AtomicFile.write(
        text(picture, name: name).utf8, to: "\(folder)/\(name)\(picture.script)")
      try? FileManager.default.removeItem(atPath: "\(folder)/\(name)\(picture.output)")
    }
    for picture in Self.pictures {
      do {
        try gnuplot?.run(name + picture.script, in: folder)
      } catch {
        try? FileManager.default.removeItem(atPath: "\(folder)/\(name)\(picture.output)")
        throw error
      }
    }
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
  private static func readable(_ plot: String, least: Int) -> String {
    plot.replacing(/font ',(\d+)'/) { "font ',\(max(least, Int($0.1) ?? 0))'" }
  }

  // MARK: - Greek

  /// The letters of Adobe's Symbol font as Unicode, as pictures are read where there is no such
  /// font: `{/Symbol a b}` becomes `α β`.
  static func withGreek(_ plot: String) -> String {
    plot.replacing(/\{\/Symbol ([^}]*)\}/) { match in
      symbols.reduce(String(match.1)) { $0.replacing($1.0, with: $1.1) }
        .map { greek[$0] ?? $0 }.map(String.init).joined()
    }
  }

  private static let symbols = [("\\245", "∞"), ("\\326", "√")]

  private static let greek: [Character: Character] = Dictionary(
    uniqueKeysWithValues: zip(
      "abgdezhqiklmnxprstufcywDFGLPQSWXY", "αβγδεζηθικλμνξπρστυφχψωΔΦΓΛΠΘΣΩΞΨ"))
}
