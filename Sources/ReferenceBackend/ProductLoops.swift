import BatchNumerics

/// The loops of a matrix product, four rows by sixteen columns at a time. Every entry is one chain
/// of sums in ascending order of the inner index, so that blocks do not change a bit.
///
/// `@_specialize`: compiled for Float and Double; generic code would run a hundred times slower.
enum ProductLoops {
  /// Where a factor's entries lie: entry (i, k) at start + i * row + k * column.
  struct Factor<S: RunScalar>: Sendable {
    let values: WorkArray<S>
    let start: Int
    let row: Int
    let column: Int
  }

  /// Rows of c = a b; b has contiguous rows.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  static func multiply<S: RunScalar>(
    _ a: Factor<S>, _ b: Factor<S>, inner: Int, columns: Int, rows: Range<Int>,
    into c: WorkArray<S>, at start: Int
  ) {
    let left = UnsafePointer(a.values.start + a.start)
    let right = UnsafePointer(b.values.start + b.start)
    let result = c.start + start
    var i = rows.lowerBound
    while i < rows.upperBound {
      let height = min(4, rows.upperBound - i)
      // Rows beyond the end repeat the last one; their sums are not stored.
      let row = (
        left + i * a.row, left + (i + min(1, height - 1)) * a.row,
        left + (i + min(2, height - 1)) * a.row, left + (i + min(3, height - 1)) * a.row
      )
      var j = 0
      while j + 8 <= columns {
        var sums = (
          SIMD8<S>(repeating: 0), SIMD8<S>(repeating: 0), SIMD8<S>(repeating: 0),
          SIMD8<S>(repeating: 0)
        )
        for k in 0..<inner {
          let line = UnsafeRawPointer(right + k * b.row + j).loadUnaligned(as: SIMD8<S>.self)
          let offset = k * a.column
          sums.0 += line * row.0[offset]
          sums.1 += line * row.1[offset]
          sums.2 += line * row.2[offset]
          sums.3 += line * row.3[offset]
        }
        for (r, sum) in [sums.0, sums.1, sums.2, sums.3].prefix(height).enumerated() {
          UnsafeMutableRawPointer(result + (i + r) * columns + j).storeBytes(
            of: sum, as: SIMD8<S>.self)
        }
        j += 8
      }
      while j < columns {
        for r in 0..<height {
          var sum: S = 0
          let line = left + (i + r) * a.row
          for k in 0..<inner { sum += line[k * a.column] * right[k * b.row + j] }
          result[(i + r) * columns + j] = sum
        }
        j += 1
      }
      i += height
    }
  }

  /// A factor with contiguous rows: itself, or a transposed copy.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  static func withContiguousRows<S: RunScalar>(
    _ factor: Factor<S>, rows: Int, columns: Int
  ) -> Factor<S> {
    guard factor.column != 1 else { return factor }
    let copy = WorkArray<S>(zeros: rows * columns)
    let source = factor.values.start + factor.start
    for i in 0..<rows {
      for j in 0..<columns {
        copy.start[i * columns + j] = source[i * factor.row + j * factor.column]
      }
    }
    return Factor(values: copy, start: 0, row: columns, column: 1)
  }
}
