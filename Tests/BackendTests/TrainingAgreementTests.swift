// This file tests training on devices, in every mapping, against the reference's loop.

import BatchNumerics
import Testing
import _TestSupport

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct TrainingAgreementTests {
  // MARK: - Cases

  /// Every method and depth in every mapping; in f32 the places of X take turns, as kernels take
  /// half a second to compile.
  static let methods = SparseRecoveryCase.all.enumerated().flatMap { index, problem in
    let turn = DeviceMapping.workGroups[index % 3]
    let mappings: [DeviceMapping] =
      problem.precision == .f64 ? DeviceMapping.all : [.lanes, .components, .stepwise, turn]
    return mappings.map { TrainingCase($0, problem) }
  }

  /// Sizes around vectors, blocks and work-groups; batches of one run, of runs with a problem
  /// each, and of many runs with few problems.
  static let shapes = [(1, 1), (7, 3), (33, 64), (93, 31), (100, 30), (129, 65)].enumerated()
    .flatMap { index, shape in
      let turn = DeviceMapping.workGroups[index % 3]
      return [DeviceMapping.lanes, .components, turn, .stepwise].flatMap { mapping in
        [(1, 1), (3, 3), (37, 2)].map { runs, problems in
          var problem = SparseRecoveryCase()
          problem.precision = index % 2 == 0 ? .f64 : .f32
          (problem.columns, problem.rows) = shape
          (problem.runs, problem.problems) = (runs, problems)
          return TrainingCase(mapping, problem)
        }
      }
    }

  /// Sizes at which a work-group's parts coincide: as many rows, or dot products of parts of rows,
  /// as columns. PoCL 3.1 loses kernels where one condition guards both sides of a barrier.
  static let coincidences = [(33, 33), (30, 15)].flatMap { shape in
    DeviceMapping.workGroups.map { mapping in
      var problem = SparseRecoveryCase()
      (problem.columns, problem.rows) = shape
      return TrainingCase(mapping, problem)
    }
  }

  /// Penalties that are switched off: the gradient ratio is infinite then.
  static let penalties = DeviceMapping.kinds.flatMap { mapping in
    [(0.0, 0.0), (1e-2, 0), (0, 1e-2)].map { l1, l2 in
      var problem = SparseRecoveryCase()
      (problem.l1, problem.l2) = (l1, l2)
      return TrainingCase(mapping, problem)
    }
  }

  /// Metrics in compensated floats.
  static let withoutDouble = [
    SparseRecoveryCase(.subgradient, depth: 1, .f32),
    SparseRecoveryCase(.proximal, depth: 2, .f32),
    SparseRecoveryCase(.projected, depth: 1, .f32),
  ].flatMap { problem in
    DeviceMapping.kinds.map { mapping in
      var test = TrainingCase(mapping, problem)
      test.avoidsDouble = true
      return test
    }
  }

  /// Working vectors that outgrow private and local memory.
  static let large = [
    (DeviceMapping.lanes, 5000, 40), (.workGroup, 6500, 40), (.components, 17_000, 9),
  ].map { mapping, columns, rows in
    var problem = SparseRecoveryCase(.subgradient, depth: 2)
    (problem.columns, problem.rows, problem.problems) = (columns, rows, 1)
    problem.runs = mapping == .lanes ? 37 : 5
    var test = TrainingCase(mapping, problem)
    (test.steps, test.evaluations) = (4, [0, 3])
    return test
  }

  // MARK: - Tests

  @Test(arguments: TestDevices.each(methods, \.problem.precision))
  func everyMethodAndDepth(test: DeviceCase<TrainingCase>) throws {
    try expectNone(test.value.mismatch(on: test.device))
  }

  @Test(arguments: TestDevices.each(shapes, \.problem.precision))
  func everyShapeAndBatch(test: DeviceCase<TrainingCase>) throws {
    try expectNone(test.value.mismatch(on: test.device))
  }

  @Test(arguments: TestDevices.each(coincidences, \.problem.precision))
  func workGroupsWhosePartsCoincide(test: DeviceCase<TrainingCase>) throws {
    try expectNone(test.value.mismatch(on: test.device))
  }

  @Test(arguments: TestDevices.each(penalties, \.problem.precision))
  func everyPenalty(test: DeviceCase<TrainingCase>) throws {
    try expectNone(test.value.mismatch(on: test.device))
  }

  @Test(arguments: TestDevices.each(withoutDouble, \.problem.precision))
  func devicesWithoutDouble(test: DeviceCase<TrainingCase>) throws {
    try expectNone(test.value.mismatch(on: test.device))
  }

  @Test(arguments: TestDevices.each(large, \.problem.precision))
  func globalScratch(test: DeviceCase<TrainingCase>) throws {
    try expectNone(test.value.mismatch(on: test.device))
  }

  /// Without evaluations there are parameters all the same; without steps, evaluations.
  @Test(arguments: TestDevices.each(DeviceMapping.kinds) { _ in .f64 })
  func launchesWithoutEvaluationsOrSteps(test: DeviceCase<DeviceMapping>) throws {
    var plain = TrainingCase(test.value, SparseRecoveryCase())
    plain.evaluations = []
    try expectNone(plain.mismatch(on: test.device))
    plain.steps = 0
    plain.evaluations = [0]
    try expectNone(plain.mismatch(on: test.device))
  }
}
