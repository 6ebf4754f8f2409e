// This file tests which runs a query finds, and the statistics over groups of them.

import Foundation
import Sweeps
import Testing
import _TestSupport

@Suite struct RunQueryTests {
  let folder: TemporaryFolder
  let path: String
  let ids: [String]

  /// Six runs: learning rates 0.02, 0.05 and 0.1 with seeds 1 and 2; the last was stopped.
  ///
  /// | run | learning_rate | seed | t1 | t2 | test_error |
  /// |---|---|---|---|---|---|
  /// | 0 | 0.02 | 1 | 10 | 100 | 0.5 |
  /// | 1 | 0.02 | 2 | 30 | null | null |
  /// | 2 | 0.05 | 1 | 20 | 300 | 0.25 |
  /// | 3 | 0.05 | 2 | 20 | 500 | 0.125 |
  /// | 4 | 0.1 | 1 | null | null | 2 |
  /// | 5 | 0.1 | 2 | 5 | 7 | 4 |
  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("a.sqlite")
    ids = try StoreHarness.fill(
      path, "steps: 40\nsweep: {learning_rate: [0.02, 0.05, 0.1], seed: [1, 2]}"
    ).map(\.run.id)
    let rows = [
      "10, 100, 0.5", "30, null, null", "20, 300, 0.25", "20, 500, 0.125", "null, null, 2",
      "5, 7, 4",
    ]
    for (index, row) in rows.enumerated() {
      let cells = row.split(separator: ",").map { $0.filter { $0 != " " } }
      try StoreHarness.execute(
        path,
        """
        UPDATE runs SET t1 = \(cells[0]), t2 = \(cells[1]),
          final = '{"train_error":1.0,"test_error":\(cells[2])}' WHERE number = \(index + 1)
        """)
    }
    try StoreHarness.execute(path, "UPDATE runs SET status = 'stopped' WHERE number = 6")
  }

  func found(_ conditions: [String], sort: RunSort? = nil, limit: Int? = nil) throws -> [Int] {
    let selection = try RunStore(reading: path).select(
      ["run"], RunQuery(try conditions.map { try RunCondition($0) }, sort: sort, limit: limit))
    return selection.rows.map { row in ids.firstIndex(of: row.values[0].description) ?? -1 }
  }

  // MARK: - Conditions

  static let conditions = [
    ("learning_rate = 0.05", [2, 3]), ("lr=5e-2", [2, 3]), ("lr == 0.05", [2, 3]),
    ("learning_rate != 0.05", [0, 1, 4, 5]), ("lr < 0.05", [0, 1]), ("lr <= 0.05", [0, 1, 2, 3]),
    ("lr>0.05", [4, 5]), ("lr>=0.05", [2, 3, 4, 5]), ("seed = 2", [1, 3, 5]),
    ("t2 = null", [1, 4]), ("t2 != null", [0, 2, 3, 5]), ("t2 < 301", [0, 2, 5]),
    ("t2 != 100", [1, 2, 3, 4, 5]), ("status = stopped", [5]),
    ("status != stopped", [0, 1, 2, 3, 4]), ("test_error >= 0.5", [0, 4, 5]),
    ("test_error = null", [1]), ("steps = 40", [0, 1, 2, 3, 4, 5]),
    ("device = cpu", [0, 1, 2, 3, 4, 5]),
    ("precision = f32", []), ("problem.snr = inf", [0, 1, 2, 3, 4, 5]),
    ("problem.snr > 1000", [0, 1, 2, 3, 4, 5]), ("unsafe_step = false", [0, 1, 2, 3, 4, 5]),
    ("problem.signal_seed = null", [0, 1, 2, 3, 4, 5]), ("status < 3", []),
    ("experiment = sparse-recovery", [0, 1, 2, 3, 4, 5]),
  ]

  @Test func conditionsSelectRuns() throws {
    for (condition, expected) in Self.conditions {
      #expect(try found([condition]) == expected, "\(condition)")
    }
  }

  @Test func allConditionsMustHold() throws {
    #expect(try found(["lr >= 0.05", "seed = 1", "t2 != null"]) == [2])
    let store = try RunStore(reading: path)
    let selection = try store.select([], RunQuery([try RunCondition("seed = 1")], limit: 1))
    #expect(selection.rows.count == 1 && selection.matching == 3 && selection.total == 6)
  }

  @Test func unknownKeysAreNamed() throws {
    let store = try RunStore(reading: path)
    #expect(
      StoreHarness.error { _ = try found(["learning_rat = 3"]) }
        == "\(path): no run has the key learning_rat; did you mean learning_rate?")
    #expect(
      StoreHarness.error { _ = try found([], sort: RunSort("test_eror")) }
        .hasSuffix("did you mean test_error?"))
    #expect(
      StoreHarness.error { _ = try store.groups(GroupQuery(["qqqqqqqqqq"])) }
        == "\(path): no run has the key qqqqqqqqqq")
    for query in [
      GroupQuery(["lr"], over: ["sed"]), GroupQuery(["lr"], metrics: ["t3"]),
    ] {
      #expect(StoreHarness.error { _ = try store.groups(query) }.contains("did you mean"))
    }
  }

  /// A key may be one that some runs only have.
  @Test func keysOfSomeRunsAreKeys() throws {
    try StoreHarness.execute(
      path,
      """
      UPDATE runs SET parameters = ' { "odd" : "a\\"b,}\\u00e9" , "list":[1,{"odd":2}],"x":-2.5e-3 } '
      WHERE number = 3
      """)
    #expect(try found(["odd = a\"b,}é"]) == [2])
    #expect(try found(["odd = null"]) == [0, 1, 3, 4, 5])
    #expect(try found(["x = -0.0025"]) == [2])
    #expect(try found(["list != null"]) == [2])
  }

  @Test func anEmptyStoreHasNoUnknownKeys() throws {
    let empty = folder.file("empty.sqlite")
    try RunStore(writing: empty).close()
    let store = try RunStore(reading: empty)
    #expect(try store.select(["run", "anything"]).rows.isEmpty)
    #expect(try store.groups(GroupQuery(["anything"])).groups.isEmpty)
  }

  // MARK: - Order

  @Test func runsAreSorted() throws {
    #expect(try found([], sort: RunSort("t2")) == [5, 0, 2, 3, 1, 4])
    #expect(try found([], sort: RunSort("-t2")) == [3, 2, 0, 5, 1, 4])
    #expect(try found([], sort: RunSort("t2", descending: true)) == [3, 2, 0, 5, 1, 4])
    #expect(try found([], sort: RunSort("-t2"), limit: 2) == [3, 2])
    // Equal values keep their order.
    #expect(try found([], sort: RunSort("seed")) == [0, 2, 4, 1, 3, 5])
    #expect(try found([], sort: RunSort("-seed")) == [1, 3, 5, 0, 2, 4])
    #expect(try found([], sort: RunSort("status")) == [0, 1, 2, 3, 4, 5])
    #expect(try found([], limit: 0) == [])
  }

  @Test(arguments: [nil, "-learning_rate", "t2"]) func objectsComeInTheSameOrder(
    key: String?
  ) throws {
    let store = try RunStore(reading: path)
    let selection = try store.select(["run"], RunQuery(sort: key.map { RunSort($0) }))
    var lines: [String] = []
    try store.forEachRunJSON(in: selection) { lines.append($0) }
    #expect(lines.count == 6)
    for (line, row) in zip(lines, selection.rows) {
      #expect(line == (try store.runs(row.values[0].description)[0].json()))
    }
  }

  // MARK: - Groups

  func groups(_ query: GroupQuery) throws -> RunGroups {
    try RunStore(reading: path).groups(query)
  }

  @Test func groupsCountWhatTheyLeaveOut() throws {
    let found = try groups(
      GroupQuery(["lr"], over: ["seed"], statistics: [.count, .median, .iqr]))
    #expect(found.metrics == ["t1", "t2", "train_error", "test_error"])
    #expect(found.groups.map(\.values) == [[.number(0.02)], [.number(0.05)], [.number(0.1)]])
    #expect(found.groups.map(\.count) == [2, 2, 2])
    #expect(found.groups.map(\.unfinished) == [0, 0, 1])
    #expect(found.mixed.isEmpty && found.matching == 6 && found.total == 6)
    // t2: {100, null}, {300, 500}, {null, stopped}.
    #expect(found.groups.map { $0.metrics[1].missing } == [1, 0, 1])
    #expect(
      found.groups.map { $0.metrics[1].values } == [
        [.number(1), .number(100), .number(0)], [.number(2), .number(400), .number(100)],
        [.number(0), .null, .null],
      ])
    for group in found.groups {
      for metric in group.metrics {
        #expect(
          metric.values[0] == .number(Double(group.count - group.unfinished - metric.missing)))
      }
    }
  }

  @Test func groupsThatMixOtherParametersSaySo() throws {
    #expect(try groups(GroupQuery(["lr"], over: ["steps"])).mixed == ["seed"])
    #expect(try groups(GroupQuery(["seed"], over: ["steps"])).mixed == ["learning_rate"])
    #expect(try groups(GroupQuery(["seed", "lr"], over: ["steps"])).mixed.isEmpty)
    #expect(try groups(GroupQuery(["experiment"], over: ["lr", "seed"])).mixed.isEmpty)
    // Whoever names nothing wants them mixed.
    #expect(try groups(GroupQuery(["lr"])).mixed.isEmpty)
  }

  @Test func groupsOfSomeRuns() throws {
    let found = try groups(
      GroupQuery(
        ["status", "seed"], metrics: ["t1"], statistics: [.mean],
        conditions: [try RunCondition("lr > 0.02")]))
    #expect(
      found.groups.map(\.values) == [
        [.text("finished"), .number(1)], [.text("finished"), .number(2)],
        [.text("stopped"), .number(2)],
      ])
    #expect(found.groups.map(\.metrics[0].values) == [[.number(20)], [.number(20)], [.null]])
    #expect(found.matching == 4 && found.total == 6)
  }
}

