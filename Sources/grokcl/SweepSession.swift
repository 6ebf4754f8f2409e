import BatchNumerics
import Experiments
import Foundation
import Sweeps
import Synchronization
import Theory

/// A sweep as the command line runs it: store, progress, interruption.
struct SweepSession {
  let backends: DeviceOptions.Backends
  let mapping: MappingChoice
  var verify = 0.0
  var store: RunStore?
  /// Whether what the papers predict goes beside each result.
  var theory = false
  /// Seconds between two checkpoints of a batch; nil writes none.
  var checkpointInterval: Double? = 60
  var onResult: @Sendable (RunResult) throws -> Void = { _ in }

  /// Runs what the store does not have yet, from where checkpoints beside it left off.
  ///
  /// - Throws: `Failure.Interrupted` after a signal; finished runs are in the store by then, and runs
  ///   under way in checkpoints.
  func run(_ windows: SweepWindows, _ spec: SweepSpec) throws {
    let done = try store?.completedRuns() ?? []
    let first = windows.first.runs
    let isOneWindow = windows.count <= first.count
    let known = first.count { done.contains($0.id) }
    if known > 0 {
      Failure.warn(
        isOneWindow
          ? "\(known) of \(first.count) runs are in the store"
          : "\(done.count) runs are in the store")
    }
    let resuming = resumption { done.contains($0) }
    guard known < first.count || !isOneWindow else {
      return try resuming.tidy { Failure.warn($0) }
    }
    let runner = SweepRunner(
      backends: backends.devices, fallback: backends.fallback, reference: backends.reference,
      mapping: mapping, verifyFraction: verify)
    let sweep = try store?.addSweep(name: spec.name, spec: spec.text, version: programVersion) ?? 0
    let left = isOneWindow ? first.count - known : windows.count
    let mean = Double(windows.first.runSteps) / Double(max(1, first.count))
    let progress = Progress(runs: left, runSteps: Int(mean * Double(left)))
    let interruption = Interruption { runner.cancel() }
    defer {
      interruption.end()
      progress.end()
    }
    try runner.run(
      windows, resuming: resuming, events: events(windows.instance, sweep, progress))
    if interruption.happened { throw Failure.Interrupted() }
  }

  private func resumption(isDone: @escaping @Sendable (String) -> Bool) -> Resumption {
    var resuming = Resumption()
    resuming.isDone = isDone
    guard let store else { return resuming }
    resuming.mapping = { try store.mapping(ofBatch: $0) }
    if let checkpointInterval {
      resuming.checkpoints = CheckpointFolder(store: store.path)
      resuming.interval = checkpointInterval
    }
    return resuming
  }

  private func events(
    _ instance: TensorFile?, _ sweep: Int64, _ progress: Progress
  ) -> SweepRunner.Events {
    let (store, onResult, theory) = (store, onResult, theory)
    var events = SweepRunner.Events()
    events.progress = { progress.advance($0) }
    events.warning = { Failure.warn($0) }
    events.batch = { try store?.add($0, sweep: sweep) }
    events.mapping = { try store?.setMapping($1, ofBatch: $0) }
    events.results = { found in
      var results = found
      if theory {
        let known = try TheoryCatalog.predictions(forAll: results.map(\.run), instance: instance)
        for index in results.indices { results[index].predictions = known[index] }
      }
      try store?.add(results, sweep: sweep, version: programVersion)
      progress.clear()
      for result in results {
        try onResult(result)
        progress.finishRun(result.status)
      }
    }
    return events
  }
}

/// Ctrl-C, SIGTERM and SIGUSR1 (which Slurm sends before time is up): the first asks to stop cleanly, the second ends at once.
///
/// A command may train several sweeps. Dispatch puts its handlers in place once per process, so the
/// signals are watched from the first sweep on and the one under way is told; between two of them, when
/// all that was done is in the store, the program ends.
final class Interruption: Sendable {
  private static let current = Mutex<Interruption?>(nil)
  private static let watch = SignalWatch([SIGINT, SIGTERM, SIGUSR1]) {
    guard let sweep = current.withLock({ $0 }) else { exit(130) }
    sweep.interrupt()
  }

  private let count = Atomic<Int>(0)
  private let stop: @Sendable () -> Void

  init(_ stop: @escaping @Sendable () -> Void) {
    self.stop = stop
    Self.current.withLock { $0 = self }
    Self.watch.start()
  }

  var happened: Bool { count.load(ordering: .relaxed) > 0 }

  func end() { Self.current.withLock { $0 = nil } }

  private func interrupt() {
    if count.add(1, ordering: .relaxed).newValue > 1 { exit(130) }
    Failure.warn("stopping after the launch in flight; finished runs are kept, others go on later")
    stop()
  }
}

/// Calls a function on signals, instead of what they usually do.
///
/// `@unchecked Sendable` because the sources are made in `init` and only resumed, once, under the lock.
private final class SignalWatch: @unchecked Sendable {
  private let sources: [any DispatchSourceSignal]
  private let isWatching = Mutex(false)

  init(_ signals: [Int32], _ handle: @escaping @Sendable () -> Void) {
    sources = signals.map { DispatchSource.makeSignalSource(signal: $0, queue: .global()) }
    for (number, source) in zip(signals, sources) {
      signal(number, SIG_IGN)
      source.setEventHandler(handler: handle)
    }
  }

  func start() {
    isWatching.withLock { isWatching in
      if !isWatching { sources.forEach { $0.resume() } }
      isWatching = true
    }
  }
}
