import Sweeps

/// A quantity as colour over two parameters: the median over what is not named, a cell for every
/// pair of values that the runs have.
struct HeatMap {
  let plot: StorePlot

  init(_ store: RunStore, _ query: PlotQuery, colour: String) throws {
    guard query.y.count == 1, let y = query.y.first else {
      throw RunQueryError(
        "--y \(query.y.joined(separator: ",")): a heat map has one key on each axis")
    }
    try store.check([query.x, y, colour] + query.over)
    let groups = try store.groups(
      GroupQuery(
        [query.x, y], over: query.over, metrics: [colour], statistics: [.median, .count],
        conditions: query.conditions))
    try PlotText.requireRuns(groups)
    let columns = Set(groups.groups.map { $0.values[0] }).sorted(by: RunValue.precedes)
    let lines = Set(groups.groups.map { $0.values[1] }).sorted(by: RunValue.precedes)
    var rows = [["column", "row", RunKey(query.x).name, RunKey(y).name, colour, "runs"]]
    for group in groups.groups {
      guard let column = columns.firstIndex(of: group.values[0]),
        let line = lines.firstIndex(of: group.values[1])
      else { continue }
      let values = group.metrics[0].values
      rows.append(
        ["\(column)", "\(line)"] + group.values.map(PlotText.cell) + [
          PlotText.cell(values[0].number), PlotText.cell(values[1].number.map { Int($0) }),
        ])
    }
    let isPositive = query.logarithmic.contains(.colour)
    guard
      groups.groups.contains(where: { group in
        group.metrics[0].values[0].number.map { $0 > 0 || !isPositive } ?? false
      })
    else {
      throw FigureError.nothing(
        "no finished run has a number for \(colour)"
          + (isPositive ? " that is above 0, as --log c needs" : ""))
    }
    plot = StorePlot(
      rows: rows,
      plot: """
        set xlabel '\(PlotText.label(query.x))'
        set ylabel '\(PlotText.label(y))'
        set cblabel '\(PlotText.label(colour))'
        \(PlotText.scales(query.logarithmic.intersection([.colour])))
        \(PlotText.tics("x", columns))
        \(PlotText.tics("y", lines))
        set xtics rotate by -40
        set xrange [-0.5:\(columns.count).0-0.5]
        set yrange [-0.5:\(lines.count).0-0.5]
        unset grid
        set datafile missing NaN
        set style fill solid 1 noborder
        plot '\(StorePlot.tableName)' using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):5 \
        with boxxyerror fc palette notitle
        """,
      remarks: PlotText.remarks(groups))
  }
}

extension PlotText {
  fileprivate static func cell(_ count: Int?) -> String { count.map(String.init) ?? "0" }
}
