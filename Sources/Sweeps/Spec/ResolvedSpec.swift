import Experiments

/// A spec as it will run, whatever the defaults of a later version: every key with its value, the
/// grid with its values in their order. Reading it gives the same runs.
public struct ResolvedSpec: Sendable {
  public let yaml: String

  public init(_ spec: SweepSpec) {
    let swept = Set(spec.axes.map(\.key))
    let point = spec.point(0)
    var lines = ["experiment: " + Self.text(.text(spec.experiment.name))]
    for parameter in spec.experiment.parameters where !swept.contains(parameter.key) {
      let value = point[parameter.key]
      if value != .null { lines.append("\(parameter.key): \(Self.text(value))") }
    }
    if !spec.axes.isEmpty { lines.append("sweep:") }
    for axis in spec.axes { lines.append("  \(axis.key): \(Self.text(axis))") }
    yaml = lines.joined(separator: "\n") + "\n"
  }

  /// Consecutive integers, mostly seeds, as a range.
  private static func text(_ axis: SweepAxis) -> String {
    let integers = axis.values.compactMap { value -> Int? in
      if case .integer(let integer) = value { integer } else { nil }
    }
    if let first = integers.first, integers.count == axis.values.count, integers.count > 2,
      zip(integers, integers.dropFirst()).allSatisfy({ $0 + 1 == $1 })
    {
      return "{range: [\(first), \(first + integers.count)]}"
    }
    return text(.list(axis.values))
  }

  private static func text(_ value: ParameterValue) -> String {
    switch value {
    case .number(let number) where !number.isFinite: number < 0 ? "-.inf" : ".inf"
    case .text(let word) where !isPlain(word): value.json
    case .list(let values): "[" + values.map(text).joined(separator: ", ") + "]"
    default: value.description
    }
  }

  /// Whether YAML takes a word without quotes for what it is.
  private static func isPlain(_ word: String) -> Bool {
    word.wholeMatch(of: /[a-zA-Z][a-zA-Z0-9\/_-]*/) != nil
      && !["null", "true", "false"].contains(word.lowercased())
  }
}
