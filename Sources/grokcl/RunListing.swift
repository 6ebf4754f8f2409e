import Foundation
import Sweeps

/// The runs that a query finds, on standard output.
struct RunListing {
  private static let columns = ["run", "experiment", "status", "steps", "t1", "t2", "device"]

  private let store: RunStore
  private let query: RunQuery

  init(_ store: RunStore, _ query: RunQuery) {
    self.store = store
    self.query = query
  }

  func write(json: Bool) throws {
    // What is asked about is shown.
    var keys = Self.columns
    for key in query.conditions.map(\.key) + (query.sort.map { [$0.key] } ?? [])
    where !keys.contains(key) { keys.append(key) }
    let selection = try store.select(json ? [] : keys, query)
    var lines = LineWriter()
    if json {
      try store.forEachRunJSON(in: selection) { try lines.line($0) }
    } else {
      var table = TextTable(least: [16, 15, 8, 10, 8, 8] + keys.dropFirst(6).map { _ in 0 })
      table.fit(keys)
      for row in selection.rows {
        table.fit(row.values.map(\.cell))
      }
      try lines.line(table.row(keys))
      for row in selection.rows { try lines.line(table.row(row.values.map(\.cell))) }
    }
    try lines.flush()
    if selection.rows.count < selection.matching {
      Failure.warn("\(selection.rows.count) of \(selection.matching) runs are shown (--limit)")
    }
    if selection.matching == 0, selection.total > 0 {
      Failure.warn("none of the \(selection.total) runs meets the conditions")
    }
  }
}

extension RunValue {
  /// For people: six digits.
  var cell: String {
    guard case .number(let value) = self, Int(exactly: value) == nil else { return description }
    return String(format: "%.6g", value)
  }
}
