import BatchNumerics
import Experiments
import Foundation
import GRDB
import Theory

extension RunStore {
  /// The runs that need no further training: finished or diverged.
  public func completedRuns() throws -> RunSet {
    try read { db in
      let condition = "WHERE status IN ('finished', 'diverged')"
      let count = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM runs \(condition)") ?? 0
      var runs = RunSet(minimumCapacity: count)
      let ids = try String.fetchCursor(db, sql: "SELECT id FROM runs \(condition)")
      while let id = try ids.next() { runs.insert(id) }
      return runs
    }
  }

  /// The summaries of all runs, in the order they were stored, or of the one named.
  public func runs(_ id: String? = nil) throws -> [StoredRun] {
    let found = try read { db in
      try StoredRun.fetchAll(
        db,
        sql: "SELECT \(StoredRun.columns) FROM runs" + (id == nil ? "" : " WHERE id = ?")
          + " ORDER BY rowid",
        arguments: id.map { [$0] } ?? [])
    }
    if let id, found.isEmpty { throw StoreError.noSuchRun(path: path, run: id) }
    return found
  }

  /// The curves of a run.
  public func curves(of run: String) throws -> RunCurves {
    let rows = try rows("curves", "metric, data", of: run, digests: true)
    let damaged = StoreError.notAStore(path: path, reason: "the curves of run \(run) are damaged")
    var curves = RunCurves(names: [])
    var hasSteps = false
    for row in rows {
      let metric: String = try decode(row, "metric")
      guard let words = Blob.decode(try decode(row, "data"), digest: try decode(row, "digest"))
      else { throw damaged }
      if metric == "step" {
        curves.steps = words.map { Int(Int64(bitPattern: $0)) }
        hasSteps = true
      } else {
        curves.names.append(metric)
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
    try rows("tensors", "name, shape, data", of: run, digests: true).map { row in
      let text: String = try decode(row, "shape")
      let extents = text.dropFirst().dropLast().split(separator: ",")
      let shape = extents.compactMap { Int($0) }
      let data: Data = try decode(row, "data")
      guard let words = Blob.decode(data, digest: try decode(row, "digest")),
        shape.count == extents.count, text.hasPrefix("["), text.hasSuffix("]"),
        shape.reduce(1, *) == words.count
      else {
        throw StoreError.notAStore(path: path, reason: "the tensors of run \(run) are damaged")
      }
      return NamedTensor(
        name: try decode(row, "name"), shape: shape, values: words.map { Double(bitPattern: $0) })
    }
  }

  /// Whether any run has predictions.
  var hasPredictions: Bool {
    get throws {
      guard version >= 2 else { return false }
      return try read { db in
        try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM predictions)") ?? false
      }
    }
  }

  /// What the papers prove or predict for a run; empty where it was not asked for.
  public func predictions(of run: String) throws -> [Prediction] {
    guard version >= 2 else { return [] }
    let rows = try rows(
      "predictions", "name, value, unit, kind, source, conditions", of: run, digests: false)
    return try rows.map { row in
      guard let kind = Prediction.Kind(rawValue: try decode(row, "kind")),
        let conditions = Prediction.conditions(try decode(row, "conditions"))
      else {
        throw StoreError.notAStore(path: path, reason: "the predictions of run \(run) are damaged")
      }
      return Prediction(
        try decode(row, "name"), try decode(row, "value"), unit: try decode(row, "unit"), kind,
        try decode(row, "source"), conditions: conditions)
    }
  }

  /// The value of a column; a damaged file may have anything there.
  private func decode<Value: DatabaseValueConvertible & StatementColumnConvertible>(
    _ row: Row, _ column: String
  ) throws -> Value {
    try StoreError.translating(path) { try row.decode(forColumn: column) }
  }

  /// What belongs to a run in another table, in the order it was stored.
  private func rows(
    _ table: String, _ columns: String, of run: String, digests: Bool
  ) throws -> [Row] {
    try read { db in
      try Self.rows(db, table, columns, of: run, digests: digests, version: version)
    }
  }

  static func rows(
    _ db: Database, _ table: String, _ columns: String, of run: String, digests: Bool, version: Int
  ) throws -> [Row] {
    let digest = digests ? (version < 3 ? ", NULL AS digest" : ", digest") : ""
    let statement = try db.cachedStatement(
      sql: """
        SELECT \(columns)\(digest) FROM \(table) WHERE run = \(runKey(version: version))
        ORDER BY rowid
        """)
    return try Row.fetchAll(statement, arguments: [run])
  }
}
