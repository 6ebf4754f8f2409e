import Experiments
import Sweeps

/// Statistics over groups of runs, on standard output.
struct GroupListing {
  private let groups: RunGroups
  private let rows: [Int]
  private let columns: [String]

  /// - Throws: `StoreError.unknownKey` if there is no column to sort by.
  init(_ store: RunStore, _ query: GroupQuery, _ sort: RunSort?, _ limit: Int?) throws {
    let groups = try store.groups(query)
    self.groups = groups
    let columns =
      query.keys + ["n", "unfinished"]
      + groups.metrics.flatMap { metric in
        (["null"] + query.statistics.map(\.rawValue)).map { "\(metric):\($0)" }
      }
    self.columns = columns
    var rows = Array(groups.groups.indices)
    if let sort {
      guard let column = columns.firstIndex(of: sort.key) else {
        throw StoreError.unknownKey(
          path: store.path, key: sort.key, suggestion: Spelling.suggestion(sort.key, columns))
      }
      rows = sort.order(rows.map { Self.cells(groups.groups[$0])[column] })
    }
    if let limit { rows = Array(rows.prefix(limit)) }
    self.rows = rows
  }

  func write(json: Bool) throws {
    var lines = LineWriter()
    if json {
      for row in rows { try lines.line(self.json(groups.groups[row])) }
    } else {
      var table = TextTable(least: columns.map { _ in 0 })
      table.fit(columns)
      let cells = rows.map { Self.cells(groups.groups[$0]).map(\.cell) }
      cells.forEach { table.fit($0) }
      try lines.line(table.row(columns))
      for row in cells { try lines.line(table.row(row)) }
    }
    try lines.flush()
    if rows.count < groups.groups.count {
      Failure.warn("\(rows.count) of \(groups.groups.count) groups are shown (--limit)")
    }
    if groups.matching == 0, groups.total > 0 {
      Failure.warn("none of the \(groups.total) runs meets the conditions")
    }
    if !groups.mixed.isEmpty {
      Failure.warn(
        "runs of a group differ in \(groups.mixed.joined(separator: ", ")) as well; add it to "
          + "--group or --over, or choose with --where")
    }
  }

  private static func cells(_ group: RunGroups.Group) -> [RunValue] {
    group.values + [.number(Double(group.count)), .number(Double(group.unfinished))]
      + group.metrics.flatMap { [.number(Double($0.missing))] + $0.values }
  }

  private func json(_ group: RunGroups.Group) -> String {
    let query = groups.query
    let key = zip(query.keys, group.values).map { ($0, $1.json) }
    var members = [
      ("group", JSONText.object(key)), ("n", String(group.count)),
      ("unfinished", String(group.unfinished)),
    ]
    for (metric, summary) in zip(groups.metrics, group.metrics) {
      let values = zip(query.statistics, summary.values).map { ($0.rawValue, $1.json) }
      members.append((metric, JSONText.object([("null", String(summary.missing))] + values)))
    }
    return JSONText.object(members)
  }
}
