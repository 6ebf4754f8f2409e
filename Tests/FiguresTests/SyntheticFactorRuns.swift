// This file makes the curves of recovery by two factors that the recipes should see, and wrong ones.

import BatchNumerics
import Experiments
import Figures
import Foundation
import Sweeps
import Theory

extension SyntheticMatrixRuns {
  // MARK: - Lyu et al., figure 3

  /// The multiplication table, one mask: the test loss is a function of lambda t - ln alpha.
  struct Table {
    /// Added to lambda t - ln alpha, for an alpha.
    var shift: @Sendable (Double) -> Double = { _ in 0 }
    /// Lengthens the drop.
    var stretch = 1.0
    /// Train losses after 8 and after 32 steps.
    var memory = (first: 5e-3, second: 1.5e-6)
    /// Factors of what theory and the convex problem say.
    var plateau = 1.0
    var floor = 1.0
    var train = 1.0
    var test = 1.0
    var nuclear = 1.0
    var balance = 1.0
    /// For lambda = 3e-3: factor of the test loss at the end, and what is added to lambda t.
    var strong = (test: 1.0, shift: 0.0)
    /// What the theorem supposes of N.
    var needed = 1.6e5
    var diverges = false

    /// The convex end points of the mask, by lambda.
    private static let convex = Result {
      let problem = try MatrixRecovery.problem(of: masks()[0])
      return Dictionary(uniqueKeysWithValues: [1e-3, 3e-3].map { ($0, End(problem, $0)) })
    }

    private struct End {
      let minimizer: NuclearMinimizer
      let testLoss: Double
      /// The mean of A*_ij^2 over unobserved (i, j) where (j, i) was not observed either.
      let kernelLoss: Double
      /// The mean of (n y / K)^2 over the observed entries.
      let kernelFloor: Double

      init(_ problem: MatrixRecoveryProblem, _ decay: Double) {
        minimizer = NuclearMinimizer(
          problem, weight: 2 / 470, gamma: decay / 2, isSymmetric: true)
        let flags = problem.isObserved
        var (loss, kernel, floor) = (0.0, 0.0, 0.0)
        for i in 0..<97 {
          for j in 0..<97 {
            let y = problem.target[i, j]
            let isMirrored = flags[j * 97 + i]
            if flags[i * 97 + j] {
              let residual = 470 * y / (isMirrored ? 8 : 4)
              floor += residual * residual / 470
            } else {
              let error = minimizer.matrix[i, j] - y
              loss += error * error / (97 * 97 - 470)
              if !isMirrored { kernel += y * y / (97 * 97 - 470) }
            }
          }
        }
        (testLoss, kernelLoss, kernelFloor) = (loss, kernel, floor)
      }
    }

    func input() throws -> FigureInput {
      let runs = try Self.masks()
      return FigureInput(
        runs: try runs.map(run),
        predictions: runs.map { _ in
          [Prediction(TheoryCatalog.factorSampleName, needed, .estimate, "")]
        })
    }

    /// The runs of one mask.
    private static func masks() throws -> [PreparedRun] {
      try SyntheticRuns.prepared("lyu/fig3").filter { try $0.parameters.number("seed") == 1 }
    }

    private func run(_ run: PreparedRun) throws -> FigureInput.Run {
      let alpha = try run.parameters.number("init.scale")
      let decay = try run.parameters.number("weight_decay")
      guard let convex = try Self.convex.get()[decay] else { throw SpecError("no such lambda") }
      let isStrong = decay > 1e-3
      let unit = decay * 0.1
      let end = convex.testLoss * (isStrong ? strong.test : test)
      // lambda t - ln alpha and the test loss there.
      let knots = [
        (-0.6, convex.kernelLoss), (-0.2, 0.1), (1.55, 0.05), (2.83, 0.02),
        (3.4, max(0.01, end)), (7, end),
      ]
      func loss(_ step: Int) -> Double {
        if step == 0 { return 0.1078 }
        let time = unit * Double(step)
        if time < 0.5 { return convex.kernelLoss * plateau }
        let x = (time - log(alpha) - shift(alpha) - (isStrong ? strong.shift : 0)) / stretch
        guard let next = knots.firstIndex(where: { $0.0 > x }) else { return knots[5].1 }
        guard next > 0 else { return knots[0].1 }
        let (a, b) = (knots[next - 1], knots[next])
        return a.1 * pow(b.1 / a.1, (x - a.0) / (b.0 - a.0))
      }
      func memorized(_ step: Int) -> Double {
        if step < 50 { return step < 8 ? 0.1 : step < 20 ? memory.first : memory.second }
        guard unit * Double(step) < 10 else {
          return convex.minimizer.loss * (isStrong ? 1 : train)
        }
        let growth = exp(4 * unit * Double(step))
        return floor * convex.kernelFloor * decay * decay * growth / pow(alpha, 4)
      }
      let size = convex.minimizer.nuclearNorm * (isStrong ? 1 : nuclear)
      let steps =
        Array(0..<50)
        + Array(stride(from: run.steps / 300, through: run.steps, by: run.steps / 300))
      return SyntheticMatrixRuns.run(
        run, steps: steps,
        [
          ("train_loss", memorized),
          ("test_loss", { diverges && alpha == 20 && $0 > 10 ? .nan : loss($0) }),
          ("nuclear_norm", { _ in size }),
          ("parameter_norm", { _ in (size * (isStrong ? 1 : balance)).squareRoot() }),
        ])
    }
  }

