import BatchNumerics

/// Sparse recovery without l1 in closed form: the k-th iterate of gradient descent from the singular
/// vectors of X, whatever k is, on the host and in double precision.
///
/// Source: Notsawo et al. 2025 (arXiv 2506.05718), Eq. 113.
final class SparseRecoveryFastForward: PartedSession {
  let mapping = "exact-descent"
  let metricNames: [String]
  let allocatedBytes: Int
  let evaluationsPerLaunch = 4096

  private let batch: SparseRecoveryBatch
  private let metrics: SparseRecoveryMetrics
  private let flows: [LinearRegressionFlow]
  /// Step counts that launches have led the runs to.
  private var reached: [Int]

  init(_ batch: SparseRecoveryBatch) throws {
    self.batch = batch
    metrics = SparseRecoveryMetrics(batch)
    metricNames = metrics.names
    flows = try batch.runs.map { run in
      let problem = batch.problems[run.problem]
      return try LinearRegressionFlow(problem, l2: run.l2, initial: run.initial)
    }
    reached = [Int](repeating: 0, count: batch.runs.count)
    allocatedBytes = 8 * batch.runs.count * batch.columns * (min(batch.rows, batch.columns) + 4)
  }

  private func iterate(_ run: Int, _ step: Int) -> [Double] {
    flows[run].predictor(afterSteps: step, learningRate: batch.runs[run].learningRate)
  }

  func advance(_ launch: Launch) throws -> EvaluationBlock {
    var block = EvaluationBlock(launch, metricCount: metricNames.count)
    for (position, run) in launch.runs.enumerated() {
      for (index, step) in launch.evaluations.enumerated() {
        let a = iterate(run, step)
        let sums = sums(run, a)
        metrics.evaluate(
          run: run, sum: { sums[$0.rawValue] }, component: { a[$0] },
          report: { metric, value in block[index, metric, position] = value })
      }
      reached[run] = launch.end
    }
    return block
  }

  /// In the order of `SparseRecoverySum`.
  private func sums(_ run: Int, _ a: [Double]) -> [Double] {
    let (problem, l2) = (batch.problems[batch.runs[run].problem], batch.runs[run].l2)
    let residual = zip(problem.measurements.multiplied(by: a), problem.observations).map { $0 - $1 }
    let gradient = problem.measurements.transposed.multiplied(by: residual)
    var sums = [Double](repeating: 0, count: SparseRecoverySum.allCases.count)
    func add(_ value: Double, to sum: SparseRecoverySum) { sums[sum.rawValue] += value }
    for value in residual { add(value * value, to: .residual) }
    for value in gradient { add(value * value, to: .gradient) }
    for (value, target) in zip(a, problem.target) {
      add((value - target) * (value - target), to: .error)
      add(abs(value), to: .magnitude)
      add(value * value, to: target != 0 ? .onSupport : .offSupport)
      add(l2 * l2 * value * value, to: .subgradient)
    }
    return sums
  }

  func parameters(of runs: [Int]) throws -> [[NamedTensor]] {
    runs.map { batch.tensors(factors: iterate($0, reached[$0])) }
  }

  var runCount: Int { batch.runs.count }

  /// Any step follows from the start.
  var stateParts: [StatePart] { [] }

  func resume(_ runs: [Int], at step: Int) { for run in runs { reached[run] = step } }
}
