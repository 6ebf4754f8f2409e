import BatchNumerics
import Experiments
import Sweeps
import Theory

extension FigureRecipe {
  /// Least errors and steps over N for one to four factors; and the paper's remark that several
  /// factors, a large start and a little l2 grok truly, which has no figure of its own.
  ///
  /// The runs are the authors' own (their seed and stream); the numbers to compare with were measured
  /// by an independent implementation of their configuration.
  static let notsawoFig18 = FigureRecipe(
    id: "notsawo/fig18",
    title: "Errors and steps over depth and number of measurements, without regularisation",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 18; appendix F.1",
    spec: {
      documents(
        notsawoDepth($0, [2, 3, 4]) + notsawoSignNeutral($0) + [fig18Shallow, fig18Ridge])
    },
    analyze: { input in
      let runs = try DepthRuns(input, id: "notsawo/fig18")
      var output = FigureOutput()
      output.tables = runs.tables
      output.claims =
        fig18ErrorClaims(runs) + [try fig18DelayClaim(runs, input)] + (try fig18RidgeClaims(input))
      output.plot = fig18Plot(runs)
      return output
    })

  /// One factor with l1, whose delay several factors are compared with; 2e5 steps are twice the
  /// longest.
  private static let fig18Shallow = """
    experiment: sparse-recovery
    method: subgradient
    problem: {n: 100, s: 5, row_variance: 1/N, generator: mt19937}
    learning_rate: 0.1
    regularizer: {l1: 1.0e-5}
    init: {kind: ones, scale: 1.0e-6}
    steps: 200000
    evaluate: {first: 1000, every: 1000}
    precision: f64
    seed: 1
    sweep:
      problem.N: [30, 50, 70]
    """

  /// l2 alone, from a large Gaussian start; the same problem for each start.
  private static let fig18Ridge = """
    experiment: sparse-recovery
    method: subgradient
    problem:
      {n: 100, s: 5, N: 30, row_variance: 1/N, generator: mt19937, signal_seed: 1, measurement_seed: 1}
    learning_rate: 0.1
    regularizer: {l1: 0, l2: 1.0e-4}
    init: {kind: normal, scale: 3}
    steps: 2000000
    evaluate: {first: 1000, every: 1000}
    thresholds: {train: 1.0e-2, test: 1.0e-1}
    precision: f64
    sweep:
      depth: [1, 2]
      seed: [1, 2]
    """

  // MARK: - Claims

  /// Least test errors by depth and N, from the authors' start and from the sign-neutral one.
  private static let measured: [Int: [Int: Double]] = [
    1: [10: 0.965, 20: 0.906, 30: 0.845, 50: 0.72, 70: 0.56],
    2: [10: 0.80, 20: 0.23, 30: 0.127, 50: 0.10, 70: 0.09],
    3: [10: 0.78, 20: 0.11, 30: 0.089, 50: 0.084, 70: 0.082],
    4: [10: 0.77, 20: 0.77, 30: 0.126, 50: 0.11, 70: 0.11],
  ]
  private static let measuredNeutral: [Int: [Int: Double]] = [
    2: [30: 0.025, 40: 3.1e-3, 50: 1.6e-3, 70: 7.6e-4],
    3: [30: 2.0e-3, 40: 9.4e-4, 50: 8.9e-4, 70: 6.6e-4],
  ]

  private static func fig18ErrorClaims(_ runs: DepthRuns) -> [Claim] {
    func ratios(_ cells: [DepthCell], _ numbers: [Int: [Int: Double]], _ depth: Int) -> [Double?] {
      (numbers[depth] ?? [:]).sorted { $0.key < $1.key }
        .filter { pair in runs.sizes.contains(pair.key) }
        .map { N, value in
          cells.first { $0.N == N && $0.depth == depth }.map { $0.leastTest / value }
        }
    }
    let alike = measured.keys.sorted().map { depth in
      Claim(
        "L = \(depth): least test error over that of another implementation, N of 10 to 70",
        each: ratios(runs.alike, measured, depth), in: 0.94...1.06,
        "equal but for their two or three digits")
    }
    let neutral = measuredNeutral.keys.sorted().map { depth in
      Claim(
        "L = \(depth) from the sign-neutral start: the same, N of 30 to 70",
        each: ratios(runs.neutral, measuredNeutral, depth), in: 0.94...1.06,
        "equal but for their two digits")
    }
    return alike + neutral
  }

