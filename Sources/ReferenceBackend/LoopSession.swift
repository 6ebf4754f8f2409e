import BatchNumerics

/// A batch of the reference backend.
///
/// Its loops are handed in as closures over a concrete `Float` or `Double` type: the compiler
/// specialises those, while generic code behind a protocol runs a hundred times slower.
final class LoopSession: PartedSession {
  static let mappingName = "loop"
  let mapping: String = LoopSession.mappingName
  let metricNames: [String]
  let allocatedBytes: Int
  let evaluationsPerLaunch = 4096
  let runCount: Int
  let stateParts: [StatePart]

  private let advanceBatch: (Launch) -> EvaluationBlock
  private let readParameters: ([Int]) -> [[NamedTensor]]

  init(
    runCount: Int, metricNames: [String], allocatedBytes: Int, stateParts: [StatePart],
    advance: @escaping (Launch) -> EvaluationBlock,
    parameters: @escaping ([Int]) -> [[NamedTensor]]
  ) {
    self.runCount = runCount
    self.metricNames = metricNames
    self.allocatedBytes = allocatedBytes
    self.stateParts = stateParts
    advanceBatch = advance
    readParameters = parameters
  }

  func advance(_ launch: Launch) throws -> EvaluationBlock { advanceBatch(launch) }

  func parameters(of runs: [Int]) throws -> [[NamedTensor]] { readParameters(runs) }
}

extension StatePart {
  /// A tensor that every run keeps in an array of its own.
  init<S: RunScalar>(
    _ name: String, _ shape: [Int], belongs: @escaping (Int) -> Bool = { _ in true },
    _ array: @escaping (Int) -> WorkArray<S>
  ) {
    self.init(
      name, shape, S.precision, belongs: belongs, readRun: { array($0).doubles },
      writeRun: { array($1).replace($0) })
  }
}
