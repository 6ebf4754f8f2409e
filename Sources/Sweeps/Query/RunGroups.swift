import Experiments

/// What is asked of groups of runs.
public struct GroupQuery: Sendable {
  /// Runs with equal values of these are a group.
  public var keys: [String]
  /// What the runs of a group are meant to differ in; empty for anything.
  public var over: [String]
  /// Nil for t1, t2 and the final metrics that they are read from.
  public var metrics: [String]?
  public var statistics: [Statistic]
  public var conditions: [RunCondition]

  public init(
    _ keys: [String], over: [String] = [], metrics: [String]? = nil,
    statistics: [Statistic] = [.median, .iqr], conditions: [RunCondition] = []
  ) {
    self.keys = keys
    self.over = over
    self.metrics = metrics
    self.statistics = statistics
    self.conditions = conditions
  }
}

/// Statistics over groups of runs, with everything that they leave out.
public struct RunGroups: Sendable {
  public struct Summary: Sendable, Equatable {
    /// Finished runs without a value: t1 or t2 not reached, metrics that are not finite.
    public let missing: Int
    /// One per statistic that was asked for; null where there are too few values.
    public let values: [RunValue]
  }

  public struct Group: Sendable {
    public let values: [RunValue]
    /// All runs of the group.
    public let count: Int
    /// Those that diverged or were stopped; no statistic includes them.
    public let unfinished: Int
    /// One per metric.
    public let metrics: [Summary]
  }

  public let query: GroupQuery
  public let metrics: [String]
  /// In ascending order of their values.
  public var groups: [Group]
  /// Parameters besides `over` that differ within groups.
  public let mixed: [String]
  public let matching: Int
  public let total: Int
}

extension RunStore {
  /// Statistics over groups of runs.
  ///
  /// - Throws: `StoreError.unknownKey`.
  public func groups(_ query: GroupQuery) throws -> RunGroups {
    let names = ["status"] + query.keys + query.conditions.map(\.key) + query.over
    let metrics = query.metrics ?? ["t1", "t2"]
    let guessed = query.metrics == nil ? Self.thresholdMetrics.flatMap { $0 } : []
    let conditionsStart = 1 + query.keys.count
    let metricsStart = names.count
    let accounted = (query.keys + query.over).map { Array(RunKey($0).name.utf8) }
    var (total, matching) = (0, 0)
    var accounts: [[RunValue]: GroupAccount] = [:]
    let isFound = try scan(
      (names + metrics).map(RunKey.init), optional: guessed.map(RunKey.init),
      parameters: !query.over.isEmpty
    ) { run in
      total += 1
      for (index, condition) in query.conditions.enumerated()
      where !condition.holds(run.values[conditionsStart + index]) { return }
      matching += 1
      let key = Array(run.values[1..<conditionsStart])
      let account = accounts[key] ?? GroupAccount(metrics: metrics.count + guessed.count)
      if account.count == 0 { accounts[key] = account }
      account.add(isFinished: run.values[0] == .text("finished"), run.values[metricsStart...])
      if !query.over.isEmpty { account.compare(run.parameters, besides: accounted) }
    }
    let ordered = accounts.sorted { a, b in
      zip(a.key, b.key).first { $0 != $1 }.map { RunValue.precedes($0, $1) } ?? false
    }
    let chosen = Self.chosen(guessed, isFound.suffix(guessed.count))
    let slots = Array(metrics.indices) + chosen.map { metrics.count + $0 }
    return RunGroups(
      query: query, metrics: metrics + chosen.map { guessed[$0] },
      groups: ordered.map { $0.value.group($0.key, slots, query.statistics) },
      mixed: Set(accounts.values.flatMap(\.mixed)).sorted(), matching: matching, total: total)
  }

  /// The metrics that t1 and t2 are read from: accuracies before errors before losses.
  private static let thresholdMetrics = ["train", "test", "population"].map { part in
    ["accuracy", "error", "loss"].map { "\(part)_\($0)" }
  }

  /// The first of each three that a run has.
  private static func chosen(_ guessed: [String], _ isFound: ArraySlice<Bool>) -> [Int] {
    let isFound = Array(isFound)
    return stride(from: 0, to: guessed.count, by: 3).compactMap { start in
      (start..<(start + 3)).first { isFound[$0] }
    }
  }
}

/// A group while it is being added up.
private final class GroupAccount {
  private(set) var count = 0
  private var unfinished = 0
  private var missing: [Int]
  private var values: [[Double]]
  private var example: [UInt8] = []
  private var hash = 0
  private(set) var mixed: Set<String> = []
  /// Naming what differs costs; a few runs tell it.
  private var comparisonsLeft = 20

  init(metrics: Int) {
    missing = Array(repeating: 0, count: metrics)
    values = Array(repeating: [], count: metrics)
  }

  func add(isFinished: Bool, _ found: ArraySlice<RunValue>) {
    count += 1
    guard isFinished else {
      unfinished += 1
      return
    }
    for (metric, value) in found.enumerated() {
      if case .number(let number) = value, number.isFinite {
        values[metric].append(number)
      } else {
        missing[metric] += 1
      }
    }
  }

  /// Finds out whether the group's runs differ in other parameters than those accounted for.
  func compare(_ parameters: UnsafeRawBufferPointer, besides accounted: [[UInt8]]) {
    guard comparisonsLeft > 0 else { return }
    var hasher = Hasher()
    FlatJSON.forEachMember(parameters) { key, value in
      guard !accounted.contains(where: { $0.count == key.count && key.elementsEqual($0) }) else {
        return
      }
      hasher.combine(bytes: key)
      hasher.combine(bytes: value)
    }
    let found = hasher.finalize()
    if count == 1 {
      example = Array(parameters)
      hash = found
    } else if found != hash {
      comparisonsLeft -= 1
      let mine = example.withUnsafeBytes(Self.members)
      let theirs = Self.members(parameters)
      let names = accounted.map { String(decoding: $0, as: UTF8.self) }
      for key in Set(mine.keys).union(theirs.keys).subtracting(names)
      where mine[key] != theirs[key] { mixed.insert(key) }
    }
  }

  private static func members(_ json: UnsafeRawBufferPointer) -> [String: [UInt8]] {
    var members: [String: [UInt8]] = [:]
    FlatJSON.forEachMember(json) { members[String(decoding: $0, as: UTF8.self)] = Array($1) }
    return members
  }

  func group(
    _ key: [RunValue], _ metrics: [Int], _ statistics: [Statistic]
  ) -> RunGroups.Group {
    let summaries = metrics.map { metric in
      let sorted = values[metric].sorted()
      return RunGroups.Summary(
        missing: missing[metric],
        values: statistics.map { statistic in statistic(sorted).map(RunValue.number) ?? .null })
    }
    return RunGroups.Group(
      values: key, count: count, unfinished: unfinished, metrics: summaries)
  }
}
