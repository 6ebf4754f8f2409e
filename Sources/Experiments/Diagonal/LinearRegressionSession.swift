import BatchNumerics

/// A batch of linear regressions in closed form: gradient flow at time learningRate * k, or the k-th
/// iterate of gradient descent.
final class LinearRegressionSession: PartedSession {
  let mapping: String
  let metricNames: [String]
  let allocatedBytes: Int
  let evaluationsPerLaunch = 4096

  private let batch: DiagonalNetworkBatch
  private let metrics: DiagonalMetrics
  private let flows: [LinearRegressionFlow]
  private let isDescent: Bool
  /// Step counts that launches have led the runs to.
  private var reached: [Int]

  init(_ batch: DiagonalNetworkBatch, isDescent: Bool) throws {
    self.batch = batch
    self.isDescent = isDescent
    mapping = isDescent ? "exact-descent" : "exact-flow"
    metrics = DiagonalMetrics(batch)
    metricNames = metrics.names
    flows = try batch.runs.map { run in
      try LinearRegressionFlow(
        problem: batch.problems[run.problem], weight: batch.weight, weightDecay: run.weightDecay,
        initial: run.initial)
    }
    reached = [Int](repeating: 0, count: batch.runs.count)
    let perRun = batch.features * (min(batch.samples, batch.features) + 4)
    allocatedBytes = 8 * batch.runs.count * perRun
  }

  private func predictor(_ run: Int, _ step: Int) -> [Double] {
    let rate = batch.runs[run].learningRate
    return isDescent
      ? flows[run].predictor(afterSteps: step, learningRate: rate)
      : flows[run].predictor(at: rate * Double(step))
  }

  func advance(_ launch: Launch) throws -> EvaluationBlock {
    var block = EvaluationBlock(launch, metricCount: metricNames.count)
    for (position, run) in launch.runs.enumerated() {
      for (index, step) in launch.evaluations.enumerated() {
        let row = metrics.evaluate(run: run, predictor(run, step))
        for (metric, value) in row.enumerated() { block[index, metric, position] = value }
      }
      reached[run] = launch.end
    }
    return block
  }

  func parameters(of runs: [Int]) throws -> [[NamedTensor]] {
    runs.map { batch.tensors(predictor($0, reached[$0])) }
  }

  var runCount: Int { batch.runs.count }

  /// Any time follows from the start.
  var stateParts: [StatePart] { [] }

  func resume(_ runs: [Int], at step: Int) { for run in runs { reached[run] = step } }
}
