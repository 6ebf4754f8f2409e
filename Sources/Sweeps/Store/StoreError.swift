/// A store that cannot be used.
public enum StoreError: Error, CustomStringConvertible {
  /// The file cannot be opened, read or written.
  case inputOutput(path: String, reason: String)
  /// Another process is writing to it.
  case inUse(path: String)
  /// It is not a store of this program, or of a newer version.
  case notAStore(path: String, reason: String)
  case noSuchRun(path: String, run: String)

  public var description: String {
    switch self {
    case .inputOutput(let path, let reason): "\(path): \(reason)"
    case .inUse(let path): "\(path): another process is writing to this store; give each its own"
    case .notAStore(let path, let reason): "\(path): \(reason)"
    case .noSuchRun(let path, let run): "\(path): --run \(run): no such run in this store"
    }
  }
}
