// This file tests the reference's batched operations against literals computed by hand.

import BatchNumerics
import ReferenceBackend
import Testing
import _TestSupport

@Suite struct ReferenceOperationsTests {
  typealias Operations = ReferenceOperations<Double>
  let operations = Operations()

  func tensor(_ runs: Int, _ rows: Int, _ columns: Int, _ values: [Double]) throws
    -> Operations.Tensor
  {
    try operations.tensor(BatchShape(runs: runs, rows: rows, columns: columns), values)
  }

  // MARK: - Products

  /// a = [1 2 3; 4 5 6] and its double, b = [1 -1; 0 2; 3 0] and its negative.
  @Test func matmulPerRun() throws {
    let a = try tensor(2, 2, 3, [1, 2, 3, 4, 5, 6, 2, 4, 6, 8, 10, 12])
    let b = try tensor(2, 3, 2, [1, -1, 0, 2, 3, 0, -1, 1, 0, -2, -3, 0])
    let c = try tensor(2, 2, 2, [9, 9, 9, 9, 9, 9, 9, 9])
    try operations.matmul(MatrixOperand(a), MatrixOperand(b), into: c)
    #expect(try operations.read(c) == [10, 3, 22, 6, -20, -6, -44, -12])
  }

  @Test func matmulSharesOperands() throws {
    let a = try tensor(1, 2, 3, [1, 2, 3, 4, 5, 6])
    let x = try tensor(3, 3, 1, [1, 0, 0, 0, 1, 0, 1, 1, 1])
    let y = try tensor(3, 2, 1, [0, 0, 0, 0, 0, 0])
    try operations.matmul(MatrixOperand(a), MatrixOperand(x), into: y)
    #expect(try operations.read(y) == [1, 4, 2, 5, 6, 15])
    let perRun = try tensor(2, 1, 2, [1, 0, 0, 2])
    let c = try tensor(2, 1, 3, [0, 0, 0, 0, 0, 0])
    try operations.matmul(MatrixOperand(perRun), MatrixOperand(a), into: c)
    #expect(try operations.read(c) == [1, 2, 3, 8, 10, 12])
  }

  /// The four ways to form [1 2 3; 4 5 6] [1 -1; 0 2; 3 0] = [10 3; 22 6].
  @Test(arguments: [false, true], [false, true]) func matmulTransposes(left: Bool, right: Bool)
    throws
  {
    let a =
      left ? try tensor(1, 3, 2, [1, 4, 2, 5, 3, 6]) : try tensor(1, 2, 3, [1, 2, 3, 4, 5, 6])
    let b =
      right ? try tensor(1, 2, 3, [1, 0, 3, -1, 2, 0]) : try tensor(1, 3, 2, [1, -1, 0, 2, 3, 0])
    let c = try tensor(1, 2, 2, [0, 0, 0, 0])
    try operations.matmul(
      MatrixOperand(a, transposed: left), MatrixOperand(b, transposed: right), into: c)
    #expect(try operations.read(c) == [10, 3, 22, 6])
  }

  // MARK: - Entry by entry

  @Test func axpyTakesOneFactorPerRunOrOneForAll() throws {
    let y = try tensor(2, 1, 2, [1, 2, 3, 4])
    try operations.axpy(
      tensor(2, 1, 1, [10, -1]), tensor(2, 1, 2, [1, 1, 2, 2]), into: y)
    #expect(try operations.read(y) == [11, 12, 1, 2])
    try operations.axpy(tensor(1, 1, 1, [2]), tensor(1, 1, 2, [5, 0.5]), into: y)
    #expect(try operations.read(y) == [21, 13, 11, 3])
  }

  @Test func copyHadamardAndScale() throws {
    let x = try tensor(2, 2, 1, [1, 2, 3, 4])
    let shared = try tensor(1, 2, 1, [10, -1])
    let z = try tensor(2, 2, 1, [0, 0, 0, 0])
    try operations.copy(shared, into: z)
    #expect(try operations.read(z) == [10, -1, 10, -1])
    try operations.hadamard(x, shared, into: z)
    #expect(try operations.read(z) == [10, -2, 30, -4])
    try operations.hadamard(z, z, into: z)
    #expect(try operations.read(z) == [100, 4, 900, 16])
    try operations.scale(tensor(2, 1, 1, [0.5, 0]), z)
    #expect(try operations.read(z) == [50, 2, 0, 0])
    #expect(try operations.read(x) == [1, 2, 3, 4])
  }

  @Test func signOfZeroIsZeroAndOfNaNIsNaN() throws {
    let smallest = Double.leastNonzeroMagnitude
    let x = try tensor(1, 8, 1, [2, -3, 0, -0.0, .infinity, -.infinity, .nan, -smallest])
    try operations.sign(x, into: x)
    let values = try operations.read(x)
    #expect(values[..<6] == [1, -1, 0, 0, 1, -1])
    #expect(values[6].isNaN && values[7] == -1)
  }

  @Test func softThresholdPerRun() throws {
    let x = try tensor(2, 5, 1, [3, -3, 1, -0.5, 0, 3, -3, 1, .nan, .infinity])
    try operations.softThreshold(tensor(2, 1, 1, [1, 0]), x)
    let values = try operations.read(x)
    #expect(values[..<8] == [2, -2, 0, 0, 0, 3, -3, 1])
    #expect(values[8].isNaN && values[9] == .infinity)
  }

  // MARK: - Reductions

  @Test func reductionsPerRun() throws {
    let x = try tensor(2, 2, 2, [3, -4, 0, 0, 1, 1, -1, 1])
    #expect(try operations.dot(x, tensor(1, 2, 2, [1, 2, 3, 4])) == [-5, 4])
    #expect(try operations.l1Norm(x) == [7, 4])
    #expect(try operations.l2Norm(x) == [5, 2])
    #expect(try operations.max(x) == [3, 1])
    let negative = try tensor(2, 1, 2, [-3, -1, -.infinity, -2])
    #expect(try operations.max(negative) == [-1, -2])
  }

  @Test(arguments: [[Double.nan, 1], [1, .nan], [.nan, .infinity]]) func maxOfNaNIsNaN(
    _ values: [Double]
  ) throws {
    let largest = try operations.max(tensor(1, 2, 1, values))
    #expect(largest[0].isNaN)
  }

  /// In single precision the ones would be lost beside 2^24.
  @Test func reductionsAccumulateInDouble() throws {
    let single = ReferenceOperations<Float>()
    let values = [16_777_216.0] + [Double](repeating: 1, count: 100)
    let x = try single.tensor(BatchShape(runs: 1, rows: 101), values)
    #expect(try single.l1Norm(x) == [16_777_316])
    let ones = try single.tensor(
      BatchShape(runs: 1, rows: 101), [Double](repeating: 1, count: 101))
    #expect(try single.dot(x, ones) == [16_777_316])
  }

  @Test func tensorsRoundToThePrecisionAndStartAtZero() throws {
    let single = ReferenceOperations<Float>()
    #expect(single.precision == .f32 && operations.precision == .f64)
    let shape = BatchShape(runs: 1, rows: 1)
    #expect(try single.read(single.tensor(shape, [0.1])) == [Double(Float(0.1))])
    #expect(try operations.read(operations.tensor(shape, [0.1])) == [0.1])
    #expect(try operations.read(operations.tensor(shape, nil)) == [0])
  }
}
