import BatchNumerics
import Synchronization

/// A batch of diagonal networks under gradient flow: step k of a run is time learningRate * k.
///
/// Metrics are `DiagonalMetrics` of the flow's state. A launch follows the flow to its evaluations only,
/// so that results do not depend on where launches end; `parameters` goes on from there with a copy.
/// Runs whose numbers are not finite, or that use up their steps, have metrics that are NaN: they
/// count as diverged and leave the others alone.
public final class ReducedFlowSession: PartedSession {
  public let mapping = "reduced-flow"
  public let metricNames: [String]
  public let allocatedBytes: Int
  public let evaluationsPerLaunch = 64

  private let batch: DiagonalNetworkBatch
  private let metrics: DiagonalMetrics
  private var flows: [ReducedFlow]
  /// Step counts that launches have led the runs to.
  private var reached: [Int]

  /// - Parameter tolerance: relative error of a step; see `ReducedFlow`.
  /// - Throws: `ReducedFlowError` for runs that have no reduced flow.
  public init(_ batch: DiagonalNetworkBatch, tolerance: Double = 1e-6) throws {
    guard batch.method == .gradientDescent else {
      throw ReducedFlowError.method(batch.method.rawValue)
    }
    self.batch = batch
    metrics = DiagonalMetrics(batch)
    metricNames = metrics.names
    let matrices = batch.problems.map { FlowMatrix($0.features) }
    flows = try batch.runs.map { run in
      try ReducedFlow(
        data: matrices[run.problem], targets: batch.problems[run.problem].targets,
        parameterization: batch.parameterization, loss: batch.loss, weight: batch.weight,
        weightDecay: run.weightDecay, initial: run.initial, tolerance: tolerance)
    }
    reached = [Int](repeating: 0, count: batch.runs.count)
    allocatedBytes =
      matrices.reduce(0) { $0 + $1.byteCount } + 8 * batch.runs.count * 3 * batch.stateSize
  }

  /// What the runs' integrations have cost so far.
  public var costs: [ReducedFlow.Cost] { flows.map(\.cost) }

  public func advance(_ launch: Launch) throws -> EvaluationBlock {
    let (batch, metrics, flows) = (batch, metrics, flows)
    let results = Mutex(
      [(flow: ReducedFlow, rows: [[Double]])?](
        repeating: nil, count: launch.runs.count))
    let failure = Mutex<(any Error)?>(nil)
    FlowLoops.forEach(launch.runs.count, inParallel: true) { index in
      let run = launch.runs[index]
      do {
        var flow = flows[run]
        var rows: [[Double]] = []
        for step in launch.evaluations {
          try flow.follow(to: batch.runs[run].learningRate * Double(step))
          rows.append(
            flow.isFinite
              ? metrics.evaluate(run: run, flow.state)
              : [Double](repeating: .nan, count: metrics.names.count))
        }
        results.withLock { $0[index] = (flow, rows) }
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    var block = EvaluationBlock(launch, metricCount: metricNames.count)
    for (index, result) in results.withLock({ $0 }).enumerated() {
      guard let result else { continue }
      self.flows[launch.runs[index]] = result.flow
      reached[launch.runs[index]] = launch.end
      for (evaluation, row) in result.rows.enumerated() {
        for (metric, value) in row.enumerated() { block[evaluation, metric, index] = value }
      }
    }
    return block
  }

  public func parameters(of runs: [Int]) throws -> [[NamedTensor]] {
    try runs.map { run in
      var flow = flows[run]
      try flow.follow(to: batch.runs[run].learningRate * Double(reached[run]))
      return batch.tensors(flow.state)
    }
  }

  public var runCount: Int { batch.runs.count }

  /// The flows as the last evaluations left them.
  public var stateParts: [StatePart] {
    let forms = ReducedFlow.stateForms(size: batch.stateSize, samples: batch.samples)
    return [
      StatePart(
        forms, .f64,
        check: { [self] numbers, run in _ = try flows[run].resumed(from: numbers) },
        read: { [self] runs in runs.map { flows[$0].stateNumbers } },
        write: { [self] values, runs in
          for (numbers, run) in zip(values, runs) {
            flows[run] = try flows[run].resumed(from: numbers)
          }
        })
    ]
  }

  public func resume(_ runs: [Int], at step: Int) { for run in runs { reached[run] = step } }
}
