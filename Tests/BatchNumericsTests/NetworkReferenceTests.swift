// This file tests the reference's operations of networks against numbers worked out by hand.

import BatchNumerics
import Foundation
import ReferenceBackend
import Testing
import _TestSupport

@Suite struct NetworkReferenceTests {
  typealias Operations = ReferenceOperations<Double>
  let operations = Operations()

  func tensor(_ runs: Int, _ rows: Int, _ columns: Int, _ values: [Double]) throws
    -> Operations.Tensor
  {
    try operations.tensor(BatchShape(runs: runs, rows: rows, columns: columns), values)
  }

  func zeros(_ runs: Int, _ rows: Int, _ columns: Int) throws -> Operations.Tensor {
    try operations.tensor(BatchShape(runs: runs, rows: rows, columns: columns), nil)
  }

  func indices(_ runs: Int, _ rows: Int, _ columns: Int, _ values: [Int32]) throws
    -> Operations.Indices
  {
    try operations.indices(BatchShape(runs: runs, rows: rows, columns: columns), values)
  }

  // MARK: - Tokens

  /// Embeddings (1, 2, 3, 4) and (5, 6, 7, 8) of the first table, (1, 0, -1, 2) and (0, 1, 2, 3) of
  /// the second, at the pairs (0, 1) and (1, 0).
  static let features: [(Aggregation, [Double])] = [
    (.sum, [1, 3, 5, 7, 6, 6, 6, 10]), (.hadamard, [0, 2, 6, 12, 5, 0, -7, 16]),
    (.concat, [1, 2, 3, 4, 0, 1, 2, 3, 5, 6, 7, 8, 1, 0, -1, 2]),
    // [1 2; 3 4] [0 1; 2 3] and [5 6; 7 8] [1 0; -1 2]
    (.matrixProduct, [4, 7, 8, 15, -1, 12, -1, 16]),
  ]

  @Test(arguments: features) func embed(aggregation: Aggregation, expected: [Double]) throws {
    let first = try tensor(1, 2, 4, [1, 2, 3, 4, 5, 6, 7, 8])
    let second = try tensor(1, 2, 4, [1, 0, -1, 2, 0, 1, 2, 3])
    let features = try zeros(1, 2, aggregation.features(4))
    try operations.embed(
      TablePair(first, second, aggregation), indices(1, 2, 2, [0, 1, 1, 0]), isDirect: false,
      bias: nil, into: features)
    #expect(try operations.read(features) == expected)
  }

  @Test func embedDirectly() throws {
    let table = try tensor(2, 2, 2, [1, -5, 2, 3, -1, 5, -2, -3])
    let tokens = try indices(1, 2, 2, [0, 1, 1, 1])
    let hidden = try zeros(2, 2, 2)
    try operations.embed(
      TablePair(table, table, .sum), tokens, isDirect: true, bias: nil, into: hidden)
    #expect(try operations.read(hidden) == [3, 0, 4, 6, 0, 2, 0, 0])
    try operations.embed(
      TablePair(table, table, .sum), tokens, isDirect: true, bias: tensor(2, 1, 2, [-1, 3, 9, -3]),
      into: hidden)
    #expect(try operations.read(hidden) == [2, 1, 3, 9, 6, 0, 5, 0])
  }

  /// Samples (0, 1), (0, 0), (2, 1) with slopes g; slot 0 of token 0 gathers samples 0 and 1.
  @Test func embeddingGradients() throws {
    let first = try tensor(1, 3, 1, [2, 3, 4])
    let second = try tensor(1, 3, 1, [5, 6, 7])
    let tokens = try indices(1, 3, 2, [0, 1, 0, 0, 2, 1])
    let segments = [[Int32](arrayLiteral: 0, 2, 2, 3, 0, 1, 2), [0, 1, 3, 3, 1, 0, 2]]
    let slopes = try tensor(1, 3, 1, [1, 10, 100])
    func gradient(_ aggregation: Aggregation, _ slot: Int, _ start: [Double]?) throws -> [Double] {
      let result = try tensor(1, 3, 1, start ?? [9, 9, 9])
      try operations.embeddingGradient(
        slopes, TablePair(first, second, aggregation), tokens, indices(1, 1, 7, segments[slot]),
        slot: slot, accumulates: start != nil, into: result)
      return try operations.read(result)
    }
    #expect(try gradient(.sum, 0, nil) == [11, 0, 100])
    #expect(try gradient(.sum, 1, nil) == [10, 101, 0])
    #expect(try gradient(.hadamard, 0, nil) == [6 + 50, 0, 600])
    #expect(try gradient(.hadamard, 1, [1, 2, 3]) == [21, 2 + 2 + 400, 3])
    #expect(try gradient(.matrixProduct, 0, nil) == [56, 0, 600])
  }

