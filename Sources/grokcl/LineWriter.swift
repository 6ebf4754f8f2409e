/// Many lines on standard output, in few writes.
struct LineWriter {
  private var bytes: [UInt8] = []

  /// - Throws: `StoreError.inputOutput`.
  mutating func line(_ text: String) throws {
    bytes.append(contentsOf: text.utf8)
    bytes.append(UInt8(ascii: "\n"))
    if bytes.count >= 1 << 16 { try flush() }
  }

  /// Writes what is left; to be called at the end.
  mutating func flush() throws {
    try Output.write(bytes)
    bytes.removeAll(keepingCapacity: true)
  }
}

/// Rows of cells with columns as wide as the widest cell; the last one is ragged.
struct TextTable {
  private var widths: [Int]

  /// - Parameter least: the least widths of the columns.
  init(least widths: [Int]) { self.widths = widths }

  mutating func fit(_ cells: [String]) {
    for (column, cell) in cells.enumerated() { widths[column] = max(widths[column], cell.count) }
  }

  func row(_ cells: [String]) -> String {
    var text = ""
    for (column, cell) in cells.enumerated() {
      text += cell
      if column + 1 < cells.count {
        text += String(repeating: " ", count: max(0, widths[column] - cell.utf8.count) + 2)
      }
    }
    return text
  }
}
