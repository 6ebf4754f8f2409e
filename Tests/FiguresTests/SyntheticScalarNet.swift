// This file makes the curves of the scalar-input net that the recipe should see, and wrong ones.

import Experiments
import Figures
import Foundation
import Sweeps

extension SyntheticAdditionRuns {
  /// The scalar-input net: many kinks and then three.
  struct Scalar {
    var trainLoss = (one: 0.02, ten: 2e-3, end: 5e-5)
    var testLoss = (one: 0.5, ten: 0.4, end: 1e-3)
    /// lambda t at which the test loss falls.
    var fall = 0.3
    /// |theta| = 34 e^{-pace lambda t} down to the last norm.
    var pace = 1.0
    var lastNorm = 2.3
    var firstStep = 0.99
    /// |v|^2 + |b|^2 - |u|^2 over what theory says, at the end.
    var imbalance = 1.0
    var kinks = (first: 40, last: 3)
    /// Factors of the test loss from t = 1000 to 4000, and from 8000 on.
    var middle = 1.0
    var last = 1.0
    /// The factor by which |theta| grows in each step of 0.1.
    var divergence = 10.0
    /// With steps of 0.01: the largest train loss and |theta|, and |theta| at the end, over those at the
    /// start.
    var catapult = (loss: 50.0, norm: 1.3, end: 1.25)

    func input() throws -> FigureInput {
      let runs = try SyntheticRuns.prepared("boursier/fig3")
      let seeds = try runs.filter { try $0.parameters.number("seed") <= 2 }
      return FigureInput(
        runs: try seeds.map { run in
          let rate = try run.parameters.number("learning_rate")
          return rate > 0.05 ? diverging(run) : rate > 0.005 ? catapulted(run) : small(run)
        })
    }

    private func diverging(_ run: PreparedRun) -> FigureInput.Run {
      let norm = { (step: Int) in 34 * pow(divergence, Double(step)) }
      return SyntheticMatrixRuns.run(
        run, steps: Array(0...12), [("train_loss", norm), ("l2_norm", norm)])
    }

    private func catapulted(_ run: PreparedRun) -> FigureInput.Run {
      SyntheticMatrixRuns.run(
        run, steps: Array(0...200),
        [
          ("train_loss", { $0 == 0 ? 500 : $0 == 3 ? 500 * catapult.loss : 1 }),
          ("l2_norm", { 34 * ($0 == 0 ? 1 : $0 == 4 ? catapult.norm : catapult.end) }),
        ])
    }

    private func small(_ run: PreparedRun) -> FigureInput.Run {
      func time(_ step: Int) -> Double { 0.002 * Double(step) }
      func norm(_ step: Int) -> Double {
        let start = step == 0 ? 34.0 / firstStep : 34.0
        return max(lastNorm, start * exp(-1e-3 * pace * time(step)))
      }
      func level(_ step: Int, _ levels: (one: Double, ten: Double, end: Double)) -> Double {
        let t = time(step)
        return t < 1 ? 500 : t < 10 ? levels.one : t < 1000 * fall ? levels.ten : levels.end
      }
      func test(_ step: Int) -> Double {
        let t = time(step)
        guard t >= 1000 * fall else { return level(step, testLoss) }
        let factor = t < 1000 ? 4 : t < 4000 ? 2 * middle : t < 8000 ? 1 : last
        return testLoss.end * factor
      }
      func output(_ point: Int, _ step: Int) -> Double {
        let count = time(step) < 1000 ? kinks.first : kinks.last
        let x = -2 + 0.01 * Double(point)
        return (0..<count).reduce(0) { sum, k in
          let place = -1.9 + 3.8 * Double(k) / Double(max(count, 1))
          return sum + (k % 2 == 0 ? 1 : -1) * max(x - place, 0)
        }
      }
      var metrics: [(String, (Int) -> Double)] = [
        ("train_loss", { level($0, trainLoss) }), ("test_loss", test),
        ("l2_norm", norm),
        (
          "l2_norm_v",
          { step in
            let t = time(step)
            return (4 + 400 * exp(-2e-3 * t) * (t > 500 ? imbalance : 1)).squareRoot()
          }
        ),
        ("l2_norm_b", { _ in 1 }), ("l2_norm_u", { _ in 5.0.squareRoot() }),
      ]
      metrics += (0...400).map { point in ("f_\(point)", { output(point, $0) }) }
      return SyntheticMatrixRuns.run(
        run, steps: SyntheticAdditionRuns.steps(run.steps), metrics)
    }
  }
}
