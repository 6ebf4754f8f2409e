import BatchNumerics
import Experiments
import Foundation
import Sweeps
import Theory

extension FigureRecipe {
  /// Label noise on u^2 - v^2: sharp in logarithmic time.
  ///
  /// The paper has a theorem and no figure, sizes or constants. Its slow drift is equal to weight
  /// decay with a strength per coordinate, lambda_k = 8 eta c_k, c_k = mean of x_ik^2, in T = eta^2
  /// steps; so the predictor at T has a closed form (`InterpolatingNet` with a = b =
  /// alpha^2 e^{-16 c_k T}). The sizes are those at which an independent implementation measured it.
  static let lyuLabelNoise = FigureRecipe(
    id: "lyu/appB2-label-noise",
    title: "Label noise on a diagonal net: population loss falls in slow time T = eta^2 steps",
    citation:
      "Lyu, Jin, Li, Du, Lee, Hu, ICLR 2024 (arXiv 2311.18817), appendix B.2 (after Li, Wang, "
      + "Arora, ICLR 2022)",
    spec: { scale in
      let rates = scale == .paper ? [4e-3, 2e-3, 1e-3, 5e-4, 2.5e-4] : [4e-3, 1e-3, 2.5e-4]
      return FigureRecipe.documents(
        rates.map { rate in
          let last = Int((0.5 / rate / rate).rounded())
          return """
            experiment: diagonal-network
            method: label-noise
            problem: {kind: gaussian, n: 15, d: 30, sparsity: 2, seed: 1}
            init: {kind: constant, scale: 1}
            learning_rate: \(rate)
            weight_decay: 0
            steps: \(last)
            evaluate: \(DiagonalCurve.schedule(dense: last / 50, every: last / 50, last: last))
            precision: f64
            sweep:
              seed: {range: [1, 9]}
            """
        })
    },
    analyze: { input in
      guard !input.runs.isEmpty else { throw FigureError.noRuns("lyu/appB2-label-noise") }
      let runs = try input.runs.map(NoisyRun.init)
      let drift = try NoiseDrift(runs[0])
      var output = FigureOutput()
      let rates = Set(runs.map(\.rate)).sorted()
      output.tables = [("prediction", drift.rows())]
      output.tables += try rates.map { rate in
        ("eta\(rate)", try NoisyRun.meanRows(runs.filter { $0.rate == rate }))
      }
      output.claims = try lyuLabelNoiseClaims(runs, drift, rates)
      output.plot = lyuLabelNoisePlot(rates)
      return output
    })

  private static func lyuLabelNoiseClaims(
    _ runs: [NoisyRun], _ drift: NoiseDrift, _ rates: [Double]
  ) throws -> [Claim] {
    let finest = rates.first ?? 0
    func ratio(_ rate: Double, _ time: Double) throws -> Double? {
      let squares = try runs.filter { $0.rate == rate }.compactMap { run in
        try run.value("norm", at: time).map { $0 * $0 }
      }
      guard !squares.isEmpty else { return nil }
      return squares.reduce(0, +) / Double(squares.count) / drift.net(time).squaredNorm
    }
    let times = [0.16, 0.28, 0.34]
    let start = drift.net(0)
    let target = drift.targetSquares
    return try [
      Claim(
        "gradient flow alone interpolates: train error of its limit", start.residual, in: 0...1e-6,
        "statement (1)"),
      Claim(
        "but does not generalise: population loss of its limit over |w*|^2",
        drift.populationLoss(0) / target, in: 0.2...2, "Omega(|w*|^2)"),
      Claim(
        "label noise follows the drift: mean |theta|^2 over the predicted one at T = 0.16, 0.28 and "
          + "0.34, eta = \(Number.short(finest))",
        each: try times.map { try ratio(finest, $0) }, in: 0.9...1.05,
        "0.88 to 0.91 at eta = 1e-3 for one other run; tends to 1 with eta"),
      Claim(
        "and the more the smaller eta is: distance of these ratios from 1, of the largest eta over "
          + "the smallest, mean over T",
        try (rates.last).map { coarsest in
          let distances = try [coarsest, finest].map { rate in
            try times.reduce(0) { try $0 + abs(1 - (ratio(rate, $1) ?? .nan)) }
          }
          return distances[0] / distances[1]
        }, in: 2...1e6, "of order a power of eta"),
      Claim(
        "population loss falls: at T = 0.5 over that of gradient flow's limit, smallest eta, over seeds",
        each: try runs.filter { $0.rate == finest }.map {
          try $0.value("population_loss", at: 0.5).map { $0 / drift.populationLoss(0) }
        }, in: 0...0.2, "statement (3): to 0 as T grows"),
      Claim(
        "as the prediction does: predicted population loss at T = 0.5 over |w*|^2",
        drift.populationLoss(0.5) / target, in: 0...0.1, "statement (3)"),
    ] + earlyNoiseClaims(runs, drift, rates) + lateNoiseClaims(runs, drift, rates)
  }

