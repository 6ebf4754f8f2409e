import ArgumentParser
import Figures
import Sweeps

struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw the runs of a store: quantities over parameters, curves, heat maps.",
    discussion: """
      A KEY is a parameter (lr and wd are short for learning_rate and weight_decay), a final metric
      such as test_error, or one of t1, t2, t2-t1, steps, seconds and the other columns of `grokcl runs`.
      Lines are medians over the runs that are not told apart, mostly seeds, and bands reach from their
      25 % to their 75 % quantile. Runs that diverged or were stopped, and values that are null, are left
      out and counted on standard error.

      Quantities over a parameter, a colour per value of --group:

        grokcl plot a.sqlite --x lr --y t1,t2 --group regularizer.l1 --log xy --output t2.svg

      Curves, with --x step; --marks adds the median t1 and t2 of each colour:

        grokcl plot a.sqlite --x step --y train_error,test_error --group lr --log xy --marks --output c.pdf

      A heat map, a cell for each pair of values:

        grokcl plot a.sqlite --x lr --y regularizer.l1 --color t2 --log c --output map.png

      Beside the picture NAME.svg, .png or .pdf stand its table, NAME.csv, and its gnuplot script, NAME.gp,
      to be changed: `gnuplot NAME.gp` draws it again.
      """)

  @Argument(help: "The SQLite file of `run --store`.")
  var store: String

  @Option(help: "The key on the horizontal axis, or step for curves.")
  var x: String

  @Option(
    help: "Keys on the vertical axis, with commas; metrics with --x step; one key with --color.")
  var y: String

  @Option(help: "A heat map: the key that the colour shows.")
  var color: String?

  @Option(help: "A line for each value of these keys, such as lr,wd.")
  var group: String?

  @Option(help: "What runs of a point may differ in; others are named.")
  var over = "seed"

  @Option(
    name: .customLong("where"),
    help: "Only runs with KEY OP VALUE, OP one of = != < <= > >=; all conditions must hold.")
  var conditions: [String] = []

  @Option(help: "Logarithmic axes: x, y, xy; c for the colours of a heat map.")
  var log: String?

  @Flag(help: "Curves: mark the median t1 (dash-dotted) and t2 (dotted).")
  var marks = false

  @Option(help: "The picture: a name that ends in .svg, .png or .pdf.")
  var output: String

  func validate() throws {
    guard StorePlotFile(output) != nil else {
      throw ValidationError(
        "--output '\(output)': must end in " + StorePlotFile.suffixes.joined(separator: ", "))
    }
    for (option, value) in [("x", x), ("y", y), ("group", group), ("color", color)] {
      if let value, KeyList.names(value).isEmpty {
        throw ValidationError("--\(option) '\(value)': must be keys with commas between them")
      }
    }
    let axes = try logarithmic()
    if color == nil, axes.contains(.colour) { throw ValidationError("--log c needs --color") }
    if color != nil {
      if group != nil { throw ValidationError("--group is not for heat maps; choose with --where") }
      if axes.contains(.x) || axes.contains(.y) {
        throw ValidationError("--log: a heat map has a cell for each value; only c is logarithmic")
      }
    }
    if marks, x != "step" || color != nil { throw ValidationError("--marks needs --x step") }
  }

  func run() throws {
    guard let file = StorePlotFile(output) else { return }
    let store = try RunStore(reading: store)
    let query = PlotQuery(
      x: x, y: KeyList.names(y), colour: color, group: group.map(KeyList.names) ?? [],
      over: KeyList.names(over), conditions: try conditions.map { try RunCondition($0) },
      logarithmic: try logarithmic(), marksSteps: marks)
    let plot = try StorePlot(store, query)
    let gnuplot = Gnuplot()
    if gnuplot == nil {
      Failure.warn("no gnuplot on the path: table and script only (install gnuplot-nox)")
    }
    let files = try file.write(plot, with: gnuplot)
    plot.remarks.forEach(Failure.warn)
    for file in files { try Output.line("written to \(file)") }
  }

  private func logarithmic() throws -> Set<PlotQuery.Axis> {
    Set(
      try (log ?? "").map { letter in
        guard let axis = PlotQuery.Axis(rawValue: letter) else {
          throw ValidationError("--log '\(log ?? "")': must be of the letters x, y and c")
        }
        return axis
      })
  }
}
