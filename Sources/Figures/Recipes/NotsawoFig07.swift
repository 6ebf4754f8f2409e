import Foundation
import Sweeps

extension FigureRecipe {
  /// Figs. 7 and 16: large start, l2 alone. The run is the authors' own (their seed and stream, ones
  /// times 10, so |a_0|_2 = 100, where their caption says 10); iterates in closed form (Eq. 113). A
  /// start N(0, 100/n) as in their text is the second run. Two numbers N of measurements from which
  /// l1 does not recover the target either (Fig. 27) show that ridge regression looks the same there.
  private static func notsawoRidge(_: FigureScale) -> String {
    let late = (0...340).map { Int((200 * pow(10, Double($0) / 60)).rounded()) }
    let steps = Array(0..<200) + late.filter { $0 < 100_000_000 } + [100_000_000]
    return """
      experiment: sparse-recovery
      method: subgradient
      solver: closed-form
      problem: {n: 100, s: 5, snr: 1.0e8, row_variance: 1/N, generator: mt19937}
      learning_rate: 0.1
      regularizer: {l1: 0, l2: 1.0e-5}
      init: {scale: 10}
      steps: 100000000
      evaluate: {at: [\(steps.map(String.init).joined(separator: ", "))]}
      thresholds: {train: 1.0e-3, test: 1.0e-3}
      record: {trace: true}
      precision: f64
      seed: 1
      sweep:
        problem.N: [30, 10, 20]
        init.kind: [ones, normal]
      """
  }

  /// Errors and |a|_2 on logarithmic axes, and the components.
  static let notsawoFig07 = FigureRecipe(
    id: "notsawo/fig07",
    title: "Grokking without understanding: a large start and l2 alone",
    citation:
      "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 7; Theorem 3.6, Eq. 113",
    spec: notsawoRidge,
    analyze: { input in
      try ridgeFigure("notsawo/fig07", input) { components, floor in
        """
        set multiplot layout 1, 2
        \(axes)
        set logscale y
        set format y '10^{%L}'
        set key center left
        plot 'ones.csv' using ($1+1):2 with lines lw 2 title 'train error', \
          '' using ($1+1):3 with lines lw 2 title 'test error', \
          '' using ($1+1):5 with lines lw 1 title '|a|_2', \
          \(floor) with lines dt 2 lc rgb '#444444' title '|(I - P) a*| / |a*|'
        unset logscale y
        set format y '%g'
        unset key
        set ylabel 'a_i'
        plot for [i=2:\(components + 1)] 'components.csv' using ($1+1):i with lines lw 1
        unset multiplot
        """
      }
    })

  /// The same errors on a linear and on a logarithmic axis, and |a|_1.
  static let notsawoFig16 = FigureRecipe(
    id: "notsawo/fig16",
    title: "Grokking without understanding, on a linear and a logarithmic axis",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 16; Theorem 3.6",
    spec: notsawoRidge,
    analyze: { input in
      try ridgeFigure("notsawo/fig16", input) { _, floor in
        let panel = """
          plot 'ones.csv' using ($1+1):2 with lines lw 2 title 'train error', \
            '' using ($1+1):3 with lines lw 2 title 'test error', \
            \(floor) with lines dt 2 lc rgb '#444444' title '|(I - P) a*| / |a*|', \
            '' using ($1+1):4 axes x1y2 with lines lw 1 title '|a|_1 (right axis)'
          """
        return """
          set multiplot layout 1, 2
          \(axes)
          set ytics nomirror
          set y2tics
          set key top right
          \(panel)
          set logscale y
          set format y '10^{%L}'
          \(panel)
          unset multiplot
          """
      }
    })

  private static let axes = """
    set logscale x
    set format x '10^{%L}'
    set xlabel 'step + 1'
    """

  private static func ridgeFigure(
    _ id: String, _ input: FigureInput, plot: (_ components: Int, _ floor: Double) -> String
  ) throws -> FigureOutput {
    let runs = try input.runs.map(RidgeRun.init)
    guard let first = runs.first else { throw FigureError.noRuns(id) }
    var output = FigureOutput()
    let metrics = ["train_error", "test_error", "l1_norm", "l2_norm"]
    output.tables = try runs.map { ($0.table, try CurveTable.rows($0.run.curves, metrics)) }
    output.tables.append(
      ("components", try CurveTable.rows(first.run.curves, first.components)))
    output.claims = try runs.flatMap { try $0.claims() }
    output.plot = plot(first.components.count, first.floor)
    return output
  }
}
