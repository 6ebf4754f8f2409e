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
      output.claims = try fig03Claims(run)
      let batch = try SparseRecovery().batch(of: [run.prepared], instance: nil)
      let goal = batch.problems[0].target.reduce(0) { $0 + abs($1) }
      output.plot = fig03Plot(
        run, SparseRecoveryTheory(batch.problems[0], batch.runs[0]), components: components.count,
        goal: goal)
      return output
    })

  private static func fig03Claims(_ run: FigureInput.Run) throws -> [Claim] {
    let ratio = try run.curve("gradient_ratio")
    let l1 = try run.curve("l1_norm")
    let t1 = run.t1.map(Double.init)
    let t2 = run.t2.map(Double.init)
    let late = run.curves.steps.indices.filter { run.curves.steps[$0] >= (run.t2 ?? Int.max) }
    let lateRatios = late.map { ratio[$0] }.sorted()
    let l2AtMemory = try run.value("l2_norm", at: 100)
    let l2AtEnd = try run.curve("l2_norm").last
    return [
      Claim("t1, memorisation (train error 1e-3)", t1, in: 55...65, "60 for this run"),
      Claim(
        "t2, generalisation (test error 1e-3)", t2, in: 99_000...103_000,
        "101,000 for this run, evaluated every 1000 steps"),
      Claim(
        "generalisation is delayed: t2/t1", t1.flatMap { first in t2.map { $0 / first } },
        in: 1000...1e9, "more than a thousand"),
      Claim(
        "before memorisation the regulariser plays no part: |G| / |beta H| at step 1",
        try run.value("gradient_ratio", at: 1), in: 1000...5000, "1/5e-4 for this run"),
      Claim(
        "after generalisation data and regulariser balance: median |G| / |beta H|",
        lateRatios.isEmpty ? nil : lateRatios[lateRatios.count / 2], in: 0.1...10, "order 1"),
      Claim(
        "|a|_1 rises to that of the least-squares solution", l1.max(), in: 0.60...0.66,
        "0.629 at step 100"),
      Claim("then falls to that of the target", l1.last, in: 0.289...0.293, "|a*|_1 = 0.29088"),
      Claim(
        "|a|_2 grows while the run generalises: end over step 100",
        l2AtMemory.flatMap { start in l2AtEnd.map { $0 / start } }, in: 1.7...2.0,
        "0.157 over 0.084"),
      Claim(
        "final test error", try run.curve("test_error").last, in: 1.5e-4...3e-4, "2.2e-4, the floor"
      ),
    ]
  }

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
