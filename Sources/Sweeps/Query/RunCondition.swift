/// A condition on runs, such as `learning_rate <= 0.1`.
public struct RunCondition: Sendable, Equatable {
  public enum Relation: String, Sendable, CaseIterable {
    case notEqual = "!="
    case atMost = "<="
    case atLeast = ">="
    case equal = "="
    case less = "<"
    case greater = ">"

    var isOrder: Bool { self != .equal && self != .notEqual }
  }

  public let key: String
  public let relation: Relation
  public let value: RunValue

  /// Reads `KEY OP VALUE`.
  ///
  /// - Throws: `RunQueryError`.
  public init(_ text: String) throws {
    guard let start = text.firstIndex(where: { "!<>=".contains($0) }) else {
      throw RunQueryError("--where '\(text)': \(Self.form)")
    }
    let rest = text[start...]
    guard let relation = Relation.allCases.first(where: { rest.hasPrefix($0.rawValue) }) else {
      throw RunQueryError("--where '\(text)': \(Self.form)")
    }
    // `==` is what programmers write.
    let isDoubled = relation == .equal && rest.hasPrefix("==")
    let operand = rest.dropFirst(relation.rawValue.count + (isDoubled ? 1 : 0)).trimmingWhitespace
    key = text[..<start].trimmingWhitespace
    self.relation = relation
    value = RunValue(operand)
    guard !key.isEmpty, !operand.isEmpty else {
      throw RunQueryError("--where '\(text)': \(Self.form)")
    }
    guard !relation.isOrder || value.number != nil else {
      throw RunQueryError("--where '\(text)': \(relation.rawValue) needs a number, not \(operand)")
    }
  }

  private static let form =
    "must be KEY OP VALUE with an OP of " + Relation.allCases.map(\.rawValue).joined(separator: " ")

  /// What is null is equal to null only, and neither above nor below anything.
  func holds(_ found: RunValue) -> Bool {
    switch relation {
    case .equal: return found == value
    case .notEqual: return found != value
    default: break
    }
    guard let a = found.number, let b = value.number else { return false }
    return switch relation {
    case .less: a < b
    case .atMost: a <= b
    case .greater: a > b
    default: a >= b
    }
  }
}

/// A question about runs that cannot be asked.
public struct RunQueryError: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
