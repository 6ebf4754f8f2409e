/// One key of an experiment's spec: what it means, what it may be, and what it is by default.
public struct ParameterDefinition: Sendable {
  /// The values a key may take.
  public enum Kind: Sendable {
    case integer(ClosedRange<Int>)
    /// A number in a range; the lower end is excluded if `open`.
    case number(ClosedRange<Double>, open: Bool)
    case choice([String])
    case boolean
    case integers(ClosedRange<Int>)
    /// A positive number or one of the named expressions.
    case expression([String])
    /// A file or folder.
    case path
  }

  /// Dotted path in the spec.
  public let key: String
  public let kind: Kind
  public let defaultValue: ParameterValue
  /// Empty for pure numbers.
  public let unit: String
  public let summary: String

  public init(
    _ key: String, _ kind: Kind, default defaultValue: ParameterValue, unit: String = "",
    _ summary: String
  ) {
    self.key = key
    self.kind = kind
    self.defaultValue = defaultValue
    self.unit = unit
    self.summary = summary
  }

  /// A key that names a case of an enumeration.
  public static func choice<T: RawRepresentable & CaseIterable>(
    _ key: String, _ type: T.Type, _ defaultValue: ParameterValue, _ summary: String
  ) -> ParameterDefinition where T.RawValue == String {
    ParameterDefinition(
      key, .choice(T.allCases.map(\.rawValue)), default: defaultValue, summary)
  }

  /// Whether the key may be left without a value (`null`).
  public var isOptional: Bool { defaultValue == .null }

  /// What the key allows, in words.
  public var allowed: String {
    let values =
      switch kind {
      case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
      case .number(let range, let open): Self.words(range, open)
      case .choice(let names): "one of " + names.joined(separator: ", ")
      case .boolean: "true or false"
      case .integers(let range):
        "a list of integers from \(range.lowerBound) to \(range.upperBound)"
      case .expression(let names): "a positive number or " + names.joined(separator: " or ")
      case .path: "a path"
      }
    return isOptional ? values + ", or null" : values
  }

  /// The value in the key's own type, or nil if it is not allowed.
  public func accept(_ value: ParameterValue) -> ParameterValue? {
    if value == .null { return isOptional ? value : nil }
    switch (kind, value) {
    case (.integer(let range), .integer(let number)) where range.contains(number): return value
    case (.integer(let range), .number(let number)):
      guard let integer = Int(exactly: number), range.contains(integer) else { return nil }
      return .integer(integer)
    case (.number(let range, let open), _):
      guard let number = value.asNumber, range.contains(number) else { return nil }
      // Adding zero turns -0 into 0, which is the same value and must be the same run.
      return open && number == range.lowerBound ? nil : .number(number + 0)
    case (.choice(let names), .text(let name)) where names.contains(name): return value
    case (.boolean, .boolean): return value
    case (.integers(let range), .list(let values)):
      return acceptList(values, range)
    case (.path, .text(let path)) where !path.isEmpty: return value
    case (.expression(let names), .text(let name)) where names.contains(name): return value
    case (.expression, _):
      guard let number = value.asNumber, number > 0, number.isFinite else { return nil }
      return .number(number)
    default: return nil
    }
  }

  private func acceptList(_ values: [ParameterValue], _ range: ClosedRange<Int>) -> ParameterValue?
  {
    let integers = values.compactMap { value -> Int? in
      guard let number = value.asNumber, let integer = Int(exactly: number) else { return nil }
      return range.contains(integer) ? integer : nil
    }
    guard integers.count == values.count, !integers.isEmpty else { return nil }
    return .list(Array(Set(integers)).sorted().map { .integer($0) })
  }

  private static func words(_ range: ClosedRange<Double>, _ open: Bool) -> String {
    let lower = range.lowerBound == 0 ? "0" : "\(range.lowerBound)"
    let relation = open ? "greater than \(lower)" : "at least \(lower)"
    if range.upperBound == .infinity { return "a number \(relation), .inf included" }
    if range.upperBound == .greatestFiniteMagnitude { return "a number \(relation)" }
    return "a number \(relation) and at most \(range.upperBound)"
  }
}
