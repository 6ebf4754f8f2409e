import Experiments
import Sweeps
import Theory

extension FigureRecipe {
  /// Anatomy of one l1 run.
  ///
  /// The run is the authors' own (their seed, stream, noise and thresholds); the numbers to compare
  /// with were measured by an independent implementation of their configuration.
  static let notsawoFig03 = FigureRecipe(
    id: "notsawo/fig03",
    title: "Anatomy of a sparse-recovery run with l1",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 3; Theorem 3.1",
    spec: { _ in
      """
      experiment: sparse-recovery
      method: subgradient
      problem: {n: 100, s: 5, N: 30, snr: 1.0e8, row_variance: 1/N, generator: mt19937}
      learning_rate: 0.1
      regularizer: {l1: 1.0e-5}
      init: {kind: ones, scale: 1.0e-6}
      steps: 1000000
      evaluate: {first: 1000, every: 1000}
      thresholds: {train: 1.0e-3, test: 1.0e-3}
      record: {trace: true}
      precision: f64
      seed: 1
      """
    },
    analyze: { input in
      guard let run = input.runs.first else { throw FigureError.noRuns("notsawo/fig03") }
      var output = FigureOutput()
      let names = ["train_error", "test_error", "l1_norm", "l2_norm", "gradient_ratio"]
      let components = run.curves.names.filter { $0.hasPrefix("a_") }
      output.tables = [
        ("curves", try CurveTable.rows(run.curves, names)),
        ("components", try CurveTable.rows(run.curves, components)),
      ]
      let anatomy = try SparseAnatomy(run)
      output.claims = try anatomy.claims()
      let goal = anatomy.problem.target.reduce(0) { $0 + abs($1) }
      output.plot = fig03Plot(run, anatomy.theory, components: components.count, goal: goal)
      return output
    })

  private static func fig03Plot(
    _ run: FigureInput.Run, _ theory: SparseRecoveryTheory, components: Int, goal: Double
  ) -> String {
    let marks =
      StepMarks.measured([("t_1", run.t1), ("t_2", run.t2)]) + "\n"
      + StepMarks.predicted([
        ("t_1, theory", theory.memorizationStep(asCoded: true)),
        ("{/Symbol D}t, theory", theory.delay),
      ])
    return """
      set multiplot layout 1, 3
      set tmargin 4
      set logscale x
      set xlabel 'step + 1'
      set format x '10^{%L}'
      \(marks)
      set key at graph 0.98, 0.95 top right
      set logscale y
      set format y '10^{%L}'
      plot 'curves.csv' using ($1+1):2 with lines lw 2 title 'train error', \
        '' using ($1+1):3 with lines lw 2 title 'test error', \
        '' using ($1+1):6 with lines lw 1 title '|G| / |{/Symbol b} H|'
      set key at graph 0.98, 0.75 right
      unset logscale y
      set format y '%g'
      plot 'curves.csv' using ($1+1):3 with lines lw 2 lc 2 title 'test error', \
        '' using ($1+1):4 with lines lw 2 lc 4 title '|a|_1', \
        \(goal) with lines dt 2 lc rgb '#444444' title '|a*|_1'
      unset key
      set ylabel 'a_i'
      plot for [i=2:\(components + 1)] 'components.csv' using ($1+1):i with lines lw 1
      unset multiplot
      """
  }
}
