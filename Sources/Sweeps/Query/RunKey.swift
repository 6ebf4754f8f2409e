import Experiments

/// What a key of a condition or a table names in the summary of a run.
public enum RunKey: Sendable, Hashable {
  /// A column of the table `runs`.
  case column(String)
  /// A parameter or, where there is none of that name, a final metric.
  case detail(String)

  /// Names of columns that are keys; `run` is the identity, `t2-t1` a difference of two.
  public static let columns = [
    "run", "experiment", "status", "steps", "t1", "t2", "t2-t1", "device", "precision", "mapping",
    "seconds", "run_steps_per_second", "max_deviation", "version",
  ]

  /// Short for keys that are typed often.
  private static let abbreviations = ["lr": "learning_rate", "wd": "weight_decay"]

  public init(_ name: String) {
    if Self.columns.contains(name) {
      self = .column(name)
    } else {
      self = .detail(Self.abbreviations[name] ?? name)
    }
  }

  public var name: String {
    switch self {
    case .column(let name), .detail(let name): name
    }
  }

  /// As SQL names it.
  var sql: String { ["run": "id", "t2-t1": "(t2 - t1)"][name] ?? name }
}
