// This file tests the fused pass through a network against plain sums.

import BatchNumerics
import OpenCLBackend
import OpenCLHost
import Testing
import _TestSupport

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct FusedNetworkTests {
  @Test(arguments: TestDevices.each(FusedCase.all, \.precision))
  func gradients(test: DeviceCase<FusedCase>) throws {
    try check(test.value.precision.scalar, test)
  }

  private func check<S: RunScalar & KernelScalar>(
    _ type: S.Type, _ test: DeviceCase<FusedCase>
  ) throws {
    let context = try TestDevices.context(test.device)
    let (runs, model) = (test.value.runs, test.value.model)
    let backend = try OpenCLOperations<S>(context)
    let numbers = FusedNumbers(test.value)
    let watched = SentinelResults<S>(try Queue(context))
    guard
      let found = try pass(
        numbers, Array(0..<runs), test.value, backend, place: watched.place)
    else { return }
    #expect(try watched.areIntact(backend), "a sentinel is gone")
    let expected = (0..<runs).map { numbers.gradients($0) }
    for (index, shape) in model.parameters.enumerated() {
      expectNone(
        test.value.tolerance.mismatch(found[index], expected.flatMap { $0[index] }), shape.name)
    }
    let alone = try pass(numbers, [runs - 1], test.value, backend, place: watched.place) ?? []
    for (own, whole) in zip(alone, found) {
      #expect(bits(own) == bits(whole.suffix(own.count)), "a run depends on its batch")
    }
  }

  /// The gradients of some runs, after two passes: nothing of the first may be left in the second.
  /// Nil on a device without such a kernel.
  private func pass<S: RunScalar & KernelScalar>(
    _ numbers: FusedNumbers, _ runs: [Int], _ test: FusedCase, _ backend: OpenCLOperations<S>,
    place: (BatchShape, [Double]) throws -> OpenCLTensor<S>
  ) throws -> [[Double]]? {
    let model = test.model
    let count = test.taken ?? test.samples
    let sets = test.sharesSamples ? [0] : runs
    guard
      let fused = try backend.fusedNetwork(
        model, runs: runs.count, samples: count, isOrdered: test.taken != nil)
    else { return nil }
    func part<T>(_ all: [T], _ chosen: [Int], _ size: Int) -> [T] {
      chosen.flatMap { all[($0 * size)..<(($0 + 1) * size)] }
    }
    func tensor(_ all: [Double], _ chosen: [Int], _ rows: Int, _ columns: Int) throws
      -> OpenCLTensor<S>
    {
      try backend.tensor(
        BatchShape(runs: chosen.count, rows: rows, columns: columns),
        part(all, chosen, rows * columns))
    }
    func indices(_ all: [Int32], _ chosen: [Int], _ rows: Int, _ columns: Int) throws
      -> OpenCLIndices
    {
      try backend.indices(
        BatchShape(runs: chosen.count, rows: rows, columns: columns),
        part(all, chosen, rows * columns))
    }
    let parameters = try zip(model.parameters, numbers.parameters).map {
      try tensor($1, runs, $0.rows, $0.columns)
    }
    let inputs: FusedSamples<OpenCLTensor<S>, OpenCLIndices>.Inputs =
      numbers.tokens.isEmpty
      ? .dense(try tensor(numbers.features, sets, test.samples, model.features))
      : .tokens(try indices(numbers.tokens, sets, test.samples, 2))
    let targets: FusedSamples<OpenCLTensor<S>, OpenCLIndices>.Targets =
      numbers.labels.isEmpty
      ? .values(try tensor(numbers.values, sets, test.samples, model.outputs))
      : .labels(try indices(numbers.labels, sets, test.samples, 1))
    let samples = FusedSamples(
      inputs: inputs, targets: targets,
      order: try test.taken.map { try indices(numbers.order, runs, $0, 1) }, count: count)
    let gradients = try model.parameters.map {
      let shape = BatchShape(runs: runs.count, rows: $0.rows, columns: $0.columns)
      return try place(shape, [Double](repeating: .nan, count: shape.count))
    }
    for _ in 0..<2 { try fused.computeGradients(parameters, samples, into: gradients) }
    return try gradients.map { try backend.read($0) }
  }
}
