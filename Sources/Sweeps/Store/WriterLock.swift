import Foundation

/// An advisory lock on a store's file, held while a process writes to it.
///
/// `flock` is independent of SQLite's own record locks, so readers are not kept out, and the lock
/// ends with the process whatever becomes of it.
final class WriterLock: Sendable {
  private let descriptor: Int32

  init(_ path: String) throws {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw StoreError.inputOutput(
        path: path, reason: "cannot be opened for writing: \(String(cString: strerror(errno)))")
    }
    // The object is whole by now: `deinit` closes the descriptor when this throws.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw StoreError.inUse(path: path) }
  }

  // Closing any descriptor of a file drops SQLite's record locks on it, so this one must live as
  // long as the database connection: `RunStore` declares it after the connection.
  deinit {
    if descriptor >= 0 { close(descriptor) }
  }
}
