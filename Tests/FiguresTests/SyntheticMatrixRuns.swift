// This file makes the curves of matrix recovery that the recipes should see, and wrong ones.

import BatchNumerics
import Experiments
import Figures
import Foundation
import Sweeps

enum SyntheticMatrixRuns {
  /// A run with curves that are functions of the step.
  static func run(
    _ prepared: PreparedRun, steps: [Int], t1: Int? = nil, t2: Int? = nil,
    _ metrics: [(String, (Int) -> Double)]
  ) -> FigureInput.Run {
    var curves = RunCurves(names: metrics.map(\.0))
    curves.steps = steps
    curves.values = metrics.map { steps.map($0.1) }
    return FigureInput.Run(prepared: prepared, curves: curves, t1: t1, t2: t2)
  }

  /// Some input that a recipe can draw.
  static func input(_ id: String) throws -> FigureInput {
    switch id {
    case "notsawo/fig05": try Anatomy().input()
    case "notsawo/fig06", "notsawo/fig29": try Grid().input()
    case "notsawo/fig08", "notsawo/fig23": try Coherence().input()
    case "notsawo/fig14": try Sensing(id: id).input()
    case "notsawo/fig15": try Sensing.proximal.input()
    case "lyu/fig3": try Table().input()
    default: try Completion().input()
    }
  }

  private static func leastSquaresError(_ run: PreparedRun) throws -> Double {
    let problem = try MatrixRecovery.problem(of: run)
    let solution = MatrixRecoveryAnalysis(problem).leastSquares?.values ?? []
    return euclideanNorm(zip(solution, problem.target.values).map { $0 - $1 })
      / euclideanNorm(problem.target.values)
  }

  private static func spectrum(_ run: PreparedRun) throws -> [Double] {
    SingularValueDecomposition(try MatrixRecovery.problem(of: run).target).values
  }

  // MARK: - Figure 5

  /// One run of completion: singular values fall linearly, one after the other.
  struct Anatomy {
    var t1: Int? = 90
    var t2: Int? = 920_000
    var error = 5e-5
    /// |G| / |beta H| at first, half way to t1, and from 100 steps on.
    var earlyRatio = 1e4
    var halfRatio = 250.0
    var lateRatio = 0.8
    /// The test error after t1 over that of the least-squares solution.
    var memory = 1.0
    /// |d sigma / dt| / (alpha beta)
    var fall = 0.3
    /// Of the smallest spurious singular value, and how much larger each next one is.
    var start = (least: 0.1, gap: 0.2)
    var vanishes = true
    var peak = 1.3
    var end = 1.0

    func input() throws -> FigureInput {
      let prepared = try SyntheticRuns.prepared("notsawo/fig05")[0]
      let spectrum = try SyntheticMatrixRuns.spectrum(prepared)
      let goal = spectrum[0] + spectrum[1]
      let plateau = try SyntheticMatrixRuns.leastSquaresError(prepared) * memory
      let steps = Array(0..<1000) + Array(stride(from: 1000, through: 1_500_000, by: 1000))
      let last = t2 ?? 1_500_001
      var metrics: [(String, (Int) -> Double)] = [
        ("train_error", { $0 < 90 ? 1 : error }), ("test_error", { $0 < last ? plateau : 2e-5 }),
        ("nuclear_norm", { goal * ($0 < 1_000_000 ? peak : end) }),
        ("gradient_ratio", { $0 < 20 ? earlyRatio : $0 < 100 ? halfRatio : lateRatio }),
        ("sigma_1", { _ in spectrum[0] }), ("sigma_2", { _ in spectrum[1] }),
      ]
      for k in 3...10 {
        let size = start.least + Double(10 - k) * start.gap
        let floor = vanishes || k > 3 ? 1e-5 : 0.1
        metrics.append(("sigma_\(k)", { max(floor, size - fall * 1e-5 * Double($0)) }))
      }
      return FigureInput(
        runs: [SyntheticMatrixRuns.run(prepared, steps: steps, t1: t1, t2: t2, metrics)])
    }
  }

  // MARK: - The grid of figures 6 and 29

  /// t2 = delay * gap / (alpha beta), |A - A*|_F in proportion to beta.
  struct Grid {
    var delay = 4.3
    /// Exponents of beta and alpha in t2.
    var exponent = -1.0
    var alphaExponent = -1.0
    /// |A - A*|_F / beta, for alpha and beta.
    var error: @Sendable (Double, Double) -> Double = { alpha, _ in
      alpha < 0.5 ? 3.4 : alpha < 1.2 ? 4.8 : 20
    }
    /// The error of alpha = 1 over that of the other alpha at the same alpha t.
    var shift = 1.0
    /// Whether runs that are too short recover all the same.
    var alwaysConverges = false
    var diverged: Int?

