import Experiments
import Foundation

/// One swept key and its values, in the order they are given.
public struct SweepAxis: Sendable {
  public let key: String
  public let values: [ParameterValue]

  private static let longest = 10_000_000

  /// Reads `[a, b, c]`, `{logspace: [first, last, count]}`, `{linspace: [first, last, count]}` or
  /// `{range: [start, end]}` (end excluded, optional third number: the step).
  init(_ definition: ParameterDefinition, _ node: SpecNode) throws {
    let key = definition.key
    self.key = key
    let raw = try Self.rawValues(node, key)
    guard !raw.isEmpty else {
      throw SpecError(place: node.place, key: "sweep." + key, "has no values")
    }
    values = try raw.map { value in
      guard let accepted = definition.accept(value) else {
        throw SpecError(
          place: node.place, key: "sweep." + key, value: value.description,
          "must be \(definition.allowed)")
      }
      return accepted
    }
    guard Set(values).count == values.count else {
      throw SpecError(place: node.place, key: "sweep." + key, "has the same value twice")
    }
  }

  private static func rawValues(_ node: SpecNode, _ key: String) throws -> [ParameterValue] {
    if case .list(let values)? = node.value { return values }
    let forms =
      "a list, {logspace: [first, last, count]}, {linspace: [...]} or {range: [start, end]}"
    guard let members = node.members, members.count == 1, let (form, bounds) = members.first,
      case .list(let list)? = bounds.value
    else { throw SpecError(place: node.place, key: "sweep." + key, "must be \(forms)") }
    let numbers = list.compactMap(\.asNumber)
    guard numbers.count == list.count, numbers.allSatisfy(\.isFinite) else {
      throw SpecError(place: node.place, key: "sweep.\(key).\(form)", "must hold numbers")
    }
    switch (form, numbers.count) {
    case ("logspace", 3) where numbers[0] > 0 && numbers[1] > 0:
      return try spaced(numbers.map { log($0) }, node, key, numbers).map { .number($0) }
    case ("linspace", 3):
      return try spaced(numbers, node, key, numbers).map { .number($0) }
    case ("range", 2...3):
      return try range(numbers, node, key)
    default:
      throw SpecError(place: node.place, key: "sweep.\(key).\(form)", "must be \(forms)")
    }
  }

  /// Evenly spaced from `ends[0]` to `ends[1]`; in log space both ends are kept exactly.
  private static func spaced(
    _ ends: [Double], _ node: SpecNode, _ key: String, _ given: [Double]
  ) throws -> [Double] {
    guard let count = Int(exactly: given[2]), (1...longest).contains(count) else {
      throw SpecError(
        place: node.place, key: "sweep." + key, value: "\(given[2])",
        "the count must be an integer from 1 to \(longest)")
    }
    let isLogarithmic = ends[0] != given[0] || ends[1] != given[1]
    return (0..<count).map { i in
      if i == 0 { return given[0] }
      if i == count - 1 { return given[1] }
      let x = ends[0] + (ends[1] - ends[0]) * Double(i) / Double(count - 1)
      return isLogarithmic ? exp(x) : x
    }
  }

  private static func range(
    _ numbers: [Double], _ node: SpecNode, _ key: String
  ) throws -> [ParameterValue] {
    let integers = numbers.compactMap { Int(exactly: $0) }
    let step = integers.count == 3 ? integers[2] : 1
    // In doubles, which do not overflow: what is given may be anything.
    guard integers.count == numbers.count, step > 0, numbers[0] < numbers[1],
      (numbers[1] - numbers[0]) / Double(step) <= Double(longest)
    else {
      throw SpecError(
        place: node.place, key: "sweep.\(key).range",
        "must be integers [start, end] with start < end, and a step above 0")
    }
    return stride(from: integers[0], to: integers[1], by: step).map { .integer($0) }
  }
}