@Suite struct QuestionTests {
  @Test(arguments: ["", "lr", "lr ~ 3", "= 3", "lr =", "lr < x", "status >= stopped", "lr < null"])
  func malformedConditionsAreRefused(text: String) {
    let error = #expect(throws: RunQueryError.self) { try RunCondition(text) }
    #expect(error?.description.hasPrefix("--where '\(text)': ") == true)
  }

  /// NumPy: mean, std(ddof=1), quantile of [1, 2, 4, 8, 16].
  @Test(arguments: [
    (Statistic.count, 5), (.mean, 6.2), (.std, 6.099180272790763), (.min, 1), (.max, 16),
    (.median, 4), (.iqr, 6), (.q10, 1.4), (.q90, 12.8),
  ]) func statisticsAreNumPys(statistic: Statistic, expected: Double) throws {
    let value = try #require(statistic([1, 2, 4, 8, 16]))
    #expect(Tolerance.sum(.f64, terms: 8).mismatch([value], [expected]) == nil)
  }

  @Test func statisticsOfFewValues() {
    for statistic in Statistic.allCases where statistic != .count {
      #expect(statistic([]) == nil)
      #expect(statistic([3]) == (statistic == .std ? nil : statistic == .iqr ? 0 : 3))
    }
    #expect(Statistic.count([]) == 0 && Statistic.median([1, 2]) == 1.5)
  }
}
