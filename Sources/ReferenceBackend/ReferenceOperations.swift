import BatchNumerics

/// A batched tensor of the reference backend.
public final class ReferenceTensor<S: RunScalar>: BatchTensor {
  public let shape: BatchShape
  /// [run][row][column]; views share it.
  let values: WorkArray<S>

  init(_ shape: BatchShape, _ values: WorkArray<S>) {
    self.shape = shape
    self.values = values
  }

  /// Index of the first number of a run's matrix; 0 for a shared tensor.
  func start(ofRun run: Int) -> Int { shape.runs == 1 ? 0 : run * shape.perRun }
}

/// The batched operations in plain Swift, one loop each.
public final class ReferenceOperations<S: RunScalar>: Backend {
  public typealias Tensor = ReferenceTensor<S>
  public typealias Indices = ReferenceIndices

  public init() {}

  public var precision: Precision { S.precision }

  public func tensor(_ shape: BatchShape, _ values: [Double]?) throws -> Tensor {
    guard let values else { return Tensor(shape, WorkArray(zeros: shape.count)) }
    guard values.count == shape.count else { throw ShapeError("tensor", [shape]) }
    return Tensor(shape, WorkArray(values))
  }

  public func read(_ tensor: Tensor) throws -> [Double] {
    (0..<tensor.shape.count).map { Double(tensor.values[$0]) }
  }

  public func view(_ tensor: Tensor, _ shape: BatchShape) throws -> Tensor {
    try ShapeRule.view(tensor, shape)
    return Tensor(shape, tensor.values)
  }

  public func write(_ values: [Double], into tensor: Tensor) throws {
    guard values.count == tensor.shape.count else { throw ShapeError("write", [tensor.shape]) }
    for (i, value) in values.enumerated() { tensor.values[i] = S(value) }
  }

  public func copy(_ x: Tensor, into y: Tensor) throws {
    try ShapeRule.elementwise("copy", [x], y)
    EntryLoops.update(y) { run, i, _ in x.values[x.start(ofRun: run) + i] }
  }

  public func axpy(_ alpha: Tensor, _ x: Tensor, into y: Tensor) throws {
    try ShapeRule.elementwise("axpy", [x], y)
    try ShapeRule.runScalar("axpy", alpha, y)
    EntryLoops.axpy(alpha, x, into: y)
  }

  public func hadamard(_ x: Tensor, _ y: Tensor, into z: Tensor) throws {
    try ShapeRule.elementwise("hadamard", [x, y], z)
    EntryLoops.update(z) { run, i, _ in
      x.values[x.start(ofRun: run) + i] * y.values[y.start(ofRun: run) + i]
    }
  }

  public func scale(_ alpha: Tensor, _ x: Tensor) throws {
    try ShapeRule.runScalar("scale", alpha, x)
    EntryLoops.update(x) { run, _, value in value * alpha.values[alpha.start(ofRun: run)] }
  }

  public func sign(_ x: Tensor, into y: Tensor) throws {
    try ShapeRule.elementwise("sign", [x], y)
    EntryLoops.update(y) { run, i, _ in signOf(x.values[x.start(ofRun: run) + i]) }
  }

  public func softThreshold(_ gamma: Tensor, _ x: Tensor) throws {
    try ShapeRule.runScalar("softThreshold", gamma, x)
    EntryLoops.update(x) { run, _, value in
      ReferenceBackend.softThreshold(value, gamma.values[gamma.start(ofRun: run)])
    }
  }

  public func dot(_ x: Tensor, _ y: Tensor) throws -> [Double] {
    try ShapeRule.elementwise("dot", [y], x)
    return EntryLoops.dot(x, y)
  }

  public func l1Norm(_ x: Tensor) throws -> [Double] {
    EntryLoops.reduce(x, 0) { sum, value in sum + abs(Double(value)) }
  }

  public func l2Norm(_ x: Tensor) throws -> [Double] { try dot(x, x).map { $0.squareRoot() } }

  public func max(_ x: Tensor) throws -> [Double] {
    EntryLoops.reduce(x, -Double.infinity) { largest, entry in
      let value = Double(entry)
      return value.isNaN || value > largest ? value : largest
    }
  }
}
