// This file tests matrices of signs stored as bits.

import BatchNumerics
import Testing
import _TestSupport

@Suite struct SignMatrixTests {
  static let sizes = [(1, 1), (1, 7), (7, 1), (8, 8), (9, 33), (93, 7), (31, 129), (65, 93)]

  private static func random(_ rows: Int, _ columns: Int) -> DenseMatrix {
    var stream = RandomStream(seed: UInt32(rows * 1000 + columns), purpose: .inputs)
    return DenseMatrix(
      rows: rows, columns: columns,
      values: (0..<(rows * columns)).map { _ in stream.uniform() < 0.5 ? -1 : 1 })
  }

  @Test(arguments: sizes) func bitsHoldEverySign(rows: Int, columns: Int) throws {
    let dense = Self.random(rows, columns)
    let signs = try #require(SignMatrix(dense))
    #expect(signs.dense == dense)
    #expect(signs.transposed.dense == dense.transposed)
    #expect(signs.transposed.transposed == signs)
    #expect(signs.bytes.count == rows * ((columns + 7) / 8))
  }

  @Test(arguments: sizes) func rowsOfWords(rows: Int, columns: Int) throws {
    let dense = Self.random(rows, columns)
    let perRow = (columns + 31) / 32 + 1
    let words = try #require(SignMatrix(dense)).rowWords(perRow)
    #expect(words.count == rows * perRow)
    for row in 0..<rows {
      for bit in 0..<(32 * perRow) {
        let isNegative = words[row * perRow + bit / 32] >> UInt32(bit % 32) & 1 == 1
        #expect(isNegative == (bit < columns && dense[row, bit] < 0))
      }
    }
  }

  @Test(arguments: sizes) func productsAreThoseOfTheDenseMatrix(rows: Int, columns: Int) throws {
    let dense = Self.random(rows, columns)
    let signs = try #require(SignMatrix(dense))
    var stream = RandomStream(seed: 3, purpose: .noise)
    let w = stream.normals(columns)
    let rule = Tolerance.sum(.f64, terms: columns, magnitude: Double(columns))
    #expect(rule.mismatch(signs.product(w), dense.multiplied(by: w)) == nil)
  }

  /// Sums over a range of columns for a range of rows leave the others alone.
  @Test func partsOfProducts() throws {
    let dense = Self.random(20, 37)
    let signs = try #require(SignMatrix(dense))
    let w = (0..<37).map { Float($0 * $0 % 11) }
    var y = [Float](repeating: 100, count: 20)
    signs.addProduct(w, columns: 8..<24, to: &y, results: 3..<17)
    signs.addProduct(w, columns: 24..<37, to: &y, results: 3..<17)
    for row in 0..<20 {
      var expected: Float = 100
      if (3..<17).contains(row) {
        for column in 8..<37 { expected += Float(dense[row, column]) * w[column] }
      }
      #expect(y[row] == expected)
    }
  }

  @Test func bitsBeyondTheColumnsAreCleared() {
    let signs = SignMatrix(rows: 2, columns: 3, bytes: [0xff, 0xf8])
    #expect(signs.bytes == [7, 0])
    #expect(signs.product([1, 2, 4]) == [-7, 7])
  }

  @Test func otherNumbersAreNoSigns() {
    for value in [0, 0.5, -2, Double.nan] {
      #expect(SignMatrix(DenseMatrix(rows: 1, columns: 2, values: [1, value])) == nil)
    }
  }
}
