import BatchNumerics

/// The reference's batch of sparse-recovery runs: each run by itself, all cores at work.
struct SparseRecoveryLoop<S: RunScalar> {
  private let batch: SparseRecoveryBatch
  private let metrics: SparseRecoveryMetrics
  private let trainers: [SparseRecoveryTrainer<S>]

  init(_ batch: SparseRecoveryBatch) {
    self.batch = batch
    metrics = SparseRecoveryMetrics(batch)
    let data = batch.problems.map { SparseRecoveryData<S>($0) }
    trainers = batch.runs.map {
      SparseRecoveryTrainer(data: data[$0.problem], batch: batch, run: $0)
    }
  }

  var metricNames: [String] { metrics.names }

  var allocatedBytes: Int {
    let perRun = batch.columns * (batch.depth + 2) + batch.rows
    let perProblem = batch.rows * (batch.columns + 1) + batch.columns
    return (perRun * batch.runs.count + perProblem * batch.problems.count)
      * batch.precision.byteCount
  }

  func advance(_ launch: Launch) -> EvaluationBlock {
    let columns = ResultColumns(count: launch.runs.count)
    let team = Team(trainers: launch.runs.map { trainers[$0] })
    let metrics = metrics
    forEachInParallel(launch.runs.count) { index in
      let trainer = team.trainers[index]
      var rows: [[Double]] = []
      var step = launch.start
      for evaluation in launch.evaluations {
        while step < evaluation {
          trainer.step()
          step += 1
        }
        let sums = trainer.sums()
        var row: [Double] = []
        metrics.evaluate(
          run: launch.runs[index], sum: { sums[$0.rawValue] }, component: { trainer.learned($0) },
          report: { row.append($1) })
        rows.append(row)
      }
      while step < launch.end {
        trainer.step()
        step += 1
      }
      columns.set(index, rows)
    }
    return columns.block(launch, metricCount: metricNames.count)
  }

  var session: LoopSession {
    LoopSession(
      runCount: batch.runs.count, metricNames: metricNames, allocatedBytes: allocatedBytes,
      stateParts: [
        StatePart("factors", [batch.depth, batch.columns]) { [trainers] in trainers[$0].factors }
      ], advance: { advance($0) }, parameters: { parameters(of: $0) })
  }

  func parameters(of runs: [Int]) -> [[NamedTensor]] {
    runs.map { batch.tensors(factors: trainers[$0].factors.doubles) }
  }

  /// The trainers of a launch.
  ///
  /// `@unchecked Sendable` because each index is visited by exactly one task of the launch.
  private struct Team: @unchecked Sendable {
    let trainers: [SparseRecoveryTrainer<S>]
  }
}
