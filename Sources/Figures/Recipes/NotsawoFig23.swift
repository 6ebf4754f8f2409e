import Experiments
import Sweeps

extension FigureRecipe {
  /// The sweep over tau that Figs. 8 and 23 share: entries chosen by local coherence.
  ///
  /// N = 70 and alpha = 1 as in the authors' code (their paper names alpha = 0.1 and several N, of which
  /// two more are run at a few tau). They draw one target; the claims need several, each with a mask of
  /// its own. The small scale has beta 1e-3 in place of 1e-5 and thresholds, steps and errors in
  /// proportion to it, as dynamics depend on alpha beta alone; 40,000 steps are those of the
  /// measurement to compare with.
  static func notsawoCoherenceSweep(_ scale: FigureScale) -> String {
    func sweep(_ numbers: String, taus: String) -> String {
      """
      experiment: matrix-recovery
      method: subgradient
      problem: {kind: completion, n1: 10, n2: 10, r: 2, target_scale: sqrt-size}
      learning_rate: 1.0
      regularizer: {nuclear: \(scale == .paper ? "1.0e-5" : "1.0e-3")}
      init: {kind: identity, scale: 1.0e-6}
      steps: \(scale == .paper ? 10_000_001 : 40_000)
      evaluate: {per_decade: 40}
      thresholds: {train: 2.0e-\(scale == .paper ? 5 : 3), test: 2.0e-\(scale == .paper ? 5 : 3)}
      precision: f64
      sweep:
        problem.N: [\(numbers)]
        problem.tau: [\(taus)]
        seed: {range: [1, \(scale == .paper ? 7 : 25)]}
      """
    }
    return documents([
      sweep("70", taus: "0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0"),
      sweep("50, 80", taus: "0, 0.5, 1.0"),
    ])
  }

  /// Curves over the share of entries chosen by coherence, on a logarithmic axis.
  static let notsawoFig23 = FigureRecipe(
    id: "notsawo/fig23",
    title: "Matrix completion from coherent entries",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 23; section 3.4",
    spec: notsawoCoherenceSweep,
    analyze: { try coherenceFigure("notsawo/fig23", $0, isLogarithmic: true) })

  /// The same on a linear axis.
  static let notsawoFig08 = FigureRecipe(
    id: "notsawo/fig08",
    title: "Matrix completion from coherent entries, linear time",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 8; section 3.4",
    spec: notsawoCoherenceSweep,
    analyze: { try coherenceFigure("notsawo/fig08", $0, isLogarithmic: false) })

  private static func coherenceFigure(
    _ id: String, _ input: FigureInput, isLogarithmic: Bool
  ) throws -> FigureOutput {
    guard let first = input.runs.first else { throw FigureError.noRuns(id) }
    let groups = try CoherenceGroup.all(input.runs)
    let main = groups.filter { $0.measurements == 70 }
    var output = FigureOutput()
    let header = ["N", "tau", "runs", "recovered", "rate", "median_t2"]
    func table(_ groups: [CoherenceGroup]) -> [[String]] {
      [header]
        + groups.map { group in
          [
            "\(group.measurements)", "\(group.tau)", "\(group.runs.count)", "\(group.recovered)",
            "\(group.rate)", group.median.map { "\($0)" } ?? "nan",
          ]
        }
    }
    output.tables = [
      ("groups", table(main)), ("sizes", table(groups.filter { $0.measurements != 70 })),
    ]
    // As in the paper, curves are those of one target.
    let seed = try first.number("seed")
    let drawn = try input.runs.filter {
      try $0.number("seed") == seed && $0.number("problem.N") == 70
    }
    output.tables += try drawn.map { run in
      (
        "tau\(try run.number("problem.tau"))",
        try CurveTable.rows(run.curves, ["train_error", "test_error"])
      )
    }
    output.claims =
      coherenceClaims(main, steps: first.prepared.steps) + CoherenceGroup.sizeClaims(groups)
    output.plot = coherencePlot(
      main.map(\.tau), steps: first.prepared.steps, isLogarithmic: isLogarithmic)
    return output
  }

