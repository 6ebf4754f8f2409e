// This file makes the curves of sparse recovery by depth, and in the plane of the norms on and off
// the support, that the recipes should see, and wrong ones.

import BatchNumerics
import Experiments
import Figures
import Foundation
import Sweeps

enum SyntheticDepthRuns {
  static let depthFigures = ["notsawo/fig09", "notsawo/fig17", "notsawo/fig18"]
  static let ids = depthFigures + ["notsawo/fig24", "notsawo/fig25"]

  /// Some input that a recipe can draw.
  static func input(_ id: String) throws -> FigureInput {
    switch id {
    case "notsawo/fig24": try Landscape().input()
    case "notsawo/fig25": try Components().input()
    default: try Depth().input(id)
    }
  }

  private static func size(_ run: PreparedRun) throws -> Int {
    try run.parameters.integer("problem.N")
  }

  // MARK: - Figures 9, 17 and 18

  /// What was measured by depth, as curves of steps: a training error that falls in stairs, a test
  /// error that follows it down to its least value.
  struct Depth {
    /// The least test error of a run without regularisation, given what was measured.
    var least: @Sendable (_ depth: Int, _ N: Int, _ isNeutral: Bool, Double) -> Double = { $3 }
    /// Over that of least squares, for one factor.
    var flat = 1.0
    /// How often the training error falls, by depth.
    var stairs = [1: 1, 2: 1, 3: 3, 4: 2]
    /// The step of the first fall over that predicted, for three and for four factors.
    var escape = [3: 1.0, 4: 1.0]
    /// Steps from train to test error 0.2.
    var delay = 500
    /// The run with a large start and l2.
    var ridge = (t1: 400 as Int?, early: 3.8, t2: 458_000 as Int?, end: 2.15e-3, flat: 0.845)
    /// A run whose errors are not a number.
    var diverged: Int?

    private static let alike: [Int: [Int: Double]] = [
      2: [10: 0.801, 20: 0.229, 30: 0.127, 50: 0.1, 70: 0.09, 90: 0.0854],
      3: [10: 0.777, 20: 0.11, 30: 0.089, 50: 0.084, 70: 0.0825, 90: 0.082],
      4: [10: 0.772, 20: 0.767, 30: 0.126, 50: 0.11, 70: 0.11, 90: 0.107],
    ]
    private static let neutral: [Int: [Int: Double]] = [
      2: [30: 0.0247, 50: 1.59e-3, 70: 7.6e-4], 3: [30: 2.0e-3, 50: 8.9e-4, 70: 6.6e-4],
    ]

    func input(_ id: String) throws -> FigureInput {
      FigureInput(
        runs: try SyntheticRuns.prepared(id, .small).enumerated().map { index, run in
          var made =
            try run.parameters.number("regularizer.l1") > 0
            ? shallow(run)
            : try run.parameters.number("regularizer.l2") > 0 ? ridge(run) : plain(run)
          if index == diverged {
            var curves = made.curves
            curves.values = curves.values.map { $0.map { _ in .nan } }
            made = FigureInput.Run(prepared: run, curves: curves, t1: nil, t2: nil)
          }
          return made
        })
    }

    private func made(
      _ run: PreparedRun, t1: Int? = nil, t2: Int? = nil, train: @escaping (Int) -> Double,
      test: @escaping (Int) -> Double
    ) -> FigureInput.Run {
      let steps = Array(0..<1000) + Array(stride(from: 1000, through: run.steps, by: 1000))
      return SyntheticMatrixRuns.run(
        run, steps: steps, t1: t1, t2: t2, [("train_error", train), ("test_error", test)])
    }

    private func plain(_ run: PreparedRun) throws -> FigureInput.Run {
      let (N, depth) = (try SyntheticDepthRuns.size(run), try run.parameters.integer("depth"))
      let isNeutral = try run.parameters.text("init.kind") == "sign-neutral"
      let problem = try SparseRecovery.problem(of: run)
      let target = problem.target
      let known =
        depth == 1
        ? flat
          * euclideanNorm(
            zip(SparseRecoveryAnalysis(problem).leastSquares, target).map { $0 - $1 })
          / euclideanNorm(target) : (isNeutral ? Self.neutral : Self.alike)[depth]?[N] ?? .nan
      let end = least(depth, N, isNeutral, known)
      let first = try firstFall(run, depth, problem)
      let falls = (0..<(stairs[depth] ?? 1)).map { first * pow(1.3, Double($0)) }
      let height = 0.95 / Double(falls.count)
      let train: (Int) -> Double = { step in
        1 - height * Double(falls.count { Double(step) >= $0 })
      }
      let last = falls.last ?? 0
      return made(
        run, train: train, test: { Double($0) >= last + Double(delay) ? end : 1 })
    }

    private func firstFall(
      _ run: PreparedRun, _ depth: Int, _ problem: SparseRecoveryProblem
    ) throws -> Double {
      guard depth > 2 else { return depth == 1 ? 20 : 400 }
      let gradient = problem.measurements.transposed.multiplied(by: problem.observations).max() ?? 0
      let scale = try run.parameters.number("init.scale")
      let blowUp = pow(scale, Double(2 - depth)) / (0.1 * gradient * Double(depth - 2))
      return blowUp * (escape[depth] ?? 1)
    }

