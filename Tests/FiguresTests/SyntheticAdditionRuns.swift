// This file makes the curves of modular addition and of the scalar-input net that the recipes should
// see, and wrong ones.

import Experiments
import Figures
import Foundation
import Sweeps

enum SyntheticAdditionRuns {
  /// A value that changes from one to another, linearly in the logarithm of x.
  private static func ramp(
    _ x: Double, from first: (x: Double, y: Double), to last: (x: Double, y: Double)
  ) -> Double {
    let share = log(max(x, 1e-9) / first.x) / log(last.x / first.x)
    return first.y + min(max(share, 0), 1) * (last.y - first.y)
  }

  /// 40 steps per decade.
  private static func steps(_ last: Int) -> [Int] {
    let count = Int(log10(Double(last)) * 40)
    return Set((0...count).map { Int(pow(10, Double($0) / 40).rounded()) } + [0, last]).sorted()
  }

  // MARK: - Lyu et al., figure 2

  /// Train accuracy at once, test accuracy at some lambda t.
  struct Delay {
    var id = "lyu/fig2a"
    var t1: Int? = 100
    /// Test accuracy at first and at the end.
    var early = 0.0
    var late = 1.0
    /// lambda t of 50 % test accuracy, for lambda and for alpha.
    var half: @Sendable (Double, Double) -> Double = { _, _ in 2 }
    /// The test accuracy rises from `half` over this to `half` times this.
    var width = 3.0
    /// Train accuracy at the end, for lambda.
    var memory: @Sendable (Double) -> Double = { $0 > 1e-2 ? 0.05 : 1 }
    /// That of the normalised net at the end over that on the plateau.
    var margin = 1.8
    /// The rate of |W1|^2 + |b1|^2 - |W2|^2 over 2 lambda.
    var felt = 1.0

    func input() throws -> FigureInput {
      FigureInput(runs: try SyntheticRuns.prepared(id).map(run))
    }

    private func run(_ prepared: PreparedRun) throws -> FigureInput.Run {
      let decay = try prepared.parameters.number("weight_decay")
      let rate = try prepared.parameters.number("learning_rate")
      let scale = try prepared.parameters.number("init.scale")
      let center = decay > 0 ? half(decay, scale) / (decay * rate) : 1e12
      func test(_ step: Int) -> Double {
        ramp(Double(step), from: (center / width, early), to: (center * width, late))
      }
      func imbalance(_ step: Int) -> Double {
        252 * exp(-2 * felt * decay * rate * Double(step))
      }
      let steps = SyntheticAdditionRuns.steps(prepared.steps)
      return SyntheticMatrixRuns.run(
        prepared, steps: steps, t1: t1.map { t1 in steps.first { $0 >= t1 } ?? t1 },
        t2: steps.first { test($0) >= 0.99 },
        [
          (
            "train_accuracy",
            { $0 < t1 ?? 1 << 40 ? 0.1 : $0 < prepared.steps / 2 ? 1 : memory(decay) }
          ),
          ("test_accuracy", test), ("train_loss", { _ in 0.1 }),
          (
            "test_loss",
            { ramp(Double($0), from: (center / width, 10), to: (center * width, 0.5)) }
          ),
          ("train_margin", { decay * rate * Double($0) < 1 ? 5 : 5 * margin }),
          ("l2_norm", { _ in 50 }), ("l2_norm_W1", { (900 + imbalance($0)).squareRoot() }),
          ("l2_norm_b1", { _ in 1 }), ("l2_norm_W2", { _ in 901.0.squareRoot() }),
        ])
    }

    /// Figure 2b: the transition is shifted by ln alpha.
    static let scales = Delay(id: "lyu/fig2b", half: { 3.1 + log($1 / 3) }, width: 2)
    /// Figure 2c: it comes at one lambda t for all lambda.
    static let decays = Delay(id: "lyu/fig2c")
  }

  // MARK: - Lyu et al., figure 4

  /// Without decay: ln t grows exponentially in steps.
  struct Slow {
    var t1: Int? = 500
    var early = 0.0
    var late = 1.0
    /// ln t at t1, and at a test accuracy of 0 and 100 %.
    var first = 6.0
    var rise = (30.0, 4000.0)
    /// ln t over -log L.
    var clock = 1.04
    /// Its exponential rate over 4 lr q / |theta|^2.
    var growth = 1.3
    /// The normalised margin at the end over that at t1.
    var margin = 2.0
    /// ln t at the end.
    var last = 4e4
    var leavesFloats = false

    func input() throws -> FigureInput {
      FigureInput(
        runs: try SyntheticRuns.prepared("lyu/fig4").map { run in
          let rate = try run.parameters.number("learning_rate")
          let start = 1000
          let speed = log(last / first) / Double(run.steps - start)
          func logTime(_ step: Int) -> Double {
            step < start ? first : first * exp(speed * Double(step - start))
          }
          func direction(_ step: Int) -> Double {
            let share = Double(max(step - start, 0)) / Double(run.steps - start)
            let shape = 1 + (margin - 1) * share
            return speed / (growth * 4 * rate) * shape / ((1 + margin) / 2)
          }
          let steps =
            SyntheticAdditionRuns.steps(run.steps) + Array(stride(from: 1100, to: 30_000, by: 100))
          let sorted = Set(steps).sorted()
          return SyntheticMatrixRuns.run(
            run, steps: sorted, t1: t1.map { t1 in sorted.first { $0 >= t1 } ?? t1 },
            [
              ("train_accuracy", { $0 < t1 ?? 1 << 40 ? 0.1 : 1 }),
              (
                "test_accuracy",
                { ramp(logTime($0), from: (rise.0, early), to: (rise.1, late)) }
              ),
              ("train_loss", { _ in 0.1 }), ("test_loss", { _ in 1 }),
              ("train_margin", { logTime($0) }),
              ("l2_norm", { (logTime($0) / direction($0)).squareRoot() }),
              ("train_log_loss", { -logTime($0) / clock }),
              ("test_log_loss", { leavesFloats && $0 > 20_000 ? .infinity : 2 }),
              ("log_time", logTime),
            ])
        })
    }
  }

  // MARK: - Boursier et al., figure 3

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

    func input() throws -> FigureInput {
      FigureInput(
        runs: try SyntheticRuns.prepared("boursier/fig3").prefix(2).map { run in
          func time(_ step: Int) -> Double { 0.002 * Double(step) }
          func norm(_ step: Int) -> Double {
            let start = step == 0 ? 34.0 / firstStep : 34.0
            return max(lastNorm, start * exp(-1e-3 * pace * time(step)))
          }
          func level(_ step: Int, _ levels: (one: Double, ten: Double, end: Double)) -> Double {
            let t = time(step)
            return t < 1 ? 500 : t < 10 ? levels.one : t < 1000 * fall ? levels.ten : levels.end
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
            ("train_loss", { level($0, trainLoss) }), ("test_loss", { level($0, testLoss) }),
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
        })
    }
  }

  /// Some input that a recipe can draw.
  static func input(_ id: String) throws -> FigureInput {
    switch id {
    case "lyu/fig2a": try Delay().input()
    case "lyu/fig2b": try Delay.scales.input()
    case "lyu/fig2c": try Delay.decays.input()
    case "lyu/fig4": try Slow().input()
    default: try Scalar().input()
    }
  }
}
