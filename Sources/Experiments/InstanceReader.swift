import BatchNumerics

/// Reads the tensors that an experiment needs from an instance, with errors that name file, tensor
/// and the shape it must have.
struct InstanceReader {
  let file: TensorFile

  /// - Throws: `SpecError` if the tensor is missing, has another shape or values that are not finite.
  func tensor(
    _ name: String, _ shape: String, _ fits: ([Int]) -> Bool
  ) throws -> NamedTensor {
    guard let tensor = file[name] else {
      throw SpecError(place: file.path, key: name, "the instance needs a tensor \(name) \(shape)")
    }
    guard fits(tensor.shape) else {
      throw SpecError(
        place: file.path, key: name, value: "\(tensor.shape)", "must have the shape \(shape)")
    }
    guard tensor.values.allSatisfy(\.isFinite) else {
      throw SpecError(place: file.path, key: name, "has values that are not finite")
    }
    return tensor
  }

  func matrix(_ name: String, rows: Int, columns: Int) throws -> DenseMatrix {
    let tensor = try tensor(name, "[\(rows), \(columns)]") { $0 == [rows, columns] }
    return DenseMatrix(rows: rows, columns: columns, values: tensor.values)
  }

  func vector(_ name: String, count: Int) throws -> [Double] {
    try tensor(name, "[\(count)]") { $0 == [count] }.values
  }

  /// Indices below a bound.
  func indices(_ name: String, count: Int, below bound: Int) throws -> [Int] {
    try indices(name, shape: [count], below: bound)
  }

  /// Indices below a bound, of any shape.
  func indices(_ name: String, shape: [Int], below bound: Int) throws -> [Int] {
    try tensor(name, "\(shape)") { $0 == shape }.values.map { value in
      guard let index = Int(exactly: value), (0..<bound).contains(index) else {
        throw SpecError(
          place: file.path, key: name, value: "\(value)", "must be indices from 0 to \(bound - 1)")
      }
      return index
    }
  }
}
