import BatchNumerics
import Experiments
import Foundation
import Sweeps

/// One seed of the scalar-input net.
struct ScalarRun {
  let run: FigureInput.Run
  let decay: Double
  let rate: Double
  let problem: NetworkProblem

  init(_ run: FigureInput.Run) throws {
    self.run = run
    decay = try run.number("weight_decay")
    rate = try run.number("learning_rate")
    problem = try Network().batch(of: [run.prepared], instance: nil).problems[0]
  }

  func end(_ metric: String) throws -> Double { try run.curve(metric).last ?? .nan }

  var lastTime: Double { rate * Double(run.curves.steps.last ?? 0) }

  /// The first evaluation at or after a time.
  private func index(at time: Double) -> Int? {
    let step = (time / rate).rounded()
    return run.curves.steps.firstIndex { Double($0) >= step }
  }

  func value(_ metric: String, at time: Double) throws -> Double? {
    try index(at: time).map { try run.curve(metric)[$0] }
  }

  /// lambda t at which a metric is half of what it is at a time.
  func slowTimeOfHalf(_ metric: String, from time: Double) throws -> Double? {
    guard let start = index(at: time) else { return nil }
    let values = try run.curve(metric)
    return values.indices.first { $0 > start && values[$0] <= values[start] / 2 }
      .map { decay * rate * Double(run.curves.steps[$0]) }
  }

  /// |v|^2 + |b|^2 - |u|^2 at one time over that at another, less weight decay.
  func imbalanceRatio(from first: Double, to last: Double) throws -> Double? {
    func imbalance(_ index: Int) throws -> Double {
      let (v, b) = (try run.curve("l2_norm_v")[index], try run.curve("l2_norm_b")[index])
      let u = try run.curve("l2_norm_u")[index]
      return v * v + b * b - u * u
    }
    return try index(at: first).flatMap { start in
      try index(at: last).map { end in
        let steps = Double(run.curves.steps[end] - run.curves.steps[start])
        return try imbalance(end) / imbalance(start) * exp(2 * decay * rate * steps)
      }
    }
  }

  /// The first step with |theta| above 1e3 or not a number.
  var stepOfDivergence: Double? {
    get throws {
      try zip(run.curves.steps, run.curve("l2_norm")).first { !($0.1 <= 1e3) }
        .map { Double($0.0) }
    }
  }

  /// The largest value of a metric over that at the start; infinite where the run diverges.
  func growth(_ metric: String) throws -> Double? {
    let values = try run.curve(metric)
    return values.first.map { first in
      values.allSatisfy(\.isFinite) ? (values.max() ?? .nan) / first : .infinity
    }
  }

  /// How far |theta| at the end is from that at the start, over the latter; infinite where the run diverges.
  var shift: Double? {
    get throws {
      let norms = try run.curve("l2_norm")
      guard let first = norms.first, let last = norms.last else { return nil }
      return last.isFinite ? abs(last / first - 1) : .infinity
    }
  }

  // MARK: - The function

  private var grid: [Double] {
    if case .dense(let inputs) = problem.test.inputs { inputs.values } else { [] }
  }

  /// The net's outputs on the grid at an evaluation.
  private func function(_ index: Int) throws -> [Double] {
    try grid.indices.map { try run.curve("f_\($0)")[index] }
  }

  /// The kinks on the grid: groups of points whose neighbours' slopes differ by more than 0.05.
  func kinks(at time: Double) throws -> Double? {
    guard let index = index(at: time) else { return nil }
    let (x, f) = (grid, try function(index))
    guard f.allSatisfy(\.isFinite) else { return nil }
    var (count, isInside) = (0, false)
    for i in 1..<(x.count - 1) {
      let bend = (f[i + 1] - f[i]) / (x[i + 1] - x[i]) - (f[i] - f[i - 1]) / (x[i] - x[i - 1])
      if abs(bend) > 0.05, !isInside { count += 1 }
      isInside = abs(bend) > 0.05
    }
    return Double(count)
  }

  // MARK: - Tables

  func rows() throws -> [[String]] {
    let columns = try ["train_loss", "test_loss", "l2_norm"].map(run.curve)
    return [["step", "t", "train_loss", "test_loss", "l2_norm"]]
      + Thinning.indices(run.curves.steps).map { index in
        let step = run.curves.steps[index]
        return ["\(step)", "\(rate * Double(step))"] + columns.map { "\($0[index])" }
      }
  }

  /// The paper's snapshots: t = 0, 1 and late.
  static func times(_ last: Double) -> [Double] { [0, 1, last] }

  func snapshots() throws -> [[String]] {
    let times = Self.times(lastTime)
    let shots = try times.compactMap(index).map(function)
    var targets = grid
    if case .values(let values) = problem.test.targets { targets = values.values }
    return [["x", "target"] + times.map { "t=\(Number.short($0))" }]
      + grid.indices.map { i in
        ["\(grid[i])", "\(targets[i])"] + shots.map { "\($0[i])" }
      }
  }

  func samples() throws -> [[String]] {
    guard case .dense(let inputs) = problem.train.inputs,
      case .values(let targets) = problem.train.targets
    else { return [["x", "y"]] }
    return [["x", "y"]] + zip(inputs.values, targets.values).map { ["\($0)", "\($1)"] }
  }
}
