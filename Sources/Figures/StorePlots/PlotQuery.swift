import Sweeps

/// What is asked of a plot of a store's runs.
public struct PlotQuery: Sendable {
  public enum Axis: Character, Sendable, CaseIterable {
    case x = "x"
    case y = "y"
    case colour = "c"
  }

  /// A key of runs, or `step` for curves.
  public var x: String
  /// Keys of runs with numbers; metrics for curves; the one key of the other axis of a heat map.
  public var y: [String]
  /// What colours the cells of a heat map; nil for no heat map.
  public var colour: String?
  /// Runs with equal values of these are a line.
  public var group: [String]
  /// What runs of a point are meant to differ in.
  public var over: [String]
  public var conditions: [RunCondition]
  public var logarithmic: Set<Axis>
  /// Curves: whether t1 and t2 are marked.
  public var marksSteps: Bool

  public init(
    x: String, y: [String], colour: String? = nil, group: [String] = [], over: [String] = ["seed"],
    conditions: [RunCondition] = [], logarithmic: Set<Axis> = [], marksSteps: Bool = false
  ) {
    self.x = x
    self.y = y
    self.colour = colour
    self.group = group
    self.over = over
    self.conditions = conditions
    self.logarithmic = logarithmic
    self.marksSteps = marksSteps
  }
}

/// A plot of a store's runs: its table, gnuplot commands that read it, and what is not in it.
public struct StorePlot: Sendable {
  /// Name of the table in `plot`; replaced by that of the file.
  static let tableName = "\u{1}"

  let rows: [[String]]
  /// Gnuplot commands after the terminal is set.
  let plot: String
  /// A sentence for each kind of run that is left out, and for parameters that are mixed.
  public let remarks: [String]

  /// Medians with their quartiles over x, curves, or a heat map.
  ///
  /// - Throws: `StoreError`, `RunQueryError` for keys that cannot be drawn, `FigureError.nothing`.
  public init(_ store: RunStore, _ query: PlotQuery) throws {
    if let colour = query.colour {
      self = try HeatMap(store, query, colour: colour).plot
    } else if query.x == "step" {
      self = try CurvePlot(store, query).plot
    } else {
      self = try PointPlot(store, query).plot
    }
  }

  init(rows: [[String]], plot: String, remarks: [String]) {
    self.rows = rows
    self.plot = plot
    self.remarks = remarks
  }
}

/// What the three kinds of plots have in common.
enum PlotText {
  static let lowerQuartile = Statistic.q25
  static let upperQuartile = Statistic.q75

  /// A key as a label: words apart, t1 and t2 as the papers write them.
  static func label(_ key: String) -> String {
    let names = ["t1": "t_1", "t2": "t_2", "t2-t1": "t_2 - t_1"]
    return names[key] ?? plain(RunKey(key).name.replacing("_", with: " "))
  }

  /// Text without meaning to gnuplot's enhanced mode, within single quotes.
  static func plain(_ text: String) -> String {
    text.map { character in
      switch character {
      case "_", "^", "{", "}", "@", "&", "~", "\\": "\\\(character)"
      case "'": "''"
      default: String(character)
      }
    }.joined()
  }

  /// Values of the keys of a group, `learning rate = 0.1, seed = 2`.
  static func label(_ keys: [String], _ values: [RunValue]) -> String {
    zip(keys, values).map { "\(label($0)) = \(label($1))" }.joined(separator: ", ")
  }

  /// A value as people read it: numbers with four digits.
  static func label(_ value: RunValue) -> String {
    if case .number(let number) = value, Int(exactly: number) == nil { return Number.short(number) }
    return plain(value.description)
  }

  static func cell(_ value: RunValue) -> String {
    switch value {
    case .null: "nan"
    case .number: value.description
    case .text(let text): CSVText.quoted(text)
    }
  }

  /// A number in full precision.
  static func cell(_ value: Double?) -> String { value.map { "\($0)" } ?? "nan" }

  static func scales(_ axes: Set<PlotQuery.Axis>) -> String {
    let names = [(PlotQuery.Axis.x, "x"), (.y, "y"), (.colour, "cb")]
    return names.filter { axes.contains($0.0) }.map {
      "set logscale \($1)\nset format \($1) '10^{%L}'"
    }.joined(separator: "\n")
  }

  /// Names of values as tics of an axis that has a place for each; at most about thirty.
  static func tics(_ axis: String, _ values: [RunValue]) -> String {
    let every = max(1, (values.count + 29) / 30)
    let tics = values.enumerated().filter { $0.offset.isMultiple(of: every) }.map { place, value in
      "'\(label(value))' \(place)"
    }
    return "set \(axis)tics (\(tics.joined(separator: ", ")))"
  }

  /// What statistics leave out, and what is mixed in them.
  static func remarks(_ groups: RunGroups) -> [String] {
    let runs = groups.groups.reduce(0) { $0 + $1.count }
    let unfinished = groups.groups.reduce(0) { $0 + $1.unfinished }
    var remarks: [String] = []
    if unfinished > 0 {
      remarks.append("\(unfinished) of \(runs) runs diverged or were stopped and are left out")
    }
    for (index, metric) in groups.metrics.enumerated() {
      let missing = groups.groups.reduce(0) { $0 + $1.metrics[index].missing }
      if missing > 0 {
        remarks.append(
          "\(metric): \(missing) of \(runs - unfinished) finished runs have no value and are left out"
        )
      }
    }
    if !groups.mixed.isEmpty {
      remarks.append(
        "runs of a point differ in \(groups.mixed.joined(separator: ", ")) as well; add it to --group "
          + "or --over, or choose with --where")
    }
    return remarks
  }

  /// - Throws: `FigureError.nothing` if no run is asked for.
  static func requireRuns(_ groups: RunGroups) throws {
    guard groups.matching > 0 else {
      throw FigureError.nothing(
        groups.total == 0
          ? "the store has no runs" : "none of the \(groups.total) runs meets the conditions")
    }
  }
}
