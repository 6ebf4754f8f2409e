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

  /// The identity of a size for every run: what decompositions start from.
  func identities(_ runs: Int, _ size: Int) throws -> B.Tensor {
    let identity = DenseMatrix.identity(size).values
    return try tensor(runs, size, size, (0..<runs).flatMap { _ in identity })
  }

  func indices(_ runs: Int, _ rows: Int, _ columns: Int, _ values: [Int32]) throws -> B.Indices {
    let shape = BatchShape(runs: runs, rows: rows, columns: columns)
    bytes += 4 * shape.count
    return try operations.indices(shape, values)
  }
}

extension Backend {
  /// The numbers of several tensors one after the other, for each of their runs.
  public func readRuns(_ tensors: [Tensor]) throws -> [[Double]] {
    let values = try tensors.map { (try read($0), $0.shape.perRun) }
    return (0..<(tensors.first?.shape.runs ?? 0)).map { run in
      values.flatMap { $0.0[(run * $0.1)..<((run + 1) * $0.1)] }
    }
  }
}

extension StatePart {
  /// A tensor [run][...] of a backend.
  public init<B: Backend>(
    _ name: String, _ shape: [Int], _ tensor: B.Tensor, on operations: B,
    belongs: @escaping (Int) -> Bool = { _ in true }
  ) {
    let count = tensor.shape.perRun
    self.init(
      [(name, shape)], operations.precision, belongs: belongs,
      read: { runs in
        let all = try operations.read(tensor)
        return runs.map { Array(all[($0 * count)..<(($0 + 1) * count)]) }
      },
      write: { values, runs in
        var all = try operations.read(tensor)
        for (numbers, run) in zip(values, runs) {
          all.replaceSubrange((run * count)..<((run + 1) * count), with: numbers)
        }
        try operations.write(all, into: tensor)
      })
  }
}
