import Synchronization

/// The most recently used problems with their analyses, so that the runs of a sweep that share data
/// do not draw and factor it again.
final class ProblemCache<Entry: Sendable>: Sendable {
  /// Numbers kept at most: a quarter of a gigabyte of doubles.
  private let capacity = 1 << 25
  /// Roughly the numbers that an entry holds.
  private let size: @Sendable (Entry) -> Int
  private let entries = Mutex<(byKey: [String: Entry], order: [String], size: Int)>(([:], [], 0))

  init(size: @escaping @Sendable (Entry) -> Int) {
    self.size = size
  }

  func entry(_ key: String, make: () throws -> Entry) rethrows -> Entry {
    if let known = entries.withLock({ $0.byKey[key] }) { return known }
    let entry = try make()
    entries.withLock { entries in
      guard entries.byKey.updateValue(entry, forKey: key) == nil else { return }
      entries.order.append(key)
      entries.size += size(entry)
      while entries.size > capacity, entries.order.count > 1 {
        let oldest = entries.byKey.removeValue(forKey: entries.order.removeFirst())
        entries.size -= oldest.map(size) ?? 0
      }
    }
    return entry
  }
}
