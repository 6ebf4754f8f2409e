import Foundation

/// A value of a spec key.
public enum ParameterValue: Sendable, Hashable {
  case null
  case boolean(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case list([ParameterValue])

  /// The value as a number, where it is one.
  public var asNumber: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// Canonical JSON: equal values have equal text, whatever way they were written.
  public var json: String {
    switch self {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .number(let value): JSONText.parameter(value)
    case .text(let value): JSONText.string(value)
    case .list(let values): "[" + values.map(\.json).joined(separator: ",") + "]"
    }
  }
}

extension ParameterValue: CustomStringConvertible {
  public var description: String {
    switch self {
    case .text(let value): value
    case .list(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
    default: json
    }
  }
}

/// JSON text of single values.
public enum JSONText {
  /// A metric: a number, or null where it is not finite (JSON has no infinities).
  public static func metric(_ value: Double) -> String {
    value.isFinite ? "\(value)" : "null"
  }

  /// A parameter: a number, or the strings "inf", "-inf", "nan".
  public static func parameter(_ value: Double) -> String {
    value.isFinite ? "\(value)" : "\"\(value)\""
  }

  public static func string(_ value: String) -> String {
    let isPlain = value.utf8.allSatisfy {
      $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    if isPlain { return "\"" + value + "\"" }
    var text = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      default:
        if scalar.value < 0x20 {
          text += String(format: "\\u%04x", scalar.value)
        } else {
          text.unicodeScalars.append(scalar)
        }
      }
    }
    return text + "\""
  }

  public static func object(_ members: [(String, String)]) -> String {
    var text = "{"
    for (index, member) in members.enumerated() {
      if index > 0 { text += "," }
      text += string(member.0)
      text += ":"
      text += member.1
    }
    return text + "}"
  }
}
