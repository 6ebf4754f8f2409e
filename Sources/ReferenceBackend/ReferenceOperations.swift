import BatchNumerics

/// A batched tensor of the reference backend.
public final class ReferenceTensor<S: RunScalar>: BatchTensor {
  public let shape: BatchShape
  /// [run][row][column]
  public internal(set) var values: [S]

  init(_ shape: BatchShape, _ values: [S]) {
    self.shape = shape
    self.values = values
  }

  /// Index of the first number of a run's matrix; 0 for a shared tensor.
  func start(ofRun run: Int) -> Int { shape.runs == 1 ? 0 : run * shape.perRun }
}

/// The batched operations in plain Swift, one loop each.
public final class ReferenceOperations<S: RunScalar>: Backend {
  public typealias Tensor = ReferenceTensor<S>

  public init() {}

  public var precision: Precision { S.precision }

  public func tensor(_ shape: BatchShape, _ values: [Double]?) throws -> Tensor {
    guard let values else { return Tensor(shape, [S](repeating: 0, count: shape.count)) }
    guard values.count == shape.count else { throw ShapeError("tensor", [shape]) }
    return Tensor(shape, values.map { S($0) })
  }

  public func read(_ tensor: Tensor) throws -> [Double] { tensor.values.map { Double($0) } }

  public func matmul(
    _ a: MatrixOperand<Tensor>, _ b: MatrixOperand<Tensor>, into c: Tensor
  ) throws {
    try ShapeRule.matmul(a, b, c)
    let (aStep, aInner) = a.transposed ? (1, a.tensor.shape.columns) : (a.tensor.shape.columns, 1)
    let (bInner, bStep) = b.transposed ? (1, b.tensor.shape.columns) : (b.tensor.shape.columns, 1)
    for run in 0..<c.shape.runs {
      let aStart = a.tensor.start(ofRun: run)
      let bStart = b.tensor.start(ofRun: run)
      for i in 0..<c.shape.rows {
        for j in 0..<c.shape.columns {
          var sum: S = 0
          for k in 0..<a.columns {
            sum +=
              a.tensor.values[aStart + i * aStep + k * aInner]
              * b.tensor.values[bStart + k * bInner + j * bStep]
          }
          c.values[run * c.shape.perRun + i * c.shape.columns + j] = sum
        }
      }
    }
  }

  public func copy(_ x: Tensor, into y: Tensor) throws {
    try ShapeRule.elementwise("copy", [x], y)
    update(y) { run, i, _ in x.values[x.start(ofRun: run) + i] }
  }

  public func axpy(_ alpha: Tensor, _ x: Tensor, into y: Tensor) throws {
    try ShapeRule.elementwise("axpy", [x], y)
    try ShapeRule.runScalar("axpy", alpha, y)
    update(y) { run, i, value in
      value + alpha.values[alpha.start(ofRun: run)] * x.values[x.start(ofRun: run) + i]
    }
  }

  public func hadamard(_ x: Tensor, _ y: Tensor, into z: Tensor) throws {
    try ShapeRule.elementwise("hadamard", [x, y], z)
    update(z) { run, i, _ in
      x.values[x.start(ofRun: run) + i] * y.values[y.start(ofRun: run) + i]
    }
  }

  public func scale(_ alpha: Tensor, _ x: Tensor) throws {
    try ShapeRule.runScalar("scale", alpha, x)
    update(x) { run, _, value in value * alpha.values[alpha.start(ofRun: run)] }
  }

  public func sign(_ x: Tensor, into y: Tensor) throws {
    try ShapeRule.elementwise("sign", [x], y)
    update(y) { run, i, _ in signOf(x.values[x.start(ofRun: run) + i]) }
  }

  public func softThreshold(_ gamma: Tensor, _ x: Tensor) throws {
    try ShapeRule.runScalar("softThreshold", gamma, x)
    update(x) { run, _, value in
      ReferenceBackend.softThreshold(value, gamma.values[gamma.start(ofRun: run)])
    }
  }

