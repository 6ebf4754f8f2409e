import BatchNumerics
import Experiments

/// Trains a share of the runs on the reference too.
enum Verification {
  /// Evenly spread indices, at least one, if a share is to be verified; the last of each stretch,
  /// as the longest runs come first and the reference is slower.
  static func sample(_ count: Int, _ fraction: Double) -> Set<Int> {
    guard fraction > 0, count > 0 else { return [] }
    let wanted = min(count, max(1, Int((Double(count) * fraction).rounded())))
    return Set((1...wanted).map { $0 * count / wanted - 1 })
  }

  /// Trains the same runs on the reference, as far as devices are to be compared, and notes the
  /// largest deviation of each.
  static func verify(_ results: [RunResult], _ worker: DeviceWorker) throws -> [RunResult] {
    let runs = results.map(\.run.comparable)
    let session = try worker.experiment.session(
      for: runs, instance: worker.instance, on: worker.runner.reference, mapping: .automatic)
    var trainer = BatchTrainer(session, runs.map { RunInFlight($0) })
    var checked = results
    var hooks = BatchTrainer.Hooks()
    hooks.isCancelled = { worker.runner.isCancelled }
    hooks.leave = { outcomes, _ in
      for outcome in outcomes where outcome.status != .stopped {
        let (found, last) = (results[outcome.index].curves, runs[outcome.index].steps)
        let isWhole = last == results[outcome.index].run.steps
        checked[outcome.index].maxDeviation =
          isWhole
          ? Deviation.largest(found, outcome.curves)
          : Deviation.largest(
            found.kept { $0 <= last }, outcome.curves.kept { found.steps.contains($0) })
      }
    }
    try trainer.train(hooks)
    return checked
  }
}
