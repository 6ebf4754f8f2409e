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
  /// code's, the theory has the exponential.
  static let lyuFig1a = FigureRecipe(
    id: "lyu/fig1a",
    title: "Grokking of a diagonal linear net on sparse classification",
    citation:
      "Lyu, Jin, Li, Du, Lee, Hu, ICLR 2024 (arXiv 2311.18817), Fig. 1 (left); section 3.2, "
      + "Corollaries 3.6 and 3.7",
    spec: { scale in
      Self.lyuFig1Spec(
        scale, "{kind: signs, n: 256, d: 100000, n_test: 0}", lambdaTime: 6,
        smaller: "{kind: signs, n: 256, d: 2048, n_test: 0}")
    },
    analyze: { input in
      try Self.lyuFig1Output(input, "lyu/fig1a") { curves in
        let early = Self.sparseReference
        return try [
          Claim(
            "train accuracy is 100 % very early: lambda t of it",
            each: try curves.map { try $0.slowTime("train_accuracy", crosses: 0.999) },
            in: 0...1e-3, "after the first steps"),
          Claim(
            "while test accuracy stays near chance: at lambda t = 1",
            each: try curves.map { try $0.value("population_accuracy", atSlow: 1) },
            in: 0.5...0.53, "0.515 for another seed"),
        ]
          + early.map { level, time in
            Claim(
              "lambda t at which test accuracy is \(level)",
              each: try curves.map { try $0.slowTime("population_accuracy", crosses: level) },
              in: (time - 0.2)...(time + 0.2),
              "\(time) for another seed, in coarse implicit steps, which lag behind")
          } + [
            Claim(
              "the transition is sharp: from 0.6 to 0.95 in lambda t",
              each: try curves.map { curve in
                try curve.slowTime("population_accuracy", crosses: 0.95).flatMap { late in
                  try curve.slowTime("population_accuracy", crosses: 0.6).map { late - $0 }
                }
              }, in: 0.4...1, "0.7 for another seed"),
            Claim(
              "test accuracy ends at 100 %",
              each: try curves.map { try $0.end("population_accuracy") }, in: 0.999...1, "paper"),
            Claim(
              "margin over |w|_2 on the plateau, lambda t = 1",
              each: try curves.map { try $0.value("l2_margin", atSlow: 1) }, in: 19...19.8,
              "19.39 for another seed: the max-L2-margin direction, Corollary 3.6"),
            Claim(
              "and at the end, of that", each: try curves.map { try $0.end("l2_margin") },
              in: 0.55...0.7, "0.61 for another seed at lambda t = 5.95"),
            Claim(
              "margin over |w|_1 on the plateau",
              each: try curves.map { try $0.value("l1_margin", atSlow: 1) }, in: 0.074...0.080,
              "0.0769 for another seed"),
            Claim(
              "rises towards the largest one: at the end",
              each: try curves.map { try $0.end("l1_margin") }, in: 0.27...0.36,
              "0.292 for another seed; the largest is a little above 1/3, Corollary 3.7"),
          ]
      }
    })

  /// lambda t at which the catalogue's curve crosses accuracies, between its points by straight lines.
  private static let sparseReference = [(0.6, 2.31), (0.731, 2.55), (0.906, 2.95), (0.988, 3.15)]

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
      Self.lyuFig1Spec(
        scale, "{kind: large-margin, n: 32, d: 100000, gamma: 25}", lambdaTime: 10,
        smaller: "{kind: large-margin, n: 32, d: 2048, gamma: 25}")
    },
    analyze: { input in
      try Self.lyuFig1Output(input, "lyu/fig1b") { curves in
        try [
          Claim(
            "train accuracy is 100 % very early: at lambda t = 0.001",
            each: try curves.map { try $0.value("train_accuracy", atSlow: 0.001) }, in: 1...1,
            "paper"),
          Claim(
            "and stays there: the least from then on",
            each: try curves.map { curve in
              let values = try curve.run.curve("train_accuracy")
              return curve.steps.indices.filter { curve.slowTime($0) >= 0.001 }
                .map { values[$0] }.extremes.least
            },
            in: 1...1, "paper"),
          Claim(
            "test accuracy at lambda t = 1 is almost 100 %",
            each: try curves.map { try $0.value("population_accuracy", atSlow: 1) },
            in: 0.997...1, "0.9991 for another seed"),
        ]
          + Self.marginReference.map { time, accuracy in
            Claim(
              "and falls much later: at lambda t = \(time)",
              each: try curves.map { try $0.value("population_accuracy", atSlow: time) },
              in: (accuracy - 0.08)...min(1, accuracy + 0.08),
              "\(accuracy) for another seed; seeds of 32 samples differ by 0.06")
          } + [
            Claim(
              "margin over |w|_2 at lambda t = 1",
              each: try curves.map { try $0.value("l2_margin", atSlow: 1) }, in: 56...59,
              "57.59 for another seed"),
            Claim(
              "margin over |w|_2 at the end", each: try curves.map { try $0.end("l2_margin") },
              in: 4...7,
              "5.6 for another seed, at lambda t = 8 or so"),
            Claim(
              "margin over |w|_1 at lambda t = 1",
              each: try curves.map { try $0.value("l1_margin", atSlow: 1) }, in: 0.22...0.236,
              "0.228 for another seed"),
            Claim(
              "margin over |w|_1 at the end", each: try curves.map { try $0.end("l1_margin") },
              in: 0.54...0.68,
              "0.586 for another seed"),
          ]
      }
    })

  private static let marginReference = [(4.25, 0.955), (5.0, 0.848), (6.0, 0.733), (8.0, 0.639)]

  // MARK: - Both panels

  /// Flow at full size; flow and descent with fewer features; at the paper's scale descent in full.
  private static func lyuFig1Spec(
    _ scale: FigureScale, _ full: String, lambdaTime: Int, smaller: String
  ) -> String {
    func spec(_ problem: String, _ precision: String, _ methods: String, seeds: Int) -> String {
      """
      experiment: diagonal-network
      loss: logistic
      depth: 2
      problem: \(problem)
      init: {kind: norm, scale: 128}
      learning_rate: 0.01
      weight_decay: 1.0e-3
      steps: \(lambdaTime * 100_000)
      evaluate: \(DiagonalCurve.schedule(dense: 10_000, every: 5000, last: lambdaTime * 100_000))
      precision: \(precision)
      sweep:
        method: [\(methods)]
        seed: {range: [1, \(1 + seeds)]}
      """
    }
    let isPaper = scale == .paper
    return FigureRecipe.documents(
      [
        spec(full, "f64", "reduced-flow", seeds: isPaper ? 4 : 1),
        spec(smaller, "f64", "reduced-flow", seeds: 1),
        spec(smaller, "f32", "gradient-descent", seeds: 1),
      ] + (isPaper ? [spec(full, "f32", "gradient-descent", seeds: 1)] : []))
  }

  private static func lyuFig1Output(
    _ input: FigureInput, _ id: String, _ claims: ([DiagonalCurve]) throws -> [Claim]
  ) throws -> FigureOutput {
    guard !input.runs.isEmpty else { throw FigureError.noRuns(id) }
    let curves = try input.runs.map(DiagonalCurve.init)
    let largest = try curves.map { try $0.run.number("problem.d") }.max() ?? 0
    let full = try curves.filter { try $0.run.number("problem.d") == largest }
    let flows = full.filter { $0.method == "reduced-flow" }
    var output = FigureOutput()
    let metrics = [
      "train_loss", "train_accuracy", "population_accuracy", "norm", "l2_margin", "l1_margin",
    ]
    output.tables = try curves.map { curve in
      (
        "\(curve.method)-d\(curve.run.prepared.parameters["problem.d"])-seed\(curve.seed)",
        try curve.rows(metrics)
      )
    }
    output.claims = try claims(flows)
    output.claims += try pairs(curves).map { descent, flow in
      let d = descent.run.prepared.parameters["problem.d"].description
      return Claim(
        "descent follows flow, d = \(d): largest difference of test accuracy from t = 10 on",
        try descent.distance("population_accuracy", to: flow, from: 10), in: 0...0.02,
        "of order lr, but for the first step, which jumps over the start")
    }
    let kernel = zip(input.runs, input.predictions).first {
      $0.0.prepared.id == flows.first?.run.prepared.id
    }?.1.first { $0.name == TheoryCatalog.kernelAccuracyName }?.value
    output.plot = lyuFig1Plot(output.tables.map(\.name), kernel: kernel)
    return output
  }

  /// Descents with the flow on the same data.
  private static func pairs(
    _ curves: [DiagonalCurve]
  ) throws -> [(descent: DiagonalCurve, flow: DiagonalCurve)] {
    curves.filter { $0.method != "reduced-flow" }.compactMap { descent in
      curves.first {
        $0.method == "reduced-flow" && $0.seed == descent.seed
          && $0.run.prepared.parameters["problem.d"] == descent.run.prepared.parameters["problem.d"]
      }.map { (descent, $0) }
    }
  }

  /// - Parameter kernel: test accuracy of the max-L2-margin direction of the first flow's data.
  private static func lyuFig1Plot(_ tables: [String], kernel: Double?) -> String {
    let theory = kernel.map {
      "\($0) with lines dt 3 lc rgb '#cc3311' title 'test, max-L_2-margin direction (Cor. 3.6)'"
    }
    let curves = tables.map { name in
      "'\(name).csv' using 1:5 with lines lw 1 dt 2 title 'train, \(name)', "
        + "'' using 1:6 with lines lw 2 title 'test'"
    }
    return """
      set logscale x
      set format x '10^{%L}'
      set xlabel 'step'
      set ylabel 'accuracy'
      set yrange [0.45:1.02]
      set key left center font ',8'
      plot \((curves + [theory].compactMap { $0 }).joined(separator: ", "))
      """
  }
}
