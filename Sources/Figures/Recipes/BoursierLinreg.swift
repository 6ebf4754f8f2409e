import BatchNumerics
import Experiments
import Foundation
import Sweeps

extension FigureRecipe {
  /// Linear regression, where both phases have closed forms.
  ///
  /// The paper has no figure of it. Its Eqs. 23-24 hold for 1/2 |Xw - y|^2, not for the |Xw - y|^2
  /// that it states: with s_i^2 replaced by 2 s_i^2 they are exact, as printed they are not, and the
  /// claims show both. Sizes are ours.
  static let boursierLinreg = FigureRecipe(
    id: "boursier/linreg",
    title: "Linear regression with weight decay: a fast fit, then decay outside the row space",
    citation: "Boursier, Pesme, Dragomir, 2025 (arXiv 2505.20172), appendix C, Eqs. 23-24",
    spec: { _ in
      func spec(_ methods: String, rate: String, steps: Int) -> String {
        """
        experiment: linear-regression
        problem: {n: 20, d: 50}
        learning_rate: \(rate)
        weight_decay: 1.0e-3
        steps: \(steps)
        evaluate: \(DiagonalCurve.schedule(dense: steps / 20, every: steps / 100, last: steps))
        record: {predictor: true}
        precision: f64
        sweep:
          method: [\(methods)]
        """
      }
      return FigureRecipe.documents([
        spec("gradient-descent, exact-descent, flow", rate: "0.1", steps: 50_000),
        spec("gradient-descent, flow", rate: "0.01", steps: 500_000),
      ])
    },
    analyze: { input in
      guard !input.runs.isEmpty else { throw FigureError.noRuns("boursier/linreg") }
      let curves = try input.runs.map(DiagonalCurve.init)
      var output = FigureOutput()
      output.tables = try curves.map { curve in
        ("\(curve.method)-\(curve.rate)", try curve.rows(["train_loss", "test_loss", "norm"]))
      }
      output.claims = try boursierLinregClaims(curves)
      output.plot = boursierLinregPlot(output.tables.map(\.name))
      return output
    })

  private static func boursierLinregClaims(_ curves: [DiagonalCurve]) throws -> [Claim] {
    func one(_ method: String, _ rate: Double) throws -> LinearRun {
      guard let curve = curves.first(where: { $0.method == method && $0.rate == rate }) else {
        throw FigureError.noRuns("boursier/linreg")
      }
      return try LinearRun(curve)
    }
    let descents = try [0.1, 0.01].map { try one("gradient-descent", $0) }
    let flows = try [0.1, 0.01].map { try one("flow", $0) }
    let distances = try zip(descents, flows).map { try $0.distance(to: $1) }
    let flow = flows[0]
    return [
      Claim(
        "gradient descent has the iterates of the closed form: largest distance of w over |w_0|",
        try descents[0].distance(to: one("exact-descent", 0.1)), in: 0...1e-10, "rounding"),
      Claim(
        "flow is Eqs. 23-24 with 2 s_i^2: largest distance over |w_0|",
        try flow.distance { flow.closedForm($0, factor: 2) }, in: 0...1e-10, "rounding"),
      Claim(
        "and not as printed", try flow.distance { flow.closedForm($0, factor: 1) }, in: 1e-3...10,
        "erratum: they belong to 1/2 |Xw - y|^2"),
      Claim(
        "descent tends to flow: distance at lr = 0.1 over that at lr = 0.01",
        distances[0] / distances[1], in: 8...14, "of order lr"),
      Claim(
        "the fast phase ends at w_0 - X^+ (X w_0 - y): distance at lambda t = 0.03 over |w_0|",
        try flow.distance(atSlow: 0.03) { _ in flow.fastLimit }, in: 0...0.05, "of order lambda t"),
      Claim(
        "the slow phase is X^+ y + e^{-lambda t} (I - X^+ X) w_0: largest distance from lambda t = "
          + "0.03 on, over |w_0|",
        try flow.distance(fromSlow: 0.03) { flow.slowFlow($0) }, in: 0...0.01, "of order lambda"),
      Claim(
        "the fit is fast: train loss at lambda t = 0.03 over that at the start",
        try flow.curve.value("train_loss", atSlow: 0.03).flatMap { late in
          try flow.curve.value("train_loss", atSlow: 0).map { late / $0 }
        }, in: 0...1e-3, "the paper's first phase"),
      Claim(
        "test loss falls later: at the end over that at lambda t = 0.03",
        try flow.curve.value("test_loss", atSlow: 0.03).map {
          try flow.curve.end("test_loss") / $0
        }, in: 0...0.9, "a start of variance 1 adds as much as the teacher's unseen part"),
    ]
  }

