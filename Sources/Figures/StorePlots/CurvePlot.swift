import Sweeps

/// Metrics over steps: the median over the runs of a group at every step that all of them evaluated.
struct CurvePlot {
  let plot: StorePlot

  init(_ store: RunStore, _ query: PlotQuery) throws {
    try store.check(query.group + query.over)
    let groups = try store.groups(
      GroupQuery(
        query.group, over: query.over, metrics: ["t1", "t2"], statistics: [.median],
        conditions: query.conditions))
    try PlotText.requireRuns(groups)
    let members = try Self.members(store, query)
    var series = PlotSeries(query)
    var marks: [(group: Int, t1: Double?, t2: Double?)] = []
    var shortened = 0
    for group in groups.groups {
      guard let runs = members[group.values], !runs.isEmpty else { continue }
      let curves = try GroupCurves(store, runs, query.y)
      if curves.isShortened { shortened += 1 }
      let index = marks.count
      marks.append((index, group.metrics[0].values[0].number, group.metrics[1].values[0].number))
      for quantity in query.y.indices {
        series.add(
          .init(group: index, quantity: quantity, values: group.values),
          curves.points(quantity))
      }
    }
    guard !series.lines.isEmpty else {
      throw FigureError.nothing("no run that is asked for has finished")
    }
    try series.requirePoints(shift: Self.shift(query))
    // Steps that were not reached have no marks; curves have them all the same.
    var remarks = PlotText.remarks(groups).filter { remark in
      query.marksSteps || !remark.hasPrefix("t1: ") && !remark.hasPrefix("t2: ")
    }
    if shortened > 0 {
      remarks.append(
        "runs of a group were evaluated at different steps: \(shortened) of \(marks.count) groups are "
          + "drawn at those that all of their runs have")
    }
    plot = StorePlot(
      rows: series.rows, plot: Self.commands(series, query.marksSteps ? marks : []),
      remarks: remarks)
  }

  /// The finished runs of each group.
  private static func members(
    _ store: RunStore, _ query: PlotQuery
  ) throws -> [[RunValue]: [String]] {
    var members: [[RunValue]: [String]] = [:]
    let found = try store.select(["run", "status"] + query.group, RunQuery(query.conditions))
    for row in found.rows where row.values[1] == .text("finished") {
      members[Array(row.values.dropFirst(2)), default: []].append(row.values[0].description)
    }
    return members
  }

  /// A logarithmic axis has no place for step 0.
  private static func shift(_ query: PlotQuery) -> Double { query.logarithmic.contains(.x) ? 1 : 0 }

  private static func commands(
    _ series: PlotSeries, _ marks: [(group: Int, t1: Double?, t2: Double?)]
  ) -> String {
    let query = series.query
    let shift = Self.shift(query)
    let arrows = marks.flatMap { mark in
      [(mark.t1, 4), (mark.t2, 3)].compactMap { step, dash in
        step.map {
          "set arrow from \($0 + shift), graph 0 to \($0 + shift), graph 1 nohead "
            + "dt \(dash) lw 1.5 lc \(marks.count > 1 ? "\(mark.group + 1)" : "rgb '#555555'")"
        }
      }
    }
    let legend = [("t_1", 4), ("t_2", 3)].filter { _ in !marks.isEmpty }.map {
      "NaN with lines dt \($1) lw 1.5 lc rgb '#555555' title '\($0), median'"
    }
    return """
      set xlabel '\(shift == 1 ? "step + 1" : "step")'
      set ylabel '\(series.yLabel)'
      \(PlotText.scales(query.logarithmic))
      set key outside right top Left reverse
      \(arrows.joined(separator: "\n"))
      \(series.commands(x: "$\(series.xColumn)+\(shift)", style: .lines, more: legend))
      """
  }
}

/// The curves of a group's runs, at steps that all of them have.
private struct GroupCurves {
  private let steps: [Int]
  /// [quantity][run][step]
  private var values: [[[Double]]]
  /// Whether runs have steps that others have not.
  private(set) var isShortened = false

  init(_ store: RunStore, _ runs: [String], _ metrics: [String]) throws {
    var shared: [Int]?
    for run in runs {
      let found = try store.curves(of: run)
      for metric in metrics where found[metric] == nil {
        throw StoreError.unknownKey(
          path: store.path, key: metric,
          suggestion: Spelling.suggestion(metric, found.names)
            + "; curves of run \(run) are " + found.names.joined(separator: ", "))
      }
      guard let before = shared else {
        shared = found.steps
        continue
      }
      if before != found.steps {
        let both = Set(before).intersection(found.steps)
        shared = both.sorted()
        isShortened = true
      }
    }
    let all = shared ?? []
    let steps = Thinning.indices(all).map { all[$0] }
    self.steps = steps
    values = metrics.map { _ in [] }
    for run in runs {
      let found = try store.curves(of: run)
      let places = Dictionary(
        zip(found.steps, found.steps.indices), uniquingKeysWith: { first, _ in first })
      for (quantity, metric) in metrics.enumerated() {
        let curve = found[metric] ?? []
        values[quantity].append(steps.map { places[$0].map { curve[$0] } ?? .nan })
      }
    }
  }

  func points(_ quantity: Int) -> [PlotSeries.Point] {
    steps.enumerated().map { index, step in
      let sorted = values[quantity].map { $0[index] }.filter(\.isFinite).sorted()
      return PlotSeries.Point(
        x: .number(Double(step)), median: Statistic.median(sorted),
        lower: PlotText.lowerQuartile(sorted), upper: PlotText.upperQuartile(sorted),
        runs: sorted.count)
    }
  }
}