    func input() throws -> FigureInput {
      let runs = try SyntheticRuns.prepared("notsawo/fig06")
      let gap = MatrixRecoveryAnalysis(try MatrixRecovery.problem(of: runs[0])).gap ?? .nan
      return FigureInput(
        runs: try runs.enumerated().map { index, run in
          let alpha = try run.parameters.number("learning_rate")
          let beta = try run.parameters.number("regularizer.nuclear")
          let shift = pow(beta / 1e-3, exponent + 1) * pow(alpha / 0.1, alphaExponent + 1)
          let t2 = Int((delay * gap * shift / (alpha * beta) / 1000).rounded(.up)) * 1000
          let converges = alwaysConverges || t2 < run.steps - 3000
          let when = converges && t2 >= run.steps ? run.steps / 2 : t2
          let final = index == diverged ? Double.nan : error(alpha, beta) * beta / 10
          let common = beta == 1e-3 ? [10, 20, 100].map { Int(($0 / alpha).rounded()) } : []
          let early = alpha == 1 ? 4 * self.shift : 4
          let steps =
            converges
            ? [0] + common + [
              when / 2, when, when + 1000, max(when + 2000, run.steps - 1000), run.steps + 2000,
            ]
            : [0, run.steps / 2, run.steps - 2000, run.steps - 1000, run.steps]
          return SyntheticMatrixRuns.run(
            run, steps: steps, t1: 60, t2: when,
            [
              ("train_error", { $0 == 0 ? 1 : 1e-4 }),
              ("test_error", { converges && $0 >= when ? final : $0 == 0 ? 5 : early }),
            ])
        })
    }
  }

  // MARK: - Figures 8 and 23

  /// Recovery as a function of tau.
  struct Coherence {
    /// Share of the targets that are recovered.
    var rate: @Sendable (Double) -> Double = { 0.3 + 0.7 * $0 }
    /// t2 of those.
    var delay: @Sendable (Double) -> Double = { 16_000 / (1 + 7 * $0) }
    /// The share with 50 and 80 entries over that with 70.
    var (fewer, more) = (0.15, 1.2)

    func input() throws -> FigureInput {
      let runs = try SyntheticRuns.prepared("notsawo/fig23")
      return FigureInput(
        runs: try runs.map { run in
          let tau = try run.parameters.number("problem.tau")
          let seed = try run.parameters.number("seed")
          let entries = try run.parameters.integer("problem.N")
          let share = rate(tau) * (entries == 50 ? fewer : entries == 80 ? more : 1)
          let t2 = seed <= (24 * share).rounded() ? Int(delay(tau) * (0.8 + seed / 60)) : nil
          return SyntheticMatrixRuns.run(
            run, steps: [0, 1, 10, 100, 1000, 5000, 10_000, 20_000, 40_000], t1: 1, t2: t2,
            [
              ("train_error", { $0 == 0 ? 1 : 3e-4 }),
              ("test_error", { $0 < t2 ?? 50_000 ? 0.4 : 4e-4 }),
            ])
        })
    }
  }

  // MARK: - Figures 14 and 15

  /// Sensing: the error of least squares until t2, which is in proportion to a power of beta.
  struct Sensing {
    var id = "notsawo/fig14"
    /// Step of test error 1e-2 at beta = 1e-3, and that of 1e-3 over it.
    var t2: Double? = 152_000
    var sharpness = 1.03
    var exponent = -1.0
    /// Steps at which the train error falls to 1e-2 and 1e-3.
    var t1 = (1, 1)
    var trainError = 1e-15
    var firstError = 1.0
    /// The error at the end over beta.
    var floor = 0.024
    /// Over |A*|_*
    var norm = 1.0
    /// Error at the end with equal factors over that of least squares.
    var stuck = 1.0

    static let proximal = Sensing(id: "notsawo/fig15", t1: (464, 4000), floor: 4.5)

    func input() throws -> FigureInput {
      let steps = Array(0..<1000) + Array(stride(from: 1000, through: 500_000, by: 1000))
      return FigureInput(
        runs: try SyntheticRuns.prepared(id).map { run in
          let error = try SyntheticMatrixRuns.leastSquaresError(run)
          let beta = try run.parameters.number("regularizer.nuclear")
          let isShared = try run.parameters.text("problem.sensing_factors") == "shared"
          let first = t2.map { $0 * pow(beta / 1e-3, exponent) } ?? 1e9
          let goal = try SyntheticMatrixRuns.spectrum(run).reduce(0, +) * norm
          func test(_ step: Int) -> Double {
            if isShared { return error * stuck }
            if step == 1 { return error * firstError }
            if Double(step) < first { return error }
            return Double(step) < first * sharpness ? max(9e-3, floor * beta) : floor * beta
          }
          var metrics: [(String, (Int) -> Double)] = [
            (
              "train_error",
              { $0 < t1.0 ? 1 : $0 < t1.1 ? 9e-3 : trainError }
            ),
            ("test_error", test), ("nuclear_norm", { _ in goal }), ("gradient_ratio", { _ in 1 }),
          ]
          metrics += (1...10).map { k in ("sigma_\(k)", { _ in 1 / Double(k) }) }
          return SyntheticMatrixRuns.run(run, steps: steps, metrics)
        })
    }
  }
}
