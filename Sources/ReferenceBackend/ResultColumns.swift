import BatchNumerics
import Synchronization

/// Collects what the runs of a launch report, run by run, from many threads.
final class ResultColumns: Sendable {
  private let columns: Mutex<[[[Double]]]>

  init(count: Int) {
    columns = Mutex([[[Double]]](repeating: [], count: count))
  }

  /// Stores the metrics of a run, [evaluation][metric].
  func set(_ index: Int, _ rows: [[Double]]) {
    columns.withLock { $0[index] = rows }
  }

  func block(_ launch: Launch, metricCount: Int) -> EvaluationBlock {
    let count = launch.evaluations.count * metricCount * launch.runs.count
    var block = EvaluationBlock(
      steps: launch.evaluations, runs: launch.runs, metricCount: metricCount,
      values: [Double](repeating: 0, count: count))
    columns.withLock { columns in
      for (run, rows) in columns.enumerated() {
        for (evaluation, row) in rows.enumerated() {
          for (metric, value) in row.enumerated() { block[evaluation, metric, run] = value }
        }
      }
    }
    return block
  }
}
