// This file tests that devices refuse what the reference refuses, with the same error.

import BatchNumerics
import OpenCLBackend
import ReferenceBackend
import Testing
import _TestSupport

/// Operands that do not fit.
enum ShapeMistake: String, CaseIterable, Sendable {
  case matmulInner, matmulTransposedInner, matmulRows, matmulColumns, matmulRuns
  case copySize, copyFromMoreRuns, axpySize, axpyFactorPerEntry, axpyFactorRuns
  case hadamardSize, hadamardRuns, scaleFactorPerEntry, scaleFactorRuns
  case signSize, thresholdPerEntry, thresholdRuns, dotSize, dotRuns, tensorValues

  /// Throws the `ShapeError` of the mistake.
  func make<B: Backend>(on backend: B) throws {
    func t(_ runs: Int, _ rows: Int, _ columns: Int = 1) throws -> B.Tensor {
      try backend.tensor(BatchShape(runs: runs, rows: rows, columns: columns), nil)
    }
    func multiply(_ a: B.Tensor, transposed: Bool = false, _ b: B.Tensor, _ c: B.Tensor) throws {
      try backend.matmul(MatrixOperand(a, transposed: transposed), MatrixOperand(b), into: c)
    }
    switch self {
    case .matmulInner: try multiply(t(3, 2, 5), t(3, 4, 6), t(3, 2, 6))
    case .matmulTransposedInner:
      try multiply(t(3, 2, 5), transposed: true, t(3, 5, 6), t(3, 2, 6))
    case .matmulRows: try multiply(t(3, 2, 5), t(3, 5, 6), t(3, 3, 6))
    case .matmulColumns: try multiply(t(3, 2, 5), t(3, 5, 6), t(3, 2, 5))
    case .matmulRuns: try multiply(t(2, 2, 5), t(3, 5, 6), t(3, 2, 6))
    case .copySize: try backend.copy(t(3, 5), into: t(3, 4))
    case .copyFromMoreRuns: try backend.copy(t(3, 4), into: t(1, 4))
    case .axpySize: try backend.axpy(t(3, 1), t(3, 5), into: t(3, 4))
    case .axpyFactorPerEntry: try backend.axpy(t(3, 4), t(3, 4), into: t(3, 4))
    case .axpyFactorRuns: try backend.axpy(t(2, 1), t(3, 4), into: t(3, 4))
    case .hadamardSize: try backend.hadamard(t(3, 4), t(3, 5), into: t(3, 4))
    case .hadamardRuns: try backend.hadamard(t(3, 4), t(2, 4), into: t(3, 4))
    case .scaleFactorPerEntry: try backend.scale(t(3, 4), t(3, 4))
    case .scaleFactorRuns: try backend.scale(t(2, 1), t(3, 4))
    case .signSize: try backend.sign(t(3, 4), into: t(3, 5))
    case .thresholdPerEntry: try backend.softThreshold(t(3, 4), t(3, 4))
    case .thresholdRuns: try backend.softThreshold(t(2, 1), t(3, 4))
    case .dotSize: _ = try backend.dot(t(3, 4), t(3, 5))
    case .dotRuns: _ = try backend.dot(t(1, 4), t(3, 4))
    case .tensorValues: _ = try backend.tensor(BatchShape(runs: 2, rows: 3), [1, 2, 3])
    }
  }
}

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct ShapeErrorTests {
  @Test(arguments: TestDevices.each(ShapeMistake.allCases) { _ in .f32 })
  func devicesRefuseWhatTheReferenceRefuses(test: DeviceCase<ShapeMistake>) throws {
    let expected = #expect(throws: ShapeError.self) {
      try test.value.make(on: ReferenceOperations<Float>())
    }
    let error = #expect(throws: ShapeError.self) {
      try test.value.make(on: OpenCLOperations<Float>(TestDevices.context(test.device)))
    }
    #expect(error == expected)
  }
}
