// This file tests batched matrix products: ours and CLBlast's, against the reference.

import BatchNumerics
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import Testing
import _TestSupport

/// A batched product c = op(a) op(b).
struct MatmulCase: Sendable, CustomStringConvertible {
  var precision = Precision.f32
  var rows = 5
  var inner = 9
  var columns = 7
  var runs = 3
  var transposesA = false
  var transposesB = false
  var sharesA = false
  var sharesB = false

  var description: String {
    "\(precision) \(runs)x\(rows)x\(inner)x\(columns)"
      + "\(sharesA ? " shared" : "") a\(transposesA ? "^T" : "")"
      + "\(sharesB ? " shared" : "") b\(transposesB ? "^T" : "")"
  }

  /// Every way of storing and sharing the factors, at one size.
  static let layouts = Precision.allCases.flatMap { precision in
    (0..<16).map { bits in
      MatmulCase(
        precision: precision, transposesA: bits & 1 != 0, transposesB: bits & 2 != 0,
        sharesA: bits & 4 != 0, sharesB: bits & 8 != 0)
    }
  }

  /// Sizes from a single number up, one way of storing them.
  static let sizes = Precision.allCases.flatMap { precision in
    [(1, 1, 1), (1, 93, 1), (93, 7, 1), (16, 16, 16), (33, 31, 17), (1, 1, 65)].flatMap { size in
      [1, 3, 37].map { runs in
        MatmulCase(
          precision: precision, rows: size.0, inner: size.1, columns: size.2, runs: runs,
          transposesA: runs == 3, sharesA: runs == 37)
      }
    }
  }

  func shape(_ rows: Int, _ columns: Int, transposed: Bool, shared: Bool) -> BatchShape {
    let runs = shared ? 1 : runs
    return transposed
      ? BatchShape(runs: runs, rows: columns, columns: rows)
      : BatchShape(runs: runs, rows: rows, columns: columns)
  }

  var a: BatchShape { shape(rows, inner, transposed: transposesA, shared: sharesA) }
  var b: BatchShape { shape(inner, columns, transposed: transposesB, shared: sharesB) }
  var c: BatchShape { BatchShape(runs: runs, rows: rows, columns: columns) }

  /// The product on a backend, of random numbers in [-1, 1]; `only` one run, if given.
  func product<B: Backend>(on backend: B, into c: B.Tensor, only run: Int? = nil) throws
    -> [Double]
  {
    var numbers = TestNumbers(seed: 3)
    func factor(_ shape: BatchShape) throws -> B.Tensor {
      let all = OperationData.Block(shape: shape, values: numbers.next(shape.count))
      let block = run.map { all.selecting(run: $0) } ?? all
      return try backend.tensor(block.shape, block.values)
    }
    try backend.matmul(
      MatrixOperand(factor(a), transposed: transposesA),
      MatrixOperand(factor(b), transposed: transposesB), into: c)
    return try backend.read(c)
  }

  /// Two sums of `inner` products of at most 1.
  var tolerance: Tolerance { .sum(precision, terms: inner) }
}

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct MatmulTests {
  static let cases = TestDevices.each(MatmulCase.layouts + MatmulCase.sizes, \.precision)

  @Test(arguments: cases) func agreesWithReference(test: DeviceCase<MatmulCase>) throws {
    try check(test.value.precision.scalar, test.device, test.value)
  }

  private func check<S: RunScalar & KernelScalar>(
    _ type: S.Type, _ device: Device, _ test: MatmulCase
  ) throws {
    let context = try TestDevices.context(device)
    let (backend, reference) = (try OpenCLOperations<S>(context), ReferenceOperations<S>())
    let expected = try test.product(on: reference, into: reference.tensor(test.c, nil))
    let sentinels = try SentinelBuffer(
      [S](repeating: .nan, count: test.c.count), on: Queue(context))
    _ = try test.product(on: backend, into: OpenCLTensor(test.c, sentinels.buffer))
    let kept = try backend.values(of: sentinels)
    let results = try #require(kept, "a sentinel is gone")
    expectNone(test.tolerance.mismatch(results, expected))
    let single = BatchShape(runs: 1, rows: test.rows, columns: test.columns)
    let last = try test.product(
      on: backend, into: backend.tensor(single, nil), only: test.runs - 1)
    #expect(bits(last) == bits(results.suffix(single.count)), "a run depends on its batch")
  }

  /// NaN and infinities arrive where they belong and nowhere else.
  @Test(arguments: TestDevices.each(Precision.allCases) { $0 })
  func specialNumbersStayInTheirRows(test: DeviceCase<Precision>) throws {
    try checkSpecials(test.value.scalar, test.device)
  }

  private func checkSpecials<S: RunScalar & KernelScalar>(
    _ type: S.Type, _ device: Device
  ) throws {
    let backend = try OpenCLOperations<S>(TestDevices.context(device))
    let a = try backend.tensor(
      BatchShape(runs: 2, rows: 2, columns: 2), [.nan, 1, 1, 1, .infinity, 1, -0.0, 1])
    let b = try backend.tensor(BatchShape(runs: 1, rows: 2, columns: 1), [2, 3])
    let c = try backend.tensor(BatchShape(runs: 2, rows: 2, columns: 1), nil)
    try backend.matmul(MatrixOperand(a), MatrixOperand(b), into: c)
    #expect(bits(try backend.read(c)) == bits([.nan, 5, .infinity, 3]))
  }
}

@Suite(.enabled(if: CLBlast.isAvailable && !TestDevices.all.isEmpty, "no CLBlast or no device"))
struct CLBlastAgreementTests {
  /// The one routine that OpenCLHostTests multiply with as well: CLBlast compiles it for seconds.
  @Test(
    arguments: TestDevices.each(
      [
        MatmulCase(), MatmulCase(rows: 93, inner: 7, columns: 1, runs: 37, sharesA: true),
        MatmulCase(rows: 33, inner: 31, columns: 17, transposesA: true, transposesB: true),
        MatmulCase(rows: 30, inner: 100, columns: 1, runs: 5, sharesB: true),
      ], \.precision)
  ) func agreesWithReference(test: DeviceCase<MatmulCase>) throws {
    let (product, reference) = (test.value, ReferenceOperations<Float>())
    let expected = try product.product(on: reference, into: reference.tensor(product.c, nil))
    let queue = try Queue(TestDevices.context(test.device))
    var numbers = TestNumbers(seed: 3)
    func factor(_ shape: BatchShape, _ transposed: Bool) throws -> BLASMatrix<Float> {
      BLASMatrix(
        try queue.buffer(numbers.next(shape.count).map { Float($0) }),
        leadingDimension: shape.columns, stride: shape.runs == 1 ? 0 : shape.perRun,
        isTransposed: transposed)
    }
    let sentinels = try SentinelBuffer([Float](repeating: .nan, count: product.c.count), on: queue)
    try CLBlast.gemmStridedBatched(
      GEMMShape(rows: product.rows, columns: product.columns, inner: product.inner),
      count: product.runs, factor(product.a, product.transposesA),
      factor(product.b, product.transposesB),
      into: BLASMatrix(
        sentinels.buffer, leadingDimension: product.columns, stride: product.c.perRun),
      on: queue)
    let all = try queue.read(sentinels.buffer).values().map { Double($0) }
    let results = try #require(sentinels.values(in: all), "a sentinel is gone")
    expectNone(product.tolerance.mismatch(results, expected))
  }
}
