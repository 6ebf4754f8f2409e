/// How the panels of a plot lie: as it says (`set multiplot layout ROWS, COLUMNS`), in rows that are not
/// too long, or below each other for narrow screens.
struct PanelLayout {
  /// Of a narrow picture, and of each of its panels, in pixels.
  static let narrowWidth = 480
  static let narrowHeight = 340

  let rows: Int
  /// The plot with this layout.
  let plot: String

  /// Longer rows go on in the next one.
  private static let mostColumns = 5
  private static let fewerColumns = 4

  init(_ plot: String, isNarrow: Bool) {
    let pattern = /set multiplot layout (\d+), *(\d+)/
    guard let found = plot.firstMatch(of: pattern), let rows = Int(found.1),
      let columns = Int(found.2), rows > 0, columns > 0
    else {
      self.rows = 1
      self.plot = plot
      return
    }
    let count = rows * columns
    let kept = isNarrow ? 1 : columns > Self.mostColumns ? Self.fewerColumns : columns
    self.rows = (count + kept - 1) / kept
    let changed = plot.replacingCharacters(
      in: found.range, with: "set multiplot layout \(self.rows), \(kept)")
    self.plot = isNarrow ? Self.narrow(changed, rows: self.rows) : changed
  }

  /// Margins, keys and colour bars that are placed on the whole picture, moved to where panels below
  /// each other leave room for them: bars and keys to the first panel.
  private static func narrow(_ plot: String, rows: Int) -> String {
    let hasBar = plot.contains(/set colorbox [a-z ]*user/)
    let height = Double(narrowHeight * rows)
    let (bottom, top, gap) = (55 / height, 1 - 60 / height, 95 / height)
    // Panels that place themselves would lie below the bar.
    let room = hasBar && !plot.contains("margins ") ? "set rmargin at screen 0.82\n" : ""
    return room
      + plot
      .replacing(/margins [0-9., ]+ spacing [0-9.]+, *[0-9.]+/) { _ in
        "margins 0.17, \(hasBar ? 0.82 : 0.95), \(bottom), \(top) spacing 0, \(gap)"
      }
      .replacing(/set key at screen [0-9.]+, screen [0-9.]+/) { _ in
        "set key at graph 0.98, graph 0.98"
      }
      .replacing(/set colorbox [a-z ]*user origin [0-9.]+, *[0-9.]+ size [0-9.]+, *[0-9.]+/) { _ in
        "set colorbox vertical user origin 0.85, \(1 - 250 / height) size 0.025, \(190 / height)"
      }
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<Index>, with text: String) -> String {
    var changed = self
    changed.replaceSubrange(range, with: text)
    return changed
  }
}
