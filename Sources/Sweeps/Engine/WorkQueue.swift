import Dispatch
import Experiments
import Foundation

/// The work of a sweep, taken by devices as they become free.
///
/// Planned batches come window by window, the next one prepared while devices train. Runs that go on
/// later come back: halves of a batch that did not fit, a failed device's batch, and the few runs that
/// are left of batches whose other runs ended early. Those wait at fixed steps, and are joined
/// into one batch once nothing else is to be done.
///
/// `@unchecked Sendable` because all state is touched under `condition` only.
final class WorkQueue: @unchecked Sendable {
  private let condition = NSCondition()
  private let source: @Sendable () throws -> [WorkItem]?
  private var ready: [WorkItem] = []
  private var waiting: [String: [WorkItem]] = [:]
  private var isPreparing = false
  private var isExhausted = false
  private var isClosed = false
  private var failure: (any Error)?
  private var busy = 0
  private let largest: Int
  private let workers: Int

  /// - Parameters:
  ///   - largest: runs that may be joined at most.
  ///   - workers: devices that take work.
  ///   - source: the next batches; nil after the last. Called by one thread at a time.
  init(
    largest: Int, workers: Int, returned: [WorkItem] = [],
    source: @escaping @Sendable () throws -> [WorkItem]?
  ) {
    self.largest = largest
    self.workers = workers
    self.source = source
    for item in returned { waiting[item.key, default: []].append(item) }
  }

  /// The next work, to be followed by `finish`; nil when there is none left or the queue was closed.
  ///
  /// - Throws: the source's error.
  func next() throws -> WorkItem? {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let failure { throw failure }
      if isClosed { return nil }
      if ready.count < workers, !isExhausted, !isPreparing { prepare() }
      if !ready.isEmpty {
        busy += 1
        let item = ready.removeFirst()
        if ready.count < workers, !isExhausted, !isPreparing { prepare() }
        return item
      }
      if isExhausted, let item = joined() {
        busy += 1
        return item
      }
      if isExhausted, busy == 0 { return nil }
      condition.wait()
    }
  }

  /// Ends what `next` began.
  func finish() {
    condition.lock()
    busy -= 1
    condition.broadcast()
    condition.unlock()
  }

  /// Work that is to be done again, or went on elsewhere.
  func giveBack(_ items: [WorkItem]) {
    condition.lock()
    ready += items
    condition.broadcast()
    condition.unlock()
  }

  /// Whether the last runs of a batch should wait for others rather than keep a device busy.
  func wantsToJoin(_ item: WorkItem) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    let key = item.runs.first?.run.batchKey
    return !isClosed
      && (ready.contains { $0.runs.first?.run.batchKey == key } || waiting[item.key] != nil)
  }

  /// Puts runs aside until others are as far.
  func park(_ item: WorkItem) {
    condition.lock()
    waiting[item.key, default: []].append(item)
    condition.broadcast()
    condition.unlock()
  }

  /// No more work is given out.
  func close() {
    condition.lock()
    isClosed = true
    condition.broadcast()
    condition.unlock()
  }

  /// Whether work is left that nobody has.
  var hasWork: Bool {
    condition.lock()
    defer { condition.unlock() }
    return !isClosed && (!ready.isEmpty || !waiting.isEmpty || !isExhausted)
  }

  // MARK: - Under the lock

  private func prepare() {
    isPreparing = true
    DispatchQueue.global().async { [self] in
      let result = Result { try source() }
      condition.lock()
      isPreparing = false
      switch result {
      case .success(let items?): ready += items
      case .success(nil): isExhausted = true
      case .failure(let error): failure = error
      }
      condition.broadcast()
      condition.unlock()
    }
  }

  /// The runs that wait at the earliest step.
  private func joined() -> WorkItem? {
    let first = waiting.min { a, b in
      ((a.value.first?.step ?? 0), a.key) < ((b.value.first?.step ?? 0), b.key)
    }
    guard let first, var item = first.value.first else { return nil }
    var rest: [WorkItem] = []
    for other in first.value.dropFirst() {
      if item.runs.count + other.runs.count <= largest {
        item.runs += other.runs
        if item.batch != other.batch { item.batch = nil }
      } else {
        rest.append(other)
      }
    }
    waiting[first.key] = rest.isEmpty ? nil : rest
    return item
  }
}
