/// A picture of gnuplot's as a part of a page: no background, no identifiers that another picture has
/// too, no more points than can be seen.
package struct InlineSVG {
  package let text: String

  /// Points nearer than this to the line without them are left out, in units of a picture that is 480
  /// (narrow) or 1200 wide.
  private static let tolerance = 0.25

  /// - Parameters:
  ///   - svg: as gnuplot wrote it.
  ///   - id: unique within the page.
  ///   - label: what the picture shows, for those who do not see it.
  ///   - kind: its class.
  /// - Returns: nil if it is no such picture.
  package init?(_ svg: String, id: String, label: String, kind: String) {
    // By bytes: pictures have a megabyte.
    var elements = svg.utf8.split(separator: UInt8(ascii: "<")).map(Substring.init)
    guard let start = elements.firstIndex(where: { $0.hasPrefix("svg") }),
      let end = elements.lastIndex(where: { $0.hasPrefix("/svg>") }), start < end,
      let box = elements[start].firstMatch(of: /viewBox="([^"]*)"/)
    else { return nil }
    elements = Array(elements[(start + 1)..<end])
    // The first rectangle is the background.
    if let background = elements.firstIndex(where: { $0.hasPrefix("rect x=\"0\" y=\"0\"") }) {
      elements.remove(at: background)
    }
    // Titles name curves by their keys, which the page cannot show.
    let isUnseen = { (element: Substring) in
      ["title>", "/title>", "desc>", "/desc>"].contains { element.hasPrefix($0) }
    }
    let used = Set(elements.compactMap(Self.reference))
    let open: HTML =
      "<svg class=\"\(kind)\" viewBox=\"\(String(box.1))\" role=\"img\" aria-label=\"\(label)\">"
    text =
      open.text
      + elements.filter { !isUnseen($0) }
      .map { "<" + Self.element($0, id: id, used: used) }.joined() + "</svg>"
  }

  /// The identifier that an element refers to.
  private static func reference(_ element: Substring) -> String? {
    for mark in ["href='#", "href=\"#", "url(#"] where element.has(mark) {
      guard let start = element.firstRange(of: mark) else { continue }
      return String(element[start.upperBound...].prefix { !"'\")".contains($0) })
    }
    return nil
  }

  private static func element(_ element: Substring, id: String, used: Set<String>) -> String {
    var text = String(element)
    if element.hasPrefix("path"), let path = shorterPath(element) { text = path }
    if let name = identifier(of: text) {
      text.replaceSubrange(
        name.range, with: used.contains(name.value) ? " id='\(id)-\(name.value)'" : "")
    }
    for mark in ["href='#", "href=\"#", "url(#"] where text.has(mark) {
      text = text.replacing(mark, with: mark + id + "-")
    }
    if text.hasPrefix("g ") || text.hasPrefix("tspan ") {
      for attribute in usual where text.has(attribute) {
        text = text.replacing(attribute, with: "")
      }
    }
    if text.has("xlink:href") { text = text.replacing("xlink:href", with: "href") }
    if text.has("rgb(") {
      text = text.replacing(/rgb\( *(\d+), *(\d+), *(\d+)\)/) { "rgb(\($0.1),\($0.2),\($0.3))" }
    }
    // Blanks between elements mean nothing but in texts.
    guard let last = text.utf8.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\t"),
      let end = text.utf8.lastIndex(where: { $0 > UInt8(ascii: " ") })
    else { return text }
    return text[...end] + "\n"
  }

  /// Attributes with the values that they have anyway; the page chooses the font.
  private static let usual = [
    " font-family=\"Helvetica\"", " stroke-width=\"1.00\"", " stroke-linecap=\"butt\"",
    " stroke-linejoin=\"miter\"",
  ]

  private static func identifier(of text: String) -> (range: Range<String.Index>, value: String)? {
    guard text.has(" id="), let start = text.firstRange(of: " id=") else { return nil }
    let quoted = text[start.upperBound...]
    guard let quote = quoted.first, quote == "'" || quote == "\"",
      let end = quoted.dropFirst().firstIndex(of: quote)
    else { return nil }
    return (
      start.lowerBound..<text.index(after: end), String(quoted.dropFirst()[..<end])
    )
  }

  /// The element with fewer points; nil if it is no path of straight lines.
  private static func shorterPath(_ element: Substring) -> String? {
    guard let start = element.firstRange(of: " d='"),
      let end = element.utf8[start.upperBound...].firstIndex(of: UInt8(ascii: "'")),
      let lines = Polyline.lines(ofPath: element[start.upperBound..<end]), !lines.isEmpty
    else { return nil }
    return element[..<start.upperBound] + lines.map { $0.simplified(tolerance).path }.joined()
      + element[end...]
  }
}

extension StringProtocol {
  /// Whether a word of ASCII is in the text; far faster than comparing characters.
  fileprivate func has(_ word: String) -> Bool {
    var word = word
    return word.withUTF8 { sought in
      utf8.withContiguousStorageIfAvailable { text in
        text.indices.dropLast(sought.count - 1).contains { start in
          sought.indices.allSatisfy { text[start + $0] == sought[$0] }
        }
      } ?? false
    }
  }
}
