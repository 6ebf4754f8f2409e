import ArgumentParser
import Sweeps

struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs",
    abstract: "List what is in a store, or statistics over groups of runs.",
    discussion: """
      A KEY is a parameter (lr and wd are short for learning_rate and weight_decay), a final metric
      such as test_error, or one of run, experiment, status, steps, t1, t2, t2-t1, device, precision,
      mapping, seconds. t1 and t2 are null where they were not reached; null is neither above nor
      below anything.

        grokcl runs a.sqlite --where 'lr <= 0.1' --where 't2 != null' --sort=-t2 --limit 10
        grokcl runs a.sqlite --group lr,wd --over seed --stat median,iqr

      Statistics are of finished runs with a value; beside them stand the number of all runs (n), of
      unfinished ones, and of finished ones without a value (null).
      """)

  @Argument(help: "The SQLite file of `run --store`.")
  var store: String

  @Option(
    name: .customLong("where"),
    help: "Only runs with KEY OP VALUE, OP one of = != < <= > >=; all conditions must hold.")
  var conditions: [String] = []

  @Option(help: "Order by a key; --sort=-KEY from the largest. Of groups: by a column.")
  var sort: String?

  @Flag(help: "With --sort: from the largest.")
  var descending = false

  @Option(help: "The first so many rows.")
  var limit: Int?

  @Option(help: "Statistics over runs with equal values of these keys, such as lr,wd.")
  var group: String?

  @Option(help: "With --group: what runs of a group may differ in, such as seed.")
  var over: String?

  @Option(help: "With --group: \(Statistic.allCases.map(\.rawValue).joined(separator: ", ")).")
  var stat: String?

  @Option(help: "With --group: of these keys (default: t1, t2, and what they are read from).")
  var metric: String?

  @Flag(help: "One JSON object per run or group.")
  var json = false

  func validate() throws {
    if let limit, limit < 0 {
      throw ValidationError("--limit \(limit): must be at least 0")
    }
    for (option, value) in [("over", over), ("stat", stat), ("metric", metric)]
    where value != nil && group == nil {
      throw ValidationError("--\(option) needs --group")
    }
    if descending, sort == nil { throw ValidationError("--descending needs --sort") }
    for (option, value) in [("group", group), ("over", over), ("metric", metric)] {
      if let value, KeyList.names(value).isEmpty {
        throw ValidationError("--\(option) '\(value)': must be keys with commas between them")
      }
    }
    _ = try statistics()
  }

  func run() throws {
    let store = try RunStore(reading: store)
    let conditions = try conditions.map { try RunCondition($0) }
    let sort = sort.map { RunSort($0, descending: descending) }
    if let group {
      var query = GroupQuery(KeyList.names(group), conditions: conditions)
      query.over = over.map(KeyList.names) ?? []
      query.metrics = metric.map(KeyList.names)
      query.statistics = try statistics()
      try GroupListing(store, query, sort, limit).write(json: json)
    } else {
      let query = RunQuery(conditions, sort: sort, limit: limit)
      try RunListing(store, query).write(json: json)
    }
  }

  private func statistics() throws -> [Statistic] {
    try KeyList.names(stat ?? "median,iqr").map { name in
      guard let statistic = Statistic(rawValue: name) else {
        let all = Statistic.allCases.map(\.rawValue)
        throw ValidationError(
          "--stat '\(name)': must be one of " + all.joined(separator: ", ")
            + Spelling.suggestion(name, all))
      }
      return statistic
    }
  }
}
