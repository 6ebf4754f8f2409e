// This file makes the curves of modular addition that the recipes should see, and wrong ones.

import Experiments
import Figures
import Foundation
import Sweeps
import Theory

enum SyntheticAdditionRuns {
  /// A value that changes from one to another, linearly in the logarithm of x.
  static func ramp(
    _ x: Double, from first: (x: Double, y: Double), to last: (x: Double, y: Double)
  ) -> Double {
    let share = log(max(x, 1e-9) / first.x) / log(last.x / first.x)
    return first.y + min(max(share, 0), 1) * (last.y - first.y)
  }

  /// 40 steps per decade.
  static func steps(_ last: Int) -> [Int] {
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

    /// Train accuracy of wide nets at first and at the end, for lambda.
    var wide: @Sendable (Double) -> (first: Double, end: Double) = {
      ($0 > 1e-2 ? 0.95 : 1, $0 > 1e-2 ? 0.05 : 1)
    }
    /// The learning rate over the largest at the start.
    var stability = 0.9

    func input() throws -> FigureInput {
      let runs = try SyntheticRuns.prepared(id)
      return FigureInput(
        runs: try runs.map(run),
        predictions: try runs.map { run in
          let rate = try run.parameters.number("learning_rate")
          return [Prediction(TheoryCatalog.largestRateName, rate / stability, .estimate, "")]
        })
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
      let isWide = try prepared.parameters.integer("model.width") == 2048
      let memorized = isWide ? wide(decay) : (first: 1, end: memory(decay))
      let steps = SyntheticAdditionRuns.steps(prepared.steps)
      return SyntheticMatrixRuns.run(
        prepared, steps: steps, t1: t1.map { t1 in steps.first { $0 >= t1 } ?? t1 },
        t2: steps.first { test($0) >= 0.99 },
        [
          (
            "train_accuracy",
            {
              $0 < t1 ?? 1 << 40
                ? 0.1 : $0 < prepared.steps / 2 ? memorized.first : memorized.end
            }
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
    /// The margin over ln t; |theta|^2 is in proportion.
    var size = 1.0
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
              ("train_margin", { size * logTime($0) }),
              ("l2_norm", { (size * logTime($0) / direction($0)).squareRoot() }),
              ("train_log_loss", { -logTime($0) / clock }),
              ("test_log_loss", { leavesFloats && $0 > 20_000 ? .infinity : 2 }),
              ("log_time", logTime),
            ])
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
