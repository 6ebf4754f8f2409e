import Foundation
import GRDB

/// What became of the runs of merged stores.
public struct MergeReport: Sendable, Equatable {
  /// Runs that were not there.
  public var added = 0
  /// Runs that took the place of one that had come less far.
  public var replaced = 0
  /// Complete runs that were there already, with the same curves.
  public var equal = 0
  /// Stopped runs that had come no farther than what was there.
  public var behind = 0

  public init() {}
}

extension RunStore {
  /// Adds the runs of other stores, all of them or none; a second time changes nothing.
  ///
  /// A complete run takes the place of a stopped one, of two stopped ones stays the longer. One run
  /// at a time is in memory.
  ///
  /// - Parameter sources: stores open for reading; older schemas will do.
  /// - Throws: `StoreError.conflict` if two stores have a complete run with different curves.
  public func merge(_ sources: [RunStore]) throws -> MergeReport {
    var report = MergeReport()
    try write { db in
      for (index, source) in sources.enumerated() {
        var merge = StoreMerge(db, into: path, from: source, after: sources[..<index])
        try merge.all(&report)
      }
    }
    return report
  }
}

/// The merging of one store into another, within a transaction of the latter.
private struct StoreMerge {
  private let db: Database
  private let path: String
  private let source: RunStore
  /// Stores that are merged already; they may be where a run came from.
  private let earlier: ArraySlice<RunStore>
  /// Numbers of sweeps there to numbers here.
  private var sweeps: [Int64: Int64] = [:]

  init(
    _ db: Database, into path: String, from source: RunStore, after earlier: ArraySlice<RunStore>
  ) {
    self.db = db
    self.path = path
    self.source = source
    self.earlier = earlier
  }

  mutating func all(_ report: inout MergeReport) throws {
    try addSweeps()
    try addTimings()
    try addBatches()
    // Short transactions there: a store that is being written to must not wait for this one.
    var last = Int64.min
    while case let ids = try runs(after: last), let end = ids.last {
      for run in ids { try add(run.id, &report) }
      last = end.number
    }
  }

  private func runs(after number: Int64) throws -> [(number: Int64, id: String)] {
    try source.read { db in
      try Row.fetchAll(
        db, sql: "SELECT rowid, id FROM runs WHERE rowid > ? ORDER BY rowid LIMIT 1000",
        arguments: [number]
      ).map { (try $0.decode(atIndex: 0), try $0.decode(atIndex: 1)) }
    }
  }

  // MARK: - Runs

  private func add(_ id: String, _ report: inout MergeReport) throws {
    guard let run = try SourceRun(id, source) else { return }
    let here = try Row.fetchOne(
      db.cachedStatement(sql: "SELECT number, status, steps FROM runs WHERE id = ?"),
      arguments: [id])
    guard let here else {
      try insert(run)
      report.added += 1
      return
    }
    let isStopped: Bool = try here.decode(String.self, atIndex: 1) == "stopped"
    let steps: Int = try here.decode(atIndex: 2)
    switch (isStopped, run.isStopped) {
    case (true, _) where !run.isStopped || steps < run.steps:
      try insert(run)
      report.replaced += 1
    case (false, false):
      try compare(run, try here.decode(atIndex: 0))
      report.equal += 1
    default:
      report.behind += 1
    }
  }

  private func insert(_ run: SourceRun) throws {
    var values = run.row.map(\.1)
    values[1] = (sweeps[run.sweep] ?? run.sweep).databaseValue
    let number = try RunStore.insertRow(StatementArguments(values), id: run.id, db)
    for curve in run.curves {
      try insert(
        "curves", "metric, data, digest", [curve.metric, curve.data, curve.digest], number)
    }
    for tensor in run.tensors {
      try insert(
        "tensors", "name, shape, data, digest",
        [tensor.name, tensor.shape, tensor.data, tensor.digest], number)
    }
    try addPredictions(run, number)
  }