    private func shallow(_ run: PreparedRun) throws -> FigureInput.Run {
      let t2 = [30: 72_000, 50: 27_000, 70: 13_000][try SyntheticDepthRuns.size(run)] ?? 0
      return made(run, train: { $0 < 10 ? 1 : 0.1 }, test: { $0 < t2 ? 0.8 : 1e-4 })
    }

    private func ridge(_ run: PreparedRun) throws -> FigureInput.Run {
      guard try run.parameters.integer("depth") == 2 else {
        return made(run, t1: 60, train: { $0 < 60 ? 1 : 1e-5 }, test: { _ in ridge.flat })
      }
      let (t1, t2) = (ridge.t1 ?? run.steps + 1, ridge.t2 ?? run.steps + 1)
      return made(
        run, t1: ridge.t1, t2: ridge.t2, train: { $0 < t1 ? 1 : 1e-3 },
        test: { $0 < t2 ? ridge.early : ridge.end })
    }
  }

  // MARK: - Figure 24

  /// Runs that go to least squares and from there to the target; those without l1 stay.
  struct Landscape {
    /// How far a run passes by least squares, over its norm, and at which step.
    var miss = 0.01
    var arrival = 40
    /// What is left off the support, and the norm on it less the target's, over the target's.
    var off = 5e-5
    var on = 2e-4
    var errors = [10: 0.843, 20: 2.4e-4]
    /// Steps added to t2.
    var shift = 0
    /// How far the runs without l1, and those with l2, end from least squares.
    var drift = (plain: 1e-5, ridge: 5e-5)

    private static let settling = [20: 92, 30: 89, 40: 57, 50: 31, 60: 22, 70: 18, 80: 12, 90: 12]

    func input() throws -> FigureInput {
      FigureInput(runs: try SyntheticRuns.prepared("notsawo/fig24", .small).map(made))
    }

    private func made(_ run: PreparedRun) throws -> FigureInput.Run {
      let problem = try SparseRecovery.problem(of: run)
      let a = SparseRecoveryAnalysis(problem).leastSquares
      let (size, goal) = (euclideanNorm(a), euclideanNorm(problem.target))
      func part(_ isOn: Bool) -> Double {
        euclideanNorm(zip(a, problem.target).filter { ($0.1 != 0) == isOn }.map(\.0))
      }
      let (u, v) = (part(true), part(false))
      let N = try SyntheticDepthRuns.size(run)
      let t2 = 1000 * (Self.settling[N] ?? 12) + shift
      let steps = [0, arrival, t2 - 1000, t2, t2 + 1000, 500_000, 900_000, 1_000_000]
      guard try run.parameters.number("regularizer.l1") > 0 else {
        let drift =
          try run.parameters.number("regularizer.l2") > 0 ? self.drift.ridge : self.drift.plain
        return SyntheticMatrixRuns.run(
          run, steps: steps, t1: 50,
          [
            ("support_norm", { $0 == 0 ? 1e-6 : u }),
            ("off_support_norm", { $0 == 0 ? 1e-6 : v + drift * size }),
            ("test_error", { _ in 0.8 }),
          ])
      }
      return SyntheticMatrixRuns.run(
        run, steps: steps, t1: 50, t2: t2,
        [
          ("support_norm", { $0 == 0 ? 1e-6 : $0 < t2 ? u : (1 + on) * goal }),
          (
            "off_support_norm",
            {
              $0 == 0 ? 1e-6 : $0 == arrival ? v + miss * size : $0 < t2 ? 2 * v + size : off * goal
            }
          ),
          ("test_error", { $0 < t2 ? 0.9 : errors[N] ?? 2.4e-4 }),
        ])
    }
  }

  // MARK: - Figure 25

  /// Least squares until t2, then the target.
  struct Components {
    var t1: Int? = 60
    var t2: Int? = 101_000
    /// Entries off the support that stay, and how large.
    var stray = (count: 0, size: 5e-4)
    /// What the first entry of the support ends at, less the target.
    var shift = 2e-5
    /// Whether least squares fills entries off the support.
    var isSpread = true

    func input() throws -> FigureInput {
      let run = try SyntheticRuns.prepared("notsawo/fig25")[0]
      let problem = try SparseRecovery.problem(of: run)
      let start = SparseRecoveryAnalysis(problem).leastSquares
      let target = problem.target
      let zeros = target.indices.filter { target[$0] == 0 }
      let last = t2 ?? run.steps + 1
      let stays = Set(zeros.prefix(stray.count))
      let metrics = target.indices.map { index -> (String, (Int) -> Double) in
        let early = target[index] == 0 && !isSpread ? 0 : start[index]
        let end =
          stays.contains(index) ? stray.size : target[index] == 0 ? 1e-6 : target[index] + shift
        return ("a_\(index)", { $0 < 10 ? 1e-6 : $0 < last ? early : end })
      }
      let steps = Array(0..<1000) + Array(stride(from: 1000, through: run.steps, by: 1000))
      return FigureInput(
        runs: [SyntheticMatrixRuns.run(run, steps: steps, t1: t1, t2: t2, metrics)])
    }
  }
}
