import Experiments
import Sweeps
import Theory

extension FigureRecipe {
  /// Sparse classification by u^2 - v^2: grokking.
  ///
  /// The curve at full size is gradient flow by its exact reduction; the paper does not state its
  /// learning rate, and at the code's default the two differ by the first steps only. Gradient
  /// descent is run beside flow with fewer features, and in full at the paper's scale. Accuracies are
  /// those of the whole distribution (the code's test set has 10,000 samples). The logistic loss is the
  /// code's, the theory has the exponential. Flow with fewer features is also run from other scales of
  /// the start and with another decay, for the time of the transition.
  static let lyuFig1a = FigureRecipe(
    id: "lyu/fig1a",
    title: "Grokking of a diagonal linear net on sparse classification",
    citation:
      "Lyu, Jin, Li, Du, Lee, Hu, ICLR 2024 (arXiv 2311.18817), Fig. 1 (left); section 3.2, "
      + "Corollaries 3.6 and 3.7",
    spec: { scale in
      let smaller = ClassifierSpec("{kind: signs, n: 256, d: 2048, n_test: 0}", lambdaTime: 6)
      return FigureRecipe.documents(
        ClassifierSpec("{kind: signs, n: 256, d: 100000, n_test: 0}", lambdaTime: 6)
          .texts(scale, smaller: smaller) + smaller.shifted)
    },
    analyze: { input in
      try Self.lyuFig1Output(input, "lyu/fig1a") { full, smaller in
        try kernelPhaseClaims(full) + sparseClaims(full) + shiftClaims(smaller)
      }
    })

  /// Classification with a large L2 margin: misgrokking.
  ///
  /// Width, scale, decay and rate are not stated; these are the code's defaults with the alpha of the
  /// left panel. See there for flow and descent.
  static let lyuFig1b = FigureRecipe(
    id: "lyu/fig1b",
    title: "Misgrokking of a diagonal linear net on data with a large L2 margin",
    citation:
      "Lyu, Jin, Li, Du, Lee, Hu, ICLR 2024 (arXiv 2311.18817), Fig. 1 (right); section 3.2",
    spec: { scale in
      let smaller = ClassifierSpec(
        "{kind: large-margin, n: 32, d: 2048, gamma: 25}", lambdaTime: 10)
      return FigureRecipe.documents(
        ClassifierSpec("{kind: large-margin, n: 32, d: 100000, gamma: 25}", lambdaTime: 10)
          .texts(scale, smaller: smaller))
    },
    analyze: { input in
      try Self.lyuFig1Output(input, "lyu/fig1b") { full, smaller in
        try kernelPhaseClaims(full) + largeMarginClaims(full) + richMarginClaims(smaller)
      }
    })

  // MARK: - Both panels

  /// - Parameter claims: of the flows at full size and of those with fewer features.
  private static func lyuFig1Output(
    _ input: FigureInput, _ id: String,
    _ claims: ([ClassifierFlow], [ClassifierFlow]) throws -> [Claim]
  ) throws -> FigureOutput {
    guard !input.runs.isEmpty else { throw FigureError.noRuns(id) }
    let runs = try input.runs.map { try ClassifierFlow($0, input) }
    let largest = runs.map(\.features).max() ?? 0
    let flows = runs.filter { $0.curve.method == "reduced-flow" }
    let full = flows.filter { $0.features == largest }
    let smaller = flows.filter { $0.features < largest }
    var output = FigureOutput()
    let metrics = [
      "train_loss", "train_accuracy", "population_accuracy", "norm", "l2_margin", "l1_margin",
    ]
    output.tables = try runs.map { ($0.table, try $0.curve.rows(metrics)) }
    output.claims = try claims(full, smaller)
    output.claims += try pairs(runs).map { descent, flow in
      let d = descent.run.prepared.parameters["problem.d"].description
      return Claim(
        "descent follows flow, d = \(d): largest difference of test accuracy from t = 10 on",
        try descent.distance("population_accuracy", to: flow, from: 10), in: 0...0.02,
        "of order lr, but for the first step, which jumps over the start")
    }
    output.plot = lyuFig1Plot(
      runs.filter(\.isPapers).map(\.table),
      shifted: smaller.contains { !$0.isPapers } ? smaller : [],
      kernel: full.first?.kernelAccuracy)
    return output
  }

