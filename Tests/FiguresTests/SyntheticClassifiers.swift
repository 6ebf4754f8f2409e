// This file makes the curves of classification by diagonal nets that the recipes should see, and wrong
// ones.

import Experiments
import Figures
import Foundation
import Sweeps
import Theory

extension SyntheticDiagonalRuns {
  /// Both panels of Fig. 1 of Lyu et al.: curves through knots in slow time lambda t.
  struct Classes {
    let id: String
    /// lambda t from which on all training samples are right.
    var train = 5e-4
    /// The train accuracy at the end.
    var last = 1.0
    var accuracy: [Knot]
    /// Margins until lambda t = 1.5, and at the end.
    var l2: (plateau: Double, end: Double)
    var l1: (plateau: Double, end: Double)
    /// What theory says: largest margins, accuracy and tangent margin of the kernel phase.
    var theory: (l2: Double, l1: Double?, accuracy: Double, kernel: Double)
    /// Train loss over 2 lambda q / (gamma_ntk^2 e^{-2 lambda t}).
    var loss = 0.91
    /// What ln alpha and -ln ln(1/lambda) / 2 shift lambda t by.
    var shift = 1.0
    var drift = 1.0
    /// Added to the test accuracy of gradient descent before and after t = 10.
    var descent = (early: 0.2, late: 0.005)
    /// Whether gradient descent, or flow, is not a number from lambda t = 2 on.
    var descentDiverges = false
    var flowDiverges = false

    struct Knot {
      var time: Double
      var value: Double

      init(_ time: Double, _ value: Double) {
        (self.time, self.value) = (time, value)
      }
    }

    static let sparse = Classes(
      id: "lyu/fig1a",
      accuracy: [
        Knot(0, 0.5), Knot(0.01, 0.515), Knot(1, 0.515), Knot(2.1, 0.545), Knot(2.31, 0.6),
        Knot(2.55, 0.731), Knot(2.95, 0.906), Knot(3.15, 0.988), Knot(3.5, 0.9995), Knot(6, 1),
      ], l2: (19.4, 0.61), l1: (0.077, 0.292), theory: (19.6, nil, 0.515, 16))

    static let largeMargin = Classes(
      id: "lyu/fig1b",
      accuracy: [
        Knot(0, 0.5), Knot(5e-4, 0.9992), Knot(1, 0.9991), Knot(3.75, 0.99), Knot(4.25, 0.955),
        Knot(5, 0.848), Knot(6, 0.733), Knot(8, 0.639), Knot(10, 0.6),
      ], l2: (57.6, 5.6), l1: (0.228, 0.586), theory: (57.8, 0.65, 0.9991, 46))

    /// Between knots by straight lines.
    private static func value(_ knots: [Knot], _ time: Double) -> Double {
      guard let next = knots.firstIndex(where: { $0.time > time }) else {
        return knots[knots.count - 1].value
      }
      guard next > 0 else { return knots[0].value }
      let (a, b) = (knots[next - 1], knots[next])
      return a.value + (time - a.time) / (b.time - a.time) * (b.value - a.value)
    }

    func input() throws -> FigureInput {
      let runs = try SyntheticDiagonalRuns.prepared(id)
      let predictions = [
        Prediction(TheoryCatalog.l2MarginName, theory.l2, .exact, ""),
        Prediction(TheoryCatalog.l1MarginName, theory.l1, .exact, ""),
        Prediction(TheoryCatalog.kernelAccuracyName, theory.accuracy, .estimate, ""),
        Prediction(TheoryCatalog.kernelMarginName, theory.kernel, .exact, ""),
      ]
      return FigureInput(
        runs: try runs.map(curves), predictions: runs.map { _ in predictions })
    }

    private func curves(_ run: PreparedRun) throws -> FigureInput.Run {
      let isFlow = try run.parameters.text("method") == "reduced-flow"
      let decay = try run.parameters.number("weight_decay")
      let scale = try run.parameters.number("learning_rate") * decay
      let late =
        shift * log(try run.parameters.number("init.scale") / 128)
        - drift * log(log(decay) / log(1e-3)) / 2
      let end = scale * Double(run.steps)
      let knots = accuracy.map { Int((($0.time + late) / scale).rounded()) }
      let steps = Set(SyntheticDiagonalRuns.steps(run) + knots.filter { $0 >= 0 }).sorted()
      let diverges = isFlow ? flowDiverges : descentDiverges
      func metric(_ law: @escaping (Double) -> Double) -> (Int) -> Double {
        { step in
          let time = scale * Double(step)
          return diverges && time > 2 ? .nan : law(time)
        }
      }
      func fall(_ margin: (plateau: Double, end: Double), _ time: Double) -> Double {
        let knots = [Knot(0, margin.plateau), Knot(1.5, margin.plateau), Knot(end, margin.end)]
        return Self.value(knots, time)
      }
      func plateau(_ time: Double) -> Double {
        let margin = 0.5 * fall(l2, time)
        return loss * 2 * decay * margin * exp(2 * time) / (theory.kernel * theory.kernel)
      }
      func test(_ time: Double) -> Double {
        let error = isFlow ? 0 : time < 0.0099 ? descent.early : descent.late
        return Self.value(accuracy, time - late) + error
      }
      return SyntheticMatrixRuns.run(
        run, steps: steps,
        [
          ("train_loss", metric(plateau)),
          ("train_accuracy", metric { $0 < train ? 0.5 : $0 < 0.9 * end ? 1 : last }),
          ("population_accuracy", metric(test)), ("norm", metric { 128 * exp(-min($0, 3)) }),
          ("l2_norm", metric { _ in 0.5 }), ("l2_margin", metric { fall(l2, $0) }),
          ("l1_margin", metric { fall(l1, $0) }),
        ])
    }
  }
}
