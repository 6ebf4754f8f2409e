import BatchNumerics
import Experiments
import Foundation
import Sweeps
import Theory

extension FigureRecipe {
  /// Figs. 7 and 16: large start, l2 alone. The run is the authors' own (their seed and stream, ones
  /// times 10, so |a_0|_2 = 100, where their caption says 10); iterates in closed form (Eq. 113). A
  /// start N(0, 100/n) as in their text is the second run.
  private static func notsawoRidge(_: FigureScale) -> String {
    let late = (0...340).map { Int((200 * pow(10, Double($0) / 60)).rounded()) }
    let steps = Array(0..<200) + late.filter { $0 < 100_000_000 } + [100_000_000]
    return """
      experiment: sparse-recovery
      method: subgradient
      solver: closed-form
      problem: {n: 100, s: 5, N: 30, snr: 1.0e8, row_variance: 1/N, generator: mt19937}
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
    guard let run = input.runs.first else { throw FigureError.noRuns(id) }
    var output = FigureOutput()
    let metrics = ["train_error", "test_error", "l1_norm", "l2_norm"]
    output.tables = try input.runs.map { run in
      (try run.prepared.parameters.text("init.kind"), try CurveTable.rows(run.curves, metrics))
    }
    let components = run.curves.names.filter { $0.hasPrefix("a_") }
    output.tables.append(("components", try CurveTable.rows(run.curves, components)))
    let problem = try SparseRecovery.problem(of: run.prepared)
    let theory = try RidgeEnd(problem, l2: run.number("regularizer.l2"))
    output.claims = try input.runs.flatMap { try ridgeClaims($0, theory) }
    output.plot = plot(components.count, theory.floor)
    return output
  }

  private static func ridgeClaims(
    _ run: FigureInput.Run, _ theory: RidgeEnd
  ) throws -> [Claim] {
    let kind = try run.prepared.parameters.text("init.kind")
    let (errors, norms) = (try run.curve("test_error"), try run.curve("l2_norm"))
    let rises = zip(norms, norms.dropFirst()).count { $1 > $0 * (1 + 1e-12) }
    let drop = zip(run.curves.steps, errors).first { $0.1 <= 2 * theory.floor }?.0
    let start = euclideanNorm(
      try SparseRecovery().batch(of: [run.prepared], instance: nil).runs[0].initial)
    let predicted =
      theory.dropSteps(
        from: start, learningRate: try run.number("learning_rate"),
        l2: try run.number("regularizer.l2"))
    let isOnes = kind == "ones"
    return [
      Claim(
        "\(kind): t1, memorisation (train error 1e-3)", run.t1.map(Double.init),
        in: isOnes ? 115...121 : 90...150,
        isOnes ? "118 for this run" : "122 for another draw of the start"),
      Claim(
        "\(kind): it never generalises: test error at the end", errors.last, in: 0.84...0.85,
        "|(I - P) a*| / |a*| = 0.845"),
      Claim(
        "\(kind): nor on the way: the least test error", errors.extremes.least, in: 0.8...0.85,
        "what is left of the start may lie a little closer to a* for a while"),
      Claim(
        "\(kind): it ends at that of the ridge solution: difference, relative",
        errors.last.map { abs($0 / theory.error - 1) }, in: 0...1e-6,
        "the closed form at 1e8 steps", detail: "ridge solution \(Number.short(theory.error))"),
      Claim(
        "\(kind): |a|_2 never rises", measured: "\(rises) of \(norms.count) evaluations",
        tolerance: "none", held: rises == 0),
      Claim(
        "\(kind): |a|_2 at the end", norms.last, in: 0.0835...0.0845, "0.084, the ridge solution"),
      Claim(
        "\(kind): the error drops late: step of twice the floor over ln(|a_0| / floor) / (alpha beta)",
        drop.map { Double($0) / predicted }, in: 0.8...1.1,
        "decay of what the data do not see; |(I - P) a_0| is a little less than |a_0|"),
    ]
  }
}

/// What the run ends at: the ridge solution.
private struct RidgeEnd {
  /// |(I - P) a*| / |a*|
  let floor: Double
  /// |a_ridge - a*| / |a*|
  let error: Double
  /// |(I - P) a*|
  private let hidden: Double

  init(_ problem: SparseRecoveryProblem, l2: Double) throws {
    let size = euclideanNorm(problem.target)
    let run = SparseRecoveryRun(
      problem: 0, learningRate: 0.1, l1: 0, l2: l2,
      initial: [Double](repeating: 0, count: problem.target.count), steps: 0)
    let theory = SparseRecoveryTheory(problem, run)
    hidden = theory.recoveryFloor
    floor = hidden / size
    let flow = try LinearRegressionFlow(problem, l2: l2, initial: run.initial)
    error = euclideanNorm(zip(flow.limitPredictor, problem.target).map { $0 - $1 }) / size
  }

  /// Steps until what starts at this size and decays by 1 - lr l2 is as small as (I - P) a*.
  func dropSteps(from start: Double, learningRate: Double, l2: Double) -> Double {
    log(start / hidden) / (learningRate * l2)
  }
}
