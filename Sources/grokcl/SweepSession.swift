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
  var onResult: @Sendable (RunResult) throws -> Void = { _ in }

  /// Runs what the store does not have yet.
  ///
  /// - Throws: `Failure.Interrupted` after Ctrl-C; finished runs are in the store by then.
  func run(_ plan: SweepPlan, _ spec: SweepSpec) throws {
    let done = try store?.completedRuns() ?? []
    let rest = SweepPlan(plan) { !done.contains($0.id) }
    if rest.runs.count < plan.runs.count {
      Failure.warn(
        "\(plan.runs.count - rest.runs.count) of \(plan.runs.count) runs are in the store")
    }
    guard !rest.runs.isEmpty else { return }
    let runner = SweepRunner(
      backends: backends.devices, fallback: backends.fallback, reference: backends.reference,
      mapping: mapping, verifyFraction: verify)
    let sweep = try store?.addSweep(name: spec.name, spec: spec.text, version: programVersion) ?? 0
    let progress = Progress(runs: rest.runs.count, runSteps: rest.runSteps)
    let (store, onResult, theory) = (store, onResult, theory)
    var events = SweepRunner.Events()
    events.progress = { progress.advance($0) }
    events.warning = { Failure.warn($0) }
    events.batch = { try store?.add($0, sweep: sweep) }
    events.results = { found in
      var results = found
      if theory {
        let known = try TheoryCatalog.predictions(
          forAll: results.map(\.run), instance: plan.instance)
        for index in results.indices { results[index].predictions = known[index] }
      }
      try store?.add(results, sweep: sweep, version: programVersion)
      progress.clear()
      for result in results {
        try onResult(result)
        progress.finishRun(result.status)
      }
    }
    let interruption = Interruption { runner.cancel() }
    defer {
      interruption.end()
      progress.end()
    }
    try runner.run(rest, events: events)
    if interruption.happened { throw Failure.Interrupted() }
  }
}

/// Ctrl-C and SIGTERM: the first asks to stop cleanly, the second ends at once.
///
/// `@unchecked Sendable` because the sources are made in `init` and afterwards only cancelled,
/// which Dispatch allows from any thread.
final class Interruption: @unchecked Sendable {
  private static let signals = [SIGINT, SIGTERM]
  private let count = Atomic<Int>(0)
  private let sources: [any DispatchSourceSignal]

  init(_ stop: @escaping @Sendable () -> Void) {
    sources = Self.signals.map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: .global())
    }
    for source in sources {
      source.setEventHandler { [weak self] in
        guard let self else { return }
        if count.add(1, ordering: .relaxed).newValue > 1 { exit(130) }
        Failure.warn("stopping after the launch in flight; finished runs are kept")
        stop()
      }
      source.resume()
    }
  }

  var happened: Bool { count.load(ordering: .relaxed) > 0 }

  /// Gives the signals their usual meaning back.
  func end() {
    sources.forEach { $0.cancel() }
    Self.signals.forEach { signal($0, SIG_DFL) }
  }
}
