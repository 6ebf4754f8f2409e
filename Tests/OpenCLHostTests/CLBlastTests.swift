// This file tests CLBlast's matrix products against plain loops.

import OpenCLHost
import Testing
import _TestSupport

@Suite(.enabled(if: CLBlast.isAvailable)) struct CLBlastTests {
  /// Deterministic numbers in [-1, 1] with few bits, so that products of them are exact.
  private func numbers<Scalar: BLASScalar>(_ count: Int, _ seed: Int) -> [Scalar] {
    (0..<count).map { Scalar(($0 * 37 + seed * 11) % 33 - 16) / 16 }
  }

  /// C = 2 A B^T + 3 C, row-major, with rows longer than the matrices and an offset.
  private func product<Scalar: BLASScalar>(
    _ a: [Scalar],
    _ b: [Scalar],
    _ c: [Scalar],
    _ shape: GEMMShape,
    _ padding: Int,
    _ start: Int
  ) -> [Scalar] {
    var c = c
    for row in 0..<shape.rows {
      for column in 0..<shape.columns {
        var sum: Scalar = 0
        for k in 0..<shape.inner {
          sum += a[row * (shape.inner + padding) + k] * b[column * (shape.inner + padding) + k]
        }
        let place = start + row * (shape.columns + padding) + column
        c[place] = 2 * sum + 3 * c[place]
      }
    }
    return c
  }

  private func checkOne<Scalar: BLASScalar>(_ type: Scalar.Type, _ device: Device) throws {
    let queue = try Queue(Context(device))
    for (rows, columns, inner) in [(1, 1, 1), (7, 5, 9), (33, 17, 31)] {
      let shape = GEMMShape(rows: rows, columns: columns, inner: inner)
      let a: [Scalar] = numbers(rows * (inner + 2), 1)
      let b: [Scalar] = numbers(columns * (inner + 2), 2)
      let c: [Scalar] = numbers(4 + rows * (columns + 2), 3)
      let result = try queue.buffer(c)
      let event = try CLBlast.gemm(
        shape,
        alpha: 2,
        BLASMatrix(queue.buffer(a), leadingDimension: inner + 2),
        BLASMatrix(queue.buffer(b), leadingDimension: inner + 2, isTransposed: true),
        beta: 3,
        into: BLASMatrix(result, offset: 4, leadingDimension: columns + 2),
        on: queue
      )
      #expect(try queue.read(result).values() == product(a, b, c, shape, 2, 4))
      #expect(try event.times().executionNanoseconds > 0)
    }
  }

  private func checkBatch<Scalar: BLASScalar>(_ type: Scalar.Type, _ device: Device) throws {
    let queue = try Queue(Context(device))
    let (count, shape) = (3, GEMMShape(rows: 5, columns: 7, inner: 9))
    let a: [Scalar] = numbers(count * 45, 4)
    let b: [Scalar] = numbers(63, 5)
    var c: [Scalar] = numbers(count * 40, 6)
    let result = try queue.buffer(c)
    try CLBlast.gemmStridedBatched(
      shape,
      count: count,
      alpha: 2,
      BLASMatrix(queue.buffer(a), leadingDimension: 9, stride: 45),
      BLASMatrix(queue.buffer(b), leadingDimension: 9, isTransposed: true),
      beta: 3,
      into: BLASMatrix(result, leadingDimension: 7, stride: 40),
      on: queue
    )
    for index in 0..<count {
      c = product(Array(a[(index * 45)...]), b, c, shape, 0, index * 40)
    }
    #expect(try queue.read(result).values() == c)
  }

  // CLBlast compiles about 13 s per routine on PoCL with a cold cache: two of the four multiply,
  // all four are called by `everyRoutineChecksItsSizes`.

  @Test(arguments: TestDevices.all) func floatBatches(device: Device) throws {
    try checkBatch(Float.self, device)
  }

  @Test(arguments: TestDevices.all.filter(\.capabilities.hasDouble))
  func doubleProducts(device: Device) throws {
    try checkOne(Double.self, device)
  }

  /// CLBlast's own check of C's size, which it makes before compiling anything.
  private func tooSmall<Scalar: BLASScalar>(
    _ type: Scalar.Type,
    _ device: Device
  ) throws -> [OpenCLError] {
    let queue = try Queue(Context(device))
    let shape = GEMMShape(rows: 4, columns: 4, inner: 4)
    let ones = [Scalar](repeating: 1, count: 32)
    let input = BLASMatrix(try queue.buffer(ones), leadingDimension: 4, stride: 16)
    let small = BLASMatrix(
      try queue.buffer(Array(ones.prefix(15))),
      leadingDimension: 4,
      stride: 16
    )
    return [
      try openCLError { try CLBlast.gemm(shape, input, input, into: small, on: queue) },
      try openCLError {
        try CLBlast.gemmStridedBatched(shape, count: 2, input, input, into: small, on: queue)
      },
    ]
  }

  @Test(arguments: TestDevices.all.filter(\.capabilities.hasDouble))
  func everyRoutineChecksItsSizes(device: Device) throws {
    let errors = try tooSmall(Float.self, device) + tooSmall(Double.self, device)
    #expect(
      errors.map(\.call) == [
        "CLBlastSgemm", "CLBlastSgemmStridedBatched", "CLBlastDgemm", "CLBlastDgemmStridedBatched",
      ]
    )
    #expect(errors.allSatisfy { $0.status.name == "CLBlastInsufficientMemoryC" })
  }

  @Test(arguments: TestDevices.all) func impossibleProductsAreRefused(device: Device) throws {
    let queue = try Queue(Context(device))
    let shape = GEMMShape(rows: 4, columns: 4, inner: 4)
    let large = BLASMatrix(try queue.buffer([Float](repeating: 1, count: 16)), leadingDimension: 4)
    let overlap = try openCLError {
      try CLBlast.gemmStridedBatched(shape, count: 2, large, large, into: large, on: queue)
    }
    #expect(overlap.status == .invalidValue)
    #expect(overlap.description.contains("overlap"))
    let transposed = BLASMatrix(large.buffer, leadingDimension: 4, isTransposed: true)
    #expect(
      try openCLError { try CLBlast.gemm(shape, large, large, into: transposed, on: queue) }
        .status == .invalidValue
    )
    let empty = GEMMShape(rows: 0, columns: 4, inner: -4)
    #expect(
      try openCLError { try CLBlast.gemm(empty, large, large, into: large, on: queue) }
        .status == .invalidValue
    )
  }
}

@Suite struct CLBlastLoaderTests {
  @Test func absenceIsExplained() {
    #expect((CLBlast.problem == nil) == CLBlast.isAvailable)
    #expect(CLBlast.problem.map { !$0.isEmpty } ?? true)
  }
}
