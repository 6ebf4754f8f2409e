import BatchNumerics

/// Integers of the reference backend.
public final class ReferenceIndices: BatchTensor {
  public let shape: BatchShape
  var values: [Int32]

  init(_ shape: BatchShape, _ values: [Int32]) {
    self.shape = shape
    self.values = values
  }

  /// Index of the first number of a run; 0 for shared ones.
  func start(ofRun run: Int) -> Int { shape.runs == 1 ? 0 : run * shape.perRun }

  /// The numbers of a run.
  func row(_ run: Int) -> ArraySlice<Int32> {
    values[start(ofRun: run)..<(start(ofRun: run) + shape.perRun)]
  }
}

extension ReferenceOperations {
  public func indices(_ shape: BatchShape, _ values: [Int32]) throws -> Indices {
    guard values.count == shape.count else { throw ShapeError("indices", [shape]) }
    return Indices(shape, values)
  }

  public func write(_ values: [Int32], into indices: Indices) throws {
    guard values.count == indices.shape.count else { throw ShapeError("write", [indices.shape]) }
    indices.values = values
  }

  public func matmul(
    _ a: MatrixOperand<Tensor>, _ b: MatrixOperand<Tensor>, into c: Tensor,
    epilogue: ProductEpilogue<Tensor>
  ) throws {
    try ShapeRule.matmul(a, b, c)
    try ShapeRule.epilogue(epilogue, c)
    let (rows, columns) = (c.shape.rows, c.shape.columns)
    func factor(_ operand: MatrixOperand<Tensor>, _ run: Int) -> ProductLoops.Factor<S> {
      let (tensor, width) = (operand.tensor, operand.tensor.shape.columns)
      return ProductLoops.Factor(
        values: tensor.values, start: tensor.start(ofRun: run),
        row: operand.transposed ? 1 : width, column: operand.transposed ? width : 1)
    }
    let (result, inner) = (c.values, a.columns)
    for run in 0..<c.shape.runs {
      let left = factor(a, run)
      let right = ProductLoops.withContiguousRows(factor(b, run), rows: inner, columns: columns)
      let start = run * c.shape.perRun
      // Threads for products that outweigh their start.
      let isLarge = rows * columns * inner > 1 << 18
      let height = isLarge ? 64 : rows
      forEachInParallel((rows + height - 1) / height) { block in
        ProductLoops.multiply(
          left, right, inner: inner, columns: columns,
          rows: (block * height)..<min(rows, (block + 1) * height), into: result, at: start)
      }
    }
    finish(c, epilogue)
  }

  private func finish(_ c: Tensor, _ epilogue: ProductEpilogue<Tensor>) {
    switch epilogue {
    case .none: break
    case .relu: NetworkLoops.relu(c, bias: nil)
    case .bias(let bias): NetworkLoops.addBias(c, bias)
    case .biasReLU(let bias): NetworkLoops.relu(c, bias: bias)
    case .mask(let gate): NetworkLoops.mask(c, gate)
    }
  }

  public func embed(
    _ tables: TablePair<Tensor>, _ tokens: Indices, isDirect: Bool, bias: Tensor?,
    into features: Tensor
  ) throws {
    try ShapeRule.embed(tables, tokens, isDirect: isDirect, bias: bias, features)
    for run in 0..<features.shape.runs {
      EmbeddingLoops.features(tables, tokens, run, into: features)
    }
    if isDirect { NetworkLoops.relu(features, bias: bias) }
  }

  public func embeddingGradient(
    _ slopes: Tensor, _ tables: TablePair<Tensor>, _ tokens: Indices, _ segments: Indices,
    slot: Int, accumulates: Bool, into gradient: Tensor
  ) throws {
    try ShapeRule.embeddingGradient(slopes, tables, tokens, segments, slot: slot, gradient)
    for run in 0..<slopes.shape.runs {
      if !accumulates {
        (gradient.values.start + run * gradient.shape.perRun).update(
          repeating: 0, count: gradient.shape.perRun)
      }
      EmbeddingLoops.gradient(slopes, tables, tokens, segments, slot, run, into: gradient)
    }
  }

  public func columnSums(_ x: Tensor, into y: Tensor) throws {
    try ShapeRule.columnSums(x, y)
    NetworkLoops.columnSums(x, into: y)
  }

  public func selectRows(_ x: Tensor, _ rows: Indices, into y: Tensor) throws {
    try ShapeRule.selectRows(x, rows, y)
    let columns = y.shape.columns
    EntryLoops.update(y) { run, i, _ in
      let row = Int(rows.values[rows.start(ofRun: run) + i / columns])
      return x.values[x.start(ofRun: run) + row * columns + i % columns]
    }
  }

  public func softmaxCrossEntropy(_ outputs: Tensor, _ labels: Indices) throws {
    try ShapeRule.labels("softmaxCrossEntropy", outputs, labels)
    NetworkLoops.softmaxCrossEntropy(outputs, labels)
  }

  public func logCrossEntropy(_ outputs: Tensor, _ labels: Indices) throws -> [Double] {
    try ShapeRule.labels("logCrossEntropy", outputs, labels)
    return (0..<outputs.shape.runs).map { run in
      LogLossLoops.gradient(outputs, labels.row(run), run)
    }
  }

  public func classify(_ outputs: Tensor, _ labels: Indices) throws -> [ClassificationSums] {
    try ShapeRule.labels("classify", outputs, labels)
    return (0..<outputs.shape.runs).map { NetworkLoops.classify(outputs, labels, $0) }
  }

  public func gateRow(_ gate: Tensor, _ weights: Tensor, row: Int, into y: Tensor) throws {
    try ShapeRule.gated("gateRow", gate, weights, row: row, y)
    let columns = y.shape.columns
    EntryLoops.update(y) { run, i, _ in
      gate.values[gate.start(ofRun: run) + i] > 0
        ? weights.values[weights.start(ofRun: run) + row * columns + i % columns] : 0
    }
  }

  public func addGatedSums(
    _ alpha: Tensor, _ gate: Tensor, _ x: Tensor, into y: Tensor, row: Int
  ) throws {
    try ShapeRule.gated("addGatedSums", gate, y, row: row, x)
    try ShapeRule.runScalar("addGatedSums", alpha, y)
    NetworkLoops.addGatedSums(alpha, gate, x, into: y, row: row)
  }

  public func update(
    _ parameter: Tensor, _ gradient: Tensor, _ rates: UpdateRates<Tensor>,
    adam: AdamState<Tensor>?, rounding: Tensor?
  ) throws {
    try ShapeRule.update(parameter, gradient, rates, adam, rounding, S.precision)
    for run in 0..<parameter.shape.runs {
      UpdateLoops.update(parameter, gradient, rates, adam, rounding, run)
    }
  }
}
