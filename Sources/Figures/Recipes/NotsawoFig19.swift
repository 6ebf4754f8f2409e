import Experiments
import Foundation
import Sweeps
import Theory

extension FigureRecipe {
  /// (a) Coherence of measurements with the basis against tau; (b) the N_min that comes of it.
  ///
  /// The runs draw problems and take no step. Panel (b) is drawn from the problems of Fig. 20.
  static let notsawoFig19 = FigureRecipe(
    id: "notsawo/fig19",
    title: "Coherence against tau, and the measurements that l1 needs",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 19; appendix G.1",
    spec: { scale in
      let isPaper = scale == .paper
      let taus = stride(from: 0, through: 20, by: isPaper ? 1 : 4).map { "\(Double($0) / 20)" }
      return documents([
        """
        experiment: sparse-recovery
        problem: {n: 100, s: 5, basis: haar}
        steps: 0
        unsafe_step: true
        precision: f64
        sweep:
          problem.N: [\(stride(from: 1, to: 100, by: isPaper ? 1 : 7).map(String.init).joined(separator: ", "))]
          problem.tau: [\(taus.joined(separator: ", "))]
          seed: {range: [1, \(isPaper ? 11 : 4)]}
        """,
        notsawoPhaseSweep(scale),
      ])
    },
    analyze: { input in
      let isCoherence = { (run: FigureInput.Run) in
        try run.prepared.parameters.text("problem.basis") == "haar"
      }
      let points = try input.runs.filter(isCoherence).map(CoherencePoint.init)
      guard !points.isEmpty else { throw FigureError.noRuns("notsawo/fig19") }
      let diagram = try PhaseDiagram(
        FigureInput(runs: try input.runs.filter { try !isCoherence($0) }), "notsawo/fig19")
      var output = FigureOutput()
      output.tables = [("coherence", CoherencePoint.means(points))] + diagram.tables
      output.claims = fig19Claims(points) + diagram.claims
      output.plot = fig19Plot(diagram)
      return output
    })

  private static func fig19Claims(_ points: [CoherencePoint]) -> [Claim] {
    let selected = points.filter { $0.selected >= 1 }
    let free = points.filter { $0.selected == 0 && $0.N >= 10 }
    let apart = selected.map { abs($0.coherence - 1) }
    return [
      Claim(
        "mu = 1 as soon as one measurement is a column of the basis: largest |mu - 1|",
        apart.extremes.largest, in: 0...1e-12, "rounding", detail: "\(selected.count) problems"),
      Claim(
        "otherwise mu is about sqrt(2 ln(2 n N) / n): ratio, over problems with N >= 10",
        each: free.map { $0.coherence / $0.expected }, in: 0.6...1.4,
        "the largest of n N Gaussian numbers, of one draw"),
      Claim(
        "mean mu without selection, N >= 10",
        free.map(\.coherence).reduce(0, +) / Double(free.count), in: 0.33...0.40,
        "0.33 to 0.39 in another measurement"),
    ]
  }

  private static func fig19Plot(_ diagram: PhaseDiagram) -> String {
    """
    set multiplot layout 1, 2
    set xlabel '{/Symbol t}'
    set ylabel '{/Symbol m}(M^T, {/Symbol F})'
    set cblabel 'N'
    set yrange [0:1.05]
    plot 'coherence.csv' using 2:3:1 with points pt 7 ps 0.7 lc palette notitle
    unset yrange
    set autoscale y
    set xlabel 's'
    set ylabel 'N_{min}'
    set key bottom right
    \(diagram.leastPlot)
    unset multiplot
    """
  }
}

/// One drawn problem's coherence.
private struct CoherencePoint {
  let N: Int
  let tau: Double
  /// int(tau N), how many measurements are columns of the basis.
  let selected: Int
  /// mu(M^T, Phi)
  let coherence: Double
  /// sqrt(2 ln(2 n N) / n)
  let expected: Double

  init(_ run: FigureInput.Run) throws {
    let x = try SparseRecovery.problem(of: run.prepared).measurements
    N = x.rows
    tau = try run.number("problem.tau")
    selected = Int(tau * Double(N))
    let n = Double(x.columns)
    expected = (2 * log(2 * n * Double(N)) / n).squareRoot()
    coherence = Coherence.withBasis(x)
  }

  /// Means over seeds as a table.
  static func means(_ points: [CoherencePoint]) -> [[String]] {
    var sums: [[Double]: (Double, Int)] = [:]
    for point in points {
      let old = sums[[Double(point.N), point.tau]] ?? (0, 0)
      sums[[Double(point.N), point.tau]] = (old.0 + point.coherence, old.1 + 1)
    }
    return [["N", "tau", "coherence"]]
      + sums.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { key, sum in
        ["\(Int(key[0]))", "\(key[1])", "\(sum.0 / Double(sum.1))"]
      }
  }
}
