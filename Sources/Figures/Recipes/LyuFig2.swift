import Experiments
import Foundation
import Sweeps
import Theory

extension FigureRecipe {
  private static let lyu =
    "Lyu, Jin, Li, Du, Lee, Hu, ICLR 2024 (arXiv 2311.18817), "

  // MARK: - Figure 2a

  /// Modular addition from He's start with weight decay.
  ///
  /// The paper has p = 97, 1024 units, 40 % of the pairs, lr = 0.002, lambda = 1e-4, for which train
  /// accuracy is full by 1e6 steps and test accuracy by 1e7, that is lambda t = 0.2 and 2. The small
  /// scale has p = 23, 256 units and 80 % of the pairs (23 classes do not generalise from 40 %), the
  /// same lambda and a step 1000 times as large; as the transition is a matter of lambda t, it comes
  /// in 1e4 steps. Three seeds instead of one; a test set has 106 pairs.
  static let lyuFig2a = FigureRecipe(
    id: "lyu/fig2a",
    title: "Grokking in modular addition with weight decay",
    citation: lyu + "Fig. 2 (left); section 3.1, Theorems 3.4, 3.5",
    spec: { scale in
      """
      \(AdditionRun.spec(scale, width: 256))
      learning_rate: \(scale == .paper ? 0.002 : 2)
      weight_decay: 1.0e-4
      steps: \(scale == .paper ? 40_000_000 : 40_000)
      sweep: {seed: [1, 2, 3]}
      """
    },
    analyze: { input in
      let runs = try AdditionRun.all(input, "lyu/fig2a")
      var output = FigureOutput()
      output.tables = try runs.map { ("seed\($0.seed)", try $0.rows()) }
      output.claims = try lyuFig2aClaims(runs)
      output.plot = lyuFig2aPlot(runs)
      return output
    })

  private static func lyuFig2aClaims(_ runs: [AdditionRun]) throws -> [Claim] {
    let halves = try runs.map { run in
      try run.step("test_accuracy", reaches: 0.5).map(run.slowTime)
    }
    let delays = runs.map { run in
      run.run.t1.flatMap { t1 in run.run.t2.map { Double($0) / Double(max(t1, 1)) } }
    }
    let widths = try runs.map { run in
      try run.step("test_accuracy", reaches: 0.1).flatMap { first in
        try run.step("test_accuracy", reaches: 0.9).map { $0 / first }
      }
    }
    return try [
      Claim(
        "train accuracy reaches 100 %: lambda t at t1, over runs",
        each: runs.map { run in run.run.t1.map { run.slowTime(Double($0)) } }, in: 0...0.2,
        "by 1e6 of 1/(lr lambda) = 5e6 steps in the paper"),
      AdditionRun.chanceClaim(runs),
      Claim(
        "and stays there: least train accuracy after t1, over runs",
        each: try runs.map { run in
          try run.run.t1.flatMap { t1 in
            try zip(run.run.curves.steps, run.run.curve("train_accuracy"))
              .filter { $0.0 >= t1 }.map(\.1).extremes.least
          }
        }, in: 0.999...1, "the paper's stays at 100 %"),
      Claim(
        "test accuracy reaches 100 % (99 % in t2): at the end, over runs",
        each: try runs.map { try $0.end("test_accuracy") }, in: 0.99...1, "the paper's claim"),
      Claim(
        "a decade after train accuracy or more: t2/t1, over runs", each: delays, in: 8...1000,
        "1e7 over 1e6 in the paper; more at a larger step, which shortens t1 / (lr lambda)"),
      Claim(
        "lambda t at a test accuracy of 50 %, over runs", each: halves, in: 1...4,
        "about 1e7 steps of 1/(lr lambda) = 5e6 in the paper: 2, within a factor of 2"),
      Claim(
        "the transition is sharp: step of 90 % over that of 10 % test accuracy, over runs",
        each: widths, in: 1...10, "less than a decade of a logarithmic axis"),
      Claim(
        "the margin of the normalised net, min (o_y - o_c)/|theta|^2, at the end over that at "
          + "lambda t = 0.3, over runs",
        each: try runs.map { run in
          let steps = run.run.curves.steps
          return try steps.firstIndex { run.slowTime(Double($0)) >= 0.3 }.map { index in
            let last = try run.normalizedMargin(steps.count - 1)
            return try last / run.normalizedMargin(index)
          }
        }, in: 1.2...5, "the late phase seeks the largest margin (Theorem 3.5); no paper's number"),
    ]
  }

