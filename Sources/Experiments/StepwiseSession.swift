import BatchNumerics

/// A session that takes its steps one batched operation after the other: what is the same for every
/// family, yours included.
public protocol StepwiseSession: PartedSession {
  /// Parameters of runs that take no part any more.
  var finals: [Int: [Double]] { get set }

  func takeStep() throws
  /// Evaluates the state as the `index`-th evaluation of a launch.
  func evaluate(_ index: Int, _ runs: [Int], into block: inout EvaluationBlock) throws
  /// The parameters of all runs as they stand.
  func currentParameters() throws -> [[Double]]
  func tensors(_ parameters: [Double]) -> [NamedTensor]
}

extension StepwiseSession {
  public var evaluationsPerLaunch: Int { 1024 }

  /// All runs step together; those that take no part any more have left their parameters behind.
  public func advance(_ launch: Launch) throws -> EvaluationBlock {
    var block = EvaluationBlock(launch, metricCount: metricNames.count)
    try keepFinals(except: launch.runs)
    var step = launch.start
    for (index, evaluation) in launch.evaluations.enumerated() {
      try (step..<evaluation).forEach { _ in try takeStep() }
      step = max(step, evaluation)
      try evaluate(index, launch.runs, into: &block)
    }
    try (step..<max(step, launch.end)).forEach { _ in try takeStep() }
    return block
  }

  public func states(of runs: [Int]) throws -> [[NamedTensor]] {
    if let run = runs.first(where: { finals[$0] != nil }) {
      throw StateError("run \(run) takes no part any more")
    }
    return try partStates(of: runs)
  }

  public func parameters(of runs: [Int]) throws -> [[NamedTensor]] {
    let current = try currentParameters()
    return runs.map { tensors(finals[$0] ?? current[$0]) }
  }

  private func keepFinals(except active: [Int]) throws {
    guard active.count + finals.count < runCount else { return }
    let current = try currentParameters()
    let active = Set(active)
    for run in 0..<runCount where !active.contains(run) && finals[run] == nil {
      finals[run] = current[run]
    }
  }
}
