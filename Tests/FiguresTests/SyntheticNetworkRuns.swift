// This file makes the curves of networks that the recipes should see, and wrong ones.

import Experiments
import Figures
import Foundation
import Sweeps
import _TestSupport

enum SyntheticNetworkRuns {
  typealias Law = @Sendable (Double) -> Double

  /// The runs of all specs of a figure; images are made up.
  static func prepared(_ id: String, _ scale: FigureScale = .small) throws -> [PreparedRun] {
    let isDigits = id == "notsawo/fig35"
    let images = isDigits ? try ImageFolder.make() : nil
    let overrides = images.map { ["problem.path=\($0.path)", "problem.N=20"] } ?? []
    return try withExtendedLifetime(images) {
      try SyntheticRuns.prepared(id, scale, overrides: overrides)
    }
  }

  /// A run whose curves are functions of the step, evaluated where they change and at some more steps.
  static func run(
    _ prepared: PreparedRun, t1: Int?, t2: Int?, at more: [Int] = [],
    _ metrics: [(String, (Int) -> Double)]
  ) -> FigureInput.Run {
    let last = prepared.steps
    let middle = t2.map { [$0, $0 + 1, ($0 + last) / 2] } ?? []
    let steps = Set([0, 10, last] + more + middle + [t1].compactMap { $0 }).filter { $0 <= last }
      .sorted()
    var curves = RunCurves(names: metrics.map(\.0))
    curves.steps = steps
    curves.values = metrics.map { steps.map($0.1) }
    return FigureInput.Run(prepared: prepared, curves: curves, t1: t1, t2: t2)
  }

  /// Some input that a recipe can draw.
  static func input(_ id: String) throws -> FigureInput {
    switch id {
    case "notsawo/fig01", "notsawo/fig02", "notsawo/fig30": try Modular(id: id).input()
    case "notsawo/blog-l2": try Blog().input()
    case "notsawo/fig35": try Digits().input()
    default: try Student(id: id).input()
    }
  }

  private static let penalties = ["l1", "l2", "nuclear", "sobolev"]

  private static func strength(_ run: PreparedRun) throws -> Double {
    try penalties.map { try run.parameters.number("regularizer.\($0)") }.reduce(0, +)
  }

  // MARK: - Modular addition

  /// Figures 1, 2 and 30: t2 as powers of alpha and beta.
  struct Modular {
    var id = "notsawo/fig01"
    /// t2 at the largest alpha and beta.
    var delay = 1000.0
    var exponents = (alpha: -0.5, beta: -0.5)
    /// From t2.
    var t1: @Sendable (Int) -> Int? = { _ in 90 }
    /// |theta|_2 at t1 and at the end; it is 30 at t2.
    var peak = 40.0
    var norm = 36.0
    /// |theta|_1 at the end; it is 2000 at t1.
    var sum = 500.0
    var accuracy = 1.0
    /// Whether a run does not generalise, by beta over the largest one and by seed.
    var isStuck: @Sendable (Double, Double) -> Bool = { _, _ in false }

    func input() throws -> FigureInput {
      FigureInput(
        runs: try SyntheticNetworkRuns.prepared(id).map { run in
          let alpha = try run.parameters.number("learning_rate")
          let seed = try run.parameters.number("seed")
          let isL1 = try run.parameters.number("regularizer.l1") > 0
          let isL2 = try run.parameters.number("regularizer.l2") > 0
          let largest = isL1 ? 1.2e-4 : isL2 ? 3e-4 : 4e-4
          let beta = try SyntheticNetworkRuns.strength(run) / largest
          let last = run.steps
          let t2 =
            isStuck(beta, seed)
            ? last + 1
            : Int(
              delay * pow(beta, exponents.beta) * pow(alpha / 0.03, exponents.alpha)
                * (1 + 0.02 * seed))
          let t1 = t1(t2)
          let whole: [(String, (Int) -> Double)] = [
            ("train_accuracy", { $0 < t1 ?? last ? 0.1 : 1 }),
            ("test_accuracy", { $0 < t2 ? 0.05 : $0 == last && $0 > t2 ? accuracy : 1 }),
            ("l1_norm", { $0 == 0 ? 270 : $0 < t2 ? 2000 : $0 < last ? 800 : sum }),
            ("l2_norm", { $0 == 0 ? 10 : $0 < t2 ? peak : $0 < last ? 30 : norm }),
            ("nuclear_norm", { $0 < t2 ? 400 : 200 }),
          ]
          return SyntheticNetworkRuns.run(run, t1: t1, t2: t2 <= last ? t2 : nil, whole)
        })
    }
  }

