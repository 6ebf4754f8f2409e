import BatchNumerics
import Synchronization

/// The most recently used problems with their analyses, so that the runs of a sweep that share data
/// do not draw and factor it again.
final class ProblemCache: Sendable {
  struct Entry: Sendable {
    let problem: SparseRecoveryProblem
    let analysis: SparseRecoveryAnalysis
  }

  private let capacity = 64
  private let entries = Mutex<(byKey: [String: Entry], order: [String])>(([:], []))

  func entry(_ key: String, make: () throws -> SparseRecoveryProblem) rethrows -> Entry {
    if let known = entries.withLock({ $0.byKey[key] }) { return known }
    let problem = try make()
    let entry = Entry(problem: problem, analysis: SparseRecoveryAnalysis(problem))
    entries.withLock { entries in
      if entries.byKey.updateValue(entry, forKey: key) == nil { entries.order.append(key) }
      if entries.order.count > capacity { entries.byKey[entries.order.removeFirst()] = nil }
    }
    return entry
  }
}
