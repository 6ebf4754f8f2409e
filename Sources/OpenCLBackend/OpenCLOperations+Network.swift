import BatchNumerics
import OpenCLHost

/// Integers in the memory of an OpenCL device.
public final class OpenCLIndices: BatchTensor {
  public let shape: BatchShape
  let buffer: Buffer<Int32>

  init(_ shape: BatchShape, _ buffer: Buffer<Int32>) {
    self.shape = shape
    self.buffer = buffer
  }

  /// The distance of two runs' numbers: 0 for those that all runs share.
  var stride: Int32 { shape.runs == 1 ? 0 : Int32(shape.perRun) }
}

extension OpenCLOperations {
  public typealias Indices = OpenCLIndices

  public func indices(_ shape: BatchShape, _ values: [Int32]) throws -> Indices {
    guard shape.count > 0, values.count == shape.count else { throw ShapeError("indices", [shape]) }
    return Indices(shape, try queue.buffer(values))
  }

  public func write(_ values: [Int32], into indices: Indices) throws {
    guard values.count == indices.shape.count else { throw ShapeError("write", [indices.shape]) }
    try queue.write(values, to: indices.buffer)
  }

  public func write(_ values: [Double], into tensor: Tensor) throws {
    guard values.count == tensor.shape.count else { throw ShapeError("write", [tensor.shape]) }
    try queue.write(values.map { S($0) }, to: tensor.buffer)
  }

  public func view(_ tensor: Tensor, _ shape: BatchShape) throws -> Tensor {
    try ShapeRule.view(tensor, shape)
    return Tensor(shape, tensor.buffer)
  }

  public func matmul(
    _ a: MatrixOperand<Tensor>, _ b: MatrixOperand<Tensor>, into c: Tensor,
    epilogue: ProductEpilogue<Tensor>
  ) throws {
    try ShapeRule.matmul(a, b, c)
    try ShapeRule.epilogue(epilogue, c)
    try products.multiply(a, b, into: c, epilogue: epilogue)
  }

  public var variant: String { products.usesLibrary ? ProductRoutine.libraryVariant : "" }

  public func fusedNetwork(
    _ model: NetworkModel, runs: Int, samples: Int, isOrdered: Bool
  ) throws -> (any FusedNetwork<Tensor, Indices>)? {
    guard hasBlocks else { return nil }
    return try NetworkBlocks<S>(
      model, runs: runs, samples: samples, isOrdered: isOrdered, context, queue)
  }

  public func embed(
    _ tables: TablePair<Tensor>, _ tokens: Indices, isDirect: Bool, bias: Tensor?,
    into features: Tensor
  ) throws {
    try ShapeRule.embed(tables, tokens, isDirect: isDirect, bias: bias, features)
    let aggregation: Int32 = isDirect ? (bias == nil ? 5 : 4) : Int32(tables.aggregation.number)
    let samples = features.shape.runs * features.shape.rows
    try launch("network_embed", rows: samples, columns: features.shape.columns) { arguments in
      try arguments.set(Int32(features.shape.rows), Int32(features.shape.columns))
      try arguments.set(Int32(tables.first.shape.columns), aggregation)
      try set(tables, &arguments)
      try arguments.set(tokens.buffer)
      try arguments.set(tokens.stride)
      try arguments.set((bias ?? tables.first).buffer)
      try arguments.set(bias?.stride ?? 0)
      try arguments.set(features.buffer)
    }
  }

  public func embeddingGradient(
    _ slopes: Tensor, _ tables: TablePair<Tensor>, _ tokens: Indices, _ segments: Indices,
    slot: Int, accumulates: Bool, into gradient: Tensor
  ) throws {
    try ShapeRule.embeddingGradient(slopes, tables, tokens, segments, slot: slot, gradient)
    let entries = gradient.shape.runs * gradient.shape.rows
    let columns = gradient.shape.columns
    try launch("network_embedding_gradient", rows: entries, columns: columns) { arguments in
      try arguments.set(Int32(slopes.shape.rows), Int32(slopes.shape.columns))
      try arguments.set(Int32(tables.first.shape.rows), Int32(tables.first.shape.columns))
      try arguments.set(Int32(tables.aggregation.number), Int32(slot), Int32(accumulates ? 1 : 0))
      try arguments.set(slopes.buffer)
      try set(tables, &arguments)
      try arguments.set(tokens.buffer)
      try arguments.set(tokens.stride)
      try arguments.set(segments.buffer)
      try arguments.set(segments.stride)
      try arguments.set(gradient.buffer)
    }
  }

