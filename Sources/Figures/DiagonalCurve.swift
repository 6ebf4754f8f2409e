import BatchNumerics
import Experiments
import Sweeps

/// A run of a diagonal net or of linear regression, read in slow time lambda t.
struct DiagonalCurve {
  let run: FigureInput.Run
  let rate: Double
  let decay: Double

  init(_ run: FigureInput.Run) throws {
    self.run = run
    rate = try run.number("learning_rate")
    decay = try run.number("weight_decay")
  }

  var method: String { run.prepared.parameters["method"].description }
  var seed: String { run.prepared.parameters["seed"].description }
  var steps: [Int] { run.curves.steps }
  func time(_ index: Int) -> Double { rate * Double(steps[index]) }
  func slowTime(_ index: Int) -> Double { decay * time(index) }

  func end(_ metric: String) throws -> Double { try run.curve(metric).last ?? .nan }

  /// The value at the first evaluation at or after a slow time.
  func value(_ metric: String, atSlow time: Double) throws -> Double? {
    try steps.indices.first { slowTime($0) >= time * (1 - 1e-9) }.map { try run.curve(metric)[$0] }
  }

  /// The value at the first evaluation at or after a time.
  func value(_ metric: String, at time: Double) throws -> Double? {
    try steps.indices.first { self.time($0) >= time * (1 - 1e-9) }
      .map { try run.curve(metric)[$0] }
  }

  /// lambda t at which a metric last crosses a level, between evaluations by a straight line.
  func slowTime(_ metric: String, crosses level: Double) throws -> Double? {
    let values = try run.curve(metric)
    guard
      let index = values.indices.dropFirst().last(where: {
        (values[$0 - 1] < level) != (values[$0] < level)
      })
    else { return nil }
    let share = (level - values[index - 1]) / (values[index] - values[index - 1])
    return slowTime(index - 1) + share * (slowTime(index) - slowTime(index - 1))
  }

  /// The largest distance of a metric's curve from another run's, at common steps from a time on.
  func distance(_ metric: String, to other: DiagonalCurve, from time: Double) throws -> Double? {
    let (own, others) = (try run.curve(metric), try other.run.curve(metric))
    let places = Dictionary(other.steps.enumerated().map { ($1, $0) }) { first, _ in first }
    return steps.indices.filter { self.time($0) >= time }
      .compactMap { index in places[steps[index]].map { abs(own[index] - others[$0]) } }.extremes
      .largest
  }

  func rows(_ metrics: [String]) throws -> [[String]] {
    let columns = try metrics.map(run.curve)
    return [["step", "t", "lambda_t"] + metrics]
      + steps.indices.map { index in
        ["\(steps[index])", "\(time(index))", "\(slowTime(index))"]
          + columns.map { "\($0[index])" }
      }
  }

  /// Steps of a run: 1 to `dense` by eight a decade, then every `every` up to `last`.
  static func schedule(dense: Int, every: Int, last: Int) -> String {
    var steps: Set<Int> = [0, last]
    var power = 0
    while true {
      var step = 1.0
      for _ in 0..<power { step *= 1.3335214321633240 }
      guard Int(step.rounded()) <= dense else { break }
      steps.insert(Int(step.rounded()))
      power += 1
    }
    steps.formUnion(Swift.stride(from: every, through: last, by: every))
    return "{at: [" + steps.sorted().map(String.init).joined(separator: ", ") + "]}"
  }
}
