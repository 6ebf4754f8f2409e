import BatchNumerics
import Experiments
import Foundation
import Sweeps

/// One run of the homogeneous one-hot net on modular addition, as Figs. 2 and 4 of Lyu et al. (arXiv
/// 2311.18817) show it.
struct AdditionRun {
  let run: FigureInput.Run
  let p: Double
  let rate: Double
  let decay: Double
  let scale: Double
  let width: Int
  let seed: Int

  init(_ run: FigureInput.Run) throws {
    self.run = run
    p = try run.number("problem.p")
    rate = try run.number("learning_rate")
    decay = try run.number("weight_decay")
    scale = try run.number("init.scale")
    width = try run.prepared.parameters.integer("model.width")
    seed = Int(try run.number("seed"))
  }

  /// What all the figures train: two one-hots of Z_p, He start, full-batch gradient descent. The
  /// small scale keeps more of the pairs for training, as few classes have few pairs; in f64 its
  /// curves are the same on every device.
  static func spec(
    _ scale: FigureScale, width: Int, perDecade: Int = 40, precision: Precision = .f64
  ) -> String {
    """
    experiment: network
    task: modular-arithmetic
    model: {kind: one-hot, width: \(scale == .paper ? 1024 : width)}
    problem: {p: \(scale == .paper ? 97 : 23), train_fraction: \(scale == .paper ? 0.4 : 0.8)}
    optimizer: gd
    evaluate: {per_decade: \(perDecade)}
    record: {nuclear_norm: false, tensor_norms: true}
    precision: \(scale == .paper ? .f32 : precision)
    """
  }

  /// Runs of a figure.
  static func all(_ input: FigureInput, _ id: String) throws -> [AdditionRun] {
    guard !input.runs.isEmpty else { throw FigureError.noRuns(id) }
    return try input.runs.map(AdditionRun.init)
  }

  func end(_ metric: String) throws -> Double { try run.curve(metric).last ?? .nan }

  /// lambda t at a step.
  func slowTime(_ step: Double) -> Double { decay * rate * step }

  /// The first evaluated step at which a metric is at least `level`.
  func firstIndex(_ metric: String, reaches level: Double) throws -> Int? {
    try run.curve(metric).firstIndex { $0 >= level }
  }

  /// The step at which a metric rises to `level`, between evaluations by the logarithm of the step.
  func step(_ metric: String, reaches level: Double) throws -> Double? {
    try crossing(metric, level) { log(Double(run.curves.steps[$0]) + 1) }.map { exp($0) - 1 }
  }

  /// Another metric where one rises to `level`, between evaluations by its logarithm.
  func value(_ other: String, where metric: String, reaches level: Double) throws -> Double? {
    let values = try run.curve(other)
    return try crossing(metric, level) { log(values[$0]) }.map { exp($0) }
  }

  private func crossing(
    _ metric: String, _ level: Double, _ position: (Int) -> Double
  ) throws -> Double? {
    let values = try run.curve(metric)
    guard let index = values.firstIndex(where: { $0 >= level }) else { return nil }
    guard index > 0 else { return position(0) }
    let share = (level - values[index - 1]) / (values[index] - values[index - 1])
    return position(index - 1) + share * (position(index) - position(index - 1))
  }

  /// lambda t at which the test loss falls to `level` after its largest value, between evaluations by
  /// the logarithm of the step.
  func slowTime(testLossFallsTo level: Double) throws -> Double? {
    let losses = try run.curve("test_loss")
    guard let peak = losses.indices.max(by: { losses[$0] < losses[$1] }),
      let index = losses.indices.first(where: { $0 > peak && losses[$0] <= level })
    else { return nil }
    let position = { (index: Int) in log(Double(run.curves.steps[index]) + 1) }
    let share = (losses[index - 1] - level) / (losses[index - 1] - losses[index])
    let (before, after) = (position(index - 1), position(index))
    return slowTime(exp(before + share * (after - before)) - 1)
  }

  /// The test accuracy when the train accuracy first reaches its threshold, in units of chance 1/p.
  var testAtMemorization: Double? {
    get throws {
      try run.t1.flatMap { try run.value("test_accuracy", at: $0) }.map { $0 * p }
    }
  }

  /// t1 and the test accuracy then.
  static func memorizationClaims(_ runs: [AdditionRun], _ why: String) throws -> [Claim] {
    [
      Claim(
        "train accuracy reaches 100 %: at step t1, over runs",
        each: runs.map { $0.run.t1.map(Double.init) },
        in: 1...Double(runs.map { $0.run.prepared.steps }.min() ?? 1) / 5, why),
      try chanceClaim(runs),
    ]
  }

  static func chanceClaim(_ runs: [AdditionRun]) throws -> Claim {
    Claim(
      "test accuracy at t1 over that of chance, 1/p, over runs",
      each: try runs.map { try $0.testAtMemorization }, in: 0...2, "near chance")
  }

  /// min_i (o_y - max_c o_c) / |theta|^2: the margin of the normalised net, which is homogeneous of
  /// degree 2.
  func normalizedMargin(_ index: Int) throws -> Double {
    let norm = try run.curve("l2_norm")[index]
    return try run.curve("train_margin")[index] / (norm * norm)
  }

  /// |W1|^2 + |b1|^2 - |W2|^2, which gradient flow keeps but for weight decay: it shrinks as
  /// e^{-2 lambda t}.
  func imbalance(_ index: Int) throws -> Double {
    try ["W1", "b1", "W2"].map { try run.curve("l2_norm_" + $0)[index] }.enumerated()
      .reduce(0) { $0 + ($1.offset < 2 ? 1 : -1) * $1.element * $1.element }
  }

  /// Accuracies, losses, margin and norm over steps and slow time.
  func rows(_ extra: [String] = []) throws -> [[String]] {
    let names =
      ["train_accuracy", "test_accuracy", "train_loss", "test_loss", "train_margin", "l2_norm"]
      + extra
    let columns = try names.map(run.curve)
    return [["step", "slow_time"] + names]
      + Thinning.indices(run.curves.steps).map { index in
        let step = run.curves.steps[index]
        return ["\(step)", "\(slowTime(Double(step)))"] + columns.map { "\($0[index])" }
      }
  }
}
