// This file tests that the networks' operations refuse operands which do not fit.

import BatchNumerics
import ReferenceBackend
import Testing

@Suite struct NetworkShapeTests {
  typealias Operations = ReferenceOperations<Double>
  let operations = Operations()

  func tensor(_ runs: Int, _ rows: Int, _ columns: Int = 1) throws -> Operations.Tensor {
    try operations.tensor(BatchShape(runs: runs, rows: rows, columns: columns), nil)
  }

  func indices(_ runs: Int, _ rows: Int, _ columns: Int = 1) throws -> Operations.Indices {
    let shape = BatchShape(runs: runs, rows: rows, columns: columns)
    return try operations.indices(shape, [Int32](repeating: 0, count: shape.count))
  }

  private func expectAll(_ calls: [() throws -> Void]) {
    for (index, call) in calls.enumerated() {
      #expect(throws: ShapeError.self, "call \(index)") { try call() }
    }
  }

  /// Tables of 5 tokens with 4 numbers each, 7 samples, two runs.
  @Test func tokens() throws {
    let (table, tokens, features) = try (tensor(2, 5, 4), indices(1, 7, 2), tensor(2, 7, 4))
    func embed(
      _ first: Operations.Tensor? = nil, _ second: Operations.Tensor? = nil,
      _ aggregation: Aggregation = .sum, _ pairs: Operations.Indices? = nil,
      isDirect: Bool = false, bias: Operations.Tensor? = nil, into result: Operations.Tensor? = nil
    ) throws {
      try operations.embed(
        TablePair(first ?? table, second ?? table, aggregation), pairs ?? tokens,
        isDirect: isDirect, bias: bias, into: result ?? features)
    }
    try embed()
    try embed(isDirect: true, bias: tensor(1, 1, 4))
    let (odd, small) = try (tensor(2, 5, 3), tensor(2, 4, 4))
    let (bias, three) = try (tensor(2, 1, 4), tensor(3, 5, 4))
    expectAll([
      { try embed(nil, small) }, { try embed(three, three) }, { try embed(odd, odd) },
      { try embed(nil, nil, .concat) }, { try embed(nil, nil, .hadamard, isDirect: true) },
      { try embed(nil, nil, .sum, indices(1, 7, 3)) },
      { try embed(nil, nil, .sum, indices(1, 6, 2)) },
      { try embed(nil, nil, .sum, indices(3, 7, 2)) }, { try embed(bias: bias) },
      { try embed(isDirect: true, bias: tensor(2, 1, 3)) },
      { try embed(isDirect: true, bias: tensor(3, 1, 4)) },
      { try embed(odd, odd, .matrixProduct, into: tensor(2, 7, 3)) },
    ])
  }

  @Test func embeddingGradients() throws {
    let (table, tokens, slopes) = try (tensor(2, 5, 4), indices(1, 7, 2), tensor(2, 7, 4))
    func gradient(
      _ segments: Operations.Indices? = nil, slot: Int = 0, into result: Operations.Tensor? = nil
    ) throws {
      try operations.embeddingGradient(
        slopes, TablePair(table, table, .sum), tokens, segments ?? indices(1, 1, 13), slot: slot,
        accumulates: false, into: result ?? tensor(2, 5, 4))
    }
    try gradient()
    expectAll([
      { try gradient(indices(1, 1, 12)) }, { try gradient(indices(3, 1, 13)) },
      { try gradient(slot: 2) }, { try gradient(slot: -1) },
      { try gradient(into: tensor(2, 4, 4)) }, { try gradient(into: tensor(1, 5, 4)) },
    ])
  }