  /// Descents with the flow of the same problem, start and decay.
  private static func pairs(
    _ runs: [ClassifierFlow]
  ) throws -> [(descent: DiagonalCurve, flow: DiagonalCurve)] {
    runs.filter { $0.curve.method != "reduced-flow" }.compactMap { descent in
      runs.first {
        $0.curve.method == "reduced-flow"
          && $0.curve.run.prepared.problemKey == descent.curve.run.prepared.problemKey
          && $0.alpha == descent.alpha && $0.curve.decay == descent.curve.decay
      }.map { (descent.curve, $0.curve) }
    }
  }

  /// - Parameters:
  ///   - shifted: flows to draw over lambda t - ln alpha, if any.
  ///   - kernel: test accuracy of the max-L2-margin direction of the first flow's data.
  private static func lyuFig1Plot(
    _ tables: [String], shifted: [ClassifierFlow], kernel: Double?
  ) -> String {
    let theory = kernel.map {
      "\($0) with lines dt 3 lc rgb '#cc3311' title 'test, max-L_2-margin direction (Cor. 3.6)'"
    }
    let curves = tables.map { name in
      "'\(name).csv' using 1:5 with lines lw 1 dt 2 title 'train, \(name)', "
        + "'' using 1:6 with lines lw 2 title 'test'"
    }
    let panel = """
      set logscale x
      set format x '10^{%L}'
      set xlabel 'step'
      set ylabel 'accuracy'
      set yrange [0.45:1.02]
      set key left center font ',8'
      plot \((curves + [theory].compactMap { $0 }).joined(separator: ", "))
      """
    guard !shifted.isEmpty else { return panel }
    let lines = shifted.enumerated().map { index, flow in
      "'\(flow.table).csv' using ($3-\(flow.logAlpha)):6 with lines lw 2 dt \(index + 1) "
        + "title '{/Symbol a} = \(Number.short(flow.alpha)), {/Symbol l} = \(flow.curve.decay)'"
    }
    return """
      set multiplot layout 1, 2
      \(panel)
      unset logscale x
      set format x '%g'
      set xlabel '{/Symbol l} t - ln {/Symbol a}'
      set ylabel 'test accuracy'
      set key top left
      plot \(lines.joined(separator: ", "))
      unset multiplot
      """
  }
}

/// A problem of Fig. 1 and its sweeps.
struct ClassifierSpec {
  private let problem: String
  /// lambda t at the end
  private let lambdaTime: Int

  init(_ problem: String, lambdaTime: Int) {
    (self.problem, self.lambdaTime) = (problem, lambdaTime)
  }

  /// Flow at full size; flow and descent with fewer features; at the paper's scale descent in full.
  func texts(_ scale: FigureScale, smaller: ClassifierSpec) -> [String] {
    let isPaper = scale == .paper
    return [text("reduced-flow", seeds: isPaper ? 4 : 1)]
      + [smaller.text("reduced-flow"), smaller.text("gradient-descent", precision: "f32")]
      + (isPaper ? [text("gradient-descent", precision: "f32")] : [])
  }

  /// Flows from other scales and with a tenth of the decay.
  var shifted: [String] {
    [
      text("reduced-flow", scales: "32, 512"),
      text("reduced-flow", scales: "32, 128, 512", slowness: 10),
    ]
  }

  /// - Parameter slowness: 1e-3 over the weight decay.
  private func text(
    _ method: String, precision: String = "f64", seeds: Int = 1, scales: String = "128",
    slowness: Int = 1
  ) -> String {
    let unit = 100_000 * slowness
    return """
      experiment: diagonal-network
      loss: logistic
      depth: 2
      problem: \(problem)
      init: {kind: norm}
      learning_rate: 0.01
      weight_decay: \(1e-3 / Double(slowness))
      steps: \(lambdaTime * unit)
      evaluate: \(DiagonalCurve.schedule(dense: unit / 10, every: unit / 20, last: lambdaTime * unit))
      precision: \(precision)
      sweep:
        method: [\(method)]
        init.scale: [\(scales)]
        seed: {range: [1, \(1 + seeds)]}
      """
  }
}