  private static func lyuFig2aPlot(_ runs: [AdditionRun]) -> String {
    let accuracies = runs.enumerated().map { index, run in
      "'seed\(run.seed).csv' using ($1+1):3 with lines lw 2 dt 2 lc \(index + 1) "
        + "title 'train, seed \(run.seed)', '' using ($1+1):4 with lines lw 2 lc \(index + 1) "
        + "title 'test'"
    }.joined(separator: ", ")
    let margins = runs.enumerated().map { index, run in
      "'seed\(run.seed).csv' using ($1+1):($7/$8**2) with lines lw 2 lc \(index + 1) "
        + "title 'seed \(run.seed)'"
    }.joined(separator: ", ")
    let norms = runs.enumerated().map { index, run in
      "'seed\(run.seed).csv' using ($1+1):8 with lines lw 2 lc \(index + 1) "
        + "title 'seed \(run.seed)'"
    }.joined(separator: ", ")
    return """
      set multiplot layout 1, 3
      set logscale x
      set format x '10^{%L}'
      set xlabel 'step + 1'
      set ylabel 'accuracy'
      set key top left
      plot \(accuracies)
      set ylabel 'margin / |{/Symbol q}|^2'
      set yrange [0:*]
      plot \(margins)
      set ylabel '|{/Symbol q}|'
      plot \(norms)
      unset multiplot
      """
  }

  // MARK: - Figure 2b

  /// The same with the start scaled by alpha, and an output layer that starts at zero.
  ///
  /// The paper's alpha goes from 1 to 100; the steps between are not in its text. Theory shifts the
  /// transition by ln(alpha_2/alpha_1) in lambda t; it holds for large alpha. The small scale has
  /// alpha = 3, 6, 12, as gradient descent needs lr < 23/alpha^2 for its net; two seeds.
  static let lyuFig2b = FigureRecipe(
    id: "lyu/fig2b",
    title: "Modular addition: a larger start generalises later",
    citation: lyu + "Fig. 2 (middle); Assumption 3.2, Theorems 3.4, 3.5",
    spec: { scale in
      """
      \(AdditionRun.spec(scale, width: 128))
      learning_rate: \(scale == .paper ? 0.002 : 0.16)
      weight_decay: \(scale == .paper ? "1.0e-4" : "5.0e-4")
      init: {zero_output: true}
      steps: \(scale == .paper ? 60_000_000 : 90_000)
      sweep:
        init.scale: \(scale == .paper ? "[1, 3, 10, 30, 100]" : "[3, 6, 12]")
        seed: \(scale == .paper ? "[1]" : "[1, 2]")
      """
    },
    analyze: { input in
      let runs = try AdditionRun.all(input, "lyu/fig2b")
      var output = FigureOutput()
      output.tables = try runs.map { (fig2bTable($0), try $0.rows()) }
      output.claims =
        try lyuFig2bClaims(runs) + [
          Claim(
            "the output layer is stable: learning rate over the largest at the start, over runs",
            each: runs.map { run in
              input.prediction(TheoryCatalog.largestRateName, of: run.run).map { run.rate / $0 }
            }, in: 0...1, "its sharpness is lambda_max(H^T H / n) / p, of order alpha^2")
        ]
      output.plot = lyuFig2bPlot(runs.filter { $0.seed == runs[0].seed })
      return output
    })

  private static func fig2bTable(_ run: AdditionRun) -> String {
    "alpha\(Number.short(run.scale))-seed\(run.seed)"
  }

