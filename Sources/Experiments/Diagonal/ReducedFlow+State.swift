import BatchNumerics

extension ReducedFlow {
  /// The tensors that `stateNumbers` are.
  static func stateForms(size: Int, samples: Int) -> [StatePart.Form] {
    [
      ("time", [1]), ("origin", [1]), ("is-finite", [1]), ("step", [1]), ("cost", [4]),
      ("start", [size]), ("s", [samples]),
    ]
  }

  /// Where the integration stands: all that its next step depends on. A step of 0 is not known yet.
  var stateNumbers: [Double] {
    [time, origin, isFinite ? 1 : 0, step ?? 0]
      + [cost.steps, cost.rejected, cost.evaluations, cost.products].map { Double($0) }
      + initial + s
  }

  /// The flow of the same run from where another one stood.
  ///
  /// - Throws: `StateError` for numbers that no flow has.
  func resumed(from numbers: [Double]) throws -> ReducedFlow {
    var flow = self
    let (time, origin, step) = (numbers[0], numbers[1], numbers[3])
    guard time >= 0, time.isFinite else { throw StateError("time", "is \(time)") }
    guard origin >= 0, origin <= time else { throw StateError("origin", "is \(origin)") }
    guard numbers[2] == 0 || numbers[2] == 1 else {
      throw StateError("is-finite", "is \(numbers[2])")
    }
    guard step >= 0 else { throw StateError("step", "is \(step)") }
    let counts = numbers[4..<8].compactMap { Int(exactly: $0) }.filter { $0 >= 0 }
    guard counts.count == 4 else { throw StateError("cost", "is \(Array(numbers[4..<8]))") }
    flow.resume(time: time, isFinite: numbers[2] == 1, step: step > 0 ? step : nil)
    flow.resume(
      Cost(steps: counts[0], rejected: counts[1], evaluations: counts[2], products: counts[3]))
    let start = Array(numbers[8..<(8 + initial.count)])
    do {
      try flow.resume(origin: origin, start: start, s: Array(numbers[(8 + initial.count)...]))
    } catch let error as ReducedFlowError {
      throw StateError("start", "\(error)")
    }
    return flow
  }
}
