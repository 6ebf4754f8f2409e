import BatchNumerics
import Experiments
import Foundation
import Sweeps

extension FigureRecipe {
  /// Completion of the multiplication table by U U^T - V V^T with weight decay.
  ///
  /// Three masks and, for the translation law, three scales of the start; the paper has one mask and
  /// alpha = 10. Its lambda is 1e-4, for which the drop comes after 1e6 steps; the small scale has
  /// the 1e-3 of the authors' code, which gives the same curves in slow time lambda t, and 3e-3, to
  /// compare. All go on to lambda t = 30, as the last singular values leave slowly; the authors' default
  /// is 1e7 steps. As masks differ, what depends on one is predicted from it (plateau, end point) or
  /// accepted within what three masks show.
  static let lyuFig3 = FigureRecipe(
    id: "lyu/fig3",
    title: "Grokking in matrix completion of the multiplication table",
    citation: "Lyu, Jin, Li, Du, Lee, Hu, ICLR 2024 (arXiv 2311.18817), Fig. 3; Corollary 3.11, "
      + "appendix F.3",
    spec: { scale in
      FigureRecipe.documents([
        lyuFig3Spec(
          steps: scale == .paper ? 3_000_000 : 300_000, every: scale == .paper ? 2000 : 1000,
          "{weight_decay: [1.0e-3\(scale == .paper ? ", 1.0e-4" : "")], init.scale: [5, 10, 20], "
            + "seed: [1, 2, 3]}"),
        lyuFig3Spec(
          steps: 100_000, every: 250, "{weight_decay: [3.0e-3], init.scale: [10], seed: [1, 2, 3]}"),
      ])
    },
    analyze: { input in
      guard !input.runs.isEmpty else { throw FigureError.noRuns("lyu/fig3") }
      let runs = try input.runs.map(TableRun.init)
      var output = FigureOutput()
      output.tables = try runs.map { run in (run.table, try run.rows()) }
      output.claims = try lyuFig3Claims(runs) + sampleClaims(input, runs)
      output.plot = lyuFig3Plot(runs)
      return output
    })

  private static func lyuFig3Spec(steps: Int, every: Int, _ sweep: String) -> String {
    """
    experiment: matrix-recovery
    parameterization: difference
    problem: {kind: completion, n1: 97, n2: 97, N: 470, target: multiplication-table}
    learning_rate: 0.1
    init: {kind: identity}
    steps: \(steps)
    evaluate: {first: 50, every: \(every)}
    precision: f64
    sweep: \(sweep)
    """
  }

  private static func lyuFig3Plot(_ runs: [TableRun]) -> String {
    let seed = runs[0].seed
    let drawn = runs.filter { $0.seed == seed }
    let paper = drawn.filter { $0.alpha == 10 }
    let losses = paper.enumerated().flatMap { index, run in
      [
        "'\(run.table).csv' using ($1+1):2 with lines lw 2 dt 2 lc \(index + 1) "
          + "title 'train, {/Symbol l} = \(run.decay)'",
        "'\(run.table).csv' using ($1+1):3 with lines lw 2 lc \(index + 1) "
          + "title 'test, {/Symbol l} = \(run.decay)'",
      ]
    }.joined(separator: ", ")
    let shifted = drawn.enumerated().map { index, run in
      "'\(run.table).csv' using 6:3 with lines lw 2 dt \(index + 1) lc \(index + 1) "
        + "title '{/Symbol a} = \(Number.short(run.alpha)), {/Symbol l} = \(run.decay)'"
    }.joined(separator: ", ")
    let norms = paper.enumerated().map { index, run in
      "'\(run.table).csv' using ($1+1):5 with lines lw 2 lc \(index + 1) "
        + "title '|{/Symbol q}|^2, {/Symbol l} = \(run.decay)', "
        + "'' using ($1+1):4 with lines lw 2 dt 2 lc \(index + 1) title '|W|_*'"
    }.joined(separator: ", ")
    return """
      set multiplot layout 1, 3
      set logscale xy
      set format x '10^{%L}'
      set format y '10^{%L}'
      set xlabel 'step + 1'
      set ylabel 'mean squared error'
      set key bottom left
      plot \(losses)
      set ylabel ''
      set key top right
      plot \(norms)
      unset logscale x
      set format x '%g'
      set xlabel '{/Symbol l} t - ln {/Symbol a}'
      set ylabel 'test loss'
      set xrange [-3:8]
      set key bottom left
      plot \(shifted)
      unset multiplot
      """
  }
}
