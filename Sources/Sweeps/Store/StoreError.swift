/// A store that cannot be used.
public enum StoreError: Error, CustomStringConvertible {
  /// The file cannot be opened, read or written.
  case inputOutput(path: String, reason: String)
  /// Another process is writing to it.
  case inUse(path: String)
  /// It is not a store of this program, or of a newer version, or it is damaged.
  case notAStore(path: String, reason: String)
  case noSuchRun(path: String, run: String)
  /// No run has such a parameter or metric.
  case unknownKey(path: String, key: String, suggestion: String)
  /// Two stores have different results of the same run.
  case conflict(run: String, path: String, other: String)

  public var description: String {
    switch self {
    case .inputOutput(let path, let reason): "\(path): \(reason)"
    case .inUse(let path): "\(path): another process is writing to this store; give each its own"
    case .notAStore(let path, let reason): "\(path): \(reason)"
    case .noSuchRun(let path, let run): "\(path): --run \(run): no such run in this store"
    case .unknownKey(let path, let key, let suggestion):
      "\(path): no run has the key \(key)\(suggestion)"
    case .conflict(let run, let path, let other):
      "\(path): run \(run) is complete here and in \(other), with different curves"
    }
  }
}
