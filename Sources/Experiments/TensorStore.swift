import BatchNumerics

/// Makes tensors and counts the bytes they hold.
final class TensorStore<B: Backend> {
  let operations: B
  private(set) var bytes = 0

  init(_ operations: B) {
    self.operations = operations
  }

  func tensor(
    _ runs: Int, _ rows: Int, _ columns: Int, _ values: [Double]? = nil
  ) throws -> B.Tensor {
    let shape = BatchShape(runs: runs, rows: rows, columns: columns)
    bytes += shape.count * operations.precision.byteCount
    return try operations.tensor(shape, values)
  }

  func indices(_ runs: Int, _ rows: Int, _ columns: Int, _ values: [Int32]) throws -> B.Indices {
    let shape = BatchShape(runs: runs, rows: rows, columns: columns)
    bytes += 4 * shape.count
    return try operations.indices(shape, values)
  }
}
