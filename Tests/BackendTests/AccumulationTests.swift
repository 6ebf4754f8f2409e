// This file tests that devices without double precision accumulate as if they had it.

import BatchNumerics
import OpenCLBackend
import ReferenceBackend
import Testing
import _TestSupport

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct AccumulationTests {
  /// Plain float sums of so many equal numbers are off by a hundred times the rule: equal numbers
  /// are rounded the same way again and again.
  static let size = 100_003

  static let cases = TestDevices.each([Operation.dot, .l1Norm, .l2Norm]) { _ in .f32 }

  @Test(arguments: cases) func compensatedSumsAreAsGoodAsDouble(
    test: DeviceCase<Operation>
  ) throws {
    let reference = ReferenceOperations<Float>()
    let thirds = [Double](repeating: 1.0 / 3, count: 3 * Self.size)
    let backend = try OpenCLOperations<Float>(
      TestDevices.context(test.device), avoidsDouble: true)
    var data = OperationData(test.value, BatchShape(runs: 3, rows: Self.size), sharing: false)
    for index in data.operands.indices { data.operands[index].values = thirds }
    data.subject.values = thirds
    let expected = try data.results(on: reference)
    let results = try data.results(on: backend)
    for (result, exact) in zip(results, expected) {
      expectNone(Tolerance.compensatedSum(magnitudes: exact).mismatch(result, exact))
    }
  }

  /// Beside 2^24 a float loses each of the ones that follow.
  @Test(arguments: TestDevices.each([false, true]) { _ in .f32 })
  func smallTermsAreNotLost(test: DeviceCase<Bool>) throws {
    let backend = try OpenCLOperations<Float>(
      TestDevices.context(test.device), avoidsDouble: test.value)
    let count = 64 * 101
    let values = (0..<count).map { $0 < 64 ? 16_777_216.0 : 1 }
    let tensor = try backend.tensor(BatchShape(runs: 1, rows: count), values)
    let exact = values.reduce(0, +)
    let sum = try backend.l1Norm(tensor)[0]
    #expect(test.value ? Float(sum) == Float(exact) : sum == exact)
  }
}
