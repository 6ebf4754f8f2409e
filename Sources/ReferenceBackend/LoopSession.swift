import BatchNumerics

/// A batch of the reference backend.
///
/// Its loops are handed in as closures over a concrete `Float` or `Double` type: the compiler
/// specialises those, while generic code behind a protocol runs a hundred times slower.
final class LoopSession: TrainingSession {
  let mapping = "loop"
  let metricNames: [String]
  let allocatedBytes: Int
  let evaluationsPerLaunch = 4096

  private let advanceBatch: (Launch) -> EvaluationBlock
  private let readParameters: ([Int]) -> [[NamedTensor]]

  init(
    metricNames: [String], allocatedBytes: Int,
    advance: @escaping (Launch) -> EvaluationBlock,
    parameters: @escaping ([Int]) -> [[NamedTensor]]
  ) {
    self.metricNames = metricNames
    self.allocatedBytes = allocatedBytes
    advanceBatch = advance
    readParameters = parameters
  }

  func advance(_ launch: Launch) throws -> EvaluationBlock { advanceBatch(launch) }

  func parameters(of runs: [Int]) throws -> [[NamedTensor]] { readParameters(runs) }
}
