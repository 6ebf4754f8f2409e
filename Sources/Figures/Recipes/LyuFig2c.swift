import Experiments
import Foundation
import Sweeps

extension FigureRecipe {
  /// Modular addition over weight decays, none among them.
  ///
  /// The paper does not list its values. Here they go from none over one that a plain update in f32
  /// would round away (lr lambda < 2^-25; 1e-5 at the paper's rate) to one that pulls the net to zero.
  /// Whether a net fits before it collapses depends on the time of the fit against 1/lambda: with the 128
  /// units of the small scale decay wins from the start, with 2,048 units the fit is over first. So the
  /// small scale has such nets on both sides of the threshold, which hardly depends on the width.
  static let lyuFig2c = FigureRecipe(
    id: "lyu/fig2c",
    title: "Modular addition: a larger weight decay generalises earlier, up to a threshold",
    citation: "Lyu, Jin, Li, Du, Lee, Hu, ICLR 2024 (arXiv 2311.18817), Fig. 2 (right); "
      + "section 3.1",
    spec: { scale in
      scale == .paper
        ? lyuFig2cSpec(
          scale, width: 1024, rate: "0.002", steps: 100_000_000,
          "[0, 1.0e-5, 3.0e-5, 1.0e-4, 3.0e-4, 1.0e-3, 3.0e-3, 3.0e-2]")
        : FigureRecipe.documents([
          lyuFig2cSpec(
            scale, width: 128, rate: "2", steps: 40_000,
            "[0, 1.2e-8, 5.0e-5, 1.5e-4, 5.0e-4, 1.5e-3, 3.0e-2]"),
          lyuFig2cSpec(
            scale, width: 2048, rate: "1", steps: 2000, "[8.0e-3, 1.1e-2, 1.4e-2]"),
        ])
    },
    analyze: { input in
      let all = try AdditionRun.all(input, "lyu/fig2c").sorted { $0.decay < $1.decay }
      let least = all.map(\.width).min() ?? 0
      let (runs, wide) = (all.filter { $0.width == least }, all.filter { $0.width > least })
      var output = FigureOutput()
      output.tables = try all.map { run in
        (fig2cTable(run), try run.rows(["l2_norm_W1", "l2_norm_b1", "l2_norm_W2"]))
      }
      output.claims = try lyuFig2cClaims(runs) + (wide.isEmpty ? [] : thresholdClaims(runs, wide))
      output.plot = lyuFig2cPlot(runs, wide)
      return output
    })

  private static func lyuFig2cSpec(
    _ scale: FigureScale, width: Int, rate: String, steps: Int, _ decays: String
  ) -> String {
    """
    \(AdditionRun.spec(scale, width: width, precision: .f32))
    learning_rate: \(rate)
    steps: \(steps)
    sweep:
      weight_decay: \(decays)
    """
  }

  private static func fig2cTable(_ run: AdditionRun) -> String {
    "width\(run.width)-lambda\(run.decay)"
  }

  /// A relative change of half a unit of the last place of f32 per step.
  private static let roundedAway = 0x1p-25

  private static func lyuFig2cClaims(_ runs: [AdditionRun]) throws -> [Claim] {
    let isMemorized = try runs.map { try $0.end("train_accuracy") >= 0.999 }
    // Decays that are felt, and that the net bears.
    let middle = zip(runs, isMemorized).filter { run, held in
      held && run.decay * run.rate > roundedAway
    }.map(\.0)
    let halves = try middle.map { try $0.step("test_accuracy", reaches: 0.5) }
    let falls = zip(halves, halves.dropFirst()).map { slow, fast in
      slow.flatMap { slow in fast.map { slow / $0 } }
    }
    let ratios = zip(falls, zip(middle, middle.dropFirst()))
      .filter { $0.1.1.decay <= 5e-4 }
      .map { fall, pair in fall.map { $0 * pair.0.decay / pair.1.decay } }
    let known = halves.map { $0.map(Number.short) ?? "-" }.joined(separator: ", ")
    return [
      Claim(
        "train accuracy ends at 100 % for small and middling decays: of those up to 5e-4",
        each: try runs.filter { $0.decay <= 5e-4 }.map { try $0.end("train_accuracy") },
        in: 0.999...1, "the paper's claim"),
      Claim(
        "a larger decay generalises earlier: steps of 50 % test accuracy fall as lambda grows, "
          + "neighbours among those that end with 100 % train accuracy",
        measured: "\(falls.count { $0 ?? 0 > 1 }) of \(falls.count); \(known) for "
          + middle.map { "\($0.decay)" }.joined(separator: ", "), tolerance: "all, of at least 2",
        held: falls.count >= 2 && falls.allSatisfy { $0 ?? 0 > 1 }),
      Claim(
        "as 1/lambda: the ratio of these steps over the inverse ratio of the decays, up to 5e-4",
        each: ratios, in: 0.67...1.5, "1 but for logarithms and the noise of a small test set"),
      Claim(
        "without decay the test accuracy stays at chance: at the end, over 1/p",
        each: try runs.filter { $0.decay == 0 }.map { try $0.end("test_accuracy") * $0.p },
        in: 0...2, "Fig. 4: it would need ln t of 1e2 to 1e4"),
      try collapseClaim(runs), try smallDecayClaim(runs),
    ]
  }