  // MARK: - Boursier et al., figure 2

  /// Completion by factors in two phases; times are t = 0.01 step.
  struct Completion {
    /// Times at which the train loss is below 1 and below 1e-4, and at which the test error halves.
    var interpolation = (0.7, 8.0)
    var halving = 1000.0
    /// |M* - U V^T|_F at t = 1, at t = 10 over that, at the end.
    var early = 42.0
    var drift = 1.0
    var end = 5.0
    /// |w|^2 at t = 100 over that at t = 10, and when half of its fall is done.
    var held = 0.9
    var fall = 350.0
    var trainLoss = 4e-6
    /// (|U|^2 + |V|^2)/2 over the nuclear norm, and that over the convex problem's.
    var balance = 1.0
    var nuclear = 1.0
    /// sigma_4 at the end; it starts at 10.
    var fourth = 1.5
    /// sigma_1 to sigma_3 at the end over those of M*, and sigma_7 at t = 10 over that at t = 1.
    var kept = 0.9
    var settled = 1.0
    /// |M* - U V^T|_F at t = 1e4 over that at the end.
    var unfinished = 1.1
    /// The learning rate over the largest at the start.
    var stability = 0.7

    /// Problems and convex end points of three seeds.
    private static let ends = Result {
      try SyntheticRuns.prepared("boursier/fig2").prefix(3).map { run in
        let problem = try MatrixRecovery.problem(of: run)
        return (
          run: run, size: euclideanNorm(problem.target.values),
          spectrum: SingularValueDecomposition(problem.target).values,
          nuclear: NuclearMinimizer(problem, weight: 2, gamma: 1e-3).nuclearNorm
        )
      }
    }

    func input() throws -> FigureInput {
      let steps = Set((0...260).map { Int(pow(10, Double($0) / 40).rounded()) } + [0]).sorted()
      let ends = try Self.ends.get()
      return FigureInput(
        runs: ends.map { run, size, spectrum, least in
          let last = 2 * least * nuclear * balance
          let first = 3 * last
          func norm(_ step: Int) -> Double {
            let time = 0.01 * Double(step)
            return time < 100 ? first : time < fall ? first * held : time < 3000 ? 1.5 * last : last
          }
          func test(_ step: Int) -> Double {
            let time = 0.01 * Double(step)
            let late = time < 2e4 ? end * unfinished : end
            let error = time < 10 ? early : time < halving ? early * drift : time < 5000 ? 15 : late
            return error / size
          }
          func loss(_ step: Int) -> Double {
            let time = 0.01 * Double(step)
            return time < interpolation.0 ? 50 : time < interpolation.1 ? 0.5 : trainLoss
          }
          var metrics: [(String, (Int) -> Double)] = [
            ("train_loss", loss), ("test_error", test),
            ("parameter_norm", { norm($0).squareRoot() }),
            ("nuclear_norm", { $0 < 300_000 ? norm($0) / 2 : least * nuclear }),
          ]
          metrics += (1...20).map { k in
            (
              "sigma_\(k)",
              { step in
                if step > 100_000, k <= 4 { return k == 4 ? fourth : kept * spectrum[k - 1] }
                return (k <= 4 ? 10 : 1 / Double(k)) * (k == 7 && step >= 1000 ? settled : 1)
              }
            )
          }
          return SyntheticMatrixRuns.run(run, steps: steps + [3_000_000], metrics)
        },
        predictions: ends.map { _ in
          [Prediction(TheoryCatalog.largestRateName, 0.01 / stability, .estimate, "")]
        })
    }
  }
}