  /// At an error of 0.2, which factors that start alike reach.
  private static func fig18DelayClaim(_ runs: DepthRuns, _ input: FigureInput) throws -> Claim {
    let shallow = try input.runs.filter { try $0.number("regularizer.l1") > 0 }
    let shares = try shallow.flatMap { run in
      let N = try run.prepared.parameters.integer("problem.N")
      let own = try run.delay(0.2)
      return try [2, 3].map { depth in
        try runs.cell(N, depth)?.delay(0.2).flatMap { deep in
          own.map { Double(deep) / Double($0) }
        }
      }
    }
    return Claim(
      "depth delays generalisation far less than l1 with one factor: steps from train to test error "
        + "0.2 for L = 2 and 3, over those of L = 1, beta = 1e-5", each: shares, in: 0...0.1,
      "far less; evaluated every 1000 steps, a thirteenth of the shortest delay")
  }

  private static func fig18RidgeClaims(_ input: FigureInput) throws -> [Claim] {
    let ridge = try input.runs.filter { try $0.number("regularizer.l2") > 0 }
    let (flat, deep) = (
      try ridge.filter { try $0.prepared.parameters.integer("depth") == 1 },
      try ridge.filter { try $0.prepared.parameters.integer("depth") == 2 }
    )
    let ends = try deep.map { try $0.curve("test_error").last }
    let lasso = try deep.map { run in
      let problem = try SparseRecovery.problem(of: run.prepared)
      let solution = try Lasso.solve(
        problem.measurements, problem.observations, gamma: run.number("regularizer.l2"))
      let distance = zip(solution.coefficients, problem.target).map { $0 - $1 }
      return euclideanNorm(distance) / euclideanNorm(problem.target)
    }
    let name = "large start, l2 = 1e-4, two factors: "
    return [
      Claim(
        name + "t1, memorisation (train error 1e-2)", each: deep.map { $0.t1.map(Double.init) },
        in: 190...760, "382 for another draw of the start, within a factor of 2"),
      Claim(
        name + "test error at step 1000",
        each: try deep.map { try $0.value("test_error", at: 1000) },
        in: 1.9...7.6, "3.8 for another draw of the start, within a factor of 2"),
      Claim(
        name + "t2, generalisation (test error 0.1)", each: deep.map { $0.t2.map(Double.init) },
        in: 229_000...916_000, "458,000 for another draw of the start, within a factor of 2"),
      Claim(
        name + "test error at the end", each: ends, in: 2.0e-3...2.4e-3,
        "2.2e-3 for another draw of the start, which is forgotten"),
      Claim(
        name + "that is l1 with one factor and the same beta: error over that of the lasso",
        each: zip(ends, lasso).map { end, goal in end.map { $0 / goal } }, in: 0.97...1.03,
        "min (|A_1|^2 + |A_2|^2) / 2 over A_1 * A_2 = a is |a|_1; the start decays slowly"),
      Claim(
        "and one factor stays at least squares: test error at the end",
        each: try flat.map { try $0.curve("test_error").last }, in: 0.84...0.85, "0.845"),
    ]
  }

  private static func fig18Plot(_ runs: DepthRuns) -> String {
    let panels = [
      (2, "least |Xa - y| / |y|"), (3, "least |a - a*| / |a*|"), (6, "t_1, train error settles"),
      (7, "t_2, test error settles"),
    ].enumerated().map { index, panel in
      """
      \(index == 0 ? "set key at screen 0.995, screen 0.95 top right" : "unset key")
      set ylabel '\(panel.1)'
      plot \(runs.lines(panel.0))
      """
    }
    return """
      set multiplot layout 2, 2 margins 0.06, 0.83, 0.1, 0.96 spacing 0.08, 0.14
      set xlabel 'N'
      set xrange [5:105]
      set logscale y
      set format y '10^{%L}'
      \(panels.joined(separator: "\n"))
      unset multiplot
      """
  }
}