  // MARK: - Products and rows

  /// [1 -2; 3 1] [1 0; 2 -1] = [-3 2; 5 -1]
  @Test func epilogues() throws {
    let a = MatrixOperand(try tensor(1, 2, 2, [1, -2, 3, 1]))
    let b = MatrixOperand(try tensor(1, 2, 2, [1, 0, 2, -1]))
    let c = try zeros(1, 2, 2)
    func product(_ epilogue: ProductEpilogue<Operations.Tensor>) throws -> [Double] {
      try operations.matmul(a, b, into: c, epilogue: epilogue)
      return try operations.read(c)
    }
    let bias = try tensor(1, 1, 2, [4, -2])
    #expect(try product(.none) == [-3, 2, 5, -1])
    #expect(try product(.relu) == [0, 2, 5, 0])
    #expect(try product(.bias(bias)) == [1, 0, 9, -3])
    #expect(try product(.biasReLU(bias)) == [1, 0, 9, 0])
    #expect(try product(.mask(tensor(1, 2, 2, [1, 0, -1, 0.5]))) == [-3, 0, 0, -1])
  }

  @Test func rows() throws {
    let x = try tensor(2, 2, 3, [1, 2, 3, 4, 5, 6, 1, 1, 1, -1, 0, 1])
    let sums = try zeros(2, 1, 3)
    try operations.columnSums(x, into: sums)
    #expect(try operations.read(sums) == [5, 7, 9, 0, 1, 2])
    let chosen = try zeros(2, 3, 3)
    try operations.selectRows(x, indices(1, 3, 1, [1, 1, 0]), into: chosen)
    #expect(
      try operations.read(chosen) == [4, 5, 6, 4, 5, 6, 1, 2, 3, -1, 0, 1, -1, 0, 1, 1, 1, 1])
  }

  /// gate = [1 0; 2 -1]: rows of w = [5 6; 7 8] where it is positive.
  @Test func gates() throws {
    let gate = try tensor(1, 2, 2, [1, 0, 2, -1])
    let y = try zeros(1, 2, 2)
    try operations.gateRow(gate, tensor(1, 2, 2, [5, 6, 7, 8]), row: 1, into: y)
    #expect(try operations.read(y) == [7, 0, 7, 0])
    let sums = try tensor(1, 2, 2, [1, 1, 1, 1])
    try operations.addGatedSums(
      tensor(1, 1, 1, [10]), gate, tensor(1, 2, 2, [1, 2, 3, 4]), into: sums, row: 0)
    #expect(try operations.read(sums) == [41, 1, 1, 1])
  }

  // MARK: - Losses

  /// Outputs (log 1, log 2, log 5) have the probabilities 1/8, 1/4, 5/8.
  @Test func softmax() throws {
    let row = [0, log(2.0), log(5.0)]
    let outputs = try tensor(1, 2, 3, row + row.map { $0 + 100 })
    let labels = try indices(1, 2, 1, [1, 2])
    let sums = try operations.classify(outputs, labels)[0]
    let rule = Tolerance.sum(.f64, terms: 200)
    expectNone(rule.mismatch(sums.loss, log(4.0) + log(8 / 5.0)))
    expectNone(rule.mismatch(sums.margin, log(2 / 5.0)))
    #expect(sums.correct == 1)
    try operations.softmaxCrossEntropy(outputs, labels)
    let expected = [0.125, -0.75, 0.625, 0.125, 0.25, -0.375].map { (p: Double) in p / 2 }
    expectNone(rule.mismatch(try operations.read(outputs), expected))
  }

  /// Losses log 4 and log(8/5): slopes p_c over their sum.
  @Test func logarithmicLoss() throws {
    let row = [0, log(2.0), log(5.0)]
    let outputs = try tensor(2, 2, 3, row + row + row + row)
    let labels = try indices(2, 2, 1, [1, 2, 0, 0])
    let values = try operations.logCrossEntropy(outputs, labels)
    let total = log(4.0) + log(8 / 5.0)
    let rule = Tolerance.sum(.f64, terms: 8)
    expectNone(rule.mismatch(values, [log(total / 2), log(log(8.0))]))
    let first = [0.125, -0.75, 0.625, 0.125, 0.25, -0.375].map { (p: Double) in p / total }
    let second = [-0.875, 0.25, 0.625].map { (p: Double) in p / (2 * log(8.0)) }
    expectNone(rule.mismatch(try operations.read(outputs), first + second + second))
  }

  // MARK: - Update

  /// theta = (2, -1, 0), g = (1, 1, 1), lr = 0.1, l1 = 0.5, l2 = 0.25, decay = 0.3.
  @Test(arguments: [0.0, 1]) func descent(signOfZero: Double) throws {
    let theta = try tensor(1, 3, 1, [2, -1, 0])
    try operations.update(
      theta, tensor(1, 3, 1, [1, 1, 1]),
      UpdateRates(
        rate: tensor(1, 1, 1, [0.1]), l1: tensor(1, 1, 1, [0.5]), signOfZero: signOfZero,
        l2: tensor(1, 1, 1, [0.25]), decay: tensor(1, 1, 1, [0.3])), adam: nil, rounding: nil)
    let expected = [
      2 - 0.1 * (1 + 0.5 + 0.5 + 0.6), -1 - 0.1 * (1 - 0.5 - 0.25 - 0.3),
      -0.1 * (1 + 0.5 * signOfZero),
    ]
    expectNone(Tolerance.sum(.f64, terms: 4).mismatch(try operations.read(theta), expected))
  }

  /// The second step: m = 0.9 0.1 + 0.1, v = 0.999 0.001 4 + 0.001 4.
  @Test func adam() throws {
    let (theta, gradient) = (try tensor(1, 1, 1, [1]), try tensor(1, 1, 1, [2]))
    let (m, v, one) = (try zeros(1, 1, 1), try zeros(1, 1, 1), try tensor(1, 1, 1, [0.1]))
    let zero = try zeros(1, 1, 1)
    for step in 1...2 {
      try operations.update(
        theta, gradient, UpdateRates(rate: one, l1: zero, l2: zero, decay: zero),
        adam: AdamState(first: m, second: v, step: step), rounding: nil)
    }
    let rule = Tolerance.sum(.f64, terms: 8)
    expectNone(rule.mismatch(try operations.read(m), [0.38]))
    expectNone(rule.mismatch(try operations.read(v), [0.007996]))
    expectNone(rule.mismatch(try operations.read(theta), [1 - 0.2 * 2 / (2 + 1e-8)]))
  }

  @Test func scalesOfAdam() throws {
    let zero = try zeros(1, 1, 1)
    for step in [1, 2, 7, 1000, 100_000] {
      let state = AdamState(first: zero, second: zero, step: step)
      // Powers of numbers near 1 lose a rounding per doubling of the step.
      let rule = Tolerance(absolute: 0, relative: 1e4 * Precision.f64.epsilon)
      expectNone(rule.mismatch(state.firstScale, 1 / (1 - pow(0.9, Double(step)))))
      expectNone(
        rule.mismatch(state.secondScale, 1 / (1 - pow(0.999, Double(step))).squareRoot()))
    }
  }

  // MARK: - Memory

  @Test func viewsShareNumbers() throws {
    let whole = try tensor(1, 2, 3, [1, 2, 3, 4, 5, 6])
    let part = try operations.view(whole, BatchShape(runs: 2, rows: 2))
    #expect(try operations.read(part) == [1, 2, 3, 4])
    try operations.write([9, 8, 7, 6], into: part)
    #expect(try operations.read(whole) == [9, 8, 7, 6, 5, 6])
    let rows = try indices(1, 2, 1, [0, 0])
    try operations.write([1, 0], into: rows)
    let y = try zeros(1, 2, 3)
    try operations.selectRows(whole, rows, into: y)
    #expect(try operations.read(y) == [6, 5, 6, 9, 8, 7])
  }
}
