// This file makes the curves that the recipes should see, and wrong ones.

import BatchNumerics
import Experiments
import Figures
import Foundation
import Sweeps

enum SyntheticRuns {
  /// The runs of all specs of a figure.
  static func prepared(
    _ id: String, _ scale: FigureScale = .small, overrides: [String] = []
  ) throws -> [PreparedRun] {
    let recipe = try RecipeCatalog.named(id)
    return try recipe.specs(scale).flatMap {
      try SweepPlan(try SweepSpec(yaml: $0, file: recipe.id, overrides: overrides)).runs
    }
  }

  /// What the independent implementation measured for Fig. 3, as piecewise constant curves: the start, the
  /// least-squares solution from t1 to t2, the target.
  struct Figure3 {
    var t1: Int? = 60
    var t2: Int? = 101_000
    /// |G| / |beta H| before t1, from then to t2, from then on.
    var earlyRatio = 1581.0
    var middleRatio = 0.9
    var lateRatio = 0.5
    var peak = 0.63
    var finalL1 = 0.29088
    var finalL2 = 0.157
    var finalTrain = 2.2e-4
    var finalError = 2.2e-4
    /// The errors at a step in between, where these are lower than all others.
    var lowest: (train: Double?, test: Double?)
    /// How far the row space's part of the state is from the least-squares solution's after t1.
    var drift = 6e-5
    /// What the state has of the target at the end; the rest is the least-squares solution.
    var share = 1.0
    var leaveOut: String?

    func input() throws -> FigureInput {
      let prepared = try SyntheticRuns.prepared("notsawo/fig03")[0]
      let problem = try SparseRecovery.problem(of: prepared)
      let solution = SparseRecoveryAnalysis(problem).leastSquares
      let push = drift / euclideanNorm(solution)
      let steps = Array(0..<1000) + Array(stride(from: 1000, through: 1_000_000, by: 1000))
      let (first, end) = (t1 ?? 1_000_001, t2 ?? 1_000_001)
      var metrics: [(String, (Int) -> Double)] = [
        ("train_error", { $0 == 500 ? lowest.train ?? finalTrain : $0 < first ? 1 : finalTrain }),
        ("test_error", { $0 == 500 ? lowest.test ?? 0.5 : $0 < end ? 0.5 : finalError }),
        ("l1_norm", { $0 < end ? peak : finalL1 }),
        ("l2_norm", { $0 < end ? 0.084 : finalL2 }),
        ("gradient_ratio", { $0 < first ? earlyRatio : $0 < end ? middleRatio : lateRatio }),
      ]
      metrics += problem.target.indices.map { index in
        let least = solution[index] * (1 + push)
        let last = least + share * (problem.target[index] - solution[index])
        return ("a_\(index)", { $0 < first ? 0 : $0 < end ? least : last })
      }
      metrics = metrics.filter { $0.0 != leaveOut }
      var curves = RunCurves(names: metrics.map(\.0))
      curves.steps = steps
      curves.values = metrics.map { steps.map($0.1) }
      return FigureInput(
        runs: [FigureInput.Run(prepared: prepared, curves: curves, t1: t1, t2: t2)])
    }
  }

  /// The alpha x beta grid as theory has it: t2 = delay * gap / (alpha beta) and 1000 steps to settle,
  /// error 24 beta.
  struct Grid {
    var delay = 1.445
    /// Exponents of alpha and beta in t2.
    var exponents = (alpha: -1.0, beta: -1.0)
    /// The error at the end, for a beta.
    var plateau: (Double) -> Double = { beta in beta < 5e-3 ? 24 * beta : beta < 0.05 ? 0.18 : 1 }
    /// Its power of alpha for beta <= 1e-2: 3.4 beta to 4.1 beta.
    var growth = 0.0625
    /// The least error on the way, where that is lower.
    var least: Double?
    /// The train error at the end, for a beta.
    var train: (Double) -> Double = { beta in beta < 0.05 ? 1e-4 : 0.95 }
    /// A cell whose curve is not a number at the end.
    var diverged: Int?

    func input() throws -> FigureInput {
      let runs = try SyntheticRuns.prepared("notsawo/fig04")
      let gap = SparseRecoveryAnalysis(try SparseRecovery.problem(of: runs[0])).gap
      return FigureInput(
        runs: try runs.enumerated().map { index, run in
          let alpha = try run.parameters.number("learning_rate")
          let beta = try run.parameters.number("regularizer.l1")
          let shift =
            power(alpha / 0.1, exponents.alpha + 1) * power(beta / 1e-6, exponents.beta + 1)
          let t2 = Int((delay * gap * shift / (alpha * beta) / 1000 + 1).rounded()) * 1000
          let scale = beta < 0.05 ? pow(alpha / 0.02, growth) : 1
          let end = index == diverged ? Double.nan : plateau(beta) * scale
          let fitted = train(beta)
          var curves = RunCurves(names: ["train_error", "test_error"])
          curves.steps = [0, t2 / 2, t2, t2 + 1000, 2 * t2 + 2000, 3 * t2 + 3000]
          curves.values = [
            [1, fitted, fitted, fitted, fitted, fitted], [5, least ?? 5, end, end, end, end],
          ]
          return FigureInput.Run(prepared: run, curves: curves, t1: 60, t2: t2)
        })
    }

    /// x^k for the whole k of these tests.
    private func power(_ x: Double, _ k: Double) -> Double {
      (0..<Int(abs(k))).reduce(1) { value, _ in k > 0 ? value * x : value / x }
    }
  }
}
