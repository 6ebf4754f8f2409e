/// A dense row-major matrix of doubles on the host: problem data and small factorisations.
public struct DenseMatrix: Sendable, Equatable {
  public let rows: Int
  public let columns: Int
  /// The entries, row after row.
  public var values: [Double]

  /// - Precondition: `values.count == rows * columns`.
  public init(rows: Int, columns: Int, values: [Double]) {
    precondition(values.count == rows * columns, "a matrix needs rows * columns values")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  public init(rows: Int, columns: Int, zeros: Void = ()) {
    self.init(rows: rows, columns: columns, values: [Double](repeating: 0, count: rows * columns))
  }

  public static func identity(_ size: Int) -> DenseMatrix {
    var result = DenseMatrix(rows: size, columns: size)
    for i in 0..<size { result[i, i] = 1 }
    return result
  }

  public subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  public var transposed: DenseMatrix {
    var result = DenseMatrix(rows: columns, columns: rows)
    for i in 0..<rows {
      for j in 0..<columns { result[j, i] = self[i, j] }
    }
    return result
  }

  /// The matrix product `self * other`, summed in ascending order of the inner index.
  public func multiplied(by other: DenseMatrix) -> DenseMatrix {
    precondition(columns == other.rows, "inner sizes must agree")
    var result = DenseMatrix(rows: rows, columns: other.columns)
    for i in 0..<rows {
      for k in 0..<columns {
        let factor = self[i, k]
        for j in 0..<other.columns {
          result.values[i * other.columns + j] += factor * other.values[k * other.columns + j]
        }
      }
    }
    return result
  }

  /// The product with a vector.
  public func multiplied(by vector: [Double]) -> [Double] {
    precondition(columns == vector.count, "inner sizes must agree")
    return (0..<rows).map { i in
      var sum = 0.0
      for j in 0..<columns { sum += self[i, j] * vector[j] }
      return sum
    }
  }
}

/// The Euclidean norm of a vector, scaled so that it neither overflows nor underflows.
public func euclideanNorm(_ values: some Sequence<Double>) -> Double {
  var scale = 0.0
  var sum = 1.0
  for value in values where value != 0 {
    let magnitude = abs(value)
    if !(magnitude <= scale) {
      sum = 1 + sum * (scale / magnitude) * (scale / magnitude)
      scale = magnitude
    } else {
      sum += (magnitude / scale) * (magnitude / scale)
    }
  }
  return scale * sum.squareRoot()
}
