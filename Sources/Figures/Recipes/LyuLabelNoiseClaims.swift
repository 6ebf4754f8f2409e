import Foundation
import Sweeps

extension FigureRecipe {
  /// Statement (2): after T/eta^a steps, 1 < a < 2, the iterate is at gradient flow's limit; here k =
  /// eta^{-1.25}.
  static func earlyNoiseClaims(
    _ runs: [NoisyRun], _ drift: NoiseDrift, _ rates: [Double]
  ) throws -> [Claim] {
    let limit = drift.net(0).squaredNorm
    func mean(_ metric: String, _ rate: Double, _ of: (Double) -> Double) throws -> Double? {
      let values = try runs.filter { $0.rate == rate }
        .map { try $0.value(metric, atStep: pow(rate, -1.25)) }
      guard !values.isEmpty, !values.contains(nil) else { return nil }
      return values.reduce(0) { $0 + of($1 ?? .nan) } / Double(values.count)
    }
    let squares = try rates.map { try mean("norm", $0) { $0 * $0 } }
    let falls = zip(squares, squares.dropFirst()).map { fine, coarse in
      fine.flatMap { fine in coarse.map { fine > $0 } } ?? false
    }
    let loss = try rates.first.flatMap { try mean("population_loss", $0) { $0 } }
    let list = squares.map { $0.map { Number.short($0 / limit) } ?? "-" }.joined(separator: ", ")
    return [
      Claim(
        "after eta^-1.25 steps the iterate is at that limit: |theta|^2 over the limit's, smallest eta",
        squares.first.flatMap { $0 }.map { $0 / limit }, in: 0.93...1.01,
        "statement (2), in the limit; the drift until then is that of T = eta^0.75"),
      Claim(
        "and the closer the smaller eta is: neighbours in eta in order",
        measured: "\(falls.count { $0 }) of \(falls.count); \(list) for "
          + rates.map { "\($0)" }.joined(separator: ", "), tolerance: "all",
        held: !falls.isEmpty && falls.allSatisfy { $0 }),
      Claim(
        "population loss then over that of the limit, smallest eta",
        loss.map { $0 / drift.populationLoss(0) }, in: 0.95...1.1,
        "statement (2); noise adds variance of order eta"),
    ]
  }

  /// Statement (3): train loss vanishes with eta, population loss falls in T, which is sharp on a
  /// logarithmic axis alone.
  static func lateNoiseClaims(
    _ runs: [NoisyRun], _ drift: NoiseDrift, _ rates: [Double]
  ) throws -> [Claim] {
    let losses = try rates.map { rate in
      let values = try runs.filter { $0.rate == rate }.flatMap { run in
        try zip(run.run.curves.steps.indices, run.run.curve("train_loss"))
          .filter { run.time($0.0) >= 0.1 * (1 - 1e-9) }.map(\.1)
      }
      return values.reduce(0, +) / Double(values.count)
    }
    let ratio = rates.last.flatMap { last in rates.first.map { last / $0 } } ?? .nan
    let finest = try rates.first.map { rate in
      try NoisyRun.mean("population_loss", runs.filter { $0.rate == rate })
    }
    let start = drift.populationLoss(0)
    let width = finest.flatMap { curve in
      curve.time(below: 0.8 * start).flatMap { first in
        curve.time(below: 0.2 * start).map { $0 / first }
      }
    }
    let list = losses.map(Number.short).joined(separator: ", ")
    return [
      Claim(
        "train loss vanishes with eta: its mean from T = 0.1 on, largest eta over smallest",
        losses.last.flatMap { last in losses.first.map { last / $0 } },
        in: (ratio / 4)...(ratio * 4), "of order eta, within a factor of 4",
        detail: "\(list) for " + rates.map { "\($0)" }.joined(separator: ", ")),
      Claim(
        "the transition is sharp in log T alone: T at 20 % over T at 80 % of the limit's population "
          + "loss, smallest eta", width, in: 2...5,
        "it falls over as much T as went before, of the decades of steps since the fit; no number"),
    ]
  }
}

/// A curve over slow time T.
struct SlowCurve {
  let times: [Double]
  let values: [Double]

  /// Where it last falls to a level, between evaluations by a straight line.
  func time(below level: Double) -> Double? {
    guard
      let index = values.indices.dropFirst().last(where: {
        values[$0 - 1] > level && values[$0] <= level
      })
    else { return nil }
    let share = (values[index - 1] - level) / (values[index - 1] - values[index])
    return times[index - 1] + share * (times[index] - times[index - 1])
  }
}
