import Foundation
import Synchronization

/// An advisory lock on a store's file, held while a process writes to it.
///
/// It lies on a byte that SQLite does not lock, so readers are not kept out, and it ends with the
/// process whatever becomes of it. It belongs to the open file, which on network file systems, too,
/// keeps out other machines; a lock of the whole file (`flock`) would keep out SQLite itself there.
final class WriterLock: Sendable {
  /// The byte before SQLite's own, which begin at 2^30.
  private static let byte = 0x3fff_ffff
  /// Linux: lock for the open file description; not among the constants that Swift imports.
  private static let setOpenFileLock: Int32 = 37

  /// Whether there was no file before.
  let madeFile: Bool
  private let descriptor: Atomic<Int32>

  /// - Throws: `StoreError.inputOutput`, `StoreError.inUse`.
  init(_ path: String) throws {
    let flags = O_RDWR | O_CLOEXEC
    var opened = open(path, flags | O_CREAT | O_EXCL, 0o644)
    madeFile = opened >= 0
    if opened < 0, errno == EEXIST { opened = open(path, flags | O_CREAT, 0o644) }
    descriptor = Atomic(opened)
    guard opened >= 0 else {
      throw StoreError.inputOutput(
        path: path, reason: "cannot be opened for writing: \(String(cString: strerror(errno)))")
    }
    // The object is whole by now: `deinit` closes the descriptor when this throws.
    switch Self.lock(opened) {
    case 0: break
    case EAGAIN, EACCES: throw StoreError.inUse(path: path)
    case let code:
      throw StoreError.inputOutput(
        path: path,
        reason: "cannot be locked, and stores are written by one process at a time: "
          + String(cString: strerror(code)))
    }
  }

  /// 0 or the number of the error.
  private static func lock(_ descriptor: Int32) -> Int32 {
    #if os(Linux)
      var region = flock()
      region.l_type = Int16(F_WRLCK)
      region.l_whence = Int16(SEEK_SET)
      region.l_start = off_t(byte)
      region.l_len = 1
      if fcntl(descriptor, setOpenFileLock, &region) == 0 { return 0 }
      if errno != EINVAL { return errno }
    #endif
    // Elsewhere, and on kernels without such locks.
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno
  }

  // Closing any descriptor of a file drops SQLite's record locks on it, so this one must live as
  // long as the database connection.
  func release() {
    let held = descriptor.exchange(-1, ordering: .relaxed)
    if held >= 0 { close(held) }
  }

  deinit { release() }
}
