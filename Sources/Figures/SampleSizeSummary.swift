import Sweeps

/// Errors and steps of runs against N, as Figs. 22 and 28 show them.
struct SampleSizeSummary {
  /// The runs of one curve, by N.
  struct Line {
    let cells: [SampleSizeCell]
    /// Such as `lc 1`.
    let style: String
    let title: String?
  }

  let lines: [Line]
  let theory: [[SampleSizeTheory]]
  /// t1, for which the two figures have rules of their own.
  let memorization: (SampleSizeCell) -> Int?
  /// Whether the steps that theory predicts are drawn.
  let showsPredictions: Bool

  /// - Throws: `ConvexError`.
  init(
    _ lines: [Line], showsPredictions: Bool, memorization: @escaping (SampleSizeCell) -> Int?
  ) throws {
    self.lines = lines
    self.memorization = memorization
    self.showsPredictions = showsPredictions
    var rest = try SampleSizeTheory.of(lines.flatMap(\.cells))[...]
    theory = lines.map { line in
      defer { rest = rest.dropFirst(line.cells.count) }
      return Array(rest.prefix(line.cells.count))
    }
  }

  /// Each run with its theory.
  var pairs: [(cell: SampleSizeCell, theory: SampleSizeTheory)] {
    zip(lines, theory).flatMap { zip($0.cells, $1).map { (cell: $0, theory: $1) } }
  }

  /// Whether a run recovers, going by its least error.
  private func recovers(_ cell: SampleSizeCell) -> Bool { SampleSizeReading.summary.recovers(cell) }

  /// A table for each line. Runs that recover have filled points, and t2 is drawn for them alone.
  var tables: [(name: String, rows: [[String]])] {
    let header = [
      "N", "s", "tau", "least_train_error", "least_test_error", "t1", "t2", "predicted_t1",
      "predicted_t2", "basis_pursuit_error", "point_type",
    ]
    return zip(lines, theory).enumerated().map { index, line in
      ("line\(index)", [header] + zip(line.0.cells, line.1).map(row))
    }
  }

  private func row(_ cell: SampleSizeCell, _ theory: SampleSizeTheory) -> [String] {
    let text = { (step: Int?) in step.map(String.init) ?? "nan" }
    return [
      "\(cell.N)", "\(cell.s)", "\(cell.tau)", "\(cell.least.train)", "\(cell.least.test)",
      text(memorization(cell)), text(cell.settled.test),
      theory.memorization.map { "\($0)" } ?? "nan", theory.delay.map { "\($0)" } ?? "nan",
      "\(theory.basisPursuitError)", recovers(cell) ? "7" : "6",
    ]
  }

  /// Where theory says that runs end: at a* exactly if basis pursuit does.
  var endClaim: Claim {
    let agree = pairs.count { cell, theory in
      (cell.least.test < 1e-2) == (theory.basisPursuitError < 1e-6)
    }
    let certified = pairs.count(where: \.theory.isCertified)
    return Claim(
      "the least test error is below 1e-2 exactly where the a of least |a|_1 with X a = y is a*",
      measured: "\(agree) of \(pairs.count) runs, \(certified) with a duality gap of 0",
      tolerance: "all; beta leaves errors of up to 5e-3, failures of 0.1 and more",
      held: agree == pairs.count && certified == pairs.count)
  }

  /// Four panels.
  ///
  /// - Parameters:
  ///   - look: commands for colours and the key of the first panel.
  ///   - right: where the panels end, as a share of the width.
  func plot(_ look: String, right: Double) -> String {
    """
    set multiplot layout 2, 2 margins 0.06, \(right), 0.1, 0.97 spacing 0.07, 0.07
    set logscale y
    set format y '10^{%L}'
    set xrange [5:105]
    \(look)
    set ylabel 'least |X a - y| / |y|'
    plot \(lines("4", titled: true)), \(points(4))
    unset colorbox
    set ylabel 'least |a - a*| / |a*|'
    set yrange [3e-5:3]
    set key bottom right horizontal
    plot \(lines("5")), \(points(5)), \(marks(10, "with points pt 1 ps 1.8 lw 1.5", "basis pursuit"))
    set yrange [1:*]
    set xlabel 'N'
    set ylabel 't_1'
    plot \(lines("6")), \(points(6))\(prediction(8))
    set key top right
    set ylabel 't_2'
    plot \(lines("($11 == 7 ? $7 : NaN)")), \(points(7))\(prediction(9)), \
      NaN with points pt 6 lc rgb '#444444' title 'no recovery'
    unset multiplot
    """
  }

  private func lines(_ value: String, titled: Bool = false) -> String {
    each { line in
      let title = titled ? line.title.map { "title '\($0)'" } : nil
      return "using 1:\(value) with lines lw 1.5 \(line.style) \(title ?? "notitle")"
    }
  }

  private func points(_ column: Int) -> String {
    each { "using 1:\(column):11 with points pt variable ps 0.8 \($0.style) notitle" }
  }

  private func prediction(_ column: Int) -> String {
    showsPredictions ? ", " + marks(column, "with lines dt 3 lw 1.5", "theory") : ""
  }

  /// What theory says; one grey entry of the key stands for all colours.
  private func marks(_ column: Int, _ look: String, _ title: String) -> String {
    each { "using 1:($\(column) > 1e-6 ? $\(column) : NaN) \(look) \($0.style) notitle" }
      + ", NaN \(look) lc rgb '#444444' title '\(title)'"
  }

  private func each(_ curve: (Line) -> String) -> String {
    lines.enumerated().map { "'line\($0).csv' " + curve($1) }.joined(separator: ", ")
  }
}
