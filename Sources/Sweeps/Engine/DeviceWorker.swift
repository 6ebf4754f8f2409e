import BatchNumerics
import Experiments

/// Takes batches from a sweep's queue and trains them on one device.
struct DeviceWorker {
  let runner: SweepRunner
  let backend: any TrainingBackend
  let mapping: MappingChoice
  let experiment: any Experiment
  let instance: TensorFile?
  let queue: WorkQueue
  let resuming: Resumption
  let events: SweepRunner.Events

  /// Works until nothing is left or the device fails.
  ///
  /// - Returns: the device's error, after what it had went back to the queue; nil at the end.
  /// - Throws: what is not the device's fault: the spec's, the mapping's, the handlers' and the
  ///   queue's errors.
  func work() throws -> (any Error)? {
    while !runner.isCancelled, let item = try queue.next() {
      defer { queue.finish() }
      do {
        try train(item)
      } catch let lost as DeviceLoss {
        queue.giveBack([lost.rest])
        return lost.underlying
      }
    }
    return nil
  }

  /// Trains a batch, or gives halves of it back where the device has too little memory.
  private func train(_ item: WorkItem) throws {
    let progress = ItemProgress(item)
    do {
      try attempt(item, progress)
    } catch let error where Self.isOurs(error) {
      throw error
    } catch {
      let rest = progress.rest
      guard !rest.runs.isEmpty else { return }
      guard MemoryShortage(error) != nil, rest.runs.count > 1 else {
        throw DeviceLoss(underlying: error, rest: rest)
      }
      events.warning(
        "\(backend.deviceName): \(error); its batch of \(rest.runs.count) runs is halved")
      queue.giveBack(rest.halves)
    }
  }

  /// Whether an error says nothing about the device.
  private static func isOurs(_ error: any Error) -> Bool {
    error is SpecError || error is MappingError || error is StoreFailure
  }

  // MARK: - A batch

  /// The session of a batch, at its step; runs whose states do not fit the device start again.
  private func open(
    _ item: inout WorkItem, _ progress: ItemProgress
  ) throws -> any TrainingSession {
    let runs = item.runs.map(\.run)
    func session(_ choice: MappingChoice) throws -> any TrainingSession {
      try experiment.session(for: runs, instance: instance, on: backend, mapping: choice)
    }
    func settled() throws -> MappingChoice {
      try experiment.settled(mapping, for: runs, instance: instance, on: backend)
    }
    guard let recorded = item.mapping else {
      let isOwn = item.device == nil || item.device == backend.deviceName
      let choice = try isOwn ? item.choice ?? settled() : settled()
      (item.choice, item.device) = (choice, backend.deviceName)
      progress.update(item)
      return try session(choice)
    }
    if item.step == 0 {
      // Another device has its own mappings.
      return try session(item.device == backend.deviceName ? .recorded(recorded) : mapping)
    }
    do {
      let found = try session(.recorded(recorded))
      try found.restore(
        item.runs.map { $0.state ?? [] }, of: Array(runs.indices), step: item.step)
      return found
    } catch let error where error is MappingError || error is StateError {
      events.warning(
        "\(runs.count) saved runs cannot go on on \(backend.deviceName) (\(error)); "
          + "they start again")
      item = item.restarted
      return try open(&item, progress)
    }
  }

  private func attempt(_ given: WorkItem, _ progress: ItemProgress) throws {
    let clock = ContinuousClock()
    let start = clock.now
    var item = given
    let session = try open(&item, progress)
    (item.mapping, item.device) = (session.mapping, backend.deviceName)
    progress.update(item)
    if let batch = item.batch, given.mapping == nil {
      try storing {
        try events.mapping(
          batch, BatchMapping(mapping: session.mapping, device: backend.deviceName))
      }
    }
    let report = ItemReport(
      worker: self, item: item, session: session, progress: progress, start: start)
    var trainer = BatchTrainer(
      session, item.runs, from: item.step, stepsPerLaunch: runner.stepsPerLaunch)
    try trainer.train(report.hooks)
    try report.end()
  }

  /// Runs a handler; its errors are not the device's.
  func storing(_ body: () throws -> Void) throws {
    do { try body() } catch { throw StoreFailure(underlying: error) }
  }
}

/// A device that is to be dropped, and what it had not done.
private struct DeviceLoss: Error {
  let underlying: any Error
  let rest: WorkItem
}

/// What is left of a batch while it trains: as it was last saved, less the runs that ended.
final class ItemProgress {
  private var item: WorkItem
  private var ended: Set<String> = []

  init(_ item: WorkItem) { self.item = item }

  /// The batch as it starts, with its mapping; later the runs under way, at a later step.
  func update(_ item: WorkItem) { self.item = item }

  func end(_ runs: some Sequence<String>) { ended.formUnion(runs) }

  var rest: WorkItem {
    var rest = item
    rest.runs.removeAll { ended.contains($0.run.id) }
    return rest
  }
}
