import BatchNumerics
import Experiments
import Foundation
import Sweeps
import Theory

extension FigureRecipe {
  /// What the text says of runs that no figure shows.
  ///
  /// (i) Completion with l1 in place of the nuclear norm does not generalise. (ii) Nor does ridge alone from
  /// a large start, whose test error drops late all the same (as in Figs. 7 and 16). (iii) A strong ridge
  /// beside l1 pins the run of Fig. 3 near the least-squares solution. Beside (i) and (iii) stand the runs
  /// that do recover.
  static let notsawoTextClaims = FigureRecipe(
    id: "notsawo/text-claims",
    title: "Runs that do not generalise: l1 in completion, ridge alone, ridge beside l1",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), sections 3.2, 3.3, 3.4",
    spec: { _ in
      FigureRecipe.documents([
        completion("{nuclear: 0, l1: 1.0e-3}", "{kind: identity, scale: 1.0e-6}"),
        completion("{nuclear: 1.0e-3}", "{kind: identity, scale: 1.0e-6}"),
        completion("{nuclear: 0, l2: 1.0e-3}", "{kind: standard-normal, scale: 100}"),
        """
        experiment: sparse-recovery
        method: subgradient
        problem: {n: 100, s: 5, N: 30, snr: 1.0e8, row_variance: 1/N, generator: mt19937}
        learning_rate: 0.1
        init: {kind: ones, scale: 1.0e-6}
        steps: 200000
        evaluate: {first: 1000, every: 1000}
        thresholds: {train: 1.0e-3, test: 1.0e-3}
        precision: f64
        seed: 1
        sweep:
          regularizer.l1: [1.0e-5]
          regularizer.l2: [1.0e-2, 0]
        """,
      ])
    },
    analyze: { input in
      guard input.runs.count == 5 else { throw FigureError.noRuns("notsawo/text-claims") }
      let names = ["l1", "nuclear", "ridge", "sparse-ridge", "sparse"]
      var output = FigureOutput()
      output.tables = try zip(names, input.runs).map { name, run in
        (name, try CurveTable.rows(run.curves, ["train_error", "test_error"]))
      }
      output.claims =
        try completionClaims(input.runs[0], input.runs[1]) + ridgeAloneClaims(input.runs[2])
        + strongRidgeClaims(input.runs[3], input.runs[4])
      output.plot = textClaimsPlot(try MatrixAnatomy(input.runs[0]).leastSquaresError)
      return output
    })

  private static func completion(_ regularizer: String, _ start: String) -> String {
    """
    experiment: matrix-recovery
    method: subgradient
    problem: {kind: completion, n1: 10, n2: 10, r: 2, N: 80, target_scale: sqrt-size}
    learning_rate: 1
    regularizer: \(regularizer)
    init: \(start)
    steps: 20000
    evaluate: {first: 1000, every: 100}
    thresholds: {train: 1.0e-2, test: 1.0e-2}
    precision: f64
    seed: 3
    """
  }

  private static func completionClaims(
    _ l1: FigureInput.Run, _ nuclear: FigureInput.Run
  ) throws -> [Claim] {
    let floor = try MatrixAnatomy(l1).leastSquaresError
    return [
      Claim(
        "completion with l1 memorises: train error at the end", try l1.curve("train_error").last,
        in: 0...1e-2, "of order beta"),
      Claim(
        "and does not generalise: test error at the end over that of the least-squares solution",
        try l1.curve("test_error").last.map { $0 / floor }, in: 0.98...1.02,
        "l1 is least with 0 where nothing was observed, as least squares are; 0.372 for another mask"
      ),
      Claim(
        "with a nuclear norm of the same strength it does: test error at the end",
        try nuclear.curve("test_error").last, in: 0...2e-3,
        "5 beta / |A*|_F = 5e-4 for another mask"
      ),
    ]
  }

  private static func ridgeAloneClaims(_ run: FigureInput.Run) throws -> [Claim] {
    let end = try RidgeCompletion(run)
    let drop = try zip(run.curves.steps, run.curve("test_error"))
      .first { $0.0 > 0 && $0.1 <= 2 * end.floor }?.0
    return [
      Claim(
        "ridge alone memorises at once: t1 (train error 1e-2)", run.t1.map(Double.init), in: 1...10,
        "with a learning rate of 1 observed entries are fitted in a step"),
      Claim(
        "its test error drops late: step at which it is twice that of least squares, over ln(3^-1/2 "
          + "|(I - P) A_0| / |(I - P) A*|) / (alpha beta)", drop.map { Double($0) / end.dropSteps },
        in: 0.9...1.1, "unobserved entries decay as (1 - alpha beta)^t"),
      Claim(
        "that is no generalisation: test error at the end over that of least squares",
        try run.curve("test_error").last.map { $0 / end.floor }, in: 0.99...1.01,
        "Theorem 3.6, for matrices"),
    ]
  }

  private static func strongRidgeClaims(
    _ pinned: FigureInput.Run, _ free: FigureInput.Run
  ) throws -> [Claim] {
    let end = try pinned.curve("test_error").last
    let elastic = try ElasticNet(pinned)
    return [
      Claim(
        "l2 = 1e-2 beside l1 = 1e-5 pins the run of Fig. 3: test error at the end over that of least "
          + "squares", end.map { $0 / elastic.leastSquaresError }, in: 0.95...1.05,
        "1 for an l2 that is much stronger than l1"),
      Claim(
        "it ends at the minimiser of both: test error over that of the minimiser",
        end.map { $0 / elastic.error }, in: 0.999...1.001,
        "the lasso with sqrt(l2) I below X, solved with a certificate"),
      Claim(
        "without it the run recovers: test error at the end", try free.curve("test_error").last,
        in: 1.5e-4...1e-3, "2.2e-4, the floor"),
    ]
  }

  private static func textClaimsPlot(_ floor: Double) -> String {
    func lines(_ names: [(String, String)]) -> String {
      names.enumerated().flatMap { index, name in
        [
          "'\(name.0).csv' using ($1+1):2 with lines lw 1 dt 2 lc \(index + 1) title 'train, \(name.1)'",
          "'' using ($1+1):3 with lines lw 2 lc \(index + 1) title 'test'",
        ]
      }.joined(separator: ", ")
    }
    let line = "\(floor) with lines dt 3 lc rgb '#444444' title 'least squares'"
    return """
      set multiplot layout 1, 3
      set logscale xy
      set format '10^{%L}'
      set xlabel 'step + 1'
      set ylabel 'relative error'
      set yrange [1e-5:*]
      set key bottom left
      plot \(lines([("l1", "l_1"), ("nuclear", "nuclear norm")])), \(line)
      plot \(lines([("ridge", "ridge alone")])), \(line)
      plot \(lines([("sparse-ridge", "l_1 and l_2"), ("sparse", "l_1")]))
      unset multiplot
      """
  }
}