  private static func boursierLinregPlot(_ tables: [String]) -> String {
    let curves = tables.map { name in
      "'\(name).csv' using 2:4 with lines title 'train, \(name)', "
        + "'' using 2:5 with lines dt 2 title 'test'"
    }
    return """
      set logscale xy
      set format '10^{%L}'
      set xlabel 't'
      set ylabel 'loss'
      set key bottom left font ',8'
      plot \(curves.joined(separator: ", "))
      """
  }
}

/// A run with the formulas of its problem.
private struct LinearRun {
  let curve: DiagonalCurve
  private let w: [[Double]]
  private let svd: SingularValueDecomposition
  private let start: [Double]
  /// X^+ y
  private let least: [Double]

  init(_ curve: DiagonalCurve) throws {
    self.curve = curve
    let batch = try LinearRegression().batch(of: [curve.run.prepared], instance: nil)
    let x = batch.problems[0].features.dense
    svd = SingularValueDecomposition(x)
    start = batch.runs[0].initial
    least = svd.pseudoInverse.multiplied(by: batch.problems[0].targets)
    w = try (0..<x.columns).map { try curve.run.curve("w_\($0)") }
  }

  private func state(_ index: Int) -> [Double] { w.map { $0[index] } }

  private func distance(_ index: Int, _ other: [Double]) -> Double {
    euclideanNorm(zip(state(index), other).map { $0 - $1 }) / euclideanNorm(start)
  }

  func distance(to other: LinearRun) throws -> Double {
    curve.steps.indices.map { distance($0, other.state($0)) }.extremes.largest ?? .nan
  }

  /// The largest distance from a formula of time.
  func distance(_ formula: (Double) -> [Double]) throws -> Double {
    curve.steps.indices.map { distance($0, formula(curve.time($0))) }.extremes.largest ?? .nan
  }

  func distance(fromSlow time: Double, _ formula: (Double) -> [Double]) throws -> Double {
    curve.steps.indices.filter { curve.slowTime($0) >= time }
      .map { distance($0, formula(curve.time($0))) }.extremes.largest ?? .nan
  }

  func distance(atSlow time: Double, _ formula: (Double) -> [Double]) throws -> Double? {
    curve.steps.indices.first { curve.slowTime($0) >= time }
      .map { distance($0, formula(curve.time($0))) }
  }

  /// z_i(t) = z_i^inf + e^{-(f s_i^2 + lambda) t} (z_i(0) - z_i^inf), z_i^inf = f s_i^2 / (f s_i^2 +
  /// lambda) z_i*, in the row space; e^{-lambda t} w_0 outside.
  func closedForm(_ time: Double, factor: Double) -> [Double] {
    let turned = svd.right.transposed
    let (first, goal) = (turned.multiplied(by: start), turned.multiplied(by: least))
    let outside = zip(start, svd.right.multiplied(by: first)).map { $0 - $1 }
    let inside = first.indices.map { i -> Double in
      let rate = factor * svd.values[i] * svd.values[i]
      let end = rate / (rate + curve.decay) * goal[i]
      return end + exp(-(rate + curve.decay) * time) * (first[i] - end)
    }
    return zip(svd.right.multiplied(by: inside), outside).map {
      $0 + exp(-curve.decay * time) * $1
    }
  }

  /// w_0 - X^+ (X w_0 - y)
  var fastLimit: [Double] { slowFlow(0) }

  /// X^+ y + e^{-tau} (I - X^+ X) w_0
  func slowFlow(_ time: Double) -> [Double] {
    let projected = svd.right.multiplied(by: svd.right.transposed.multiplied(by: start))
    let factor = exp(-curve.decay * time)
    return start.indices.map { least[$0] + factor * (start[$0] - projected[$0]) }
  }
}
