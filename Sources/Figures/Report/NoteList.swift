import Sweeps

/// What is to be known of a figure's sources, on the page of the report.
struct NoteList {
  private let record: FigureRecord
  private let specs: [SweepSpec]
  private let notes: [FigureNote]

  init(_ record: FigureRecord, _ specs: [SweepSpec]) {
    self.record = record
    self.specs = specs
    notes = FigureNotes.of(record.figure)
  }

  var html: HTML {
    let differences = notes.compactMap(difference)
    let open = notes.compactMap { note -> HTML? in
      guard case .unspecified(let text, let here) = note.content else { return nil }
      return Self.note(note.item, text, "Here", here)
    }
    let errata = notes.compactMap { note -> HTML? in
      guard case .erratum(let text, let here) = note.content else { return nil }
      return Self.note(note.item, text, "Judged or shown instead", here)
    }
    return """
      \(Self.list("Where paper and code differ", differences))\(variants)\
      \(Self.list("Not pinned down by its sources", open))\
      \(Self.list("Not as printed, or wrong in the code", errata))
      """
  }

  private static func list(_ title: String, _ notes: [HTML]) -> HTML {
    notes.isEmpty ? "" : "<h4>\(title)</h4>\n\(notes)"
  }

  private static func note(_ item: String, _ text: String, _ label: String, _ here: String) -> HTML
  {
    """
    <div class="note"><strong>\(item)</strong><p>\(text)</p><p class="soft">\(label): \(here)</p></div>

    """
  }

  private func difference(_ note: FigureNote) -> HTML? {
    guard case .difference(let paper, let code, let choice, let here) = note.content else {
      return nil
    }
    return """
      <div class="note"><strong>\(note.item)</strong>
      <dl class="sides">
      <div><dt>Paper</dt><dd>\(paper)</dd></div>
      <div><dt>Code</dt><dd>\(code)</dd></div>
      <div><dt>Run here</dt><dd>\(run(choice, here))</dd></div>
      </dl></div>

      """
  }

  /// Whom the runs follow, from what was run.
  private func run(_ choice: SpecChoice?, _ here: String?) -> HTML {
    guard let choice else { return "\(here ?? "")" }
    let keys = Set((choice.paper + choice.code).map(SpecChoice.key)).sorted()
    let named: HTML = "(<code>\(keys.joined(separator: ", "))</code>)"
    guard !specs.isEmpty, let following = try? choice.following(specs) else {
      return "makes no difference to these runs \(named)"
    }
    switch following {
    case .paper: return "as in the paper \(named)"
    case .code: return "as in the code \(named)"
    case .both: return "both, in different runs \(named)"
    case .neither: return "\(here ?? "neither") \(named)"
    }
  }

  /// The commands that make the variants.
  private var variants: HTML {
    guard record.variant == nil, let scale = FigureScale(rawValue: record.scale),
      let recipe = RecipeCatalog.all.first(where: { $0.id == record.figure })
    else { return "" }
    let commands = FigureVariant.allCases.filter { (try? recipe.differs(scale, $0)) ?? false }
      .map { "grokcl figure \(record.figure) --variant \($0.rawValue)" }
    guard !commands.isEmpty else { return "" }
    let items = commands.enumerated().map { index, command -> HTML in
      "\(index > 0 ? "; " : "")<code>\(command)</code>"
    }
    return "<p class=\"soft\">To run it otherwise: \(items)</p>\n"
  }
}