/// Ridge alone in completion: unobserved entries decay from the start to 0.
private struct RidgeCompletion {
  /// |(I - P) A*| / |A*|
  let floor: Double
  /// When the decayed start is as large as 3^(1/2) times that.
  let dropSteps: Double

  init(_ run: FigureInput.Run) throws {
    let batch = try MatrixRecovery().batch(of: [run.prepared], instance: nil)
    let problem = batch.problems[0]
    let hidden = problem.isObserved.map { $0 ? 0.0 : 1.0 }
    let start = batch.factors(batch.runs[0].initial)[0]
    func size(_ values: [Double]) -> Double {
      euclideanNorm(zip(values, hidden).map { $0 * $1 })
    }
    let goal = size(problem.target.values)
    floor = goal / euclideanNorm(problem.target.values)
    let product = try run.number("learning_rate") * run.number("regularizer.l2")
    dropSteps = -log(size(start.values) / (3.0.squareRoot() * goal)) / log(1 - product)
  }
}

/// min 1/2 |X a - y|^2 + l2/2 |a|^2 + l1 |a|_1 for the problem of a run.
private struct ElasticNet {
  /// |a - a*| / |a*|, and that of the least-squares solution.
  let error: Double
  let leastSquaresError: Double

  init(_ run: FigureInput.Run) throws {
    let problem = try SparseRecovery.problem(of: run.prepared)
    let x = problem.measurements
    let ridge = try run.number("regularizer.l2").squareRoot()
    var both = DenseMatrix(rows: x.rows + x.columns, columns: x.columns)
    for i in x.values.indices { both.values[i] = x.values[i] }
    for k in 0..<x.columns { both[x.rows + k, k] = ridge }
    let zeros = [Double](repeating: 0, count: x.columns)
    let solution = try Lasso.solve(
      both, problem.observations + zeros, weight: 0.5, gamma: run.number("regularizer.l1"))
    func relative(_ a: [Double]) -> Double {
      euclideanNorm(zip(a, problem.target).map { $0 - $1 }) / euclideanNorm(problem.target)
    }
    error = relative(solution.coefficients)
    leastSquaresError = relative(
      SingularValueDecomposition(x).pseudoInverse.multiplied(by: problem.observations))
  }
}
