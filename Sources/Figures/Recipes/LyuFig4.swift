import Experiments
import Foundation
import Sweeps

extension FigureRecipe {
  /// Modular addition without weight decay, in time steps of lr/L.
  ///
  /// The paper says that the effective learning rate is lr/L throughout; its code takes steps on
  /// 10 L until L = e^-5, and then on log L, which is done here. Time is the sum of the learning
  /// rates, from t = 1, on axes of log t (a) and log log t (b). The authors' default is 1e7 steps of
  /// lr = 0.01, but at that rate margins grow by a constant factor in so many steps, so that far
  /// fewer show the rise; the small scale has a larger step and p = 23.
  static let lyuFig4 = FigureRecipe(
    id: "lyu/fig4",
    title: "Modular addition without weight decay: generalisation in log log time",
    citation: "Lyu, Jin, Li, Du, Lee, Hu, ICLR 2024 (arXiv 2311.18817), Fig. 4 (a, b); "
      + "section 3.1",
    spec: { scale in
      """
      \(AdditionRun.spec(scale, width: 128, perDecade: 200, precision: .f32))
      loss: log-cross-entropy
      learning_rate: \(scale == .paper ? 0.01 : 0.03)
      steps: \(scale == .paper ? 1_000_000 : 30_000)
      sweep: {seed: \(scale == .paper ? "[1]" : "[1, 2]")}
      """
    },
    analyze: { input in
      let runs = try AdditionRun.all(input, "lyu/fig4")
      var output = FigureOutput()
      output.tables = try runs.map { run in
        ("seed\(run.seed)", try run.rows(["train_log_loss", "test_log_loss", "log_time"]))
      }
      output.claims = try lyuFig4Claims(runs)
      output.plot = try lyuFig4Plot(runs)
      return output
    })

  private static func lyuFig4Claims(_ runs: [AdditionRun]) throws -> [Claim] {
    let tenths = try runs.map { try $0.value("log_time", where: "test_accuracy", reaches: 0.1) }
    let most = try runs.map { try $0.value("log_time", where: "test_accuracy", reaches: 0.9) }
    let names = ["train_log_loss", "test_log_loss", "log_time", "l2_norm", "train_margin"]
    let finite = try runs.filter { run in
      try names.allSatisfy { try run.run.curve($0).allSatisfy(\.isFinite) }
    }
    return try AdditionRun.memorizationClaims(runs, "quickly, long before test accuracy") + [
      Claim(
        "ln t at t1, over runs",
        each: try runs.map { run in try run.run.t1.flatMap { try run.run.value("log_time", at: $0) }
        },
        in: 0...20, "a power of ten, not of a power of ten"),
      Claim(
        "-log L at the end, over runs", each: try runs.map { try -$0.end("train_log_loss") },
        in: 745...1e18, "e^-745 is the smallest double"),
      Claim(
        "all losses, times, norms and margins stay finite",
        measured: "\(finite.count) of \(runs.count) runs", tolerance: "all",
        held: finite.count == runs.count),
      Claim(
        "ln t at a test accuracy of 10 %, over runs", each: tenths, in: 10...1000,
        "it starts to rise at 230 in the paper, for a larger p"),
      Claim(
        "ln t at a test accuracy of 90 %, over runs", each: most, in: 300...3e4,
        "100 % at 2.3e4 in the paper, for a larger p"),
      Claim(
        "the rise takes a decade of ln t or more: its ratio, over runs",
        each: zip(tenths, most).map { first, last in
          first.flatMap { first in last.map { $0 / first } }
        }, in: 5...1000, "100 from 0 to 100 % in the paper"),
      Claim(
        "train margin at a test accuracy of 10 %, over runs",
        each: try runs.map { try $0.value("train_margin", where: "test_accuracy", reaches: 0.1) },
        in: 10...1000, "ln t is about -log L, the margin; 200 in the paper"),
      Claim(
        "train margin at a test accuracy of 90 %, over runs",
        each: try runs.map { try $0.value("train_margin", where: "test_accuracy", reaches: 0.9) },
        in: 300...3e4, "100 % at 2e4 in the paper"),
      Claim(
        "test accuracy at the end, over runs", each: try runs.map { try $0.end("test_accuracy") },
        in: 0.98...1, "100 % in the paper"),
      try clockClaim(runs), try growthClaim(runs), try directionClaim(runs),
    ]
  }