  private func set(_ tables: TablePair<Tensor>, _ arguments: inout ArgumentList) throws {
    try arguments.set(tables.first.buffer)
    try arguments.set(tables.second.buffer)
    try arguments.set(UInt64(tables.first.stride))
  }

  public func columnSums(_ x: Tensor, into y: Tensor) throws {
    try ShapeRule.columnSums(x, y)
    try launch("network_column_sums", y.shape.count) { arguments in
      try arguments.set(UInt64(y.shape.count))
      try arguments.set(Int32(x.shape.rows), Int32(x.shape.columns))
      try arguments.set(x.buffer)
      try arguments.set(y.buffer)
    }
  }

  public func selectRows(_ x: Tensor, _ rows: Indices, into y: Tensor) throws {
    try ShapeRule.selectRows(x, rows, y)
    try launch("network_select_rows", y.shape.count) { arguments in
      try arguments.set(UInt64(y.shape.count))
      try arguments.set(Int32(y.shape.perRun), Int32(y.shape.columns))
      try arguments.set(x.buffer)
      try arguments.set(UInt64(x.stride))
      try arguments.set(rows.buffer)
      try arguments.set(rows.stride)
      try arguments.set(y.buffer)
    }
  }

  public func gateRow(_ gate: Tensor, _ weights: Tensor, row: Int, into y: Tensor) throws {
    try ShapeRule.gated("gateRow", gate, weights, row: row, y)
    try launch("network_gate_row", y.shape.count) { arguments in
      try arguments.set(UInt64(y.shape.count))
      try arguments.set(Int32(y.shape.perRun), Int32(y.shape.columns), Int32(row))
      try arguments.set(gate.buffer)
      try arguments.set(weights.buffer)
      try arguments.set(Int32(weights.shape.perRun))
      try arguments.set(y.buffer)
    }
  }

  public func addGatedSums(
    _ alpha: Tensor, _ gate: Tensor, _ x: Tensor, into y: Tensor, row: Int
  ) throws {
    try ShapeRule.gated("addGatedSums", gate, y, row: row, x)
    try ShapeRule.runScalar("addGatedSums", alpha, y)
    let count = x.shape.runs * x.shape.columns
    try launch("network_add_gated_sums", count) { arguments in
      try arguments.set(UInt64(count))
      try arguments.set(Int32(x.shape.rows), Int32(x.shape.columns), Int32(row))
      try arguments.set(alpha.buffer)
      try arguments.set(alpha.stride)
      try arguments.set(gate.buffer)
      try arguments.set(x.buffer)
      try arguments.set(y.buffer)
      try arguments.set(Int32(y.shape.perRun))
    }
  }

  public func update(
    _ parameter: Tensor, _ gradient: Tensor, _ rates: UpdateRates<Tensor>,
    adam: AdamState<Tensor>?, rounding: Tensor?
  ) throws {
    try ShapeRule.update(parameter, gradient, rates, adam, rounding, S.precision)
    try launch(
      adam == nil ? "network_descend" : "network_adam", rows: parameter.shape.runs,
      columns: parameter.shape.perRun
    ) { arguments in
      try arguments.set(Int32(parameter.shape.perRun))
      for rate in [rates.rate, rates.l1, rates.l2, rates.decay] {
        try arguments.set(rate.buffer)
        try arguments.set(rate.stride)
      }
      try arguments.set(S(rates.signOfZero))
      if let adam { try arguments.set(S(adam.firstScale), S(adam.secondScale)) }
      try arguments.set(gradient.buffer)
      if let adam {
        try arguments.set(adam.first.buffer)
        try arguments.set(adam.second.buffer)
      }
      try arguments.set((rounding ?? gradient).buffer)
      try arguments.set(parameter.buffer)
    }
  }
}
