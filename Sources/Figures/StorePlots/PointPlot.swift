import Sweeps

/// Quantities of runs over a parameter: medians and quartiles over what is not named.
struct PointPlot {
  let plot: StorePlot

  init(_ store: RunStore, _ query: PlotQuery) throws {
    try store.check([query.x] + query.y + query.group + query.over)
    let groups = try store.groups(
      GroupQuery(
        query.group + [query.x], over: query.over, metrics: query.y,
        statistics: [.median, PlotText.lowerQuartile, PlotText.upperQuartile, .count],
        conditions: query.conditions))
    try PlotText.requireRuns(groups)
    let drawn = groups.groups.filter { $0.values.last != .null }
    let places = Self.places(drawn.compactMap(\.values.last))
    var series = PlotSeries(query)
    for (group, members) in Self.lines(drawn).enumerated() {
      for quantity in query.y.indices {
        let points = members.compactMap { member -> PlotSeries.Point? in
          let values = member.metrics[quantity].values
          guard let x = member.values.last, values[0] != .null else { return nil }
          return PlotSeries.Point(
            x: x, median: values[0].number, lower: values[1].number, upper: values[2].number,
            runs: Int(values[3].number ?? 0))
        }
        guard !points.isEmpty else { continue }
        let values = Array(members[0].values.dropLast())
        series.add(.init(group: group, quantity: quantity, values: values), points)
      }
    }
    try series.requirePoints()
    var remarks = PlotText.remarks(groups)
    let placeless = groups.groups.filter { $0.values.last == .null }.reduce(0) { $0 + $1.count }
    if placeless > 0 {
      remarks.append("\(placeless) runs have no value of \(query.x) and are left out")
    }
    plot = StorePlot(
      rows: series.rows, plot: Self.commands(series, places: places), remarks: remarks)
  }

  /// The groups of a line, in the order of x.
  private static func lines(_ groups: [RunGroups.Group]) -> [[RunGroups.Group]] {
    var lines: [[RunGroups.Group]] = []
    for group in groups {
      if let last = lines.last?.last, last.values.dropLast() == group.values.dropLast() {
        lines[lines.count - 1].append(group)
      } else {
        lines.append([group])
      }
    }
    return lines
  }

  /// The values of an axis that has a place for each, in order; nil if all are numbers.
  private static func places(_ values: [RunValue]) -> [RunValue]? {
    guard values.contains(where: { $0.number == nil }) else { return nil }
    return Set(values).sorted(by: RunValue.precedes)
  }

  private static func commands(_ series: PlotSeries, places: [RunValue]?) -> String {
    var query = series.query
    var x = "$\(series.xColumn)"
    var tics = ""
    if let places {
      query.logarithmic.remove(.x)
      // A word's place is found by comparing it with each.
      x = places.enumerated().reduce("NaN") { rest, place in
        let name = place.element.description.replacing("'", with: "''")
        return "(strcol(\(series.xColumn)) eq '\(name)' ? \(place.offset) : \(rest))"
      }
      tics = PlotText.tics("x", places) + "\nset xrange [-0.5:\(places.count).0-0.5]"
    }
    return """
      set xlabel '\(PlotText.label(query.x))'
      set ylabel '\(series.yLabel)'
      \(PlotText.scales(query.logarithmic))
      \(tics)
      set key outside right top Left reverse
      \(series.commands(x: x, style: places == nil ? .points : .errorBars))
      """
  }
}