  /// Figures 1, 2 and 30 at the paper's sizes, near what was measured of them elsewhere.
  struct FullModular {
    var id = "notsawo/fig01"
    /// Factors of t1, t2 and the norms.
    var first = 1.0
    var second = 1.0
    var norms = 1.0

    func input() throws -> FigureInput {
      FigureInput(
        runs: try SyntheticNetworkRuns.prepared(id, .paper).map { run in
          let alpha = try run.parameters.number("learning_rate")
          let isL1 = try run.parameters.number("regularizer.l1") > 0
          let isL2 = try run.parameters.number("regularizer.l2") > 0
          let (delay, largest) = isL1 ? (4540.0, 1e-5) : isL2 ? (1380, 5e-5) : (2060, 1e-4)
          let beta = try SyntheticNetworkRuns.strength(run) / largest
          let t1 = Int((isL1 && alpha > 0.05 ? 630 : 100) * first)
          let t2 = Int(delay * pow(beta, -0.5) * pow(alpha / 0.01, -0.55) * second)
          let last = run.steps
          return SyntheticNetworkRuns.run(
            run, t1: t1, t2: t2 <= last ? t2 : nil, at: [500, 5000, 9000],
            [
              ("train_accuracy", { $0 < t1 ? 0.1 : 1 }), ("test_accuracy", { $0 < t2 ? 0.05 : 1 }),
              ("l1_norm", { norms * ($0 < t2 ? 9527 : 1505) }),
              ("l2_norm", { norms * ($0 == 0 ? 13.06 : $0 < t2 ? 79 : $0 < last ? 54 : 68) }),
              ("nuclear_norm", { $0 < t2 ? 400 : 200 }),
            ])
        })
    }
  }

  /// The example of the blog post.
  struct Blog {
    var scale = FigureScale.small
    var t1: Int? = 700
    var t2: Int? = 8000
    /// |theta|_2 at t2 over that at t1.
    var ratio = 0.8
    var hasCode = true

    func input() throws -> FigureInput {
      let runs = try SyntheticNetworkRuns.prepared("notsawo/blog-l2", scale)
      return FigureInput(
        runs: try runs.compactMap { run in
          let isCode = try run.parameters.text("aggregation") == "matrix-product"
          guard hasCode || !isCode else { return nil }
          let (first, second) = (t1 ?? run.steps, isCode ? run.steps + 1 : t2 ?? run.steps + 1)
          return SyntheticNetworkRuns.run(
            run, t1: t1, t2: second <= run.steps ? second : nil,
            [
              ("train_accuracy", { $0 < first ? 0.1 : 1 }),
              ("test_accuracy", { $0 < second ? 0.3 : 1 }),
              ("l2_norm", { $0 < first ? 10 : $0 < second ? 40 : 40 * ratio }),
            ])
        })
    }
  }

  // MARK: - Teacher and student

  /// Figures 10, 11, 31 to 34: a drop at t2, which is a power of alpha and beta.
  struct Student {
    var id = "notsawo/fig10"
    var scale = FigureScale.small
    var t1: Int? = 50
    var exponents = (alpha: -0.5, beta: -0.5)
    /// The test loss after t1; it is 3.6 at the start.
    var memory = 2.0
    /// The test loss at the end without a penalty, over that.
    var free = 1.0
    /// The test loss after the drop, from those of the training mean and of the affine map.
    var final: (@Sendable (Double, Double) -> Double)?
    /// A factor of what was measured elsewhere at the paper's size.
    var reference = 1.0