  /// ln t = -log L + O(ln k), of the least loss so far: at a finite step it has spikes.
  private static func clockClaim(_ runs: [AdditionRun]) throws -> Claim {
    var ratios: [Double] = []
    for run in runs {
      var least = 0.0
      for (time, loss) in try zip(run.run.curve("log_time"), run.run.curve("train_log_loss")) {
        least = min(least, loss)
        if least < -100 { ratios.append(time / -least) }
      }
    }
    let (low, high) = ratios.extremes
    return Claim(
      "time is the inverse of the loss: ln t over -log of the least L so far, once that is above "
        + "100, over runs and steps", each: [low, high], in: 0.9...1.3, "1 + O(ln k) / -log L")
  }

  /// The margin grows exponentially in steps: d ln(-log L) / dk >= 4 lr q / |theta|^2 under gradient
  /// flow on log L, of which the output is homogeneous of degree 2.
  private static func growthClaim(_ runs: [AdditionRun]) throws -> Claim {
    let rates = try runs.map { run -> Double? in
      let (steps, losses) = (run.run.curves.steps, try run.run.curve("train_log_loss"))
      guard let start = losses.firstIndex(where: { $0 < -100 }), start + 1 < losses.count else {
        return nil
      }
      let bound = try (start + 1..<losses.count).reduce(0) { sum, index in
        let margin = try (run.normalizedMargin(index) + run.normalizedMargin(index - 1)) / 2
        return sum + 4 * run.rate * margin * Double(steps[index] - steps[index - 1])
      }
      return log(losses[losses.count - 1] / losses[start]) / bound
    }
    return Claim(
      "-log L grows exponentially in steps: its logarithm over the sum of 4 lr q / |theta|^2, from "
        + "-log L = 100 on, over runs", each: rates, in: 0.9...3, "at least 1 under gradient flow")
  }

  private static func directionClaim(_ runs: [AdditionRun]) throws -> Claim {
    Claim(
      "the margin of the normalised net grows on: at the end over that at ln t = 10, over runs",
      each: try runs.map { run in
        try run.firstIndex("log_time", reaches: 10).map { index in
          let last = try run.normalizedMargin(run.run.curves.steps.count - 1)
          return try last / run.normalizedMargin(index)
        }
      }, in: 1.1...10, "it converges to a KKT point of the largest margin; no paper's number")
  }

  private static func lyuFig4Plot(_ runs: [AdditionRun]) throws -> String {
    func panel(_ x: String) -> String {
      runs.enumerated().map { index, run in
        "'seed\(run.seed).csv' using \(x):3 with lines lw 2 dt 2 lc \(index + 1) "
          + "title 'train, seed \(run.seed)', '' using \(x):4 with lines lw 2 lc \(index + 1) "
          + "title 'test'"
      }.joined(separator: ", ")
    }
    let margins = runs.enumerated().map { index, run in
      "'seed\(run.seed).csv' using ($7 > 0 ? $7 : 1/0):4 with lines lw 2 lc \(index + 1) "
        + "title 'seed \(run.seed)'"
    }.joined(separator: ", ")
    let half = try runs.compactMap { run in
      try run.value("log_time", where: "test_accuracy", reaches: 0.5)
    }.max()
    return """
      set multiplot layout 1, 3
      set ylabel 'accuracy'
      set key bottom right
      set xlabel '(a) ln t'
      set xrange [0:\(half.map { "\($0)" } ?? "*")]
      plot \(panel("11"))
      set xrange [1:*]
      set logscale x
      set format x '10^{%L}'
      set xlabel '(b) ln t'
      plot \(panel("11"))
      set xrange [*:*]
      set xlabel 'train margin'
      set ylabel 'test accuracy'
      plot \(margins)
      unset multiplot
      """
  }
}
