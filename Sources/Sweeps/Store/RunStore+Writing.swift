import BatchNumerics
import Experiments
import Foundation
import GRDB
import Theory

extension RunStore {
  /// Notes a sweep and returns its number.
  ///
  /// - Parameter created: for people; nothing depends on the order of dates.
  public func addSweep(
    name: String, spec: String, version: String, created: Date = Date()
  ) throws -> Int64 {
    try write { db in
      try db.execute(
        sql: "INSERT INTO sweeps (name, spec, created, version) VALUES (?, ?, ?, ?)",
        arguments: [name, spec, ISO8601DateFormatter().string(from: created), version])
      return db.lastInsertedRowID
    }
  }

  /// Stores the results of runs in one transaction.
  public func add(_ results: [RunResult], sweep: Int64, version: String) throws {
    try write { db in
      for result in results { try Self.insert(result, sweep, version, db) }
    }
  }

  private static func insert(
    _ result: RunResult, _ sweep: Int64, _ version: String, _ db: Database
  ) throws {
    let number = try insertRow(
      [
        result.run.id, sweep, result.experiment, result.run.parameters.json,
        result.status.rawValue, result.steps, result.t1, result.t2, result.finalJSON,
        result.device, result.run.parameters["precision"].description, result.mapping,
        result.seconds, result.runStepsPerSecond, result.maxDeviation, version,
      ], id: result.run.id, db)
    try insertCurve("step", result.curves.steps.map { UInt64(bitPattern: Int64($0)) }, number, db)
    for (name, values) in zip(result.curves.names, result.curves.values) {
      try insertCurve(name, values.map(\.bitPattern), number, db)
    }
    for tensor in result.parameters {
      let data = Blob.encode(tensor.values.map(\.bitPattern))
      let shape = "[" + tensor.shape.map(String.init).joined(separator: ",") + "]"
      try db.cachedStatement(
        sql: "INSERT INTO tensors (run, name, shape, data, digest) VALUES (?, ?, ?, ?, ?)"
      ).execute(arguments: [number, tensor.name, shape, data, Blob.digest(of: data)])
    }
    for prediction in result.predictions {
      try db.cachedStatement(
        sql: """
          INSERT INTO predictions (run, name, value, unit, kind, source, conditions)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(
        arguments: [
          number, prediction.name, prediction.value, prediction.unit, prediction.kind.rawValue,
          prediction.source, prediction.conditionsJSON,
        ])
    }
  }

  private static func insertCurve(
    _ metric: String, _ words: [UInt64], _ number: Int64, _ db: Database
  ) throws {
    let data = Blob.encode(words)
    try db.cachedStatement(
      sql: "INSERT INTO curves (run, metric, data, digest) VALUES (?, ?, ?, ?)"
    ).execute(arguments: [number, metric, data, Blob.digest(of: data)])
  }

  /// Writes a run's row in the place of an earlier one, with all that belonged to that.
  ///
  /// - Parameter values: in the order of `columnsOfRuns`.
  /// - Returns: the run's number.
  static func insertRow(_ values: StatementArguments, id: String, _ db: Database) throws -> Int64 {
    let earlier = try db.cachedStatement(sql: "SELECT number FROM runs WHERE id = ?")
    if let number = try Int64.fetchOne(earlier, arguments: [id]) {
      for table in ["curves", "tensors", "predictions"] {
        try db.cachedStatement(sql: "DELETE FROM \(table) WHERE run = ?")
          .execute(arguments: [number])
      }
      try db.cachedStatement(sql: "DELETE FROM runs WHERE number = ?")
        .execute(arguments: [number])
    }
    let places = Array(repeating: "?", count: 16).joined(separator: ", ")
    try db.cachedStatement(sql: "INSERT INTO runs (\(columnsOfRuns)) VALUES (\(places))")
      .execute(arguments: values)
    return db.lastInsertedRowID
  }

  public func add(_ timing: BatchTiming, sweep: Int64) throws {
    try write { db in
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
