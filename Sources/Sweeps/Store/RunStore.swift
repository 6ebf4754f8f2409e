import Foundation
import GRDB
import Logging
import Synchronization

/// Results in one SQLite file: a single writer, any number of readers.
///
/// Tables (version 3; older files are read as they are, and brought to it by a writer):
/// - `sweeps(id, name, spec, created, version)`
/// - `runs(number, id, sweep, experiment, parameters, status, steps, t1, t2, final, device,
///   precision, mapping, seconds, run_steps_per_second, max_deviation, version)`; `parameters` and
///   `final` are JSON objects; one row per run, replaced when a stopped run is trained again;
///   numbers ascend in the order of storing
/// - `curves(run, metric, data, digest)`: little-endian 64-bit floats, one per evaluation; the
///   metric `step` holds the steps as 64-bit integers; `run` is a number of `runs`, `digest` tells
///   whether the bytes are as they were written (null: from an older file, not known)
/// - `tensors(run, name, shape, data, digest)`: final parameters as little-endian 64-bit floats
/// - `device_timings(id, sweep, device, mapping, runs, run_steps, setup_seconds, training_seconds,
///   allocated_bytes)`
/// - `predictions(run, name, value, unit, kind, source, conditions)`: what the papers prove or predict
///   (`run --theory`); `conditions` is a JSON array
/// - `batches(id, mapping, device)`: how a planned batch of runs is trained
///
/// While it is written to, a store on a local disk has a write-ahead log beside it; closing it
/// leaves the one file, which can be copied. See `Journal` for what survives what.
public final class RunStore: Sendable {
  public let path: String
  /// The schema version of the file.
  let version: Int
  let database: DatabaseQueue
  private let lock: WriterLock?
  private let isClosed = Atomic<Bool>(false)

  /// Opens a store for writing, making it where there is none.
  ///
  /// - Parameters:
  ///   - journal: nil for what suits the file system.
  ///   - patience: for how many seconds to wait for readers, and for writers of other programs.
  /// - Throws: `StoreError`.
  public init(writing path: String, journal: Journal? = nil, patience: Double = 10) throws {
    let lock = try WriterLock(path)
    do {
      database = try Self.open(path, patience: patience, readOnly: false)
    } catch {
      if lock.madeFile { unlink(path) }
      throw error
    }
    do {
      try Self.prepare(database, path, journal ?? .suited(to: path))
    } catch {
      try? database.close()
      if lock.madeFile { ["", "-wal", "-shm", "-journal"].forEach { unlink(path + $0) } }
      throw error
    }
    self.path = path
    self.lock = lock
    version = Self.schemaVersion
  }

