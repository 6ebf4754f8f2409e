// This file implements what the tests of the store share: results of runs, and stores with them.

import Experiments
import Foundation
import GRDB
import Sweeps
import Testing
import Theory

enum StoreHarness {
  static let grid = "steps: 40\nsweep: {seed: [1, 2, 3]}"

  /// Trains a plan into a store, its runs in their order, and returns the results.
  @discardableResult
  static func fill(
    _ path: String, _ lines: String = grid, name: String = "a.yaml", verify: Double = 0
  ) throws -> [RunResult] {
    let plan = try Harness.plan(lines)
    let found = try Harness.run(plan, verify: verify)
    let results = plan.runs.compactMap { found.byID[$0.id] }
    let store = try RunStore(writing: path)
    let sweep = try store.addSweep(name: name, spec: "", version: "1.0")
    try store.add(results, sweep: sweep, version: "1.0")
    for timing in found.timings { try store.add(timing, sweep: sweep) }
    try store.close()
    return results
  }

  /// Runs SQL on the file as another program would.
  static func execute(_ path: String, _ sql: String) throws {
    try DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
  }

  /// Changes the lowest bit of stored bytes; SQL's `||` would make text of them.
  static func flip(_ path: String, _ table: String, where condition: String) throws {
    try DatabaseQueue(path: path).write { db in
      let rows = try Row.fetchAll(
        db, sql: "SELECT rowid, data FROM \(table) WHERE \(condition)")
      #expect(!rows.isEmpty)
      for row in rows {
        var data: Data = row["data"]
        data[data.startIndex] ^= 1
        try db.execute(
          sql: "UPDATE \(table) SET data = ? WHERE rowid = ?", arguments: [data, row["rowid"]])
      }
    }
  }

  static func string(_ path: String, _ sql: String) throws -> String? {
    try DatabaseQueue(path: path).read { try String.fetchOne($0, sql: sql) }
  }

  /// Everything that can be read of the runs of a store.
  static func contents(_ path: String) throws -> [String] {
    let store = try RunStore(reading: path)
    return try store.runs().map { run in
      let curves = try store.curves(of: run.id)
      let tensors = try store.tensors(of: run.id)
      return """
        \(run.json(with: try store.predictions(of: run.id))) \(curves.steps) \(curves.names) \
        \(curves.values.map { $0.map(\.bitPattern) }) \(tensors)
        """
    }
  }

  /// Runs `body`, which must throw, and returns the error's text.
  static func error(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) -> String {
    let error = #expect(throws: StoreError.self, sourceLocation: sourceLocation) { try body() }
    return error?.description ?? ""
  }
}