  private static func coherenceClaims(_ groups: [CoherenceGroup], steps: Int) -> [Claim] {
    let rates = groups.map { ($0.tau, $0.rate) }
    let rateText = rates.map { "\(Number.short($0.1))" }.joined(separator: ", ")
    // Where less than half recover the median is later than the end: the end is a bound.
    let medians = groups.map { ($0.tau, $0.median ?? Double(steps)) }
    let medianText = groups.map { $0.median.map(Number.short) ?? ">\(steps)" }
      .joined(separator: ", ")
    let rises = zip(medians, medians.dropFirst()).count { $1.1 > $0.1 * 1.07 }
    let pairs = groups.count - 1
    let ends = (groups.first, groups.last)
    let ratio = medians.first.flatMap { first in medians.last.map { $0.1 / first.1 } }
    return [
      Claim(
        "recovery is more frequent with tau: slope of its rate against tau",
        LineFit.slope(rates.map { (x: $0.0, y: $0.1) }), in: 0.05...2,
        "rising; 2, 5 and 6 of 6 targets at tau 0, 0.2 and 1 in another measurement",
        detail: "rates \(rateText)"),
      Claim(
        "rate of recovery at tau = 1 less that at tau = 0",
        ends.0.flatMap { low in ends.1.map { $0.rate - low.rate } }, in: 0.3...1,
        "2 of 6 against 6 of 6 targets in another measurement"),
      Claim(
        "t2 falls with tau: slope of its median against tau, in lengths of the run",
        LineFit.slope(medians.map { (x: $0.0, y: $0.1 / Double(steps)) }), in: -2 ... -0.05,
        "falling", detail: "medians \(medianText)"),
      Claim(
        "from one tau to the next the median t2 does not rise",
        measured: "\(pairs - rises) of \(pairs) pairs",
        tolerance: "all but one: medians of few targets; steps are evaluated 40 times a decade",
        held: pairs > 0 && rises <= 1),
      Claim(
        "median t2 at tau = 1 over that at tau = 0", ratio, in: 0...0.25,
        "at most a quarter (1,000 to 5,000 steps against 13,000 and never)"),
      Claim(
        "median t2 at tau = 1 times alpha beta", ends.1?.scaledMedian, in: 1...5,
        "1,000 to 5,000 steps at alpha beta = 1e-3"),
    ]
  }

  private static func coherencePlot(
    _ taus: [Double], steps: Int, isLogarithmic: Bool
  ) -> String {
    func lines(_ column: Int) -> String {
      taus.map { tau in
        "'tau\(tau).csv' using ($1+1):\(column) with lines lw 1.5 lc palette cb \(tau) notitle"
      }.joined(separator: ", ")
    }
    return """
      set multiplot layout 1, 3
      set logscale y
      \(isLogarithmic ? "set logscale x\nset format x '10^{%L}'" : "set format x '%.1s%c'\nset xtics \(Double(steps) / 4)")
      set format y '10^{%L}'
      set xlabel 'step + 1'
      set palette rgbformulae 33,13,10
      set cbrange [0:1]
      set cblabel '{/Symbol t}'
      set ylabel 'train error'
      plot \(lines(2))
      set ylabel '|A - A*|_F / |A*|_F'
      plot \(lines(3))
      unset colorbox
      unset logscale
      set xtics autofreq
      set format x '%g'
      set format y '%g'
      set xlabel '{/Symbol t}'
      set ylabel 'share of targets recovered'
      set yrange [0:1.05]
      set ytics nomirror
      set y2range [0:*]
      set y2tics
      set y2label 'median t_2'
      set key center right
      plot 'groups.csv' using 2:5 with linespoints pt 7 title 'recovered, N = 70', \
        'sizes.csv' using ($1==50 ? $2 : NaN):5 with points pt 4 lc 3 title 'N = 50', \
        '' using ($1==80 ? $2 : NaN):5 with points pt 8 lc 4 title 'N = 80', \
        'groups.csv' using 2:6 axes x1y2 with linespoints pt 6 lc 2 title 'median t_2'
      unset multiplot
      """
  }
}
