import BatchNumerics
import Experiments

/// Hands on what becomes of a batch while a device trains it: results, checkpoints, timings.
final class ItemReport {
  private let worker: DeviceWorker
  private let item: WorkItem
  private let session: any TrainingSession
  private let progress: ItemProgress
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private let ready: ContinuousClock.Instant
  private let verified: Set<Int>
  /// Results that wait for verification.
  private var held: [RunResult] = []
  private var runSteps = 0
  private var storing = Duration.zero
  private var lastSave: ContinuousClock.Instant

  init(
    worker: DeviceWorker, item: WorkItem, session: any TrainingSession, progress: ItemProgress,
    start: ContinuousClock.Instant
  ) {
    (self.worker, self.item, self.session) = (worker, item, session)
    (self.progress, self.start) = (progress, start)
    ready = clock.now
    lastSave = ready
    verified = Verification.sample(item.runs.count, worker.runner.verifyFraction)
  }

  var hooks: BatchTrainer.Hooks {
    var hooks = BatchTrainer.Hooks()
    let checkpoints = worker.resuming.checkpoints
    hooks.isCancelled = { self.worker.runner.isCancelled }
    hooks.progress = { self.worker.events.progress($0) }
    hooks.leave = { try self.leave($0, $1) }
    hooks.isSaveDue = {
      checkpoints != nil
        && (self.clock.now - self.lastSave) / .seconds(1) >= self.worker.resuming.interval
    }
    hooks.save = { try self.save($0, $1) }
    hooks.parks = { active, step in
      guard 2 * active <= self.item.runs.count else { return false }
      return self.worker.queue.wantsToJoin(self.later([], step))
    }
    hooks.park = { flights, step in
      try self.save(flights, step)
      let parked = self.later(flights, step)
      self.progress.end(flights.map(\.run.id))
      self.worker.queue.park(parked)
    }
    return hooks
  }

  /// The batch with what is left of it at a later step.
  private func later(_ flights: [RunInFlight], _ step: Int) -> WorkItem {
    var item = item
    item.step = step
    // Step-wise sessions know which products they used once they have used them.
    item.mapping = session.mapping
    item.runs = flights.isEmpty ? item.runs : flights
    return item
  }

  private func save(_ flights: [RunInFlight], _ step: Int) throws {
    let later = later(flights, step)
    progress.update(later)
    if let checkpoints = worker.resuming.checkpoints {
      storing += try clock.measure { try worker.storing { try checkpoints.save(later) } }
    }
    lastSave = clock.now
  }

  private func leave(_ outcomes: [BatchTrainer.Outcome], _ trained: Int) throws {
    runSteps = trained
    let seconds = (clock.now - start) / .seconds(1)
    let training = (clock.now - ready - storing) / .seconds(1)
    let results = outcomes.map { outcome in
      (
        outcome,
        result(of: outcome, seconds, rate: Double(runSteps) / max(training, 1e-9))
      )
    }
    func isHeld(_ outcome: BatchTrainer.Outcome) -> Bool {
      verified.contains(outcome.index) && outcome.status == .finished
    }
    held += results.filter { isHeld($0.0) }.map(\.1)
    storing += try clock.measure { try handOn(results.filter { !isHeld($0.0) }.map(\.1)) }
  }

  /// Writes the batch's timing, and verifies what is to be verified.
  func end() throws {
    let timing = BatchTiming(
      device: worker.backend.deviceName, mapping: session.mapping, runs: item.runs.count,
      runSteps: runSteps, setupSeconds: (ready - start) / .seconds(1),
      trainingSeconds: (clock.now - ready - storing) / .seconds(1),
      allocatedBytes: session.allocatedBytes)
    try worker.storing { try worker.events.batch(timing) }
    guard !held.isEmpty else { return }
    try handOn(Verification.verify(held, worker))
  }

  private func handOn(_ results: [RunResult]) throws {
    guard !results.isEmpty else { return }
    try worker.storing { try worker.events.results(results) }
    progress.end(results.map(\.run.id))
    // Stopped runs go on from their checkpoint.
    worker.resuming.checkpoints?.forget(
      results.filter { $0.status != .stopped }.map(\.run.id))
  }

  private func result(
    of outcome: BatchTrainer.Outcome, _ seconds: Double, rate: Double
  ) -> RunResult {
    let (run, steps, curves) = (
      item.runs[outcome.index].run, outcome.curves.steps, outcome.curves
    )
    return RunResult(
      run: run, experiment: worker.experiment.name, status: outcome.status, steps: outcome.steps,
      t1: run.thresholds.memorization(
        steps: steps, train: curves[run.thresholds.trainMetric] ?? []),
      t2: run.thresholds.generalization(
        steps: steps, test: curves[run.thresholds.testMetric] ?? []),
      curves: curves, parameters: outcome.parameters, device: worker.backend.deviceName,
      mapping: session.mapping, seconds: seconds, runStepsPerSecond: rate)
  }
}
