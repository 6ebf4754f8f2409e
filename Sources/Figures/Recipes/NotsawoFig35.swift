import Experiments
import Sweeps

extension FigureRecipe {
  /// Digits with an l1 penalty, over learning rates and strengths.
  ///
  /// No code of this figure is public, and the text gives the net (two layers, no biases), 1000
  /// training samples and Adam, but neither width, loss, start, grid nor steps. Cross-entropy is
  /// assumed, and a start of four times the usual size: with the usual one the test accuracy is at its
  /// best when memorisation ends. The small scale has 200 samples.
  ///
  /// The images are those of a folder `mnist` in the working directory (`tools/make-mnist mnist`).
  static let notsawoFig35 = FigureRecipe(
    id: "notsawo/fig35",
    title: "Digits with an l1 penalty",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 35; appendix H",
    dataFolder: imageFolder,
    spec: { scale in
      let isPaper = scale == .paper
      return """
        experiment: network
        task: images
        optimizer: adam
        problem: {path: \(imageFolder), N: \(isPaper ? 1000 : 200)}
        model: {width: \(isPaper ? 200 : 40), bias: none}
        init: {kind: fan-out, scale: 4}
        steps: \(isPaper ? 20_000 : 4000)
        evaluate: {per_decade: 40}
        record: {nuclear_norm: false}
        precision: f32
        seed: 1
        sweep:
          learning_rate: [3.0e-3, 1.0e-2, 3.0e-2]
          regularizer.l1: [1.0e-4, 3.0e-4, 1.0e-3, 3.0e-3]
        """
    },
    analyze: { input in
      let level = try riseLevel(input)
      let grid = try GrokkingGrid(input, id: "notsawo/fig35", penalty: .l1) { run in
        let values = try run.curve("test_accuracy")
        return zip(run.curves.steps, values).first { $0.1 >= level }?.0
      }
      var output = FigureOutput()
      output.tables = try grid.tables(["train_accuracy", "test_accuracy"])
      output.claims = try digitClaims(grid, level)
      output.plot = digitPlot(grid)
      return output
    })

  /// Where the images of Fig. 35 are, relative to the working directory.
  public static let imageFolder = "mnist"

  /// Half way between the median test accuracy at t1 and the best of all runs.
  private static func riseLevel(_ input: FigureInput) throws -> Double {
    let early = try input.runs.compactMap { run in
      try run.t1.flatMap { try run.value("test_accuracy", at: $0) }
    }.sorted()
    let best = try input.runs.compactMap { try $0.curve("test_accuracy").extremes.largest }.max()
    guard let best, !early.isEmpty else { return .infinity }
    return (early[early.count / 2] + best) / 2
  }

  private static func digitClaims(_ grid: GrokkingGrid, _ level: Double) throws -> [Claim] {
    grid.delayClaims(
      "test accuracy of \(Number.short(level)), half way up", factor: 1.5, "the rise is delayed")
      + [
        Claim(
          "rise of the test accuracy from t1 to its best, runs that get half way",
          each: try grid.generalized.map { cell in
            let start = try cell.t1.flatMap { try cell.run.value("test_accuracy", at: $0) }
            let best = try cell.run.curve("test_accuracy").extremes.largest
            return start.flatMap { start in best.map { $0 - start } }
          }, in: 0.05...0.9, "larger than the noise of a thousand test images (0.015)"),
        grid.orderClaim(
          "a larger beta: an earlier rise (alpha fixed)", over: \.strength, atMost: -0.8,
          "of almost every pair"),
        grid.orderClaim(
          "a larger alpha: an earlier rise (beta fixed)", over: \.rate, atMost: -0.8,
          "of almost every pair"),
      ]
  }

  private static func digitPlot(_ grid: GrokkingGrid) -> String {
    let panels = grid.rates.map {
      grid.with(rate: $0).panel("{/Symbol a} = \($0)", isLogarithmic: true)
    }
    return """
      set multiplot layout 1, \(grid.rates.count)
      set logscale x
      set format x '10^{%L}'
      set xlabel 'step + 1'
      set ylabel 'accuracy, train solid, test dashed'
      set yrange [0:1.05]
      set key bottom right font ',8'
      \(panels.joined(separator: "\n"))
      unset multiplot
      """
  }
}
