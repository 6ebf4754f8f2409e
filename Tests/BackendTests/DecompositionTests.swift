// This file tests the batched singular value decomposition on devices.

import BatchNumerics
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import Testing
import _TestSupport

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct DecompositionTests {
  struct Factoring: Sendable, CustomStringConvertible {
    let mapping: MappingChoice
    let precision: Precision
    let rows: Int
    let columns: Int
    var description: String { "\(mapping.rawValue) \(precision) \(rows)x\(columns)" }
  }

  static let shapes = [
    (1, 1), (1, 7), (7, 1), (7, 7), (8, 9), (10, 10), (12, 8), (8, 12), (31, 33), (33, 31),
  ]

  static let all = [MappingChoice.lanes, .components, .workGroup].flatMap { mapping in
    Precision.allCases.flatMap { precision in
      shapes.map {
        Factoring(mapping: mapping, precision: precision, rows: $0.0, columns: $0.1)
      }
    }
  }

  static let large =
    [(93, 17), (127, 129), (500, 100)].map {
      Factoring(mapping: .lanes, precision: .f32, rows: $0.0, columns: $0.1)
    }
    + [(93, 17), (97, 64), (127, 129), (500, 100)].flatMap { rows, columns in
      Precision.allCases.map {
        Factoring(mapping: .components, precision: $0, rows: rows, columns: columns)
      }
    }

  // MARK: - The decomposition

  @Test(arguments: TestDevices.each(all + large, \.precision))
  func decompositions(test: DeviceCase<Factoring>) throws {
    try checkDecompositions(test.value.precision.scalar, test)
  }

  private func checkDecompositions<S: RunScalar & KernelScalar>(
    _ type: S.Type, _ test: DeviceCase<Factoring>
  ) throws {
    let (rows, columns) = (test.value.rows, test.value.columns)
    let samples = MatrixSample.all(rows, columns)
    let backend = try operations(type, test)
    let found = try Decompositions(
      samples.map { $0.matrix.values }, rows: rows, columns: columns, on: backend)
    for (index, sample) in samples.enumerated() {
      let rounded = DenseMatrix(
        rows: rows, columns: columns, values: sample.matrix.values.map { Double(S($0)) })
      // The reference's own rounding in double is 8 eps of 500 x 100 ones: there reconstruction and
      // orthogonality alone bound the values' errors (Weyl).
      let isExact = S.precision == .f32 || rows * columns < 2000
      let exact = isExact ? SingularValueDecomposition(rounded).values : nil
      let errors = DecompositionErrors(
        rounded, left: found.left(index), values: found.values(index), right: found.right(index),
        expected: exact, S.precision)
      expectNone(errors.complaint(count: min(rows, columns)), "\(sample)")
    }
    // Any run alone, whatever was beside it.
    let alone = try Decompositions(
      [samples[10].matrix.values], rows: rows, columns: columns, on: backend)
    #expect(bits(alone.left(0).values) == bits(found.left(10).values))
    #expect(bits(alone.values(0)) == bits(found.values(10)))
    #expect(bits(alone.right(0).values) == bits(found.right(10).values))
  }

  private func operations<S: RunScalar & KernelScalar>(
    _ type: S.Type, _ test: DeviceCase<Factoring>
  ) throws -> OpenCLOperations<S> {
    try OpenCLOperations<S>(
      TestDevices.context(test.device), decomposition: test.value.mapping)
  }

  /// Lanes without a run and the work-items beyond the last one write nothing.
  @Test(arguments: TestDevices.each(all, \.precision))
  func nothingIsWrittenBehindTheResults(test: DeviceCase<Factoring>) throws {
    try checkSentinels(test.value.precision.scalar, test)
  }

  private func checkSentinels<S: RunScalar & KernelScalar>(
    _ type: S.Type, _ test: DeviceCase<Factoring>
  ) throws {
    let (rows, columns) = (test.value.rows, test.value.columns)
    let (backend, k) = (try operations(type, test), min(rows, columns))
    let queue = try Queue(TestDevices.context(test.device))
    for runs in [1, 3, 17] {
      var watched: [SentinelBuffer<S>] = []
      func tensor(_ rows: Int, _ columns: Int, _ value: (Int) -> Double) throws -> OpenCLTensor<S> {
        let shape = BatchShape(runs: runs, rows: rows, columns: columns)
        let values = (0..<shape.count).map { S(value($0 % (rows * columns))) }
        let sentinels = try SentinelBuffer(values, on: queue)
        watched.append(sentinels)
        return OpenCLTensor(shape, sentinels.buffer)
      }
      let x = try tensor(rows, columns) { Double(($0 * 7 + 3) % 11) - 4 }
      let basis = try tensor(k, k) { $0 % (k + 1) == 0 ? 1 : 0 }
      let (left, values) = (try tensor(rows, k) { _ in 0 }, try tensor(k, 1) { _ in 0 })
      let right = try tensor(columns, k) { _ in 0 }
      let (y, gamma) = (try tensor(rows, columns) { _ in 0 }, try tensor(1, 1) { _ in 0.5 })
      try backend.svd(x, basis: basis, left: left, values: values, right: right)
      try backend.polarFactor(x, basis: basis, into: y)
      try backend.singularValueThreshold(gamma, x, basis: basis)
      for (index, sentinels) in watched.enumerated() {
        #expect(
          try backend.values(of: sentinels) != nil,
          "\(runs) runs, tensor \(index): a sentinel is gone")
      }
    }
  }

  // MARK: - What is built on it

  @Test(arguments: TestDevices.each(all, \.precision))
  func polarFactorAndThreshold(test: DeviceCase<Factoring>) throws {
    try checkFunctions(test.value.precision.scalar, test)
  }

  private func checkFunctions<S: RunScalar & KernelScalar>(
    _ type: S.Type, _ test: DeviceCase<Factoring>
  ) throws {
    let (rows, columns) = (test.value.rows, test.value.columns)
    let samples = MatrixSample.all(rows, columns).filter {
      ["repeated", "identity", "random"].contains($0.name)
    }
    let shape = BatchShape(runs: samples.count, rows: rows, columns: columns)
    let k = min(rows, columns)
    func results<B: Backend>(_ backend: B) throws -> ([Double], [Double]) {
      let x = try backend.tensor(shape, samples.flatMap { $0.matrix.values })
      let y = try backend.tensor(shape, nil)
      let identity = (0..<samples.count).flatMap { _ in DenseMatrix.identity(k).values }
      let basis = try backend.tensor(
        BatchShape(runs: samples.count, rows: k, columns: k), identity)
      let gamma = try backend.tensor(
        BatchShape(runs: samples.count, rows: 1), samples.indices.map { 0.2 + 0.1 * Double($0) })
      // Twice: the second time from the basis that the first one found.
      try backend.polarFactor(x, basis: basis, into: y)
      try backend.polarFactor(x, basis: basis, into: y)
      try backend.singularValueThreshold(gamma, x, basis: basis)
      return (try backend.read(y), try backend.read(x))
    }
    let found = try results(operations(type, test))
    let expected = try results(ReferenceOperations<S>())
    // Sweeps end at cosines whose squares are rounding errors, over a smallest singular value.
    let rule = Tolerance(
      absolute: 2000 * S.precision.epsilon * Double(max(rows, columns)), relative: 0)
    expectNone(rule.mismatch(found.0, expected.0), "polar factor")
    expectNone(rule.mismatch(found.1, expected.1), "threshold")
  }

  // MARK: - Trouble

  @Test(arguments: TestDevices.each(Array(all.prefix(6)) + all.suffix(4), \.precision))
  func notANumberHarmsNobody(test: DeviceCase<Factoring>) throws {
    try checkNotANumber(test.value.precision.scalar, test)
  }

  private func checkNotANumber<S: RunScalar & KernelScalar>(
    _ type: S.Type, _ test: DeviceCase<Factoring>
  ) throws {
    let (rows, columns) = (test.value.rows, test.value.columns)
    let good = MatrixSample.all(rows, columns)[10].matrix.values
    let backend = try operations(type, test)
    let alone = try Decompositions([good], rows: rows, columns: columns, on: backend)
    for trouble in [Double.nan, .infinity] {
      var bad = good
      bad[bad.count / 2] = trouble
      let found = try Decompositions([good, bad, good], rows: rows, columns: columns, on: backend)
      #expect(found.values(1).allSatisfy { $0.isNaN })
      for run in [0, 2] { #expect(bits(found.values(run)) == bits(alone.values(0))) }
    }
  }

  @Test(arguments: TestDevices.each([Precision.f64]) { $0 })
  func shapesThatDoNotFit(test: DeviceCase<Precision>) throws {
    let backend = try OpenCLOperations<Double>(TestDevices.context(test.device))
    let x = try backend.tensor(BatchShape(runs: 2, rows: 4, columns: 3), nil)
    let basis = try backend.tensor(BatchShape(runs: 2, rows: 3, columns: 3), nil)
    let wrong = try backend.tensor(BatchShape(runs: 2, rows: 4, columns: 4), nil)
    let single = try backend.tensor(BatchShape(runs: 1, rows: 3, columns: 3), nil)
    #expect(throws: ShapeError.self) { try backend.polarFactor(x, basis: wrong, into: x) }
    #expect(throws: ShapeError.self) { try backend.polarFactor(x, basis: single, into: x) }
    #expect(throws: ShapeError.self) { try backend.polarFactor(x, basis: basis, into: wrong) }
    #expect(throws: ShapeError.self) {
      try backend.singularValueThreshold(basis, x, basis: basis)
    }
    #expect(throws: ShapeError.self) {
      try backend.svd(x, basis: basis, left: x, values: x, right: basis)
    }
  }
}

