import BatchNumerics
import Experiments
import Foundation
import Synchronization

/// Runs a plan on one or more backends and hands each run's result on as it ends.
public final class SweepRunner: Sendable {
  /// What a sweep reports while it runs. Called from several threads, one call at a time.
  public struct Events: Sendable {
    public var progress: @Sendable (_ runSteps: Int) -> Void = { _ in }
    /// Runs that ended together.
    public var results: @Sendable ([RunResult]) throws -> Void = { _ in }
    public var batch: @Sendable (BatchTiming) throws -> Void = { _ in }
    public var warning: @Sendable (String) -> Void = { _ in }

    public init() {}
  }

  private let backends: [any TrainingBackend]
  private let fallback: (any TrainingBackend)?
  private let reference: any TrainingBackend
  private let mapping: MappingChoice
  private let verifyFraction: Double
  private let stepsPerLaunch: Int?
  private let cancelled = Atomic<Bool>(false)

  /// - Parameters:
  ///   - backends: the devices; batches go to whichever is free.
  ///   - fallback: where a batch goes whose device fails; nil stops the sweep instead.
  ///   - reference: what `verifyFraction` of the runs are compared with.
  ///   - stepsPerLaunch: fixes the length of launches; nil paces them by time.
  public init(
    backends: [any TrainingBackend], fallback: (any TrainingBackend)? = nil,
    reference: any TrainingBackend, mapping: MappingChoice = .automatic,
    verifyFraction: Double = 0, stepsPerLaunch: Int? = nil
  ) {
    self.backends = backends
    self.fallback = fallback
    self.reference = reference
    self.mapping = mapping
    self.verifyFraction = verifyFraction
    self.stepsPerLaunch = stepsPerLaunch
  }

  /// Asks the sweep to stop after the launches in flight. Safe in any thread.
  public func cancel() { cancelled.store(true, ordering: .relaxed) }

  public var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

