import ArgumentParser
import Foundation

/// A line `#SBATCH --name=value` of a batch script.
struct BatchDirective {
  private let text: String

  init(_ name: String, _ value: String? = nil) {
    text = "--\(name)" + (value.map { "=" + Self.quoted($0) } ?? "")
  }

  /// An option as it would stand on sbatch's command line.
  init(written option: String) {
    let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    text = parts[0] + (parts.count > 1 ? "=" + Self.quoted(String(parts[1])) : "")
  }

  var line: String { "#SBATCH " + text }

  private static func quoted(_ value: String) -> String {
    value.wholeMatch(of: /[^\s#]+/) != nil ? value : "\"\(value)\""
  }

  /// An absolute path that may stand in a directive, where nothing is escaped and % is a pattern.
  ///
  /// - Throws: `ValidationError` naming `option`.
  static func path(_ path: String, of option: String) throws -> String {
    let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
    guard absolute.wholeMatch(of: /[^"'\\%\n\r]+/) != nil else {
      throw ValidationError("\(option) '\(path)': must be a path without quotes, \\ and %")
    }
    return absolute
  }
}
