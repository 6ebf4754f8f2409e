import Experiments

/// A parameter, metric or property of a run, as conditions and tables see it.
public enum RunValue: Sendable, Hashable {
  /// Not reached, not finite, or not there.
  case null
  case number(Double)
  case text(String)

  /// As one writes it in a condition; `true`, `false` and lists are text.
  public init(_ text: some StringProtocol) {
    let bare = text.trimmingWhitespace
    if bare == "null" || bare == "-" {
      self = .null
    } else if let number = Double(bare), !number.isNaN {
      self = .number(number)
    } else {
      self = .text(bare)
    }
  }

  public var number: Double? { if case .number(let value) = self { value } else { nil } }

  public var json: String {
    switch self {
    case .null: "null"
    case .number(let value): value.isFinite ? description : JSONText.parameter(value)
    case .text(let value): JSONText.string(value)
    }
  }

  /// Numbers in ascending order, then text, then what is null.
  public static func precedes(_ a: RunValue, _ b: RunValue) -> Bool {
    switch (a, b) {
    case (.number(let a), .number(let b)): a < b
    case (.text(let a), .text(let b)): a < b
    case (.number, .text): true
    case (_, .null): a != .null
    default: false
    }
  }
}

extension RunValue: CustomStringConvertible {
  public var description: String {
    switch self {
    case .null: "-"
    case .number(let value): Int(exactly: value).map(String.init) ?? "\(value)"
    case .text(let value): value
    }
  }
}

extension StringProtocol {
  var trimmingWhitespace: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