  private static func lyuFig2bClaims(_ runs: [AdditionRun]) throws -> [Claim] {
    let peaks = try runs.map { try $0.run.curve("test_loss").extremes.largest ?? .nan }
    let level = (peaks.extremes.least ?? .nan) / 2
    let onsets = try shifts(runs) { try $0.slowTime(testLossFallsTo: level) }
    let halves = try shifts(runs) { run in
      try run.step("test_accuracy", reaches: 0.5).map(run.slowTime)
    }
    return try AdditionRun.memorizationClaims(runs, "long before the transition") + [
      Claim(
        "test accuracy at the end, over runs",
        each: try runs.map { try $0.end("test_accuracy") }, in: 0.7...1,
        "all transitions take place; the last, at lambda t of 5 of 7, is not complete"),
      Claim(
        "a larger start generalises later: lambda t at which the test loss falls to half of its "
          + "plateau rises with alpha, pairs of neighbours",
        measured: "\(onsets.pairs.count { $0 ?? -1 > 0 }) of \(onsets.pairs.count); "
          + onsets.text, tolerance: "all",
        held: !onsets.pairs.isEmpty && onsets.pairs.allSatisfy { $0 ?? -1 > 0 }),
      Claim(
        "its shift over ln(alpha_2/alpha_1), pairs of neighbours", each: onsets.pairs,
        in: 0.7...1.3, "1 for alpha to infinity (Theorems 3.4, 3.5)"),
      Claim(
        "and none earlier but for noise: the shift of lambda t at a test accuracy of 50 % over "
          + "ln(alpha_2/alpha_1), pairs of neighbours", each: halves.pairs, in: -0.3...2,
        "of 106 test pairs, five more or less shift it by 0.2"),
      Claim(
        "the same from the smallest to the largest alpha", each: halves.ends, in: 0.5...1.5,
        "1 for alpha to infinity"),
    ]
  }

  /// Of a lambda t: what it differs by between neighbours in alpha and from the smallest to the
  /// largest, over the difference of ln alpha, for every seed; and itself, as text.
  private static func shifts(
    _ runs: [AdditionRun], _ time: (AdditionRun) throws -> Double?
  ) rethrows -> (pairs: [Double?], ends: [Double?], text: String) {
    var (pairs, ends, texts) = ([Double?](), [Double?](), [String]())
    for seed in Set(runs.map(\.seed)).sorted() {
      let line = runs.filter { $0.seed == seed }.sorted { $0.scale < $1.scale }
      let times = try line.map(time)
      func shift(_ first: Int, _ second: Int) -> Double? {
        times[first].flatMap { start in
          times[second].map { ($0 - start) / log(line[second].scale / line[first].scale) }
        }
      }
      pairs += line.indices.dropFirst().map { shift($0 - 1, $0) }
      if line.count > 1 { ends.append(shift(0, line.count - 1)) }
      texts.append(times.map { $0.map(Number.short) ?? "-" }.joined(separator: " "))
    }
    return (pairs, ends, texts.joined(separator: "; "))
  }

  private static func lyuFig2bPlot(_ runs: [AdditionRun]) -> String {
    func panel(_ x: (AdditionRun) -> String, _ column: Int) -> String {
      runs.enumerated().map { index, run in
        "'\(fig2bTable(run)).csv' using (\(x(run))):\(column) with lines lw 2 lc \(index + 1) "
          + "title '{/Symbol a} = \(Number.short(run.scale))'"
      }.joined(separator: ", ")
    }
    return """
      set multiplot layout 1, 3
      set logscale x
      set format x '10^{%L}'
      set xlabel 'step + 1'
      set ylabel 'train accuracy'
      set key top left
      plot \(panel({ _ in "$1+1" }, 3))
      set ylabel 'test accuracy'
      plot \(panel({ _ in "$1+1" }, 4))
      unset logscale x
      set format x '%g'
      set xlabel '{/Symbol l} t - ln {/Symbol a}'
      plot \(panel({ "$2-\(log($0.scale))" }, 4))
      unset multiplot
      """
  }
}
