/// How SQLite makes a transaction whole, and what it costs.
public enum Journal: String, Sendable {
  /// A log beside the file (`-wal`), with memory that its users share (`-shm`).
  ///
  /// Readers never wait. A committed transaction survives the death of the process; a power cut may
  /// take the last ones, and leaves the file whole (`synchronous` is NORMAL).
  case writeAheadLog = "wal"
  /// The old pages in a file (`-journal`) while a transaction is under way.
  ///
  /// Works without shared memory. Readers wait for a commit and a commit for readers. A committed
  /// transaction survives a power cut (`synchronous` is FULL).
  case rollback = "delete"

  var synchronous: String { self == .writeAheadLog ? "NORMAL" : "FULL" }

  /// The log where a file is on a disk of this machine; elsewhere machines do not share memory.
  static func suited(to path: String) -> Journal {
    FileSystem.isShared(path) ? .rollback : .writeAheadLog
  }
}
