/// A part of what runs need to go on: some of their numbers, how a session reads them and how it puts
/// them back. A session declares its parts once, and both directions follow.
public struct StatePart {
  /// Name and shape of a tensor of a run.
  public typealias Form = (name: String, shape: [Int])

  /// The tensors whose numbers lie one after the other.
  let forms: [Form]
  /// What the numbers are kept in; others are refused.
  let precision: Precision
  let belongs: (Int) -> Bool
  let check: ([Double], Int) throws -> Void
  let read: ([Int]) throws -> [[Double]]
  let write: ([[Double]], [Int]) throws -> Void

  /// - Parameters:
  ///   - forms: the tensors of a run, one after the other.
  ///   - belongs: whether a run has the part; its neighbours in the batch play no part in that.
  ///   - check: throws `StateError` for numbers of a run that cannot be its state.
  ///   - read: the numbers of some runs.
  ///   - write: replaces the numbers of some runs.
  public init(
    _ forms: [Form], _ precision: Precision, belongs: @escaping (Int) -> Bool = { _ in true },
    check: @escaping ([Double], Int) throws -> Void = { _, _ in },
    read: @escaping ([Int]) throws -> [[Double]],
    write: @escaping ([[Double]], [Int]) throws -> Void
  ) {
    self.forms = forms
    self.precision = precision
    self.belongs = belongs
    self.check = check
    self.read = read
    self.write = write
  }

  /// A tensor that is read and written run by run.
  public init(
    _ name: String, _ shape: [Int], _ precision: Precision,
    belongs: @escaping (Int) -> Bool = { _ in true },
    check: @escaping ([Double], Int) throws -> Void = { _, _ in },
    readRun: @escaping (Int) throws -> [Double],
    writeRun: @escaping ([Double], Int) throws -> Void
  ) {
    self.init(
      [(name, shape)], precision, belongs: belongs, check: check, read: { try $0.map(readRun) },
      write: { for (values, run) in zip($0, $1) { try writeRun(values, run) } })
  }

  /// Numbers of a run.
  var count: Int { forms.reduce(0) { $0 + Self.count($1.shape) } }

  static func count(_ shape: [Int]) -> Int { shape.reduce(1, *) }

  /// A run's numbers as tensors.
  func tensors(_ values: [Double]) -> [NamedTensor] {
    var start = 0
    return forms.map { form in
      let end = start + Self.count(form.shape)
      defer { start = end }
      return NamedTensor(name: form.name, shape: form.shape, values: Array(values[start..<end]))
    }
  }

  /// A run's numbers out of tensors, which are taken from those that are left.
  ///
  /// - Throws: `StateError` for one that is missing or not as it was saved.
  func take(from tensors: inout [String: NamedTensor]) throws -> [Double] {
    try forms.flatMap { form in
      guard let tensor = tensors.removeValue(forKey: form.name) else {
        throw StateError(form.name, "is missing")
      }
      guard tensor.shape == form.shape else {
        throw StateError(form.name, "has shape \(tensor.shape), not \(form.shape)")
      }
      guard tensor.values.count == Self.count(form.shape) else {
        throw StateError(form.name, "has \(tensor.values.count) numbers for \(form.shape)")
      }
      if precision == .f32, let odd = tensor.values.first(where: { !$0.isSingle }) {
        throw StateError(form.name, "holds \(odd), which is no f32 number")
      }
      return tensor.values
    }
  }
}

extension Double {
  /// Whether a `Float` holds the number without a loss.
  fileprivate var isSingle: Bool { isNaN || Double(Float(self)) == self }
}

/// A saved state that a session cannot go on from: another family's, or a damaged one.
public struct StateError: Error, Equatable, CustomStringConvertible {
  /// The tensor that does not fit; nil where it is not about one.
  public let tensor: String?
  public let reason: String

  public init(_ tensor: String, _ reason: String) {
    self.tensor = tensor
    self.reason = reason
  }

  public init(_ reason: String) {
    tensor = nil
    self.reason = reason
  }

  public var description: String {
    tensor.map { "saved tensor \($0) \(reason)" } ?? "saved state: \(reason)"
  }
}
