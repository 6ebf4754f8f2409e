/// A session that declares what its runs need to go on as a list of parts.
public protocol PartedSession: TrainingSession {
  /// Runs of the batch.
  var runCount: Int { get }
  /// All that changes from step to step, but for the step count.
  var stateParts: [StatePart] { get }
  /// Told the step count of runs whose parts have been put back.
  func resume(_ runs: [Int], at step: Int) throws
}

extension PartedSession {
  public func resume(_ runs: [Int], at step: Int) throws {}

  public func states(of runs: [Int]) throws -> [[NamedTensor]] { try partStates(of: runs) }

  /// The parts of some runs as tensors.
  public func partStates(of runs: [Int]) throws -> [[NamedTensor]] {
    try checkRuns(runs)
    var states = [[NamedTensor]](repeating: [], count: runs.count)
    for part in stateParts {
      let places = runs.indices.filter { part.belongs(runs[$0]) }
      guard !places.isEmpty else { continue }
      for (place, values) in zip(places, try part.read(places.map { runs[$0] })) {
        states[place] += part.tensors(values)
      }
    }
    return states
  }

  public func restore(_ states: [[NamedTensor]], of runs: [Int], step: Int) throws {
    try checkRuns(runs)
    guard states.count == runs.count, Set(runs).count == runs.count, step >= 0 else {
      throw StateError("\(states.count) states for runs \(runs) at step \(step)")
    }
    let parts = stateParts
    // All is checked before anything changes.
    var values = parts.map { _ in [(run: Int, numbers: [Double])]() }
    for (run, state) in zip(runs, states) {
      var left: [String: NamedTensor] = [:]
      for tensor in state where left.updateValue(tensor, forKey: tensor.name) != nil {
        throw StateError(tensor.name, "is there twice")
      }
      for (index, part) in parts.enumerated() where part.belongs(run) {
        let numbers = try part.take(from: &left)
        try part.check(numbers, run)
        values[index].append((run, numbers))
      }
      if let other = left.keys.min() { throw StateError(other, "is not known here") }
    }
    for (part, values) in zip(parts, values) where !values.isEmpty {
      try part.write(values.map(\.numbers), values.map(\.run))
    }
    try resume(runs, at: step)
  }

  private func checkRuns(_ runs: [Int]) throws {
    guard runs.allSatisfy((0..<runCount).contains) else {
      throw StateError("runs \(runs) of a batch of \(runCount)")
    }
  }
}
