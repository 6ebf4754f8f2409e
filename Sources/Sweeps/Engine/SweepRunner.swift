import BatchNumerics
import Dispatch
import Experiments
import Foundation
import Synchronization

/// Trains a sweep on one or more devices and hands each run's result on as it ends.
///
/// A thread per device takes batches from the queue as the device becomes free. A batch that does not fit
/// a device's memory is halved. A device that fails is dropped: what it had goes back to the queue, to be
/// done by the others or, when none is left, by the fallback.
public final class SweepRunner: Sendable {
  /// What a sweep reports while it runs. Called from several threads, one call at a time.
  public struct Events: Sendable {
    public var progress: @Sendable (_ runSteps: Int) -> Void = { _ in }
    /// Runs that ended together.
    public var results: @Sendable ([RunResult]) throws -> Void = { _ in }
    public var batch: @Sendable (BatchTiming) throws -> Void = { _ in }
    /// The mapping and device that a planned batch is trained with; told before its first result.
    public var mapping: @Sendable (_ batch: String, BatchMapping) throws -> Void = { _, _ in }
    public var warning: @Sendable (String) -> Void = { _ in }

    public init() {}
  }

  let backends: [any TrainingBackend]
  let fallback: (any TrainingBackend)?
  let reference: any TrainingBackend
  let mapping: MappingChoice
  let verifyFraction: Double
  let stepsPerLaunch: Int?
  private let cancelled = Atomic<Bool>(false)

  /// - Parameters:
  ///   - backends: the devices; batches go to whichever is free.
  ///   - fallback: who does the rest when the last device has failed; nil stops the sweep instead.
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

  /// Trains every run of the plan from its first step on.
  ///
  /// - Throws: as `run(_:resuming:events:)`.
  public func run(_ plan: SweepPlan, events: Events) throws {
    let windows = Mutex<SweepPlan?>(plan)
    try run(
      plan.experiment, plan.instance, count: plan.runs.count, resuming: Resumption(), events
    ) {
      windows.withLock { windows in
        defer { windows = nil }
        return windows
      }
    }
  }

  /// Trains the runs of a spec that are not done yet, those that were saved from where they were.
  ///
  /// - Throws: the first error of the last device without fallback, of the result handler, or of a
  ///   point that cannot be prepared; results handed on before stand.
  public func run(
    _ windows: SweepWindows, resuming: Resumption, events: Events
  ) throws {
    try run(windows.experiment, windows.instance, count: windows.count, resuming: resuming, events)
    {
      try windows.next()
    }
  }

  private func run(
    _ experiment: any Experiment, _ instance: TensorFile?, count: Int, resuming: Resumption,
    _ events: Events, next: @escaping @Sendable () throws -> SweepPlan?
  ) throws {
    let limits = BatchLimits(backends, runs: count)
    let reports = Self.serialized(events)
    let saved = Mutex(try resuming.saved(warn: reports.warning))
    let queue = WorkQueue(largest: limits.largest, workers: backends.count) {
      guard let plan = try next() else { return nil }
      return try plan.batches(limits).flatMap { batch in
        try saved.withLock { try resuming.items(of: batch, saved: &$0) }
      }
    }
    let failure = Mutex<(any Error)?>(nil)
    let alive = Mutex(backends.count)

    @Sendable func work(_ backend: any TrainingBackend, _ mapping: MappingChoice) {
      let worker = DeviceWorker(
        runner: self, backend: backend, mapping: mapping, experiment: experiment,
        instance: instance, queue: queue, resuming: resuming, events: reports)
      do {
        guard let lost = try worker.work() else { return }
        let isLast = alive.withLock { count in
          count -= 1
          return count == 0
        }
        guard isLast else {
          reports.warning("\(backend.deviceName) failed (\(lost)); the others go on without it")
          return
        }
        guard let fallback, backend.deviceName != fallback.deviceName || mapping != .automatic
        else {
          throw lost
        }
        reports.warning(
          "\(backend.deviceName) failed (\(lost)); going on with \(fallback.deviceName)")
        let rest = DeviceWorker(
          runner: self, backend: fallback, mapping: .automatic, experiment: experiment,
          instance: instance, queue: queue, resuming: resuming, events: reports)
        if let error = try rest.work() { throw error }
      } catch {
        let cause = (error as? StoreFailure)?.underlying ?? error
        failure.withLock { $0 = $0 ?? cause }
        cancel()
        queue.close()
      }
    }
    if backends.count == 1 {
      work(backends[0], mapping)
    } else {
      let group = DispatchGroup()
      for backend in backends {
        group.enter()
        Thread.detachNewThread {
          work(backend, self.mapping)
          group.leave()
        }
      }
      group.wait()
    }
    if let error = failure.withLock({ $0 }) { throw error }
    resuming.checkpoints?.tidy()
  }

  /// The same events, one call at a time.
  private static func serialized(_ events: Events) -> Events {
    let gate = Mutex(())
    var serialized = Events()
    serialized.progress = { steps in gate.withLock { _ in events.progress(steps) } }
    serialized.results = { results in try gate.withLock { _ in try events.results(results) } }
    serialized.batch = { timing in try gate.withLock { _ in try events.batch(timing) } }
    serialized.mapping = { batch, mapping in
      try gate.withLock { _ in try events.mapping(batch, mapping) }
    }
    serialized.warning = { text in gate.withLock { _ in events.warning(text) } }
    return serialized
  }
}

/// An error of the result handler, told apart from the device's.
struct StoreFailure: Error {
  let underlying: any Error
}
