import Sweeps

/// Lines over x: a group of runs and a quantity each, the median with a band from quartile to
/// quartile.
struct PlotSeries {
  /// One line of the plot, and rows of the table.
  struct Line {
    /// Which group, and which quantity, from 0.
    let group: Int
    let quantity: Int
    /// Values of the group's keys.
    let values: [RunValue]
  }

  struct Point {
    let x: RunValue
    let median: Double?
    let lower: Double?
    let upper: Double?
    let runs: Int
  }

  let query: PlotQuery
  private(set) var lines: [Line] = []
  private(set) var rows: [[String]]

  init(_ query: PlotQuery) {
    self.query = query
    rows = [
      ["series"] + query.group.map { RunKey($0).name } + [
        "quantity", query.x, "median", "q25", "q75", "runs",
      ]
    ]
  }

  mutating func add(_ line: Line, _ points: [Point]) {
    let head =
      [String(lines.count)] + line.values.map(PlotText.cell) + [query.y[line.quantity]]
    for point in points {
      rows.append(
        head + [
          PlotText.cell(point.x), PlotText.cell(point.median), PlotText.cell(point.lower),
          PlotText.cell(point.upper), String(point.runs),
        ])
    }
    lines.append(line)
  }

  /// - Parameter shift: what is added to x.
  /// - Throws: `FigureError.nothing` without a point, or if logarithmic axes have no place for any.
  func requirePoints(shift: Double = 0) throws {
    let axes = query.logarithmic
    let isDrawn = rows.dropFirst().contains { row in
      let (x, y) = (Double(row[xColumn - 1]).map { $0 + shift }, Double(row[xColumn]) ?? .nan)
      return y.isFinite && (y > 0 || !axes.contains(.y)) && (x ?? 1 > 0 || !axes.contains(.x))
    }
    guard isDrawn else {
      let quantities = query.y.joined(separator: ", ")
      throw FigureError.nothing(
        "no finished run has a number for \(quantities) over \(query.x)"
          + (axes.isEmpty ? "" : " that is above 0 where axes are logarithmic"))
    }
  }

  /// The column of x, as gnuplot counts them.
  var xColumn: Int { query.group.count + 3 }

  enum Style: String {
    case lines
    case points = "linespoints pt 7 ps 0.7"
    case errorBars = "yerrorbars pt 7 ps 0.9"
  }

  /// A colour for each group, or for each quantity if there is one group; quantities of several
  /// groups differ by their dashes.
  ///
  /// - Parameters:
  ///   - x: what gnuplot draws a row at.
  ///   - style: of the medians; error bars, which have no band beside them, where x has no order.
  ///   - more: further items of the plot.
  func commands(x: String, style: Style, more: [String] = []) -> String {
    let hasGroups = lines.contains { $0.group > 0 }
    let (median, lower, upper) = (xColumn + 1, xColumn + 2, xColumn + 3)
    let columns = style == .errorBars ? "\(median):\(lower):\(upper)" : "\(median)"
    let bands = (style == .errorBars ? [] : lines).enumerated().map { index, line in
      "'\(StorePlot.tableName)' using ($1==\(index) ? \(x) : NaN):\(lower):\(upper) with filledcurves "
        + "lc \(colour(line, hasGroups)) fs transparent solid 0.15 noborder notitle"
    }
    let medians = lines.enumerated().map { index, line in
      "'\(StorePlot.tableName)' using ($1==\(index) ? \(x) : NaN):\(columns) with \(style.rawValue) lw 2 "
        + "lc \(colour(line, hasGroups)) dt \(hasGroups ? line.quantity + 1 : 1) "
        + "title '\(title(line, hasGroups))'"
    }
    return "set datafile missing NaN\nplot "
      + (bands + medians + more).joined(separator: ", \\\n  ")
  }

  func colour(_ line: Line, _ hasGroups: Bool) -> Int {
    (hasGroups ? line.group : line.quantity) + 1
  }

  private func title(_ line: Line, _ hasGroups: Bool) -> String {
    let quantity = PlotText.label(query.y[line.quantity])
    let group = PlotText.label(query.group, line.values)
    if group.isEmpty { return quantity }
    return query.y.count > 1 ? "\(quantity), \(group)" : group
  }

  var yLabel: String { query.y.map(PlotText.label).joined(separator: ", ") }
}
