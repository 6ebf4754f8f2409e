import Experiments
import Foundation
import Sweeps
import Theory

extension FigureRecipe {
  /// All components of the run of Fig. 3 over time, below the target's.
  static let notsawoFig25 = FigureRecipe(
    id: "notsawo/fig25",
    title: "Heat map of the components of a sparse-recovery run with l1",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 25",
    spec: notsawoFig03.spec,
    analyze: { input in
      guard let run = input.runs.first else { throw FigureError.noRuns("notsawo/fig25") }
      let map = try ComponentMap(run)
      var output = FigureOutput()
      output.tables = [("components", map.rows), ("target", map.targetRows)]
      output.claims = map.claims
      output.plot = map.plot
      return output
    })
}

/// Components over time; those below `visible` in magnitude count as 0, as in the authors' figure.
private struct ComponentMap {
  static let visible = 1e-4
  /// Rows of the map per factor of ten of step + 1.
  private static let perDecade = 40

  private let run: FigureInput.Run
  private let target: [Double]
  /// By component, then record.
  private let components: [[Double]]
  /// What Fuchs' condition compares with 1: above it, entries off the support may stay.
  private let irrepresentability: Double

  init(_ run: FigureInput.Run) throws {
    self.run = run
    let problem = try SparseRecovery.problem(of: run.prepared)
    target = problem.target
    components = try problem.target.indices.map { try run.curve("a_\($0)") }
    irrepresentability =
      LassoBias(problem.measurements, target: problem.target, l1: 0)?.irrepresentability ?? .nan
  }

  // MARK: - Claims

  /// Visible entries off the support at the record of a step.
  private func stray(at step: Int?) -> Int? {
    step.flatMap { run.curves.steps.firstIndex(of: $0) }.map { record in
      target.indices.count { target[$0] == 0 && !(abs(components[$0][record]) < Self.visible) }
    }
  }

  var claims: [Claim] {
    let distances = zip(components, target).map { abs(($0.last ?? .nan) - $1) }
    let zeros = target.count { $0 == 0 }
    return [
      Claim(
        "entries off the support that are visible (1e-4) once the fit is found, at t1, over their "
          + "number", stray(at: run.t1).map { Double($0) / Double(zeros) }, in: 0.8...1,
        "least squares spreads over all components", detail: "of \(zeros)"),
      Claim(
        "entries off the support that are still visible at t2",
        stray(at: run.t2).map(Double.init), in: 0...3,
        "a few at most: some may stay, of size beta, as this measure of X is above 1",
        detail: "|X_R^T X_S (X_S^T X_S)^-1 sign(a*)|_inf = \(Number.short(irrepresentability))"),
      Claim(
        "and at the end", stray(at: run.curves.steps.last).map(Double.init), in: 0...3,
        "a few at most"),
      Claim(
        "largest |a_i - a*_i| at the end", distances.extremes.largest, in: 0...Self.visible,
        "every entry within 1e-4"),
    ]
  }

  // MARK: - Output

  /// The records of rows that are evenly spaced in log(step + 1): the last at or before each.
  private var records: [Int] {
    let steps = run.curves.steps
    guard let last = steps.last else { return [] }
    let count = Int(log10(Double(last) + 1) * Double(Self.perDecade))
    var (records, record) = ([Int](), 0)
    for row in 0...count {
      let position = pow(10, Double(row) / Double(Self.perDecade)) - 1
      while record + 1 < steps.count, Double(steps[record + 1]) <= position { record += 1 }
      records.append(record)
    }
    return records
  }

  var rows: [[String]] {
    [["step"] + target.indices.map { "\($0)" }]
      + records.map { record in
        ["\(run.curves.steps[record])"]
          + components.map { abs($0[record]) < Self.visible ? "0" : "\($0[record])" }
      }
  }

  var targetRows: [[String]] {
    [["component", "target"]] + target.enumerated().map { ["\($0)", "\($1)"] }
  }

  /// A dashed line across the map at a step.
  private func mark(_ name: String, _ step: Int?) -> String {
    guard let step else { return "" }
    let row = log10(Double(step) + 1) * Double(Self.perDecade)
    return """
      set arrow from graph 0, first \(row) to graph 1, first \(row) nohead front dt 2 lc rgb '#444444'
      set label '\(name)' at graph 1.005, first \(row) front

      """
  }

  var plot: String {
    let decades = Int(log10(Double(run.curves.steps.last ?? 0) + 1))
    let tics = (0...decades).map { "'10^{\($0)}' \($0 * Self.perDecade)" }.joined(separator: ", ")
    let marks = mark("t_1", run.t1) + mark("t_2", run.t2)
    let bound = (components.compactMap { $0.last } + target).map(abs).filter(\.isFinite).max() ?? 1
    return """
      set multiplot
      set palette defined (-1 '#053061', -0.4 '#2166ac', -0.1 '#92c5de', 0 '#ffffff', \
        0.1 '#f4a582', 0.4 '#b2182b', 1 '#67001f')
      set cbrange [-\(bound):\(bound)]
      set xrange [-0.5:\(Double(target.count) - 0.5)]
      set lmargin at screen 0.07
      set rmargin at screen 0.90
      unset grid
      set border 15
      set bmargin at screen 0.90
      set tmargin at screen 0.97
      set yrange [0:1]
      unset ytics
      unset colorbox
      set format x ''
      set ylabel 'a*' rotate by 0
      set style fill solid noborder
      plot 'target.csv' using 1:(0.5):($1-0.5):($1+0.5):(0):(1):2 with boxxyerror lc palette notitle
      set bmargin at screen 0.12
      set tmargin at screen 0.88
      set format x '%g'
      set xlabel 'component i'
      set ylabel 'step + 1' rotate by 90
      set yrange [-0.5:\(Double(records.count) - 0.5)]
      set ytics (\(tics)) nomirror
      set colorbox user origin 0.935, 0.12 size 0.015, 0.76
      set cblabel 'a_i'
      \(marks)
      plot 'components.csv' skip 1 matrix every ::1 using ($1-1):2:3 with image notitle
      unset multiplot
      """
  }
}