  public func svd(
    _ x: Tensor, basis: Tensor, left: Tensor, values: Tensor, right: Tensor
  ) throws {
    try ShapeRule.svd(x, basis: basis, left: left, values: values, right: right)
    factor(x, basis) { run, svd in
      let parts = svd.decomposition()
      for (part, tensor) in [(parts.left, left), (parts.values, values), (parts.right, right)] {
        tensor.values.replaceSubrange((run * part.count)..<((run + 1) * part.count), with: part)
      }
    }
  }

  public func polarFactor(_ x: Tensor, basis: Tensor, into y: Tensor) throws {
    try ShapeRule.basis("polarFactor", x, basis)
    guard x.shape == y.shape else { throw ShapeError("polarFactor", [x.shape, y.shape]) }
    factor(x, basis) { run, svd in
      y.values.withUnsafeMutableBufferPointer { entries in
        guard let start = entries.baseAddress else { return }
        svd.polarFactor(into: start + run * y.shape.perRun)
      }
    }
  }

  public func singularValueThreshold(_ gamma: Tensor, _ x: Tensor, basis: Tensor) throws {
    try ShapeRule.basis("singularValueThreshold", x, basis)
    try ShapeRule.runScalar("singularValueThreshold", gamma, x)
    factor(x, basis) { run, svd in
      x.values.withUnsafeMutableBufferPointer { entries in
        guard let start = entries.baseAddress else { return }
        svd.softThreshold(
          gamma.values[gamma.start(ofRun: run)], into: start + run * x.shape.perRun)
      }
    }
  }

  /// Factors the matrix of every run from its basis, hands on the result and keeps the basis.
  private func factor(_ x: Tensor, _ basis: Tensor, _ use: (Int, ThinSVD<S>) -> Void) {
    let svd = ThinSVD<S>(rows: x.shape.rows, columns: x.shape.columns)
    for run in 0..<x.shape.runs {
      let place = (run * basis.shape.perRun)..<((run + 1) * basis.shape.perRun)
      svd.basis = Array(basis.values[place])
      x.values.withUnsafeBufferPointer { entries in
        if let start = entries.baseAddress { svd.factor(start + run * x.shape.perRun) }
      }
      use(run, svd)
      basis.values.replaceSubrange(place, with: svd.basis)
    }
  }

  public func dot(_ x: Tensor, _ y: Tensor) throws -> [Double] {
    try ShapeRule.elementwise("dot", [y], x)
    return reduce(x, 0) { sum, run, i in
      sum + Double(x.values[x.start(ofRun: run) + i]) * Double(y.values[y.start(ofRun: run) + i])
    }
  }

  public func l1Norm(_ x: Tensor) throws -> [Double] {
    reduce(x, 0) { sum, run, i in sum + abs(Double(x.values[x.start(ofRun: run) + i])) }
  }

  public func l2Norm(_ x: Tensor) throws -> [Double] { try dot(x, x).map { $0.squareRoot() } }

  public func max(_ x: Tensor) throws -> [Double] {
    reduce(x, -Double.infinity) { largest, run, i in
      let value = Double(x.values[x.start(ofRun: run) + i])
      return value.isNaN || value > largest ? value : largest
    }
  }

  private func update(_ tensor: Tensor, _ rule: (Int, Int, S) -> S) {
    for run in 0..<tensor.shape.runs {
      for i in 0..<tensor.shape.perRun {
        let index = run * tensor.shape.perRun + i
        tensor.values[index] = rule(run, i, tensor.values[index])
      }
    }
  }

  private func reduce(
    _ tensor: Tensor, _ start: Double, _ combine: (Double, Int, Int) -> Double
  ) -> [Double] {
    (0..<tensor.shape.runs).map { run in
      (0..<tensor.shape.perRun).reduce(start) { combine($0, run, $1) }
    }
  }
}
