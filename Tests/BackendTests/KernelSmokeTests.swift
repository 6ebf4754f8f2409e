// This file runs every kernel once on tiny shapes: what `tools/oclgrind` looks at in a simulator.

import BatchNumerics
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import Testing
import _TestSupport

/// Devices proper have the other suites; compiling all this once more would take them a minute.
@Suite(.enabled(if: TestDevices.areSimulated, "not in a simulator")) struct KernelSmokeTests {
  // MARK: - Operations

  struct Numbers: Sendable, CustomStringConvertible {
    let precision: Precision
    let avoidsDouble: Bool

    var description: String { "\(precision)\(avoidsDouble ? " without double" : "")" }

    static let all = [
      Numbers(precision: .f32, avoidsDouble: false), Numbers(precision: .f64, avoidsDouble: false),
      Numbers(precision: .f32, avoidsDouble: true),
    ]
  }

  @Test(arguments: TestDevices.each(Numbers.all, \.precision))
  func operations(test: DeviceCase<Numbers>) throws {
    try checkOperations(test.value.precision.scalar, test)
  }

  private func checkOperations<S: RunScalar & KernelScalar>(
    _ type: S.Type, _ test: DeviceCase<Numbers>
  ) throws {
    let reference = ReferenceOperations<S>()
    let backend = try OpenCLOperations<S>(
      TestDevices.context(test.device), avoidsDouble: test.value.avoidsDouble)
    let shape = BatchShape(runs: 2, rows: 67)
    for operation in Operation.allCases {
      let data = OperationData(operation, shape, sharing: true)
      let rule: Tolerance =
        test.value.avoidsDouble && operation.isReduction
        ? .compensatedSum(magnitudes: 67) : operation.tolerance(S.precision, terms: 67)
      expectNone(
        rule.mismatch(try data.results(on: backend), try data.results(on: reference)),
        "\(operation)")
    }
    let product = MatmulCase(precision: S.precision, transposesB: true, sharesA: true)
    expectNone(
      product.tolerance.mismatch(
        try product.product(on: backend, into: backend.tensor(product.c, nil)),
        try product.product(on: reference, into: reference.tensor(product.c, nil))),
      "matmul")
  }

  // MARK: - Training

  /// Every resident kernel with every method, one factor and several, with doubles and without; at
  /// a size with tails, for runs that share data and, in lanes, for runs that do not.
  static let training: [TrainingCase] = {
    let plain = SparseRecoveryCase.all.map { ($0, false) }
    let poor = SparseRecoveryCase.all.filter { $0.precision == .f32 }.map { ($0, true) }
    return (plain + poor).flatMap { problem, avoidsDouble in
      [(DeviceMapping.lanes, 1), (.lanes, 2), (.components, 2)].map {
        tiny($0, problem, problems: $1, avoidsDouble: avoidsDouble)
      }
        + DeviceMapping.workGroups.map {
          tiny($0, problem, problems: 2, avoidsDouble: avoidsDouble)
        }
    }
  }()

  private static func tiny(
    _ mapping: DeviceMapping, _ problem: SparseRecoveryCase, problems: Int, avoidsDouble: Bool
  ) -> TrainingCase {
    var problem = problem
    (problem.columns, problem.rows) = (35, 5)
    (problem.runs, problem.problems) = (2, problems)
    // A projection leaves a data gradient of rounding only; its ratio to a weak pull would show it.
    if problem.method == .projected { problem.l2 = 1 }
    var test = TrainingCase(mapping, problem)
    test.avoidsDouble = avoidsDouble
    (test.steps, test.evaluations) = (2, [0, 2])
    return test
  }

  /// Working vectors in global memory, with as few rows as it takes and more than one group.
  static let scratch = [
    (DeviceMapping.lanes, 2100, 17), (.components, 16_400, 2), (.workGroup, 6500, 2),
  ].map { mapping, columns, runs in
    var problem = SparseRecoveryCase(.subgradient, depth: 2)
    (problem.columns, problem.rows, problem.runs, problem.problems) = (columns, 2, runs, 1)
    var test = TrainingCase(mapping, problem)
    (test.steps, test.evaluations) = (1, [1])
    return test
  }

  @Test(arguments: TestDevices.each(training + scratch, \.problem.precision))
  func residentKernels(test: DeviceCase<TrainingCase>) throws {
    try expectNone(test.value.mismatch(on: test.device))
  }

  /// Launches that leave lanes out read and write the state in between.
  @Test(arguments: TestDevices.each(DeviceMapping.residentKinds) { _ in .f32 })
  func partialLaunches(test: DeviceCase<DeviceMapping>) throws {
    let batch = SparseRecoveryCase(.subgradient, depth: 2, .f32).stableBatch()
    let session = try test.value.session(batch, on: test.device)
    _ = try session.advance(Launch(start: 0, end: 1, evaluations: [1], runs: [0, 3]))
    let parameters = try session.parameters(of: [1])
    #expect(parameters[0].last?.values == batch.runs[1].initial.map { Double(Float($0)) })
  }

  // MARK: - Diagonal networks

  /// Both kernels with every form of X, W and number of runs side by side, in several chunks.
  static let diagonal: [DiagonalNetworkCase] = Precision.allCases.flatMap { precision in
    [true, false].flatMap { isSigns in
      [1, 4].flatMap { groupSize in
        [0, 0.3].map { noise in
          DiagonalNetworkCase().with {
            ($0.samples, $0.features, $0.noise, $0.isSigns) = (5, 37, noise, isSigns)
            ($0.precision, $0.runs, $0.steps) = (precision, 3, 2)
            $0.forcing = DiagonalNetworkForcing(
              chunks: isSigns ? 2 : 1, groupSize: groupSize, runsPerGroup: 2)
          }
        }
      }
    }
  }

  @Test(arguments: TestDevices.each(diagonal, \.precision))
  func diagonalNetworks(test: DeviceCase<DiagonalNetworkCase>) throws {
    let batch = test.value.batch
    let session = try test.value.session(batch, on: test.device)
    _ = try session.advance(Launch(start: 0, end: 2, evaluations: [0, 2], runs: [0, 1, 2]))
    let rule = Tolerance.diagonal(batch.precision, steps: 2, terms: 42)
    for run in 0..<3 {
      let state = try session.parameters(of: [run])[0].flatMap(\.values)
      expectNone(rule.mismatch(state, batch.plainState(ofRun: run, after: 2)))
    }
  }

  // MARK: - Matrices

  /// Every kernel of matrix recovery in both precisions, at sizes with tails, an odd number of
  /// columns, a step at which the basis is polished and evaluations.
  static let matrices = MatrixTrainingCase.each(
    MatrixRecoveryCase.all.filter { $0.depth < 3 }.flatMap { test in
      Precision.allCases.map { precision in
        test.with { ($0.precision, $0.runs, $0.problems) = (precision, 2, 1) }
      }
    }
  ).filter { $0.mapping != .stepwise }

  @Test(arguments: TestDevices.each(matrices, \.problem.precision))
  func matrixKernels(test: DeviceCase<MatrixTrainingCase>) throws {
    try expectNone(test.value.mismatch(on: test.device, steps: 2, evaluations: [0, 2]))
  }

  @Test(arguments: TestDevices.each([MappingChoice.lanes, .components, .workGroup]) { _ in .f32 })
  func decompositions(test: DeviceCase<MappingChoice>) throws {
    let backend = try OpenCLOperations<Float>(
      TestDevices.context(test.device), decomposition: test.value)
    for (rows, columns) in [(5, 3), (3, 4)] {
      let samples = MatrixSample.all(rows, columns).filter {
        ["zero", "rank one", "random"].contains($0.name)
      }
      let found = try Decompositions(
        samples.map { $0.matrix.values }, rows: rows, columns: columns, on: backend)
      for (index, sample) in samples.enumerated() {
        let errors = DecompositionErrors(
          sample.matrix, left: found.left(index), values: found.values(index),
          right: found.right(index), expected: nil, .f32)
        expectNone(errors.complaint(count: 3), "\(sample)")
      }
    }
    let shape = BatchShape(runs: 2, rows: 3, columns: 3)
    let identity = (0..<2).flatMap { _ in DenseMatrix.identity(3).values }
    let (x, basis) = (try backend.tensor(shape, identity), try backend.tensor(shape, identity))
    let gamma = try backend.tensor(BatchShape(runs: 1, rows: 1), [0.25])
    try backend.singularValueThreshold(gamma, x, basis: basis)
    #expect(try backend.read(x) == identity.map { 0.75 * $0 })
    try backend.polarFactor(x, basis: basis, into: x)
    #expect(try backend.read(x) == identity)
  }
}
