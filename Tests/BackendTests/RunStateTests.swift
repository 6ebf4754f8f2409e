// This file tests that runs saved on a device go on to the same bits.

import BatchNumerics
import Experiments
import OpenCLBackend
import OpenCLHost
import Testing
import _TestSupport

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct RunStateTests {
  // MARK: - Sparse recovery

  /// Every kind of mapping, method and precision; seven runs and more than one group of lanes.
  static let sparse: [InvarianceCase] =
    InvarianceCase.all
    + DeviceMapping.kinds.map { InvarianceCase($0, SparseRecoveryCase(.proximal, depth: 3, .f32)) }

  private func continuation(_ test: DeviceCase<InvarianceCase>, runs: Int) -> Continuation {
    var problem = test.value.problem
    problem.runs = runs
    let batch = problem.stableBatch(steps: 30)
    return Continuation(runs: runs, end: 30, evaluations: [0, 1, 2, 13, 29, 30]) { runs, recorded in
      // A single run has its problem for itself: lanes then share it.
      let part = runs.count == 1 ? batch.solo(runs[0]) : batch.selecting(runs)
      guard let recorded, recorded.kind != .stepwise else {
        return try test.value.mapping.session(part, on: test.device)
      }
      return try DeviceBackends.backend(test.device).session(for: part, mapping: recorded)
    }
  }

  @Test(arguments: TestDevices.each(sparse, \.problem.precision), [7, 37])
  func sparseRecovery(test: DeviceCase<InvarianceCase>, runs: Int) throws {
    try continuation(test, runs: runs).check(cuts: [0, 1, 7, 13, 29])
  }

  // MARK: - Matrix recovery

  /// Every parameterisation and method in every mapping; wide matrices are trained as their
  /// transposes.
  static let matrices: [MatrixTrainingCase] = MatrixTrainingCase.each(
    Precision.allCases.flatMap { precision in
      MatrixRecoveryCase.all.map { problem in
        problem.with {
          ($0.precision, $0.runs) = (precision, 7)
          if $0.parameterization != .difference { ($0.rows, $0.columns) = (5, 7) }
        }
      }
    })

  private func continuation(
    _ test: DeviceCase<MatrixTrainingCase>,
    _ change: (MatrixRecoveryRun, Int) -> Double? = { _, _ in nil }
  ) -> Continuation {
    let whole = test.value.problem.makeBatch(steps: 70)
    let batch = whole.with(
      runs: whole.runs.enumerated().map { index, run in
        MatrixRecoveryRun(
          problem: run.problem, learningRate: run.learningRate,
          nuclear: change(run, index) ?? run.nuclear, l1: run.l1, l2: run.l2,
          initial: run.initial, steps: run.steps)
      })
    return Continuation(runs: 7, end: 70, evaluations: [0, 1, 2, 31, 64, 69, 70]) {
      runs, recorded in
      let part = runs.count == 1 ? batch.solo(runs[0]) : batch.selecting(runs)
      guard let recorded, recorded.kind != .stepwise else {
        return try test.value.session(part, on: test.device)
      }
      return try #require(
        try DeviceBackends.backend(test.device).session(for: part, mapping: recorded))
    }
  }

  @Test(arguments: TestDevices.each(matrices, \.problem.precision))
  func matrixRecovery(test: DeviceCase<MatrixTrainingCase>) throws {
    try continuation(test).check(cuts: [0, 1, 40, 64])
  }

  @Test(
    arguments: TestDevices.each(matrices.filter { $0.problem.nuclear > 0 }, \.problem.precision))
  func basesAreNeeded(test: DeviceCase<MatrixTrainingCase>) throws {
    let continuation = continuation(test)
    for name in try continuation.names() { try continuation.needs(name, after: 40) }
  }

  /// Runs without a nuclear norm beside runs with one.
  @Test(
    arguments: TestDevices.each(
      matrices.filter { $0.problem.nuclear > 0 && $0.problem.method == .subgradient },
      \.problem.precision))
  func neighboursWithNuclearNorms(test: DeviceCase<MatrixTrainingCase>) throws {
    try continuation(test) { _, index in index % 2 == 0 ? 0 : nil }.check(cuts: [1, 40])
  }

  /// Problems with more and fewer distinct entries: a batch keeps room for the most of any.
  @Test(
    arguments: TestDevices.each(
      matrices.filter { !$0.problem.isDense && $0.problem.depth == 2 }, \.problem.precision))
  func neighboursWithMoreEntries(test: DeviceCase<MatrixTrainingCase>) throws {
    let whole = test.value.problem.makeBatch(steps: 20)
    let columns = whole.columns
    let batch = whole.with(
      problems: zip([6, 18], whole.problems).map { distinct, problem in
        let places = (0..<19).map { $0 % distinct * 19 % (whole.rows * columns) }
        return MatrixRecoveryProblem(
          rows: places.map { $0 / columns }, columns: places.map { $0 % columns },
          observations: places.map { problem.target.values[$0] + 0.1 }, target: problem.target)
      }, runs: whole.runs)
    try Continuation(runs: 7, end: 20, evaluations: [0, 11, 20]) { runs, _ in
      try test.value.session(
        runs.count == 1 ? batch.solo(runs[0]) : batch.selecting(runs), on: test.device)
    }.check(cuts: [0, 7])
  }

  // MARK: - Networks

  static let networks: [NetworkTrainingCase] = NetworkTrainingCase.few.flatMap { network in
    Precision.allCases.flatMap { precision in
      [MappingChoice.automatic, .stepwise, .blocks].map { network.with(precision).with($0) }
    }
  }

  private func continuation(_ test: DeviceCase<NetworkTrainingCase>) throws -> Continuation? {
    let runs = try test.value.runs(7, steps: 20)
    guard try test.value.session(runs, on: test.device) != nil else { return nil }
    let backend = try DeviceBackends.backend(test.device)
    return Continuation(runs: 7, end: 20, evaluations: [0, 1, 9, 19, 20]) { indices, recorded in
      try Network().session(
        for: indices.map { runs[$0] }, instance: nil, on: backend,
        mapping: recorded ?? test.value.mapping)
    }
  }

  @Test(arguments: TestDevices.each(networks, \.precision))
  func networksGoOn(test: DeviceCase<NetworkTrainingCase>) throws {
    try continuation(test)?.check(cuts: [0, 1, 6, 9, 14])
  }

  /// Moments, lost roundings, bases, clocks and streams all count.
  @Test(
    arguments: TestDevices.each(
      networks.filter { $0.mapping == .automatic && $0.precision == .f32 }, \.precision))
  func everythingOfANetworkIsNeeded(test: DeviceCase<NetworkTrainingCase>) throws {
    guard let continuation = try continuation(test) else { return }
    for name in try continuation.names() where !name.hasPrefix("b") {
      try continuation.needs(name, after: 14)
    }
  }

  // MARK: - Diagonal networks

  static let diagonal: [DiagonalNetworkCase] = DiagonalNetworkTests.layouts.flatMap { layout in
    [0, 0.3].flatMap { noise in
      [true, false].map { isSigns in
        DiagonalNetworkCase().with {
          ($0.samples, $0.noise, $0.runs, $0.problems) = (33, noise, 7, 3)
          ($0.precision, $0.forcing, $0.isSigns) = (isSigns ? .f32 : .f64, layout, isSigns)
          $0.parameterization = isSigns ? .difference(depth: 3) : .product
        }
      }
    }
  }

  @Test(arguments: TestDevices.each(diagonal, \.precision))
  func diagonalNetworks(test: DeviceCase<DiagonalNetworkCase>) throws {
    let batch = test.value.batch
    let plain = try DiagonalBackends.backend(test.device, DiagonalNetworkForcing())
    try Continuation(runs: 7, end: 20, evaluations: [0, 1, 9, 20]) { runs, recorded in
      let part = batch.selecting(runs)
      guard let recorded else { return try test.value.session(part, on: test.device) }
      return try plain.session(for: part, mapping: recorded)
    }.check(cuts: [0, 1, 6, 9, 19])
  }
}
