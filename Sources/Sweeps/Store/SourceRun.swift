import Foundation
import GRDB

/// A run of a store that is merged into another, with everything that belongs to it, bytes as they
/// lie there.
struct SourceRun {
  let id: String
  /// The columns of `columnsOfRuns`.
  let row: Row
  let sweep: Int64
  let isStopped: Bool
  let steps: Int
  let curves: [(metric: String, data: Data, digest: Int64)]
  let tensors: [(name: String, shape: String, data: Data, digest: Int64)]
  let predictions: [Row]

  /// - Returns: nil if the run is gone.
  /// - Throws: `StoreError` for a run that is damaged.
  init?(_ id: String, _ store: RunStore) throws {
    self.id = id
    let version = store.version
    let found = try store.read {
      db -> (run: Row, curves: [Row], tensors: [Row], predictions: [Row])? in
      let statement = try db.cachedStatement(
        sql: "SELECT \(RunStore.columnsOfRuns) FROM runs WHERE id = ?")
      guard let row = try Row.fetchOne(statement, arguments: [id]) else { return nil }
      func rows(_ table: String, _ columns: String, digests: Bool) throws -> [Row] {
        try RunStore.rows(db, table, columns, of: id, digests: digests, version: version)
      }
      return (
        row, try rows("curves", "data, metric", digests: true),
        try rows("tensors", "data, name, shape", digests: true),
        version < 2
          ? []
          : try rows("predictions", "name, value, unit, kind, source, conditions", digests: false)
      )
    }
    guard let found else { return nil }
    row = found.run
    predictions = found.predictions
    func digest(_ row: Row, _ what: String) throws -> (Data, Int64) {
      let data: Data = try row.decode(atIndex: 0)
      guard Blob.isWhole(data, digest: try row.decode(forColumn: "digest")) else {
        throw StoreError.notAStore(
          path: store.path, reason: "the \(what) of run \(id) are damaged")
      }
      return (data, Blob.digest(of: data))
    }
    (sweep, isStopped, steps, curves, tensors) = try StoreError.translating(store.path) {
      (
        try found.run.decode(atIndex: 1),
        try found.run.decode(String.self, atIndex: 4) == "stopped",
        try found.run.decode(atIndex: 5),
        try found.curves.map { row in
          let (data, digest) = try digest(row, "curves")
          return (try row.decode(atIndex: 1), data, digest)
        },
        try found.tensors.map { row in
          let (data, digest) = try digest(row, "tensors")
          return (try row.decode(atIndex: 1), try row.decode(atIndex: 2), data, digest)
        }
      )
    }
  }
}
