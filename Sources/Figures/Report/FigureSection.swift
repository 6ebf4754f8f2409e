import Experiments
import Foundation
import Sweeps

/// A figure on the page of the report: picture, claims, how it was made, notes.
struct FigureSection {
  private let figure: MadeFigure
  private let others: [MadeFigure]
  private let specs: [SweepSpec]

  /// - Parameter all: the figures of the page, for links between them.
  /// - Throws: `StoreError.inputOutput` if what was run cannot be read any more.
  init(_ figure: MadeFigure, all: [MadeFigure]) throws {
    self.figure = figure
    others = all
    do {
      specs = try figure.record.specs.map { try SweepSpec(yaml: $0, file: figure.label) }
    } catch {
      throw StoreError.inputOutput(
        path: figure.folder, reason: "its spec cannot be read (\(error)): make the figure again")
    }
  }

  private var record: FigureRecord { figure.record }

  var html: HTML {
    """
    <article class="figure" id="\(figure.anchor)">
    <h3><span class="name">\(figure.label)</span> \(record.title)</h3>
    <p class="soft">\(record.citation)</p>
    \(variantText)\(picture)
    <h4>Claims</h4>
    \(claims)
    <h4>How it was made</h4>
    \(facts)
    \(NoteList(record, specs).html)</article>

    """
  }

  // MARK: - Picture

  private var picture: HTML {
    let label = "\(figure.label): \(record.title)"
    let pictures = [(figure.wide, "wide"), (figure.narrow, "narrow")].compactMap { svg, kind in
      svg.flatMap { InlineSVG($0, id: "\(figure.anchor)-\(kind)", label: label, kind: kind) }
    }.map { HTML(trusted: $0.text + "\n") }
    let plot: HTML =
      pictures.isEmpty
      ? "<p class=\"soft\">Not drawn: there was no gnuplot, or it failed. The scripts are in its folder.</p>\n"
      : "<div class=\"plot\">\n\(pictures)</div>\n"
    return """
      <figure>
      \(plot)<figcaption>\(FigureCaptions.of(record.figure)) <span class="soft">\(files)</span></figcaption>
      </figure>
      """
  }

  private var files: HTML {
    let names =
      (figure.wide == nil
        ? [] : PlotScript.pictures.filter { !$0.isNarrow }.map { figure.name + $0.output })
      + ["\(figure.name).gp", ClaimsRecord.file, FigureRecord.file]
      + record.tables.prefix(6).map { $0 + ".csv" }
    let links = names.enumerated().map { index, name -> HTML in
      """
      \(index > 0 ? ", " : "")<a href="\(figure.folder)/\(name)">\(name)</a>
      """
    }
    let more = record.tables.count - 6
    return "\(links)\(more > 0 ? " and \(more) more tables" : "")"
  }

  // MARK: - Claims

  private var claims: HTML {
    let items = figure.claims.enumerated().map { index, claim -> HTML in
      let detail: HTML =
        claim.reason.map { "<div class=\"soft\">\($0)</div>" }
        ?? "<div><strong>\(claim.measured)</strong></div><div class=\"soft\">accepted: \(claim.tolerance)</div>"
      return """
        <li id="\(figure.anchor(ofClaim: index))">\(claim.badge) \(claim.claim)\(detail)</li>

        """
    }
    return "<ul class=\"claims\">\n\(items)</ul>"
  }

  // MARK: - Making

  private var facts: HTML {
    var facts: [(String, String)] = [("scale", record.scale)]
    if let training = record.training {
      facts += [
        ("runs", RunText.runs(training)), ("device", training.devices.joined(separator: ", ")),
        ("precision", training.precisions.joined(separator: ", ")),
        ("mapping", training.mappings.joined(separator: ", ")),
        ("training", RunText.duration(training.seconds)),
        ("checked", RunText.verified(training)),
      ]
    }
    let rows = facts.map { name, value -> HTML in "<dt>\(name)</dt><dd>\(value)</dd>\n" }
    let specs = record.specs.enumerated().map { index, spec -> HTML in
      "<pre>\(index == 0 ? spec : Self.difference(of: spec, from: record.specs[0]))</pre>\n"
    }
    let changed: HTML? =
      record.overrides.isEmpty
      ? nil
      : "<p>Changed for the variant: <code>\(record.overrides.joined(separator: ", "))</code></p>\n"
    let spec: HTML =
      specs.isEmpty
      ? ""
      : "<details>\n<summary>Spec as run, every key</summary>\n\(changed)\(specs)</details>"
    return "<dl class=\"facts\">\n\(rows)</dl>\n\(spec)"
  }

  /// A further spec of a figure: the lines that the first has not; `figure.json` has it all.
  private static func difference(of spec: String, from first: String) -> String {
    let known = Set(first.split(separator: "\n"))
    let other = spec.split(separator: "\n").filter { !known.contains($0) }
    return "# as the first, but\n" + other.joined(separator: "\n")
  }

  // MARK: - Variants

  private var variantText: HTML {
    if let variant = record.variant {
      let recipe = others.first { $0.record.figure == record.figure && $0.record.variant == nil }
      let name: HTML =
        recipe.map { "<a class=\"name\" href=\"#\($0.anchor)\">\($0.label)</a>" }
        ?? "<span class=\"name\">\(record.figure)</span>"
      return """
        <p>Variant: follows the \(variant.rawValue) by \
        <code>\(record.overrides.joined(separator: ", "))</code>. The numbers that its claims are \
        compared with were measured for \(name), so a claim that fails here says how the two differ.</p>

        """
    }
    let variants = others.filter { $0.record.figure == record.figure && $0.record.variant != nil }
    guard !variants.isEmpty else { return "" }
    let links = variants.map { other -> HTML in
      "<a class=\"name\" href=\"#\(other.anchor)\">\(other.label)</a> "
    }
    return "<p>Variants on this page: \(links)</p>\n"
  }
}

/// Counts and times for people.
enum RunText {
  static func runs(_ training: FigureTraining) -> String {
    let diverged = training.diverged > 0 ? ", \(training.diverged) diverged" : ""
    return "\(grouped(training.runs)) of \(grouped(training.runSteps)) steps together\(diverged)"
  }

  static func verified(_ training: FigureTraining) -> String {
    guard training.verified > 0 else { return "no run was trained on the CPU reference too" }
    let deviation = training.maxDeviation.map { ", largest deviation \(Number.short($0))" } ?? ""
    return "\(grouped(training.verified)) runs on the CPU reference too\(deviation)"
  }

  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "not known" }
    if seconds < 60 { return seconds < 0.1 ? "below 0.1 s" : "\((seconds * 10).rounded() / 10) s" }
    let whole = Int(seconds.rounded())
    return whole < 3600
      ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole % 3600 / 60) min"
  }

  /// Thousands apart.
  static func grouped(_ count: Int) -> String {
    var text = ""
    for (index, digit) in String(count).reversed().enumerated() {
      if index > 0, index.isMultiple(of: 3), digit != "-" { text.append(",") }
      text.append(digit)
    }
    return String(text.reversed())
  }
}