  @Test func epilogues() throws {
    let (a, b, c) = try (tensor(2, 3, 4), tensor(1, 4, 5), tensor(2, 3, 5))
    func product(_ epilogue: ProductEpilogue<Operations.Tensor>) throws {
      try operations.matmul(MatrixOperand(a), MatrixOperand(b), into: c, epilogue: epilogue)
    }
    try product(.bias(tensor(1, 1, 5)))
    try product(.mask(tensor(2, 3, 5)))
    expectAll([
      { try product(.bias(tensor(2, 1, 3))) }, { try product(.biasReLU(tensor(3, 1, 5))) },
      { try product(.bias(tensor(2, 3, 5))) }, { try product(.mask(tensor(2, 1, 5))) },
      { try product(.mask(tensor(3, 3, 5))) },
    ])
  }

  @Test func rowsAndGates() throws {
    let (x, y) = try (tensor(2, 3, 4), tensor(2, 6, 4))
    let weights = try tensor(2, 5, 4)
    let one = try tensor(1, 1)
    expectAll([
      { try operations.columnSums(x, into: tensor(2, 1, 3)) },
      { try operations.columnSums(x, into: tensor(1, 1, 4)) },
      { try operations.selectRows(x, indices(1, 5), into: y) },
      { try operations.selectRows(x, indices(3, 6), into: y) },
      { try operations.selectRows(tensor(3, 3, 4), indices(1, 6), into: y) },
      { try operations.selectRows(tensor(2, 3, 5), indices(1, 6), into: y) },
      { try operations.gateRow(x, weights, row: 5, into: x) },
      { try operations.gateRow(x, weights, row: -1, into: x) },
      { try operations.gateRow(x, weights, row: 0, into: y) },
      { try operations.gateRow(x, tensor(2, 5, 3), row: 0, into: x) },
      { try operations.gateRow(x, tensor(1, 5, 4), row: 0, into: x) },
      { try operations.addGatedSums(one, x, x, into: weights, row: 5) },
      { try operations.addGatedSums(one, x, y, into: weights, row: 0) },
      { try operations.addGatedSums(tensor(3, 1), x, x, into: weights, row: 0) },
      { try operations.addGatedSums(tensor(2, 2), x, x, into: weights, row: 0) },
    ])
  }

  @Test func labels() throws {
    let outputs = try tensor(2, 7, 3)
    for wrong in [try indices(1, 6), try indices(3, 7)] {
      expectAll([
        { try operations.softmaxCrossEntropy(outputs, wrong) },
        { _ = try operations.classify(outputs, wrong) },
        { _ = try operations.logCrossEntropy(outputs, wrong) },
      ])
    }
  }

  @Test func updates() throws {
    let (theta, other, one) = try (tensor(2, 3), tensor(2, 4), tensor(1, 1))
    func update(
      _ gradient: Operations.Tensor? = nil, rate: Operations.Tensor? = nil,
      adam: (Operations.Tensor, Operations.Tensor)? = nil, rounding: Operations.Tensor? = nil
    ) throws {
      try operations.update(
        theta, gradient ?? theta, UpdateRates(rate: rate ?? one, l1: one, l2: one, decay: one),
        adam: adam.map { AdamState(first: $0.0, second: $0.1, step: 1) }, rounding: rounding)
    }
    try update(rate: tensor(2, 1))
    expectAll([
      { try update(other) }, { try update(tensor(1, 3)) }, { try update(rate: tensor(3, 1)) },
      { try update(rate: tensor(2, 3)) }, { try update(adam: (theta, other)) },
      { try update(adam: (other, theta)) }, { try update(rounding: other) },
    ])
  }

  @Test func memory() throws {
    let x = try tensor(2, 3)
    let few = try indices(1, 3)
    expectAll([
      { _ = try operations.view(x, BatchShape(runs: 1, rows: 7)) },
      { _ = try operations.view(x, BatchShape(runs: 0, rows: 7)) },
      { try operations.write([1, 2, 3], into: x) },
      { try operations.write([Int32(1)], into: few) },
      { _ = try operations.indices(BatchShape(runs: 1, rows: 2), [1]) },
    ])
    #expect(throws: ShapeError("view", [x.shape, BatchShape(runs: 1, rows: 7)])) {
      _ = try operations.view(x, BatchShape(runs: 1, rows: 7))
    }
  }
}
