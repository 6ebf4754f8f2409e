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
    var elements = svg.split(separator: "<", omittingEmptySubsequences: true)
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
    for mark in ["href='#", "href=\"#", "url(#"] {
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
    for mark in ["href='#", "href=\"#", "url(#"] where text.contains(mark) {
      text = text.replacing(mark, with: mark + id + "-")
    }
    if text.contains("xlink:href") { text = text.replacing("xlink:href", with: "href") }
    if text.contains("rgb( ") || text.contains(",  ") {
      text = text.replacing(/rgb\( *(\d+), *(\d+), *(\d+)\)/) { "rgb(\($0.1),\($0.2),\($0.3))" }
    }
    // Blanks between elements mean nothing but in texts.
    return text.hasSuffix("\n") || text.hasSuffix("\t")
      ? String(text.reversed().drop { $0.isWhitespace }.reversed()) + "\n" : text
  }

  private static func identifier(of text: String) -> (range: Range<String.Index>, value: String)? {
    guard let start = text.firstRange(of: " id=") else { return nil }
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
      let end = element[start.upperBound...].firstIndex(of: "'"),
      let lines = Polyline.lines(ofPath: element[start.upperBound..<end]), !lines.isEmpty
    else { return nil }
    return element[..<start.upperBound] + lines.map { $0.simplified(tolerance).path }.joined()
      + element[end...]
  }
}
