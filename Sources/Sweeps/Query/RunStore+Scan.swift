import Experiments
import Foundation
import GRDB

/// A run in passing: what a scan sees of it, valid until the next one.
struct ScannedRun {
  /// The number of the run in its store.
  let number: Int64
  /// The values of the keys that were asked for, in their order.
  let values: [RunValue]
  /// The JSON object of its parameters; empty unless it was asked for.
  let parameters: UnsafeRawBufferPointer
}

extension RunStore {
  /// Reads some keys of all runs, in the order they were stored, in one pass over the table.
  ///
  /// - Parameters:
  ///   - optional: keys that no run need have; their values follow those of `required`.
  ///   - needsParameters: whether `body` looks at the parameters.
  /// - Returns: for each key whether any run has it.
  /// - Throws: `StoreError.unknownKey` if no run has a key, and no family that is there defines it.
  @discardableResult
  func scan(
    _ required: [RunKey], optional: [RunKey] = [], parameters needsParameters: Bool = false,
    _ body: (ScannedRun) throws -> Void
  ) throws -> [Bool] {
    let keys = required + optional
    let details = DetailKeys(keys)
    let columns: [(slot: Int, sql: String)] = keys.enumerated().compactMap { slot, key in
      if case .column = key { (slot, key.sql) } else { nil }
    }
    let readsParameters = needsParameters || !details.isEmpty
    var selected = ["rowid"] + columns.map(\.sql)
    if readsParameters { selected.append("parameters") }
    if !details.isEmpty { selected.append("final") }

    var values = [RunValue](repeating: .null, count: keys.count)
    var isFound = keys.map { key in if case .column = key { true } else { false } }
    try read { db in
      let rows = try Row.fetchCursor(
        db, sql: "SELECT \(selected.joined(separator: ", ")) FROM runs ORDER BY rowid")
      while let row = try rows.next() {
        for slot in values.indices { values[slot] = .null }
        for (index, column) in columns.enumerated() {
          values[column.slot] = try Self.value(row, index + 1)
        }
        let number: Int64 = try row.decode(atIndex: 0)
        guard readsParameters else {
          try body(
            ScannedRun(number: number, values: values, parameters: .init(start: nil, count: 0)))
          continue
        }
        try Self.withBytes(row, columns.count + 1) { json in
          if !details.isEmpty {
            try Self.withBytes(row, columns.count + 2) {
              details.read($0, &values, &isFound)
            }
            details.read(json, &values, &isFound)
          }
          try body(ScannedRun(number: number, values: values, parameters: json))
        }
      }
    }
    for (slot, key) in required.enumerated() where !isFound[slot] { try check(key.name) }
    return isFound
  }

  private static func value(_ row: Row, _ index: Int) throws -> RunValue {
    switch (row[index] as DatabaseValue).storage {
    case .int64(let value): .number(Double(value))
    case .double(let value): .number(value)
    case .string(let value): .text(value)
    case .null, .blob: .null
    }
  }

  private static func withBytes<T>(
    _ row: Row, _ index: Int, _ body: (UnsafeRawBufferPointer) throws -> T
  ) throws -> T {
    try row.withUnsafeData(atIndex: index) { data in try (data ?? Data()).withUnsafeBytes(body) }
  }

  /// Refuses keys that no run has, naming all that there are.
  ///
  /// - Throws: `StoreError.unknownKey`.
  public func check(_ keys: [String]) throws {
    let known = try knownKeys()
    guard !known.isEmpty else { return }
    let all = RunKey.columns + known.subtracting(RunKey.columns).sorted()
    for key in keys where !all.contains(RunKey(key).name) {
      throw StoreError.unknownKey(
        path: path, key: key,
        suggestion: Spelling.suggestion(key, all) + "; there are " + all.joined(separator: ", "))
    }
  }

  /// Refuses a key that no run has; a store without runs has nothing to tell by.
  private func check(_ key: String) throws {
    let known = try knownKeys()
    guard !known.isEmpty, !known.contains(key) else { return }
    throw StoreError.unknownKey(
      path: path, key: key, suggestion: Spelling.suggestion(key, Array(known) + RunKey.columns))
  }

  /// The parameters and final metrics that there are: what the families define, and what a run of
  /// each has.
  func knownKeys() throws -> Set<String> {
    let examples = try read { db in
      try Row.fetchAll(
        db, sql: "SELECT experiment, parameters, final FROM runs GROUP BY experiment")
    }
    var known: Set<String> = []
    for row in examples {
      let name: String = try StoreError.translating(path) { try row.decode(atIndex: 0) }
      let family = ExperimentCatalog.all.first { $0.name == name }
      known.formUnion(family?.parameters.map(\.key) ?? [])
      for index in 1...2 {
        try Self.withBytes(row, index) { json in
          _ = FlatJSON.forEachMember(json) { key, _ in
            known.insert(String(decoding: key, as: UTF8.self))
          }
        }
      }
    }
    return known
  }
}

/// The keys of a scan that lie inside JSON objects.
private struct DetailKeys {
  let keys: [(slot: Int, name: String)]
  private let bytes: [[UInt8]]

  init(_ all: [RunKey]) {
    keys = all.enumerated().compactMap { slot, key in
      if case .detail(let name) = key { (slot, name) } else { nil }
    }
    bytes = keys.map { Array($0.name.utf8) }
  }

  var isEmpty: Bool { keys.isEmpty }

  func read(
    _ json: UnsafeRawBufferPointer, _ values: inout [RunValue], _ isFound: inout [Bool]
  ) {
    FlatJSON.forEachMember(json) { key, value in
      for (index, name) in bytes.enumerated()
      where name.count == key.count && key.elementsEqual(name) {
        values[keys[index].slot] = FlatJSON.value(value)
        isFound[keys[index].slot] = true
      }
    }
  }
}
