/// Text of a page. What is put into a literal is escaped, unless it is such text itself:
/// `"<p>\(anything)</p>"` is safe whatever `anything` says.
struct HTML: ExpressibleByStringInterpolation {
  private(set) var text: String

  init(stringLiteral value: String) { text = value }
  init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

  /// Text that is known to be well-formed.
  init(trusted text: String) { self.text = text }

  struct Interpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(2 * literalCapacity)
    }

    mutating func appendLiteral(_ literal: String) { text += literal }
    mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      text += HTML.escaped("\(value)")
    }
    mutating func appendInterpolation(_ page: HTML) { text += page.text }
    mutating func appendInterpolation(_ page: HTML?) { text += page?.text ?? "" }
    mutating func appendInterpolation(_ pages: [HTML]) { pages.forEach { text += $0.text } }
  }

  static func + (a: HTML, b: HTML) -> HTML { HTML(trusted: a.text + b.text) }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      // Not allowed in a page in any form.
      case "\0"..."\u{8}", "\u{B}"..."\u{1F}", "\u{7F}": break
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
