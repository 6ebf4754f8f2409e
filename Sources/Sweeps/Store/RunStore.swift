import BatchNumerics
import Experiments
import Foundation
import GRDB
import Theory

/// Results in one SQLite file: a single writer, any number of readers.
///
/// Tables (version 2; writing to a file of version 1 adds what it lacks):
/// - `sweeps(id, name, spec, created, version)`
/// - `runs(id, sweep, experiment, parameters, status, steps, t1, t2, final, device, precision,
///   mapping, seconds, run_steps_per_second, max_deviation, version)`; `parameters` and `final`
///   are JSON objects; one row per run, replaced when a stopped run is trained again
/// - `curves(run, metric, data)`: little-endian 64-bit floats, one per evaluation; the metric
///   `step` holds the steps as 64-bit integers
/// - `tensors(run, name, shape, data)`: final parameters as little-endian 64-bit floats
/// - `device_timings(id, sweep, device, mapping, runs, run_steps, setup_seconds, training_seconds,
///   allocated_bytes)`
/// - `predictions(run, name, value, unit, kind, source, conditions)`: what the papers prove or predict
///   (`run --theory`); `conditions` is a JSON array
public final class RunStore: Sendable {
  public let path: String
  private let database: DatabaseQueue
  private let lock: WriterLock?

  /// Opens a store for writing, making it where there is none.
  ///
  /// - Throws: `StoreError`.
  public convenience init(writing path: String) throws {
    try self.init(path, lock: try WriterLock(path))
    try guarded {
      try database.write { db in
        let version = try Self.version(db, path)
        if version < Self.schemaVersion { try Self.migrate(db, from: version) }
      }
    }
  }

