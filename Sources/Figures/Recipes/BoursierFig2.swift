import BatchNumerics
import Experiments
import Sweeps
import Theory

extension FigureRecipe {
  /// Low-rank matrix completion by U V^T with weight decay.
  ///
  /// The paper does not say how its rank-3 matrix is drawn; here it is A B^T of Gaussian factors,
  /// with which the initial singular values and the two phases look as in the paper. Its caption
  /// says that the solution coincides with the matrix in the end. An independent implementation did
  /// not find that for such matrices: with half of the entries of a 20 x 20 matrix the interpolating
  /// matrix of least nuclear norm is another one. So what is judged is that the end point is that
  /// of the convex problem, and what remains beyond rank 3 is reported. Nine seeds stand for the
  /// paper's single run, the first is drawn. Time is t = gamma step.
  static let boursierFig2 = FigureRecipe(
    id: "boursier/fig2",
    title: "Grokking in low-rank matrix completion",
    citation:
      "Boursier, Pesme, Dragomir, 2025 (arXiv 2505.20172), Fig. 2; section 5, Proposition 2",
    spec: { scale in
      """
      experiment: matrix-recovery
      parameterization: factors
      width: 10
      problem: {kind: completion, n1: 20, n2: 20, r: 3, N: 200, target_scale: none}
      learning_rate: 0.01
      weight_decay: 1.0e-3
      init: {kind: standard-normal, scale: 1}
      steps: \(scale == .paper ? 10_000_000 : 3_000_000)
      evaluate: {per_decade: 40}
      record: {singular_values: true}
      precision: f64
      sweep:
        seed: {range: [1, 10]}
      """
    },
    analyze: { input in
      guard !input.runs.isEmpty else { throw FigureError.noRuns("boursier/fig2") }
      let runs = try input.runs.map(CompletionRun.init)
      var output = FigureOutput()
      output.tables = [
        ("curves", try runs[0].rows()),
        ("singular_values", try runs[0].singularValueRows()),
        ("targets", [["sigma_star"]] + runs[0].target.map { ["\($0)"] }),
        (
          "ends",
          [["seed", "test_F", "sigma_3", "sigma_4", "nuclear_norm", "target_nuclear_norm"]]
            + (try runs.map { run in
              [
                run.run.prepared.parameters["seed"].description, "\(try run.end("test"))",
                "\(try run.end("sigma_3"))", "\(try run.end("sigma_4"))",
                "\(try run.end("nuclear_norm"))", "\(run.goal)",
              ]
            })
        ),
      ]
      output.claims =
        try boursierFig2Claims(runs) + [
          Claim(
            "learning rate over the largest at the start, over seeds",
            each: runs.map { run in
              input.prediction(TheoryCatalog.largestRateName, of: run.run).map { run.rate / $0 }
            }, in: 0.55...0.9, "about 0.8 for nine other seeds: 2/lambda_max is 0.0123 to 0.0156")
        ]
      output.plot = boursierFig2Plot(runs[0])
      return output
    })

  private static func boursierFig2Plot(_ run: CompletionRun) -> String {
    let goals = run.target.map { "\($0) with lines dt 2 lc rgb '#444444' notitle" }
      .joined(separator: ", ")
    return """
      set multiplot layout 1, 3
      set logscale xy
      set format x '10^{%L}'
      set format y '10^{%L}'
      set xlabel 't'
      set xrange [0.01:*]
      set key bottom left
      plot 'curves.csv' using 2:3 with lines lw 2 title 'train loss', \
        '' using 2:4 with lines lw 2 title '|M* - U V^T|_F'
      unset logscale y
      set format y '%g'
      set key top right
      plot 'curves.csv' using 2:5 with lines lw 2 lc 3 title '|U|^2 + |V|^2', \
        \(2 * run.goal) with lines dt 2 lc rgb '#444444' title '2 |M*|_*'
      unset key
      set ylabel '{/Symbol s}_i'
      plot for [i=3:\(run.sizeCount + 2)] 'singular_values.csv' using 2:i with lines lw 1, \(goals)
      unset multiplot
      """
  }
}