    /// Test losses by penalty, beta and step, at alpha = 1e-3.
    private static let measured: [(key: String, beta: Double, losses: [Int: Double])] = [
      ("l1", 1e-2, [300: 1.7, 1000: 0.057]), ("l1", 1e-3, [1000: 2.9, 3000: 0.058]),
      ("l1", 1e-4, [3000: 4.4, 6000: 0.52, 12_000: 0.058]), ("l1", 0, [1000: 14.4, 20_000: 12]),
      ("l2", 1e-2, [3000: 5.2, 6000: 0.062]),
      (
        "sobolev", 1e-2,
        [300: 5.3, 1000: 1.7, 3000: 0.25, 6000: 0.0166, 15_000: 0.0127]
      ), ("sobolev", 1e-4, [1000: 10.2, 15_000: 2.4]),
    ]

    private func losses(_ run: PreparedRun) throws -> [Int: Double] {
      guard scale == .paper, try run.parameters.number("learning_rate") == 1e-3 else { return [:] }
      let key = id == "notsawo/fig32" ? "l2" : id == "notsawo/fig34" ? "sobolev" : "l1"
      let beta = try run.parameters.number("regularizer.\(key)")
      return Self.measured.first { $0.key == key && $0.beta == beta }?.losses ?? [:]
    }

    func input() throws -> FigureInput {
      let runs = try SyntheticNetworkRuns.prepared(id, scale)
      let baselines = try NetworkBaselines(Network.problem(of: runs[0]))
      let learns = id == "notsawo/fig11" || id == "notsawo/fig34"
      let end =
        final?(baselines.trainMean, baselines.linear)
        ?? (learns ? 0.6 * baselines.linear : 0.9 * baselines.trainMean)
      return FigureInput(
        runs: try runs.map { run in
          let (alpha, beta) = (
            try run.parameters.number("learning_rate"), try SyntheticNetworkRuns.strength(run)
          )
          let isFree = beta == 0
          let delay =
            1000 * pow(beta / 1e-3, exponents.beta) * pow(alpha / 1e-3, exponents.alpha)
          let t2 = isFree || !delay.isFinite ? run.steps + 1 : Int(delay)
          let known = try losses(run)
          return SyntheticNetworkRuns.run(
            run, t1: t1, t2: t2 <= run.steps ? t2 : nil, at: Array(known.keys),
            [
              ("train_loss", { $0 < t1 ?? run.steps ? 3 : 1e-5 }),
              (
                "test_loss",
                { step in
                  if step == 0 { return 3.6 }
                  if let loss = known[step] { return loss * reference }
                  if isFree { return step == run.steps ? memory * free : memory }
                  return step < t2 ? memory : end
                }
              ),
            ])
        })
    }
  }

  // MARK: - Digits

  /// Figure 35: the test accuracy rises at t2.
  struct Digits {
    var t1: Int? = 50
    var exponents = (alpha: -0.5, beta: -0.5)
    /// Before and after t2.
    var accuracy = (low: 0.6, high: 0.8)

    func input() throws -> FigureInput {
      FigureInput(
        runs: try SyntheticNetworkRuns.prepared("notsawo/fig35").map { run in
          let alpha = try run.parameters.number("learning_rate") / 0.03
          let isNuclear = try run.parameters.number("regularizer.nuclear") > 0
          let beta = try SyntheticNetworkRuns.strength(run) / (isNuclear ? 3e-2 : 3e-3)
          let t2 = Int(200 * pow(beta, exponents.beta) * pow(alpha, exponents.alpha))
          let first = t1 ?? run.steps
          return SyntheticNetworkRuns.run(
            run, t1: t1, t2: t2,
            [
              ("train_accuracy", { $0 < first ? 0.1 : 1 }),
              ("test_accuracy", { $0 < 10 ? 0.1 : $0 < t2 ? accuracy.low : accuracy.high }),
            ])
        })
    }
  }
}
