/// A matrix of +-1 stored as bits, a 32nd of its size in Float, with products by table.
///
/// Bit j of byte [g][row] is 1 where column 8 g + j of that row is -1; bits beyond the columns are 0.
/// For eight numbers at a time the 256 sums of all sign patterns are made once, and each row picks
/// its sum by a byte (the method of four Russians).
public struct SignMatrix: Sendable, Equatable {
  public let rows: Int
  public let columns: Int
  /// [column / 8][row]
  public let bytes: [UInt8]

  /// - Precondition: `bytes.count == rows * groups(of: columns)`.
  public init(rows: Int, columns: Int, bytes: [UInt8]) {
    let groups = Self.groups(of: columns)
    precondition(bytes.count == rows * groups, "a row needs columns / 8 bytes")
    self.rows = rows
    self.columns = columns
    var clean = bytes
    if columns % 8 > 0 {
      for row in 0..<rows { clean[(groups - 1) * rows + row] &= (1 << UInt8(columns % 8)) - 1 }
    }
    self.bytes = clean
  }

  /// Nil unless all entries are +-1.
  public init?(_ matrix: DenseMatrix) {
    guard matrix.values.allSatisfy({ $0 == 1 || $0 == -1 }) else { return nil }
    var bytes = [UInt8](repeating: 0, count: matrix.rows * Self.groups(of: matrix.columns))
    for row in 0..<matrix.rows {
      for column in 0..<matrix.columns where matrix.values[row * matrix.columns + column] < 0 {
        bytes[column / 8 * matrix.rows + row] |= 1 << UInt8(column % 8)
      }
    }
    self.init(rows: matrix.rows, columns: matrix.columns, bytes: bytes)
  }

  public static func groups(of columns: Int) -> Int { (columns + 7) / 8 }

  public subscript(row: Int, column: Int) -> Double {
    bytes[column / 8 * rows + row] >> UInt8(column % 8) & 1 == 0 ? 1 : -1
  }

  public var dense: DenseMatrix {
    var result = DenseMatrix(rows: rows, columns: columns)
    for row in 0..<rows {
      for column in 0..<columns { result.values[row * columns + column] = self[row, column] }
    }
    return result
  }

  public var transposed: SignMatrix {
    var turned = [UInt8](repeating: 0, count: columns * Self.groups(of: rows))
    for column in 0..<columns {
      let (group, bit) = (column / 8 * rows, UInt8(column % 8))
      for row in 0..<rows {
        let sign = bytes[group + row] >> bit & 1
        turned[row / 8 * columns + column] |= sign << UInt8(row % 8)
      }
    }
    return SignMatrix(rows: columns, columns: rows, bytes: turned)
  }

  /// The bits row by row: bit c % 32 of word [row][c / 32] is 1 where column c is -1; `words` per
  /// row, at least as many as the columns need.
  public func rowWords(_ words: Int) -> [UInt32] {
    var result = [UInt32](repeating: 0, count: rows * words)
    for group in 0..<Self.groups(of: columns) {
      for row in 0..<rows {
        result[row * words + group / 4] |=
          UInt32(bytes[group * rows + row]) << UInt32(group % 4 * 8)
      }
    }
    return result
  }

  /// y += X w, for the columns of `range`, whose bounds are multiples of 8 or the last.
  ///
  /// - Parameters:
  ///   - w: [columns]
  ///   - y: [rows]; only `results` of it.
  @inline(__always)
  public func addProduct<S: BinaryFloatingPoint>(
    _ w: UnsafePointer<S>, columns range: Range<Int>, to y: UnsafeMutablePointer<S>,
    results: Range<Int>
  ) {
    withUnsafeTemporaryAllocation(of: S.self, capacity: 256) { table in
      guard let table = table.baseAddress else { return }
      bytes.withUnsafeBufferPointer { bytes in
        guard let bytes = bytes.baseAddress else { return }
        for first in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
          Self.makeTable(w + first, min(8, columns - first), table)
          let group = bytes + first / 8 * rows
          for i in results { y[i] += table[Int(group[i])] }
        }
      }
    }
  }

  /// X w
  public func product(_ w: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: rows)
    w.withUnsafeBufferPointer { w in
      result.withUnsafeMutableBufferPointer { result in
        guard let w = w.baseAddress, let result = result.baseAddress else { return }
        addProduct(w, columns: 0..<columns, to: result, results: 0..<rows)
      }
    }
    return result
  }

  /// table[b] = sum_j (bit j of b ? -x_j : x_j)
  @inline(__always)
  private static func makeTable<S: BinaryFloatingPoint>(
    _ x: UnsafePointer<S>, _ count: Int, _ table: UnsafeMutablePointer<S>
  ) {
    table[0] = 0
    var size = 1
    for j in 0..<8 {
      let value = j < count ? x[j] : 0
      for b in 0..<size {
        let sum = table[b]
        table[size + b] = sum - value
        table[b] = sum + value
      }
      size *= 2
    }
  }
}
