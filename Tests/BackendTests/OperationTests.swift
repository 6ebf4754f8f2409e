// This file tests the batched operations on devices against the reference.

import BatchNumerics
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import Testing
import _TestSupport

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct OperationTests {
  static let cases = TestDevices.each(OperationCase.all, \.precision)

  /// Sizes around a work-group and several passes of one, with odd batches.
  static let shapes = [1, 7, 93, 63, 64, 65, 1000].flatMap { size in
    [1, 3, 37].map { BatchShape(runs: $0, rows: size) }
  }

  // MARK: - Agreement

  @Test(arguments: cases) func agreesWithReference(test: DeviceCase<OperationCase>) throws {
    try checkAgreement(test.value.precision.scalar, test)
  }

  private func checkAgreement<S: RunScalar & KernelScalar>(
    _ type: S.Type, _ test: DeviceCase<OperationCase>
  ) throws {
    let context = try TestDevices.context(test.device)
    let (operation, queue) = (test.value.operation, try Queue(context))
    let (backend, reference) = (try OpenCLOperations<S>(context), ReferenceOperations<S>())
    for shape in Self.shapes {
      for sharing in [false, true] {
        let data = OperationData(operation, shape, sharing: sharing)
        let expected = try data.results(on: reference)
        var watched: SentinelBuffer<S>?
        let results = try data.results(on: backend) { subject in
          let sentinels = try SentinelBuffer(subject.values.map { S($0) }, on: queue)
          watched = sentinels
          return OpenCLTensor(shape, sentinels.buffer)
        }
        let rule = operation.tolerance(type.precision, terms: shape.perRun)
        expectNone(rule.mismatch(results, expected), "\(shape), sharing: \(sharing)")
        let sentinels = try #require(watched)
        let after = try backend.values(of: sentinels)
        #expect(after != nil, "\(shape): a sentinel is gone")
        let untouched = data.subject.values.map { Double(S($0)) }
        #expect(after == (operation.isReduction ? untouched : results))
      }
    }
  }

  // MARK: - Batching

  @Test(arguments: cases) func runsDoNotDependOnTheirBatch(test: DeviceCase<OperationCase>) throws {
    try checkBatching(test.value.precision.scalar, test)
  }

  private func checkBatching<S: RunScalar & KernelScalar>(
    _ type: S.Type, _ test: DeviceCase<OperationCase>
  ) throws {
    let backend = try OpenCLOperations<S>(TestDevices.context(test.device))
    for (size, sharing) in [(7, true), (93, false), (1000, false)] {
      let data = OperationData(
        test.value.operation, BatchShape(runs: 5, rows: size), sharing: sharing)
      let together = try data.results(on: backend)
      let alone = try (0..<5).flatMap { try data.selecting(run: $0).results(on: backend) }
      #expect(bits(together) == bits(alone), "\(size)")
    }
  }

  // MARK: - Special numbers

  /// Each run holds one of these among ordinary numbers.
  static let specials = [
    Double.nan, .infinity, -.infinity, -0.0, 0, 1, -1, 0x1p-149, -0x1p-140, 0x1p127,
  ]

  @Test(arguments: cases, [false, true]) func specialNumbersStaySpecial(
    test: DeviceCase<OperationCase>, avoidingDouble: Bool
  ) throws {
    try checkSpecials(test.value.precision.scalar, test, avoidingDouble)
  }

  private func checkSpecials<S: RunScalar & KernelScalar>(
    _ type: S.Type, _ test: DeviceCase<OperationCase>, _ avoidingDouble: Bool
  ) throws {
    let operation = test.value.operation
    let backend = try OpenCLOperations<S>(
      TestDevices.context(test.device), avoidsDouble: avoidingDouble)
    let count = Self.specials.count
    var data = OperationData(operation, BatchShape(runs: count, rows: 65), sharing: false)
    for (run, special) in Self.specials.enumerated() {
      data.subject.values[run * 65 + 64] = special
      for (index, operand) in operation.operands.enumerated() where operand == .tensor {
        data.operands[index].values[run * 65 + 64] = special
      }
    }
    // The square of 2^127 is no float: without doubles the result is infinite.
    let overflows = avoidingDouble && S.self == Float.self && [.dot, .l2Norm].contains(operation)
    var results = try data.results(on: backend)
    var expected = try data.results(on: ReferenceOperations<S>())
    if overflows {
      #expect(results.removeLast() == .infinity)
      expected.removeLast()
    }
    let rule =
      avoidingDouble && operation.isReduction && S.self == Float.self
      ? Tolerance.compensatedSum(magnitudes: 65) : operation.tolerance(S.precision, terms: 65)
    expectNone(rule.mismatch(results, expected))
    // S(-0) may be either zero; these have to keep it.
    if [.copy, .scale, .sign, .hadamard].contains(operation) {
      #expect(bits(results) == bits(expected))
    }
  }
}
