import BatchNumerics
import Synchronization

/// The most recently used problems with their analyses, so that the runs of a sweep that share data
/// do not draw and factor it again.
final class ProblemCache: Sendable {
  struct Entry: Sendable {
    let problem: SparseRecoveryProblem
    let analysis: SparseRecoveryAnalysis
  }

  /// Numbers kept at most: a quarter of a gigabyte of doubles.
  private let capacity = 1 << 25
  private let entries = Mutex<(byKey: [String: Entry], order: [String], size: Int)>(([:], [], 0))

  func entry(_ key: String, make: () throws -> SparseRecoveryProblem) rethrows -> Entry {
    if let known = entries.withLock({ $0.byKey[key] }) { return known }
    let problem = try make()
    let entry = Entry(problem: problem, analysis: SparseRecoveryAnalysis(problem))
    entries.withLock { entries in
      guard entries.byKey.updateValue(entry, forKey: key) == nil else { return }
      entries.order.append(key)
      entries.size += entry.size
      while entries.size > capacity, entries.order.count > 1 {
        let oldest = entries.byKey.removeValue(forKey: entries.order.removeFirst())
        entries.size -= oldest?.size ?? 0
      }
    }
    return entry
  }
}

extension ProblemCache.Entry {
  /// Roughly the numbers it holds: X and its pseudo-inverse.
  fileprivate var size: Int { 2 * problem.measurements.values.count }
}
