import Experiments
import Sweeps

extension FigureRecipe {
  /// Digits with an l1 penalty, over learning rates and strengths; and with l2 and the nuclear norm, of
  /// which the text says that they look the same.
  ///
  /// No code of this figure is public, and the text gives the net (two layers, no biases), 1000
  /// training samples and Adam, but neither width, loss, start, grid nor steps. Cross-entropy is
  /// assumed, and a start of four times the usual size: with the usual one the test accuracy is at its
  /// best when memorisation ends. The small scale has 200 samples.
  ///
  /// The images are those of a folder `mnist` in the working directory (`tools/make-mnist mnist`).
  static let notsawoFig35 = FigureRecipe(
    id: "notsawo/fig35",
    title: "Digits with an l1, l2 or nuclear-norm penalty",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 35; appendix H",
    dataFolder: imageFolder,
    spec: { documents(digitSpecs($0)) },
    analyze: { input in
      guard !input.runs.isEmpty else { throw FigureError.noRuns("notsawo/fig35") }
      let grids = try NetworkPenalty.allCases.compactMap { penalty -> DigitGrid? in
        let runs = try input.runs.filter { try $0.number(penalty.key) > 0 }
        return runs.isEmpty ? nil : try DigitGrid(runs, penalty)
      }
      var output = FigureOutput()
      output.tables = try GrokkingGrid(grids.flatMap(\.grid.cells))
        .tables(["train_accuracy", "test_accuracy"])
      output.claims = try grids.flatMap { try $0.claims() }
      output.plot = digitPlot(grids)
      return output
    })

  /// Where the images of Fig. 35 are, relative to the working directory.
  public static let imageFolder = "mnist"

  /// At the small scale the two penalties that the figure does not show have fewer cells and steps. The
  /// gradient of the nuclear norm has entries of about 1/sqrt(784), that of l1 has +-1.
  private static func digitSpecs(_ scale: FigureScale) -> [String] {
    let isPaper = scale == .paper
    let (strengths, rates) = ("1.0e-4, 3.0e-4, 1.0e-3, 3.0e-3", "3.0e-3, 1.0e-2, 3.0e-2")
    return [
      digitSpec(scale, .l1, strengths, rates: rates, smallSteps: 4000),
      digitSpec(
        scale, .l2, isPaper ? strengths : "3.0e-4, 1.0e-3, 3.0e-3",
        rates: isPaper ? rates : "1.0e-2, 3.0e-2", smallSteps: 2000),
      digitSpec(
        scale, .nuclear, isPaper ? "1.0e-3, 3.0e-3, 1.0e-2, 3.0e-2" : "3.0e-3, 1.0e-2, 3.0e-2",
        rates: isPaper ? rates : "1.0e-2, 3.0e-2", smallSteps: 2000),
    ]
  }

  private static func digitSpec(
    _ scale: FigureScale, _ penalty: NetworkPenalty, _ strengths: String, rates: String,
    smallSteps: Int
  ) -> String {
    let isPaper = scale == .paper
    return """
      experiment: network
      task: images
      optimizer: adam
      problem: {path: \(imageFolder), N: \(isPaper ? 1000 : 200)}
      model: {width: \(isPaper ? 200 : 40), bias: none}
      init: {kind: fan-out, scale: 4}
      steps: \(isPaper ? 20_000 : smallSteps)
      evaluate: {per_decade: 40}
      record: {nuclear_norm: false}
      precision: f32
      seed: 1
      sweep:
        learning_rate: [\(rates)]
        \(penalty.key): [\(strengths)]
      """
  }

  private static func digitPlot(_ grids: [DigitGrid]) -> String {
    let columns = grids.map(\.grid.rates.count).max() ?? 1
    let panels = grids.flatMap { digits in
      let rates = digits.grid.rates
      return rates.map {
        digits.grid.with(rate: $0)
          .panel("\(digits.penalty.symbol), {/Symbol a} = \($0)", isLogarithmic: true)
      } + Array(repeating: "set multiplot next", count: columns - rates.count)
    }
    return """
      set multiplot layout \(grids.count), \(columns)
      set logscale x
      set format x '10^{%L}'
      set xlabel 'step + 1'
      set ylabel 'accuracy'
      set yrange [0:1.05]
      set key bottom right font ',8'
      \(panels.joined(separator: "\n"))
      unset multiplot
      """
  }
}

/// The runs of one penalty. t2 is half way up: half way between the median test accuracy at t1 and the
/// best of all runs.
private struct DigitGrid {
  let penalty: NetworkPenalty
  let level: Double
  let grid: GrokkingGrid

  init(_ runs: [FigureInput.Run], _ penalty: NetworkPenalty) throws {
    self.penalty = penalty
    let early = try runs.compactMap { run in
      try run.t1.flatMap { try run.value("test_accuracy", at: $0) }
    }.sorted()
    let best = try runs.compactMap { try $0.curve("test_accuracy").extremes.largest }.max()
    let level =
      best.flatMap { best in early.isEmpty ? nil : (early[early.count / 2] + best) / 2 }
      ?? .infinity
    self.level = level
    grid = GrokkingGrid(
      try runs.map { run in
        try GrokkingCell(run, penalty: penalty) { run in
          let values = try run.curve("test_accuracy")
          return zip(run.curves.steps, values).first { $0.1 >= level }?.0
        }
      })
  }

  func claims() throws -> [Claim] {
    let name = penalty.rawValue
    return grid.delayClaims(
      "\(name): test accuracy of \(Number.short(level)), half way up", factor: 1.5,
      "the rise is delayed")
      + [
        Claim(
          "\(name): rise of the test accuracy from t1 to its best, runs that get half way",
          each: try grid.generalized.map { cell in
            let start = try cell.t1.flatMap { try cell.run.value("test_accuracy", at: $0) }
            let best = try cell.run.curve("test_accuracy").extremes.largest
            return start.flatMap { start in best.map { $0 - start } }
          }, in: 0.05...0.9, "larger than the noise of a thousand test images (0.015)"),
        grid.orderClaim(
          "\(name): a larger beta: an earlier rise (alpha fixed)", over: \.strength, atMost: -0.8,
          "of almost every pair"),
        grid.orderClaim(
          "\(name): a larger alpha: an earlier rise (beta fixed)", over: \.rate, atMost: -0.8,
          "of almost every pair"),
      ]
  }
}