  private func insert(
    _ table: String, _ columns: String, _ values: StatementArguments, _ number: Int64
  ) throws {
    let count = columns.split(separator: ",").count
    let places = Array(repeating: ", ?", count: count).joined()
    let first: StatementArguments = [number]
    try db.cachedStatement(sql: "INSERT INTO \(table) (run, \(columns)) VALUES (?\(places))")
      .execute(arguments: first + values)
  }

  private func addPredictions(_ run: SourceRun, _ number: Int64) throws {
    for row in run.predictions {
      try insert(
        "predictions", "name, value, unit, kind, source, conditions",
        StatementArguments(row.map(\.1)), number)
    }
  }

  /// Two complete runs must have the same curves, bit for bit; then what one of them lacks is added.
  private func compare(_ run: SourceRun, _ number: Int64) throws {
    let here = try Row.fetchAll(
      db.cachedStatement(sql: "SELECT metric, data FROM curves WHERE run = ? ORDER BY metric"),
      arguments: [number])
    let theirs = run.curves.sorted { $0.metric < $1.metric }
    let mine = try here.map { row in
      (metric: try row.decode(String.self, atIndex: 0), data: try row.decode(Data.self, atIndex: 1))
    }.sorted { $0.metric < $1.metric }
    guard mine.elementsEqual(theirs, by: { $0.metric == $1.metric && $0.data == $1.data }) else {
      throw StoreError.conflict(run: run.id, path: source.path, other: try origin(of: run.id))
    }
    guard !run.predictions.isEmpty else { return }
    let hasPredictions = try Bool.fetchOne(
      db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM predictions WHERE run = ?)"),
      arguments: [number])
    if hasPredictions != true { try addPredictions(run, number) }
  }

  /// The store that a run here came from.
  private func origin(of run: String) throws -> String {
    for store in earlier {
      let status = try store.read { db in
        try String.fetchOne(db, sql: "SELECT status FROM runs WHERE id = ?", arguments: [run])
      }
      if let status, status != "stopped" { return store.path }
    }
    return path
  }

  // MARK: - Sweeps, timings, batches

  private mutating func addSweeps() throws {
    let rows = try rows("SELECT name, spec, created, version, id FROM sweeps ORDER BY id")
    for row in rows {
      let values = StatementArguments(row.map(\.1).prefix(4))
      let known = try Int64.fetchOne(
        db, sql: "SELECT id FROM sweeps WHERE (name, spec, created, version) = (?, ?, ?, ?)",
        arguments: values)
      if known == nil {
        try db.execute(
          sql: "INSERT INTO sweeps (name, spec, created, version) VALUES (?, ?, ?, ?)",
          arguments: values)
      }
      sweeps[try row.decode(atIndex: 4)] = known ?? db.lastInsertedRowID
    }
  }

  private func addTimings() throws {
    let columns = """
      device, mapping, runs, run_steps, setup_seconds, training_seconds, allocated_bytes
      """
    for row in try rows("SELECT sweep, \(columns) FROM device_timings ORDER BY id") {
      var values = row.map(\.1)
      let sweep: Int64 = try row.decode(atIndex: 0)
      values[0] = (sweeps[sweep] ?? sweep).databaseValue
      let arguments = StatementArguments(values)
      try db.execute(
        sql: """
          INSERT INTO device_timings (sweep, \(columns)) SELECT ?, ?, ?, ?, ?, ?, ?, ?
          WHERE NOT EXISTS (SELECT 1 FROM device_timings
            WHERE (sweep, \(columns)) = (?, ?, ?, ?, ?, ?, ?, ?))
          """, arguments: arguments + arguments)
    }
  }

  private func addBatches() throws {
    guard source.version >= 3 else { return }
    for row in try rows("SELECT id, mapping, device FROM batches") {
      try db.execute(
        sql: "INSERT OR IGNORE INTO batches (id, mapping, device) VALUES (?, ?, ?)",
        arguments: StatementArguments(row.map(\.1)))
    }
  }

  private func rows(_ sql: String) throws -> [Row] {
    try source.read { try Row.fetchAll($0, sql: sql) }
  }
}
