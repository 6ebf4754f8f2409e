// This file implements the options of a build as data: defines and flags, never pasted strings.

/// How a program is compiled.
///
/// Exact by default: OpenCL C 1.2, correctly rounded float division and square root where the
/// device can, no relaxed mathematics.
public struct ProgramOptions: Sendable, Hashable {
  /// A preprocessor definition.
  public struct Define: Sendable, Hashable {
    /// An identifier.
    public let name: String
    /// Its replacement: no blanks or quotes. Empty for `-D name`.
    public let value: String
  }

  /// Definitions in order.
  public private(set) var defines: [Define]
  /// For `-cl-std=`.
  public var languageStandard = "CL1.2"
  /// Asks for `-cl-fp32-correctly-rounded-divide-sqrt` where the device supports it.
  public var exactDivideSqrt = true
  /// Asks for names and types of kernel arguments, which make argument checks exact.
  public var argumentInfo = true
  /// Flags passed on as they are.
  public var flags: [String] = []

  /// Options with these definitions.
  ///
  /// - Parameter defines: in the order in which they are to be passed.
  public init(defines: KeyValuePairs<String, String> = [:]) {
    self.defines = defines.map { Define(name: $0.key, value: $0.value) }
  }

  /// Adds a definition at the end.
  ///
  /// - Parameters:
  ///   - name: an identifier.
  ///   - value: its replacement, without blanks or quotes.
  public mutating func define(_ name: String, _ value: String = "") {
    defines.append(Define(name: name, value: value))
  }

  /// Adds an integer definition at the end.
  ///
  /// - Parameters:
  ///   - name: an identifier.
  ///   - value: written in decimal.
  public mutating func define(_ name: String, _ value: Int) {
    define(name, String(value))
  }

  /// What is wrong with the options; nil when nothing is.
  public var problem: String? {
    var seen: Set<String> = []
    for define in defines {
      guard isIdentifier(define.name) else { return "'\(define.name)' is no identifier" }
      guard seen.insert(define.name).inserted else { return "\(define.name) is defined twice" }
      guard !define.value.contains(where: { $0.isWhitespace || $0 == "\"" || $0 == "'" }) else {
        return "the value of \(define.name) has blanks or quotes: \(define.value)"
      }
    }
    guard flags.allSatisfy({ $0.hasPrefix("-") }) else { return "flags start with '-': \(flags)" }
    return nil
  }

  /// The text for `clBuildProgram` on such a device.
  ///
  /// - Parameter capabilities: decides what is supported.
  /// - Returns: options separated by blanks, the same for equal options.
  public func text(for capabilities: Capabilities) -> String {
    var parts = ["-cl-std=\(languageStandard)"]
    if exactDivideSqrt && capabilities.hasExactDivideSqrt {
      parts.append("-cl-fp32-correctly-rounded-divide-sqrt")
    }
    if argumentInfo { parts.append("-cl-kernel-arg-info") }
    parts += flags
    for define in defines {
      parts.append(define.value.isEmpty ? "-D \(define.name)" : "-D \(define.name)=\(define.value)")
    }
    return parts.joined(separator: " ")
  }

  private func isIdentifier(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= first) else {
      return false
    }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }
}
