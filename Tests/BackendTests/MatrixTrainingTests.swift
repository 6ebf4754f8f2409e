// This file tests matrix recovery on devices, in every mapping: against the reference, and against
// itself in other batches and launches.

import BatchNumerics
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import Testing
import _TestSupport

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct MatrixTrainingTests {
  // MARK: - Agreement with the reference

  /// Every parameterisation, method and kind of measurement; f32 where kernels differ by more than
  /// the type.
  static let methods = MatrixTrainingCase.each(
    MatrixRecoveryCase.all
      + MatrixRecoveryCase.all.filter { $0.depth < 3 }.map { $0.with { $0.precision = .f32 } })

  @Test(arguments: TestDevices.each(methods, \.problem.precision))
  func everyMethod(test: DeviceCase<MatrixTrainingCase>) throws {
    try expectNone(
      test.value.mismatch(on: test.device, steps: 100, evaluations: [0, 1, 2, 63, 64, 65, 100]))
  }

  /// Wide, tall and tiny matrices; batches of one run, of runs with a problem each, of many.
  static let shapes: [MatrixTrainingCase] = {
    let shapes = [(1, 1, 1), (5, 1, 3), (1, 6, 4), (5, 7, 20), (8, 8, 40), (17, 16, 130)]
    let problems = shapes.enumerated().flatMap { index, shape in
      [(1, 1), (3, 3), (19, 1), (37, 2)].map { runs, problems in
        MatrixRecoveryCase(.product, index % 2 == 0 ? .subgradient : .proximal, nuclear: 1e-2)
          .with {
            ($0.rows, $0.columns, $0.count) = shape
            ($0.runs, $0.problems) = (runs, problems)
            $0.precision = index % 2 == 0 ? .f64 : .f32
          }
      }
    }
    // Wide ones are trained as their transposes, measurements and inverses with them.
    let wide = [
      (RecoveryMethod.subgradient, true), (.proximal, true), (.projected, true),
      (.projected, false),
    ]
    .map { method, isDense in
      MatrixRecoveryCase(.product, method, isDense: isDense, nuclear: 1e-2).with {
        ($0.rows, $0.columns, $0.runs, $0.problems) = (3, 6, 5, 2)
      }
    }
    return MatrixTrainingCase.each(problems + wide).filter { $0.mapping != .stepwise }
  }()

  @Test(arguments: TestDevices.each(shapes, \.problem.precision))
  func everyShape(test: DeviceCase<MatrixTrainingCase>) throws {
    try expectNone(test.value.mismatch(on: test.device, steps: 70, evaluations: [0, 1, 70]))
  }

  /// Factors of awkward sizes, more of them than a vector, and an entry beside nothing observed.
  static let factored: [MatrixTrainingCase] = {
    let shapes = [(1, 1, 1, 1), (7, 5, 3, 12), (20, 20, 10, 200), (33, 33, 17, 99)]
    let problems = shapes.enumerated().flatMap { index, shape in
      [MatrixParameterization.factors, .difference].flatMap { form in
        [(1, 1), (19, 1), (5, 3)].map { runs, problems in
          MatrixRecoveryCase(form).with {
            ($0.rows, $0.columns, $0.width, $0.count) = shape
            if form == .difference { $0.columns = $0.rows }
            ($0.runs, $0.problems) = (runs, problems)
            $0.precision = index % 2 == 0 ? .f64 : .f32
            $0.recordsAll = false
          }
        }
      }
    }
    return MatrixTrainingCase.each(problems).filter { $0.mapping != .stepwise }
  }()

  @Test(arguments: TestDevices.each(factored, \.problem.precision))
  func everyFactoredShape(test: DeviceCase<MatrixTrainingCase>) throws {
    try expectNone(test.value.mismatch(on: test.device, steps: 30, evaluations: [0, 1, 30]))
  }

  // MARK: - Bit for bit

  static let invariance = MatrixTrainingCase.each(
    Precision.allCases.flatMap { precision in
      [
        MatrixRecoveryCase(.product, .subgradient, nuclear: 1e-2),
        MatrixRecoveryCase(.product, .proximal, isDense: true, nuclear: 1e-2),
        MatrixRecoveryCase(.product, .projected, nuclear: 1e-2), MatrixRecoveryCase(.factors),
        MatrixRecoveryCase(.difference),
      ].map { test in
        test.with {
          $0.precision = precision
          ($0.runs, $0.problems, $0.recordsAll) = (37, 1, false)
        }
      }
    })

  private static let evaluations = [0, 1, 40, 64, 100]

  /// A run alone, in another order, and in launches of other lengths (the basis is polished every
  /// 64 steps, counted from the start of the run).
  @Test(arguments: TestDevices.each(invariance, \.problem.precision))
  func batchesAndLaunchesDoNotMatter(test: DeviceCase<MatrixTrainingCase>) throws {
    let batch = test.value.problem.makeBatch(steps: 100)
    func session(_ batch: MatrixRecoveryBatch) throws -> any TrainingSession {
      try test.value.session(batch, on: test.device)
    }
    let whole = try session(batch).train(runs: 37, steps: 100, evaluations: Self.evaluations)
    for run in [0, 20, 36] {
      let alone = try session(batch.solo(run)).train(
        runs: 1, steps: 100, evaluations: Self.evaluations)
      #expect(bits(alone.values(ofRun: 0)) == bits(whole.values(ofRun: run)), "run \(run)")
    }
    let order = Array((0..<37).reversed())
    let permuted = try session(batch.selecting(order)).train(
      runs: 37, steps: 100, evaluations: Self.evaluations)
    let chunked = try session(batch)
    var last: EvaluationBlock?
    for (start, end) in [(0, 1), (1, 8), (8, 71), (71, 100)] {
      last = try chunked.advance(
        Launch(
          start: start, end: end, evaluations: end == 100 ? [100] : [], runs: Array(0..<37)))
    }
    for run in 0..<37 {
      #expect(bits(permuted.values(ofRun: 36 - run)) == bits(whole.values(ofRun: run)))
      #expect(
        bits(last?.values(ofRun: run) ?? [])
          == bits(whole.values(ofRun: run).suffix(whole.metricCount)))
    }
  }

  /// Runs that sit a launch out keep their state; one that diverges harms nobody.
  @Test(arguments: TestDevices.each(invariance, \.problem.precision))
  func neighboursDoNotMatter(test: DeviceCase<MatrixTrainingCase>) throws {
    guard test.value.mapping != .stepwise else { return }
    let batch = test.value.problem.makeBatch(steps: 60)
    let whole = try test.value.session(batch, on: test.device).train(
      runs: 37, steps: 60, evaluations: [60])
    let wild = batch.with(
      runs: batch.runs.enumerated().map { index, run in
        MatrixRecoveryRun(
          problem: run.problem, learningRate: index == 3 ? 1e30 : run.learningRate,
          nuclear: run.nuclear, l1: run.l1, l2: run.l2, initial: run.initial, steps: run.steps)
      })
    let session = try test.value.session(wild, on: test.device)
    let odd = Array(stride(from: 1, to: 37, by: 2))
    _ = try session.advance(Launch(start: 0, end: 60, evaluations: [], runs: odd))
    let others = Array(stride(from: 0, to: 37, by: 2))
    let found = try session.advance(Launch(start: 0, end: 60, evaluations: [60], runs: others))
    for (place, run) in others.enumerated() {
      #expect(bits(found.values(ofRun: place)) == bits(whole.values(ofRun: run)), "run \(run)")
    }
    let ends = try session.parameters(of: Array(0..<37))
    let expected = try {
      let plain = try test.value.session(batch, on: test.device)
      _ = try plain.train(runs: 37, steps: 60, evaluations: [])
      return try plain.parameters(of: Array(0..<37))
    }()
    for run in 0..<37 where run != 3 {
      #expect(
        bits(ends[run].flatMap(\.values)) == bits(expected[run].flatMap(\.values)), "run \(run)")
    }
    // A projection brings observed entries back from anywhere.
    if test.value.problem.method != .projected {
      #expect(!ends[3].flatMap(\.values).allSatisfy { $0.isFinite })
    }
  }

  // MARK: - Difficult starts

  /// Starts that are zero, tiny or of low rank, beside runs without nuclear norm: directions that
  /// are nothing but rounding may differ from the reference's, numbers must stay numbers.
  static let starts = [0, 1e-4, 1e-20].flatMap { scale in
    [RecoveryMethod.subgradient, .projected, .proximal].flatMap { method in
      MatrixTrainingCase.each([MatrixRecoveryCase(.product, method, nuclear: 1e-2)])
        .map { StartCase(training: $0, scale: scale) }
    }
  }

  struct StartCase: Sendable, CustomStringConvertible {
    let training: MatrixTrainingCase
    let scale: Double
    var description: String { "\(training) \(scale)" }
  }

  @Test(arguments: TestDevices.each(starts, \.training.problem.precision))
  func zeroTinyAndDeficientStarts(test: DeviceCase<StartCase>) throws {
    let base = test.value.training.problem.makeBatch()
    let batch = base.with(
      runs: base.runs.enumerated().map { index, run in
        // Rank one, and for the last run full rank.
        let start = run.initial.indices.map { place in
          let product = run.initial[place / 5] * run.initial[20 + place % 5]
          return test.value.scale * (index == 4 ? run.initial[place] : product)
        }
        return MatrixRecoveryRun(
          problem: run.problem, learningRate: run.learningRate,
          nuclear: index == 0 ? 0 : run.nuclear, l1: 0, l2: 0, initial: start, steps: 200)
      })
    let session = try test.value.training.session(batch, on: test.device)
    let reference = try #require(
      try ReferenceTrainingBackend().session(for: batch, mapping: .automatic))
    _ = try session.train(runs: 5, steps: 200, evaluations: [])
    _ = try reference.train(runs: 5, steps: 200, evaluations: [])
    let found = try session.parameters(of: Array(0..<5))
    let expected = try reference.parameters(of: Array(0..<5))
    for run in 0..<5 {
      #expect(found[run][0].values.allSatisfy { $0.isFinite }, "run \(run)")
    }
    // Without nuclear norm nothing is arbitrary.
    let rule = Tolerance.matrixTrajectory(.f64, steps: 200)
    expectNone(rule.mismatch(found[0][0].values, expected[0][0].values))
  }

  // MARK: - Long runs

  /// A million steps of thresholding reach the point that solves the problem: G = -nuclear U V^T on
  /// the learned directions, and no more than nuclear off them. The basis has not drifted.
  @Test(arguments: TestDevices.each([MappingChoice.lanes]) { _ in .f64 })
  func noDrift(test: DeviceCase<MappingChoice>) throws {
    let problem = MatrixRecoveryCase(.product, .proximal, nuclear: 1e-2).with {
      ($0.rows, $0.columns, $0.count, $0.runs, $0.problems) = (3, 3, 7, 1, 1)
      ($0.l1, $0.l2) = (0, 0)
    }
    let batch = problem.makeBatch()
    let session = try MatrixTrainingCase(mapping: test.value, problem: problem).session(
      batch, on: test.device)
    _ = try session.train(runs: 1, steps: 1_000_000, evaluations: [])
    let learned = DenseMatrix(
      rows: 3, columns: 3, values: try session.parameters(of: [0])[0][0].values)
    let svd = SingularValueDecomposition(learned)
    let gradient = batch.problems[0].gradient(of: learned).gradient
    let rule = Tolerance(absolute: 1e3 * Precision.f64.epsilon, relative: 0)
    for p in 0..<3 {
      for q in 0..<3 {
        var inner = 0.0
        for i in 0..<3 {
          for j in 0..<3 { inner += svd.left[i, p] * gradient[i, j] * svd.right[j, q] }
        }
        if svd.values[p] > 1e-8, svd.values[q] > 1e-8 {
          expectNone(rule.mismatch(inner, p == q ? -batch.runs[0].nuclear : 0), "\(p) \(q)")
        } else {
          #expect(abs(inner) <= batch.runs[0].nuclear * (1 + 1e-9))
        }
      }
    }
  }

  // MARK: - Choices

  @Test(arguments: TestDevices.each([Precision.f64]) { $0 })
  func whatHasNoKernelTrainsStepByStep(test: DeviceCase<Precision>) throws {
    let backend = try DeviceBackends.backend(test.device)
    let deep = MatrixRecoveryCase(.product, depth: 3).makeBatch()
    let none = try backend.session(for: deep, mapping: .automatic)
    #expect(none == nil)
    #expect(throws: MappingError.self) { try backend.session(for: deep, mapping: .lanes) }
    let matrix = MatrixRecoveryCase(.product, nuclear: 1e-2).makeBatch()
    #expect(throws: MappingError.self) { try backend.session(for: matrix, mapping: .components) }
    let session = try #require(try backend.session(for: matrix, mapping: .automatic))
    #expect(session.allocatedBytes >= 5 * 35 * 8 && session.evaluationsPerLaunch > 0)
  }
}