  /// Trains every run of the plan.
  ///
  /// - Throws: the first error of a device without fallback, or of the result handler; results
  ///   handed on before stand.
  public func run(_ plan: SweepPlan, events: Events) throws {
    let limit = backends.map(\.memoryLimit).min() ?? Int.max
    let share = max(1, (plan.runs.count + backends.count - 1) / backends.count)
    let queue = Mutex(plan.batches(memoryLimit: limit, largest: min(8192, share))[...])
    let failure = Mutex<(any Error)?>(nil)
    let gate = Mutex(())
    var serialized = Events()
    serialized.progress = { steps in gate.withLock { _ in events.progress(steps) } }
    serialized.results = { results in try gate.withLock { _ in try events.results(results) } }
    serialized.batch = { timing in try gate.withLock { _ in try events.batch(timing) } }
    serialized.warning = { text in gate.withLock { _ in events.warning(text) } }
    let reports = serialized

    @Sendable func work(_ backend: any TrainingBackend) {
      while !isCancelled, let batch = queue.withLock({ $0.popFirst() }) {
        do {
          try train(batch, of: plan, on: backend, reports)
        } catch {
          let cause = (error as? StoreFailure)?.underlying ?? error
          failure.withLock { $0 = $0 ?? cause }
          cancel()
        }
      }
    }
    if backends.count == 1 {
      work(backends[0])
    } else {
      DispatchQueue.concurrentPerform(iterations: backends.count) { work(backends[$0]) }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// Trains a batch; where the device fails, the runs that had not ended go to the fallback.
  private func train(
    _ batch: [PreparedRun], of plan: SweepPlan, on backend: any TrainingBackend, _ events: Events
  ) throws {
    let ended = Mutex<Set<String>>([])
    var noting = events
    noting.results = { results in
      try events.results(results)
      ended.withLock { $0.formUnion(results.map(\.run.id)) }
    }
    do {
      try attempt(batch, plan, backend, mapping, noting)
    } catch {
      guard let fallback, !(error is SpecError || error is MappingError || error is StoreFailure)
      else { throw error }
      events.warning(
        "\(backend.deviceName) failed (\(error)); going on with \(fallback.deviceName)")
      let rest = ended.withLock { ended in batch.filter { !ended.contains($0.id) } }
      if !rest.isEmpty { try attempt(rest, plan, fallback, .automatic, noting) }
    }
  }

  private func attempt(
    _ batch: [PreparedRun], _ plan: SweepPlan, _ backend: any TrainingBackend,
    _ mapping: MappingChoice, _ events: Events
  ) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let session = try plan.experiment.session(
      for: batch, instance: plan.instance, on: backend, mapping: mapping)
    let ready = clock.now
    var trainer = BatchTrainer(session, batch, stepsPerLaunch: stepsPerLaunch)
    let verified = Self.sample(batch.count, verifyFraction)
    var held: [RunResult] = []
    var runSteps = 0
    var storing = Duration.zero
    try trainer.train(isCancelled: { isCancelled }) { steps in
      events.progress(steps)
    } leave: { outcomes, trained in
      runSteps = trained
      let seconds = (clock.now - start) / .seconds(1)
      let training = (clock.now - ready - storing) / .seconds(1)
      let results = outcomes.map { outcome in
        (
          outcome,
          result(
            of: outcome, batch[outcome.index], plan, backend, session, seconds,
            rate: Double(runSteps) / max(training, 1e-9))
        )
      }
      func isHeld(_ outcome: BatchTrainer.Outcome) -> Bool {
        verified.contains(outcome.index) && outcome.status == .finished
      }
      held += results.filter { isHeld($0.0) }.map(\.1)
      storing += try clock.measure {
        try handOn(results.filter { !isHeld($0.0) }.map(\.1), events)
      }
    }
    let timing = BatchTiming(
      device: backend.deviceName, mapping: session.mapping, runs: batch.count,
      runSteps: runSteps, setupSeconds: (ready - start) / .seconds(1),
      trainingSeconds: (clock.now - ready - storing) / .seconds(1),
      allocatedBytes: session.allocatedBytes)
    do { try events.batch(timing) } catch { throw StoreFailure(underlying: error) }
    try handOn(verify(held, plan), events)
  }

  private func handOn(_ results: [RunResult], _ events: Events) throws {
    guard !results.isEmpty else { return }
    do { try events.results(results) } catch { throw StoreFailure(underlying: error) }
  }

  private func result(
    of outcome: BatchTrainer.Outcome, _ run: PreparedRun, _ plan: SweepPlan,
    _ backend: any TrainingBackend, _ session: any TrainingSession, _ seconds: Double, rate: Double
  ) -> RunResult {
    let (steps, curves) = (outcome.curves.steps, outcome.curves)
    return RunResult(
      run: run, experiment: plan.experiment.name, status: outcome.status, steps: outcome.steps,
      t1: run.thresholds.memorization(
        steps: steps, train: curves[run.thresholds.trainMetric] ?? []),
      t2: run.thresholds.generalization(
        steps: steps, test: curves[run.thresholds.testMetric] ?? []),
      curves: curves, parameters: outcome.parameters, device: backend.deviceName,
      mapping: session.mapping, seconds: seconds, runStepsPerSecond: rate)
  }

  /// Evenly spread indices, at least one, if a share is to be verified; the last of each stretch,
  /// as the longest runs come first and the reference is slower.
  static func sample(_ count: Int, _ fraction: Double) -> Set<Int> {
    guard fraction > 0, count > 0 else { return [] }
    let wanted = min(count, max(1, Int((Double(count) * fraction).rounded())))
    return Set((1...wanted).map { $0 * count / wanted - 1 })
  }

  /// Trains the same runs on the reference, as far as devices are to be compared, and notes the
  /// largest deviation of each.
  private func verify(_ results: [RunResult], _ plan: SweepPlan) throws -> [RunResult] {
    guard !results.isEmpty else { return [] }
    let runs = results.map(\.run.comparable)
    let session = try plan.experiment.session(
      for: runs, instance: plan.instance, on: reference, mapping: .automatic)
    var trainer = BatchTrainer(session, runs)
    var checked = results
    try trainer.train(isCancelled: { isCancelled }, progress: { _ in }) { outcomes, _ in
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
    return checked
  }
}

/// An error of the result handler, told apart from the device's.
private struct StoreFailure: Error {
  let underlying: any Error
}

/// How long a batch took, and what it needed.
public struct BatchTiming: Sendable {
  public let device: String
  public let mapping: String
  public let runs: Int
  public let runSteps: Int
  /// Data, compilation and transfer, before the first step.
  public let setupSeconds: Double
  public let trainingSeconds: Double
  public let allocatedBytes: Int
}

/// How far two evaluations of the same run lie apart.
public enum Deviation {
  /// The largest |x - reference| over metrics and evaluations, relative to the reference or to a
  /// hundredth of its curve's largest magnitude, whichever is more; the components of a vector
  /// (`a_3`, `sigma_4`) are measured by the largest of them.
  ///
  /// Ratios of rounding errors say nothing, so `gradient_ratio` does not count, nor do values far
  /// below where a curve comes from: late in a run, components and singular values chatter around
  /// zero by lr times the regulariser, and rounding decides on which side they are.
  public static func largest(_ curves: RunCurves, _ reference: RunCurves) -> Double {
    guard curves.steps == reference.steps, curves.names == reference.names else { return .infinity }
    var magnitudes: [String: Double] = [:]
    for (index, name) in reference.names.enumerated() {
      let magnitude = reference.values[index].reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
      magnitudes[vector(name), default: 0] = max(magnitude, magnitudes[vector(name)] ?? 0)
    }
    var largest = 0.0
    for (index, name) in curves.names.enumerated() where name != "gradient_ratio" {
      let magnitude = magnitudes[vector(name)] ?? 0
      // Equal infinities, and errors relative to a zero vector on both sides, agree.
      for (value, expected) in zip(curves.values[index], reference.values[index])
      where value != expected && !(value.isNaN && expected.isNaN) {
        let deviation = abs(value - expected) / max(abs(expected), magnitude / 100, 1e-6)
        if !(deviation <= largest) { largest = deviation.isNaN ? .infinity : deviation }
      }
    }
    return largest
  }

  /// A metric's name without the index of a component.
  private static func vector(_ name: String) -> String {
    guard let separator = name.lastIndex(of: "_"),
      name[name.index(after: separator)...].allSatisfy(\.isNumber)
    else { return name }
    return String(name[..<separator])
  }
}