  /// Opens a store for reading.
  public convenience init(reading path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw StoreError.inputOutput(path: path, reason: "no such file")
    }
    try self.init(path, lock: nil)
    let version = try guarded { try database.read { try Self.version($0, path) } }
    guard version != 0 else {
      throw StoreError.notAStore(path: path, reason: "has no tables of a grokcl store")
    }
  }

  private init(_ path: String, lock: WriterLock?) throws {
    self.path = path
    self.lock = lock
    var configuration = Configuration()
    configuration.readonly = lock == nil
    configuration.busyMode = .timeout(10)
    do {
      database = try DatabaseQueue(path: path, configuration: configuration)
    } catch let error as DatabaseError {
      throw Self.translate(error, path)
    }
  }

  // MARK: - Writing

  /// Notes a sweep and returns its number.
  public func addSweep(name: String, spec: String, version: String) throws -> Int64 {
    try guarded {
      try database.write { db in
        try db.execute(
          sql: "INSERT INTO sweeps (name, spec, created, version) VALUES (?, ?, ?, ?)",
          arguments: [name, spec, ISO8601DateFormatter().string(from: Date()), version])
        return db.lastInsertedRowID
      }
    }
  }

  /// Stores the results of runs in one transaction.
  public func add(_ results: [RunResult], sweep: Int64, version: String) throws {
    try guarded {
      try database.write { db in
        for result in results { try Self.insert(result, sweep, version, db) }
      }
    }
  }

  private static func insert(
    _ result: RunResult, _ sweep: Int64, _ version: String, _ db: Database
  ) throws {
    let id = result.run.id
    for table in ["curves", "tensors", "predictions"] {
      try db.cachedStatement(sql: "DELETE FROM \(table) WHERE run = ?")
        .execute(arguments: [id])
    }
    try db.cachedStatement(
      sql: """
        INSERT OR REPLACE INTO runs (id, sweep, experiment, parameters, status, steps, t1, t2,
          final, device, precision, mapping, seconds, run_steps_per_second, max_deviation,
          version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(
      arguments: [
        id, sweep, result.experiment, result.run.parameters.json, result.status.rawValue,
        result.steps, result.t1, result.t2, result.finalJSON, result.device,
        result.run.parameters["precision"].description, result.mapping, result.seconds,
        result.runStepsPerSecond, result.maxDeviation, version,
      ])
    let steps = result.curves.steps.map { UInt64(bitPattern: Int64($0)) }
    var curves = [("step", Blob.encode(steps))]
    for (name, values) in zip(result.curves.names, result.curves.values) {
      curves.append((name, Blob.encode(values.map(\.bitPattern))))
    }
    for (metric, data) in curves {
      try db.cachedStatement(sql: "INSERT INTO curves (run, metric, data) VALUES (?, ?, ?)")
        .execute(arguments: [id, metric, data])
    }
    for tensor in result.parameters {
      try db.cachedStatement(
        sql: "INSERT INTO tensors (run, name, shape, data) VALUES (?, ?, ?, ?)"
      ).execute(
        arguments: [
          id, tensor.name, "[" + tensor.shape.map(String.init).joined(separator: ",") + "]",
          Blob.encode(tensor.values.map(\.bitPattern)),
        ])
    }
    for prediction in result.predictions {
      try db.cachedStatement(
        sql: """
          INSERT INTO predictions (run, name, value, unit, kind, source, conditions)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(
        arguments: [
          id, prediction.name, prediction.value, prediction.unit, prediction.kind.rawValue,
          prediction.source, prediction.conditionsJSON,
        ])
    }
  }

  public func add(_ timing: BatchTiming, sweep: Int64) throws {
    try guarded {
      try database.write { db in
        try db.execute(
          sql: """
            INSERT INTO device_timings (sweep, device, mapping, runs, run_steps, setup_seconds,
              training_seconds, allocated_bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            sweep, timing.device, timing.mapping, timing.runs, timing.runSteps,
            timing.setupSeconds, timing.trainingSeconds, timing.allocatedBytes,
          ])
      }
    }
  }

  // MARK: - Reading

  /// The runs that need no further training: finished or diverged.
  public func completedRuns() throws -> Set<String> {
    try guarded {
      try database.read { db in
        try Set(
          String.fetchAll(db, sql: "SELECT id FROM runs WHERE status IN ('finished', 'diverged')"))
      }
    }
  }

  /// The summaries of all runs, in the order they were stored, or of the one named.
  public func runs(_ id: String? = nil) throws -> [StoredRun] {
    let found = try guarded {
      try database.read { db in
        try StoredRun.fetchAll(
          db,
          sql: "SELECT * FROM runs" + (id == nil ? "" : " WHERE id = ?") + " ORDER BY rowid",
          arguments: id.map { [$0] } ?? [])
      }
    }
    if let id, found.isEmpty { throw StoreError.noSuchRun(path: path, run: id) }
    return found
  }

  /// The curves of a run.
  public func curves(of run: String) throws -> RunCurves {
    let rows = try guarded {
      try database.read { db in
        try Row.fetchAll(
          db, sql: "SELECT metric, data FROM curves WHERE run = ? ORDER BY rowid",
          arguments: [run])
      }
    }
    let damaged = StoreError.notAStore(path: path, reason: "the curves of run \(run) are damaged")
    var curves = RunCurves(names: [])
    var hasSteps = false
    for row in rows {
      guard let words = Blob.decode(row["data"]) else { throw damaged }
      if row["metric"] == "step" {
        curves.steps = words.map { Int(Int64(bitPattern: $0)) }
        hasSteps = true
      } else {
        curves.names.append(row["metric"])
        curves.values.append(words.map { Double(bitPattern: $0) })
      }
    }
    guard hasSteps, curves.values.allSatisfy({ $0.count == curves.steps.count }) else {
      throw damaged
    }
    return curves
  }

  /// The final parameters of a run.
  public func tensors(of run: String) throws -> [NamedTensor] {
    let rows = try guarded {
      try database.read { db in
        try Row.fetchAll(
          db, sql: "SELECT name, shape, data FROM tensors WHERE run = ? ORDER BY rowid",
          arguments: [run])
      }
    }
    return try rows.map { row in
      let text: String = row["shape"]
      let extents = text.dropFirst().dropLast().split(separator: ",")
      let shape = extents.compactMap { Int($0) }
      guard let words = Blob.decode(row["data"]), shape.count == extents.count,
        text.hasPrefix("["), text.hasSuffix("]"), shape.reduce(1, *) == words.count
      else {
        throw StoreError.notAStore(path: path, reason: "the tensors of run \(run) are damaged")
      }
      return NamedTensor(
        name: row["name"], shape: shape, values: words.map { Double(bitPattern: $0) })
    }
  }

  /// What the papers prove or predict for a run; empty where it was not asked for.
  public func predictions(of run: String) throws -> [Prediction] {
    let rows = try guarded {
      try database.read { db in
        // Older files have no such table.
        guard try db.tableExists("predictions") else { return [Row]() }
        return try Row.fetchAll(
          db, sql: "SELECT * FROM predictions WHERE run = ? ORDER BY rowid", arguments: [run])
      }
    }
    return try rows.map { row in
      guard let kind = Prediction.Kind(rawValue: row["kind"]),
        let conditions = Prediction.conditions(row["conditions"])
      else {
        throw StoreError.notAStore(path: path, reason: "the predictions of run \(run) are damaged")
      }
      return Prediction(
        row["name"], row["value"], unit: row["unit"], kind, row["source"], conditions: conditions)
    }
  }

  // MARK: - Errors

  private func guarded<T>(_ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let error as DatabaseError {
      throw Self.translate(error, path)
    }
  }

  private static func translate(_ error: DatabaseError, _ path: String) -> StoreError {
    switch error.resultCode {
    case .SQLITE_NOTADB, .SQLITE_CORRUPT:
      .notAStore(path: path, reason: error.message ?? "not an SQLite file")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      .inUse(path: path)
    default:
      .inputOutput(path: path, reason: error.message ?? "\(error.resultCode)")
    }
  }
}