  private static func lyuLabelNoisePlot(_ rates: [Double]) -> String {
    let noisy = rates.enumerated().map { index, rate in
      "'eta\(rate).csv' using 1:2 with lines lc \(index + 2) title '{/Symbol h} = \(rate)'"
    }.joined(separator: ", ")
    let losses = rates.enumerated().map { index, rate in
      "'eta\(rate).csv' using 1:3 with lines lc \(index + 2) notitle"
    }.joined(separator: ", ")
    return """
      set multiplot layout 1, 2
      set logscale xy
      set format '10^{%L}'
      set xlabel 'T = {/Symbol h}^2 k'
      set xrange [1e-4:0.5]
      set ylabel '|{/Symbol q}|^2'
      plot 'prediction.csv' using 1:2 with lines lw 3 dt 2 lc 1 title 'prediction', \(noisy)
      set ylabel 'population loss'
      plot 'prediction.csv' using 1:3 with lines lw 3 dt 2 lc 1 notitle, \(losses)
      unset multiplot
      """
  }
}

/// A run with label noise, in slow time T = eta^2 k.
struct NoisyRun {
  let run: FigureInput.Run
  let rate: Double

  init(_ run: FigureInput.Run) throws {
    self.run = run
    rate = try run.number("learning_rate")
  }

  func time(_ index: Int) -> Double { rate * rate * Double(run.curves.steps[index]) }

  func value(_ metric: String, at time: Double) throws -> Double? {
    try run.curves.steps.indices.first { self.time($0) >= time * (1 - 1e-9) }
      .map { try run.curve(metric)[$0] }
  }

  /// A metric at a step, between evaluations by the logarithm of the step.
  func value(_ metric: String, atStep step: Double) throws -> Double? {
    let (steps, values) = (run.curves.steps.map(Double.init), try run.curve(metric))
    guard let index = steps.firstIndex(where: { $0 >= step }) else { return nil }
    guard index > 0, steps[index - 1] > 0 else { return values[index] }
    let share = log(step / steps[index - 1]) / log(steps[index] / steps[index - 1])
    return values[index - 1] + share * (values[index] - values[index - 1])
  }

  /// The mean of a function of a metric over runs of equal steps.
  static func mean(
    _ metric: String, _ runs: [NoisyRun], of: (Double) -> Double = { $0 }
  ) throws -> SlowCurve {
    let curves = try runs.map { try $0.run.curve(metric) }
    let indices = runs.first.map { Array($0.run.curves.steps.indices) } ?? []
    return SlowCurve(
      times: indices.map { runs[0].time($0) },
      values: indices.map { index in
        curves.reduce(0) { $0 + of($1[index]) } / Double(curves.count)
      })
  }

  /// T, |theta|^2 and population loss, means over runs of equal steps.
  static func meanRows(_ runs: [NoisyRun]) throws -> [[String]] {
    let squares = try mean("norm", runs) { $0 * $0 }
    let losses = try mean("population_loss", runs)
    return [["T", "norm_squared", "population_loss"]]
      + squares.times.indices.map {
        ["\(squares.times[$0])", "\(squares.values[$0])", "\(losses.values[$0])"]
      }
  }
}

/// The predictor along the drift that label noise causes.
struct NoiseDrift {
  private let x: DenseMatrix
  private let y: [Double]
  private let target: [Double]
  /// c_k
  private let variances: [Double]
  private let start: Double

  init(_ run: NoisyRun) throws {
    let problem = try DiagonalNetwork().batch(of: [run.run.prepared], instance: nil).problems[0]
    guard case .gaussian(let target) = problem.population else {
      throw FigureError.noRuns("lyu/appB2-label-noise")
    }
    (x, y, self.target) = (problem.features.dense, problem.targets, target)
    let (x, n) = (x, Double(x.rows))
    variances = (0..<x.columns).map { k in
      (0..<x.rows).reduce(0) { $0 + x[$1, k] * x[$1, k] } / n
    }
    start = try run.run.number("init.scale")
  }

  var targetSquares: Double { target.reduce(0) { $0 + $1 * $1 } }

  func net(_ time: Double) -> InterpolatingNet {
    let scales = variances.map { start * start * exp(-16 * $0 * time) }
    return InterpolatingNet(x, y, up: scales, down: scales, rate: 4)
  }

  func populationLoss(_ time: Double) -> Double {
    zip(net(time).predictor, target).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  func rows() -> [[String]] {
    [["T", "norm_squared", "population_loss"]]
      + (0...60).map { i in
        let time = 1e-4 * pow(5000, Double(i) / 60)
        return ["\(time)", "\(net(time).squaredNorm)", "\(populationLoss(time))"]
      }
  }
}
