/// Cells of tables.
enum CSVText {
  /// Text that may have commas, in quotes.
  static func quoted(_ text: String) -> String {
    "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }
}