/// The decompositions of a batch on a backend, read back.
struct Decompositions {
  private let shape: BatchShape
  private let parts: (left: [Double], values: [Double], right: [Double])

  init<B: Backend>(_ matrices: [[Double]], rows: Int, columns: Int, on backend: B) throws {
    shape = BatchShape(runs: matrices.count, rows: rows, columns: columns)
    let (runs, k) = (matrices.count, min(rows, columns))
    let x = try backend.tensor(shape, matrices.flatMap { $0 })
    let identity = (0..<runs).flatMap { _ in DenseMatrix.identity(k).values }
    let basis = try backend.tensor(BatchShape(runs: runs, rows: k, columns: k), identity)
    let left = try backend.tensor(BatchShape(runs: runs, rows: rows, columns: k), nil)
    let values = try backend.tensor(BatchShape(runs: runs, rows: k), nil)
    let right = try backend.tensor(BatchShape(runs: runs, rows: columns, columns: k), nil)
    try backend.svd(x, basis: basis, left: left, values: values, right: right)
    parts = (try backend.read(left), try backend.read(values), try backend.read(right))
  }

  private var k: Int { min(shape.rows, shape.columns) }

  func left(_ run: Int) -> DenseMatrix { matrix(parts.left, run, shape.rows) }
  func right(_ run: Int) -> DenseMatrix { matrix(parts.right, run, shape.columns) }
  func values(_ run: Int) -> [Double] { Array(parts.values[(run * k)..<((run + 1) * k)]) }

  private func matrix(_ numbers: [Double], _ run: Int, _ rows: Int) -> DenseMatrix {
    DenseMatrix(
      rows: rows, columns: k, values: Array(numbers[(run * rows * k)..<((run + 1) * rows * k)]))
  }
}
