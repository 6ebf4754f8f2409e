import GRDB

/// Which runs of a store are asked for, and in which order.
public struct RunQuery: Sendable {
  /// All of them must hold.
  public var conditions: [RunCondition]
  /// Nil for the order in which the runs were stored; runs without a value come last.
  public var sort: RunSort?
  public var limit: Int?

  public init(_ conditions: [RunCondition] = [], sort: RunSort? = nil, limit: Int? = nil) {
    self.conditions = conditions
    self.sort = sort
    self.limit = limit
  }
}

/// An order of rows.
public struct RunSort: Sendable, Equatable {
  public let key: String
  public let isDescending: Bool

  /// - Parameter key: a key; a minus before it turns the order round.
  public init(_ key: String, descending: Bool = false) {
    self.key = key.hasPrefix("-") ? String(key.dropFirst()) : key
    isDescending = key.hasPrefix("-") != descending
  }

  /// The indices of values in this order; equal ones stay as they are, null ones come last.
  public func order(_ values: [RunValue]) -> [Int] {
    values.indices.sorted { a, b in
      let (x, y) = (values[a], values[b])
      if isDescending, x != .null, y != .null {
        return RunValue.precedes(y, x) || (x == y && a < b)
      }
      return RunValue.precedes(x, y) || (x == y && a < b)
    }
  }
}

/// The runs that a query found.
public struct RunSelection: Sendable {
  public struct Row: Sendable {
    let number: Int64
    /// The values of the keys that were asked for.
    public let values: [RunValue]
  }

  public var rows: [Row]
  /// How many runs met the conditions, before any limit.
  public let matching: Int
  /// How many runs the store has.
  public let total: Int
}

extension RunStore {
  /// Finds runs and reads some of their keys.
  ///
  /// - Throws: `StoreError.unknownKey`.
  public func select(_ keys: [String], _ query: RunQuery = RunQuery()) throws -> RunSelection {
    let sortKeys = query.sort.map { [$0.key] } ?? []
    let all = (keys + sortKeys + query.conditions.map(\.key)).map(RunKey.init)
    let first = keys.count + sortKeys.count
    var total = 0
    var rows: [RunSelection.Row] = []
    var sortValues: [RunValue] = []
    try scan(all) { run in
      total += 1
      for (index, condition) in query.conditions.enumerated()
      where !condition.holds(run.values[first + index]) { return }
      rows.append(.init(number: run.number, values: Array(run.values.prefix(keys.count))))
      if query.sort != nil { sortValues.append(run.values[keys.count]) }
    }
    let matching = rows.count
    if let sort = query.sort { rows = sort.order(sortValues).map { rows[$0] } }
    if let limit = query.limit, limit < rows.count { rows.removeSubrange(limit...) }
    return RunSelection(rows: rows, matching: matching, total: total)
  }

  /// Hands on the objects of selected runs, as `run --json` printed them, one at a time.
  public func forEachRunJSON(in selection: RunSelection, _ body: (String) throws -> Void) throws {
    let hasPredictions = try hasPredictions
    // In pieces, so that a writer need not wait for whoever reads the output.
    for start in stride(from: 0, to: selection.rows.count, by: 10_000) {
      let end = min(start + 10_000, selection.rows.count)
      let runs = try runs(selection.rows[start..<end].map(\.number))
      for run in runs { try body(run.json(with: hasPredictions ? predictions(of: run.id) : [])) }
    }
  }

  private func runs(_ numbers: [Int64]) throws -> [StoredRun] {
    guard let first = numbers.min(), let last = numbers.max() else { return [] }
    let columns = "SELECT \(StoredRun.columns), rowid FROM runs WHERE rowid"
    return try read { db in
      // Reading in the order of the file is several times as fast, unless few are wanted of many.
      guard last - first < 20 * numbers.count else {
        let statement = try db.cachedStatement(sql: columns + " = ?")
        return try numbers.compactMap { try StoredRun.fetchOne(statement, arguments: [$0]) }
      }
      var runs = [StoredRun?](repeating: nil, count: numbers.count)
      var wanted = numbers.indices.sorted { numbers[$0] < numbers[$1] }[...]
      let rows = try Row.fetchCursor(
        db.cachedStatement(sql: columns + " BETWEEN ? AND ? ORDER BY rowid"),
        arguments: [first, last])
      while let row = try rows.next() {
        let number: Int64 = try row.decode(atIndex: row.count - 1)
        wanted = wanted.drop { numbers[$0] < number }
        if let place = wanted.first, numbers[place] == number {
          runs[place] = try StoredRun(row: row)
        }
      }
      return runs.compactMap { $0 }
    }
  }
}
