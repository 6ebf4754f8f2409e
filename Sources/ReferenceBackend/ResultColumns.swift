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
    var block = EvaluationBlock(launch, metricCount: metricCount)
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