  /// Opens a store for reading.
  ///
  /// - Throws: `StoreError`.
  public init(reading path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw StoreError.inputOutput(path: path, reason: "no such file")
    }
    do {
      database = try Self.open(path, patience: 10, readOnly: true)
    } catch let error as StoreError {
      guard Self.isUnfinished(path) else { throw error }
      // What a killed writer left undone, only a writer can undo. Opening does.
      try Self.open(path, patience: 10, readOnly: false).close()
      database = try Self.open(path, patience: 10, readOnly: true)
    }
    self.path = path
    lock = nil
    let database = database
    version = try StoreError.translating(path) {
      try database.read { db in
        try Self.checkLength(db, path)
        return try Self.version(db, path)
      }
    }
    guard version != 0 else {
      throw StoreError.notAStore(path: path, reason: "has no tables of a grokcl store")
    }
  }

  deinit { closeOrWarn() }

  // MARK: - Opening and closing

  private static func open(_ path: String, patience: Double, readOnly: Bool) throws -> DatabaseQueue
  {
    var configuration = Configuration()
    configuration.readonly = readOnly
    configuration.busyMode = .timeout(patience)
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cell_size_check = ON") }
    return try StoreError.translating(path) {
      try DatabaseQueue(path: path, configuration: configuration)
    }
  }

  /// Refuses a file that lacks a part of its last page, which SQLite would take for zeros.
  private static func checkLength(_ db: Database, _ path: String) throws {
    let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
    let size = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0
    var info = stat()
    // Pages may still be in the log; if that is empty now, none of this transaction are.
    guard !isUnfinished(path), stat(path, &info) == 0, info.st_size < pages * size else { return }
    throw StoreError.notAStore(path: path, reason: "is cut off")
  }

  /// Sets the journal and brings the schema up to date, unless the file is of another program.
  private static func prepare(
    _ database: DatabaseQueue, _ path: String, _ journal: Journal
  ) throws {
    try StoreError.translating(path) {
      try database.read { try checkLength($0, path) }
      try database.writeWithoutTransaction { db in
        let version = try version(db, path)
        if version == 0 { try db.execute(sql: "PRAGMA page_size = \(pageSize)") }
        let used = try set(journal, db)
        let size = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? pageSize
        // The log goes into the file every 8 MB, not after SQLite's thousand pages.
        try db.execute(
          sql: """
            PRAGMA synchronous = \(used.synchronous);
            PRAGMA wal_autocheckpoint = \(8_000_000 / size)
            """)
      }
      try database.write { db in
        let version = try version(db, path)
        if version < schemaVersion { try migrate(db, from: version) }
      }
    }
  }

  /// Sets the journal, or the other one where SQLite cannot have a log; returns which it is.
  private static func set(_ journal: Journal, _ db: Database) throws -> Journal {
    do {
      let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = \(journal.rawValue)")
      return mode.flatMap(Journal.init) ?? .rollback
    } catch let error as DatabaseError
      where journal == .writeAheadLog
      && [.SQLITE_IOERR, .SQLITE_CANTOPEN].contains(error.resultCode)
    {
      return try set(.rollback, db)
    }
  }

  /// Pages of new files, in bytes: SQLite's smallest.
  ///
  /// A curve that fills a little more than half a page has one to itself, and longer ones leave part
  /// of a page over, so that pages of 4 or 16 KiB lose up to 12 or 50 KB a run where curves have an
  /// unlucky length; these lose 0.9 KB on average and 3.5 KB at most. Lists take half as long again,
  /// blobs no longer.
  private static let pageSize = 512

  /// Whether a journal is left beside the file.
  private static func isUnfinished(_ path: String) -> Bool {
    ["-journal", "-wal"].contains { suffix in
      var info = stat()
      return stat(path + suffix, &info) == 0 && info.st_size > 0
    }
  }

  /// Ends the use of the store; a writer leaves one file, without a log beside it.
  ///
  /// Happens by itself at the end of the object's life; then there is nobody to tell of an error.
  ///
  /// - Throws: `StoreError` if the log cannot be brought into the file; both together are whole.
  public func close() throws {
    guard !isClosed.exchange(true, ordering: .relaxed) else { return }
    defer { lock?.release() }
    let result = Result { if lock != nil { try endLog() } }
    try StoreError.translating(path) { try database.close() }
    try result.get()
  }

  /// Closes the store after a body, whatever becomes of that. A log that cannot be brought into the
  /// file is a warning: results are whole in both together.
  public func closing<T>(after body: () throws -> T) rethrows -> T {
    defer { closeOrWarn() }
    return try body()
  }

  private func closeOrWarn() {
    do {
      try close()
    } catch {
      Logger(label: "store").warning("\(error)")
    }
  }

  /// Gives the file the form without a log, in which it may be read from any folder; where readers
  /// stay for more than a second, at least moves everything from the log into the file.
  private func endLog() throws {
    do {
      try database.writeWithoutTransaction { db in
        for attempt in 0..<50 {
          do {
            try db.execute(sql: "PRAGMA journal_mode = DELETE")
            return
          } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            if attempt < 49 { usleep(20_000) }
          }
        }
        try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
      }
    } catch let error as DatabaseError {
      throw StoreError.inputOutput(
        path: path,
        reason: "all results are safe, but part of them in \(path)-wal, which must stay beside it: "
          + (error.message ?? "\(error.resultCode)"))
    }
  }

  /// Runs `body` on the connection, SQLite's errors translated.
  func read<T>(_ body: (Database) throws -> T) throws -> T {
    try StoreError.translating(path) { try database.read(body) }
  }

  /// Runs `body` in a transaction, SQLite's errors translated.
  func write<T>(_ body: (Database) throws -> T) throws -> T {
    try StoreError.translating(path) { try database.write(body) }
  }
}
