import Foundation
import Sweeps

/// `report.html`: all figures of an output folder on one page, which needs nothing beside it.
///
/// It is made from the folder alone, so that figures of earlier commands are in it.
public struct FigureReport: Sendable {
  public static let file = "report.html"

  /// Writes the report of a folder.
  ///
  /// - Returns: its path; nil if the folder has no figures.
  /// - Throws: `StoreError.inputOutput`.
  @discardableResult
  public static func write(in folder: String) throws -> String? {
    let figures = try MadeFigure.all(in: folder)
    guard !figures.isEmpty else { return nil }
    let path = "\(folder)/\(file)"
    try AtomicFile.write(try page(figures).text.utf8, to: path)
    return path
  }

  static func page(_ figures: [MadeFigure]) throws -> HTML {
    let papers = Paper.all.compactMap { paper in
      let made = figures.filter { $0.record.figure.hasPrefix(paper.key + "/") }
      return made.isEmpty ? nil : (paper, made)
    }
    let versions = Set(figures.map(\.record.version)).filter { !$0.isEmpty }.sorted()
    let sections = try papers.map { paper, made -> HTML in
      let pages = try made.map { try FigureSection($0, all: figures).html }
      return """
        <section id="\(paper.key)">
        <h2>\(paper.title)</h2>
        <p class="soft">\(paper.authors), \(paper.venue), <a href="\(paper.address)">\(paper.address)</a></p>
        \(pages)</section>

        """
    }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Figures on grokking: claims and runs</title>
      <style>
      \(HTML(trusted: ReportStyle.css))
      </style>
      </head>
      <body>
      <header>
      <h1>Figures on grokking: claims and runs</h1>
      \(ClaimIndex(papers).html)
      </header>
      <main>
      \(sections)</main>
      <footer class="soft">
      <p>Made by grokcl \(versions.joined(separator: ", ")). The runs are in <code>figures.sqlite</code> \
      beside this page, each figure's tables, scripts and pictures in its folder; <code>grokcl run</code> \
      takes each spec. Papers and their published code differ in places; each figure says which was run.</p>
      </footer>
      </body>
      </html>

      """
  }
}

extension ClaimsRecord.Entry {
  /// A coloured word.
  var badge: HTML {
    let kind = verdict.replacing(" ", with: "-")
    return "<span class=\"verdict \(kind)\">\(verdict)</span>"
  }
}
