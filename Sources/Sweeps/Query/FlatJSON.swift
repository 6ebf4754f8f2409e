import Foundation

/// Reads the JSON objects of `parameters` and `final` where they lie, in one pass and without making
/// objects of their members: there may be a hundred thousand of them.
enum FlatJSON {
  /// Calls `body` with the key and the value of every member, both as they are written; keys without
  /// their quotes.
  ///
  /// - Returns: whether the bytes are an object.
  @discardableResult
  static func forEachMember(
    _ json: UnsafeRawBufferPointer,
    _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void
  ) -> Bool {
    var at = skipBlanks(json, 0)
    guard at < json.count, json[at] == UInt8(ascii: "{") else { return false }
    at = skipBlanks(json, at + 1)
    while at < json.count, json[at] == UInt8(ascii: "\"") {
      let keyEnd = endOfString(json, at)
      let colon = skipBlanks(json, keyEnd)
      guard colon < json.count, json[colon] == UInt8(ascii: ":") else { return false }
      let start = skipBlanks(json, colon + 1)
      let end = endOfValue(json, start)
      guard end > start, end < json.count else { return false }
      body(
        UnsafeRawBufferPointer(rebasing: json[(at + 1)..<(keyEnd - 1)]),
        UnsafeRawBufferPointer(rebasing: json[start..<end]))
      at = skipBlanks(json, end)
      guard at < json.count, json[at] == UInt8(ascii: ",") else { break }
      at = skipBlanks(json, at + 1)
    }
    return at < json.count && json[at] == UInt8(ascii: "}")
  }

  /// The value of a member, from its text.
  static func value(_ text: UnsafeRawBufferPointer) -> RunValue {
    guard let first = text.first else { return .null }
    switch first {
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "\""):
      let string = string(text)
      // Numbers that JSON does not have.
      let number = ["inf": Double.infinity, "-inf": -Double.infinity][string]
      return number.map(RunValue.number) ?? (string == "nan" ? .null : .text(string))
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return number(text).map(RunValue.number) ?? .text(String(decoding: text, as: UTF8.self))
    default: return .text(String(decoding: text, as: UTF8.self))
    }
  }

  private static func number(_ text: UnsafeRawBufferPointer) -> Double? {
    // Most are short integers.
    if text.count < 16 {
      var integer = 0
      for byte in text {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { integer = -1; break }
        integer = 10 * integer + Int(byte & 15)
      }
      if integer >= 0 { return Double(integer) }
    }
    return Double(String(decoding: text, as: UTF8.self))
  }

  private static func string(_ quoted: UnsafeRawBufferPointer) -> String {
    let inner = UnsafeRawBufferPointer(rebasing: quoted.dropFirst().dropLast())
    guard inner.contains(UInt8(ascii: "\\")) else { return String(decoding: inner, as: UTF8.self) }
    return (try? JSONDecoder().decode(String.self, from: Data(quoted)))
      ?? String(decoding: inner, as: UTF8.self)
  }

  private static func skipBlanks(_ json: UnsafeRawBufferPointer, _ start: Int) -> Int {
    var at = start
    while at < json.count, json[at] <= UInt8(ascii: " ") { at += 1 }
    return at
  }

  /// The place after the closing quote of the string that begins at `start`.
  private static func endOfString(_ json: UnsafeRawBufferPointer, _ start: Int) -> Int {
    var at = start + 1
    while at < json.count, json[at] != UInt8(ascii: "\"") {
      at += json[at] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(at + 1, json.count)
  }

  /// The place after the value that begins at `start`.
  private static func endOfValue(_ json: UnsafeRawBufferPointer, _ start: Int) -> Int {
    var (at, depth) = (start, 0)
    while at < json.count {
      switch json[at] {
      case UInt8(ascii: "\""):
        at = endOfString(json, at)
        continue
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        if depth == 0 { return at }
        depth -= 1
      case UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "\n"):
        if depth == 0 { return at }
      default: break
      }
      at += 1
    }
    return at
  }
}