  /// The largest decay lets the net forget.
  private static func collapseClaim(_ runs: [AdditionRun]) throws -> Claim {
    guard let largest = runs.last else { throw FigureError.noRuns("lyu/fig2c") }
    return Claim(
      "above a threshold train accuracy collapses: at the end, for lambda = \(largest.decay)",
      try largest.end("train_accuracy"), in: 0...0.2, "the parameters decay to zero",
      detail: "|theta| = \(Number.short(try largest.end("l2_norm")))")
  }

  /// Wide nets fit first; those above the threshold collapse then.
  private static func thresholdClaims(
    _ runs: [AdditionRun], _ wide: [AdditionRun]
  ) throws -> [Claim] {
    let ends = try wide.map { try $0.end("train_accuracy") }
    let collapsed = zip(wide, ends).first { $0.1 < 0.5 }?.0
    let list = zip(wide, ends).map { "\(Number.short($1)) for \($0.decay)" }
    let falls = try [runs, wide].map { line in
      let ends = try line.map { try $0.end("train_accuracy") }
      return zip(ends, ends.dropFirst()).map { $1 - $0 }.max() ?? .nan
    }
    return [
      Claim(
        "the threshold is small: the least lambda of 2,048 units that ends below 50 % train accuracy",
        collapsed?.decay, in: 1.5e-3...1.5e-2,
        "within a decade above the largest that generalises; no paper's number",
        detail: list.joined(separator: ", ")),
      Claim(
        "the collapse comes eventually: its largest train accuracy before",
        try collapsed.flatMap { try $0.run.curve("train_accuracy").extremes.largest },
        in: 0.9...1, "the net fits first",
        detail: collapsed?.run.t1.map { "100 % at step \($0)" } ?? ""),
      Claim(
        "below the threshold the fit stays: train accuracy at the end, for the least lambda of them",
        ends.first, in: 0.999...1, "as for smaller decays"),
      Claim(
        "no larger decay fits better in the end: largest rise of train accuracy between neighbours in "
          + "lambda, by width", each: falls, in: -1...0.02, "but for noise at chance, 1/p"),
    ]
  }

  /// A decay that plain f32 would lose changes |W1|^2 + |b1|^2 - |W2|^2 as it should: the change of
  /// its logarithm in the second half of the run, less that of the run without decay.
  private static func smallDecayClaim(_ runs: [AdditionRun]) throws -> Claim {
    func change(_ run: AdditionRun) throws -> (logarithm: Double, steps: Double) {
      let steps = run.run.curves.steps
      guard let last = steps.last, let half = steps.firstIndex(where: { $0 >= last / 2 }) else {
        return (.nan, .nan)
      }
      return (
        log(try run.imbalance(steps.count - 1) / run.imbalance(half)),
        Double(last - steps[half])
      )
    }
    let control = try runs.first { $0.decay == 0 }.map(change)
    let small = runs.filter { $0.decay > 0 && $0.decay * $0.rate < roundedAway }
    return Claim(
      "a decay of lr lambda < 2^-25 per step acts in f32: decay of |W1|^2 + |b1|^2 - |W2|^2 over "
        + "2 lambda t, less that of lambda = 0",
      each: try small.map { run in
        let (logarithm, steps) = try change(run)
        return control.map { ($0.logarithm - logarithm) / (2 * run.slowTime(steps)) }
      }, in: 0.9...1.1, "exact under gradient flow; 0 if the decay is rounded away")
  }

  private static func lyuFig2cPlot(_ runs: [AdditionRun], _ wide: [AdditionRun]) -> String {
    func lines(_ runs: [AdditionRun], _ x: String, _ y: String, dash: Int = 1) -> [String] {
      runs.enumerated().map { index, run in
        "'\(fig2cTable(run)).csv' using (\(x)):(\(y)) with lines lw 2 dt \(dash) lc \(index + 1) "
          + "title '{/Symbol l} = \(run.decay)\(dash == 1 ? "" : ", \(run.width) units")'"
      }
    }
    func panel(_ lines: [String]) -> String { lines.joined(separator: ", ") }
    return """
      set multiplot layout 1, 3
      set logscale x
      set format x '10^{%L}'
      set xlabel 'step + 1'
      set ylabel 'train accuracy'
      set key top left font ',8'
      plot \(panel(lines(runs, "$1+1", "$3") + lines(wide, "$1+1", "$3", dash: 2)))
      set ylabel 'test accuracy'
      plot \(panel(lines(runs, "$1+1", "$4")))
      set xlabel '{/Symbol l} t'
      set xrange [1e-3:*]
      plot \(panel(lines(runs.filter { $0.decay > 0 }, "$2", "$4")))
      unset multiplot
      """
  }
}
