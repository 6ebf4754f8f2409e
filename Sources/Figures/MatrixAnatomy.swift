import BatchNumerics
import Experiments
import Sweeps
import Theory

/// What Figs. 5, 14 and 15 of Notsawo et al. show of one run with the nuclear norm: errors,
/// gradient ratio, nuclear norm, singular values.
struct MatrixAnatomy {
  let run: FigureInput.Run
  /// |A*|_*
  let goal: Double
  /// |A_LS - A*|_2, whose ratio to alpha beta is the scale of the delay.
  let gap: Double
  /// |A_LS - A*|_F / |A*|_F, the error that memorisation alone ends at.
  let leastSquaresError: Double
  /// alpha beta
  let product: Double
  let sizes: [[Double]]

  init(_ run: FigureInput.Run) throws {
    self.run = run
    let problem = try MatrixRecovery.problem(of: run.prepared)
    goal = SingularValueDecomposition(problem.target).values.reduce(0, +)
    let analysis = MatrixRecoveryAnalysis(problem)
    gap = analysis.gap ?? .nan
    let errors = zip(analysis.leastSquares?.values ?? [], problem.target.values).map { $0 - $1 }
    leastSquaresError =
      errors.isEmpty ? .nan : euclideanNorm(errors) / euclideanNorm(problem.target.values)
    product = try run.number("learning_rate") * run.number("regularizer.nuclear")
    sizes = try run.curves.names.filter { $0.hasPrefix("sigma_") }.map(run.curve)
  }

  /// The curves and the singular values as tables.
  func tables() throws -> [(name: String, rows: [[String]])] {
    let values = run.curves.names.filter { $0.hasPrefix("sigma_") }
    let names = ["train_error", "test_error", "nuclear_norm", "gradient_ratio"]
    return [
      ("curves", try CurveTable.rows(run.curves, names)),
      ("singular_values", try CurveTable.rows(run.curves, values)),
    ]
  }

  /// The first evaluated step at which a metric is at most `level`.
  func firstStep(_ metric: String, below level: Double) throws -> Double? {
    try run.curve(metric).firstIndex { $0 <= level }.map { Double(run.curves.steps[$0]) }
  }

  /// The first evaluated step after memorisation at which each singular value beyond the target's
  /// rank is at most `level`, the smallest one first; nil for those that stay above.
  func vanishing(rank: Int, after start: Int, level: Double) -> [Int?] {
    sizes.dropFirst(rank).reversed().map { values in
      values.indices.first { run.curves.steps[$0] >= start && values[$0] <= level }
        .map { run.curves.steps[$0] }
    }
  }

  /// Theorem 3.4 (i), which holds for what X sees: |P_row (A - A_LS)| is at most |X A - y| over the least
  /// singular value of X, and is that for observed entries.
  func boundClaim() throws -> Claim {
    let batch = try MatrixRecovery().batch(of: [run.prepared], instance: nil)
    let theory = MatrixRecoveryTheory(batch.problems[0], batch.runs[0])
    let statement =
      "Theorem 3.4 (i): |P_row (A - A_LS)| over its bound from t1 of theory on, largest"
    guard let phase = theory.memorization, phase.areConditionsMet, let start = phase.step,
      let bound = phase.distanceBound, let least = phase.eigenvalues.min()
    else { return Claim(statement, nil, in: 0...1, "a bound") }
    let scale = batch.problems[0].observationNorm / least.squareRoot()
    let distances = try zip(run.curves.steps, run.curve("train_error"))
      .filter { Double($0.0) >= start }.map { scale * $0.1 }
    return Claim(
      statement, distances.extremes.largest.map { $0 / bound }, in: 0...1, "a bound",
      detail: "t1 of theory \(Number.short(start))")
  }

  /// The three panels.
  func plot(t1: Int?, t2: Int?) -> String {
    let marks =
      StepMarks.measured([("t_1", t1), ("t_2", t2)]) + "\n"
      + StepMarks.predicted([("{/Symbol D}t, theory", gap.isFinite ? gap / product : nil)])
    return """
      set multiplot layout 1, 3
      set tmargin 4
      set logscale xy
      set xlabel 'step + 1'
      set format x '10^{%L}'
      set format y '10^{%L}'
      \(marks)
      set key top right
      plot 'curves.csv' using ($1+1):2 with lines lw 2 title 'train error', \
        '' using ($1+1):3 with lines lw 2 title 'test error', \
        '' using ($1+1):5 with lines lw 1 title '|G| / |{/Symbol b} H|'
      unset logscale y
      set format y '%g'
      set key at graph 0.98, 0.6 right
      plot 'curves.csv' using ($1+1):3 with lines lw 2 lc 2 title 'test error', \
        '' using ($1+1):4 with lines lw 2 lc 4 title '|A|_*', \
        \(goal) with lines dt 2 lc rgb '#444444' title '|A*|_*'
      unset key
      set logscale y
      set format y '10^{%L}'
      set ylabel '{/Symbol s}_i'
      set yrange [1e-6:*]
      plot for [i=2:\(sizes.count + 1)] 'singular_values.csv' using ($1+1):i with lines lw 1
      unset multiplot
      """
  }
}
