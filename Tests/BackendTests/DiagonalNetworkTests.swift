// This file tests diagonal networks and linear regressions on devices.

import BatchNumerics
import OpenCLBackend
import OpenCLHost
import Testing
import _TestSupport

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct DiagonalNetworkTests {
  /// Sizes around those of vectors, words and blocks.
  static let sizes = [
    (1, 1), (7, 1), (1, 7), (7, 7), (7, 93), (93, 7), (31, 257), (33, 255), (65, 129),
  ]
  static let layouts = [
    DiagonalNetworkForcing(), .init(chunks: 3), .init(chunks: 1, groupSize: 8),
    .init(chunks: 3, groupSize: 8), .init(chunks: 1, runsPerGroup: 2),
    .init(chunks: 3, runsPerGroup: 4), .init(chunks: 3, groupSize: 8, runsPerGroup: 3),
  ]

  static let shapes: [DiagonalNetworkCase] = sizes.enumerated().flatMap { index, size in
    Precision.allCases.flatMap { precision in
      [true, false].map { isSigns in
        let layout = index + (precision == .f64 ? 2 : 0) + (isSigns ? 4 : 0)
        return DiagonalNetworkCase().with {
          ($0.samples, $0.features) = size
          ($0.precision, $0.isSigns) = (precision, isSigns)
          $0.runs = [5, 1, 3][layout % 3]
          $0.forcing = layouts[layout % layouts.count]
        }
      }
    }
  }

  static let models: [DiagonalNetworkCase] = {
    var cases: [DiagonalNetworkCase] = []
    let forms: [DiagonalParameterization] = [
      .linear, .product, .difference(depth: 1), .difference(depth: 2), .difference(depth: 5),
    ]
    for (index, form) in forms.enumerated() {
      for loss in MarginLoss.allCases {
        for noise in [0, 0.3] {
          cases.append(
            DiagonalNetworkCase().with {
              ($0.parameterization, $0.loss, $0.noise) = (form, loss, noise)
              ($0.isSigns, $0.runs) = ((index + cases.count / 2) % 2 == 0, 5)
              $0.precision = index % 2 == 0 ? .f32 : .f64
              $0.forcing = layouts[cases.count % layouts.count]
            })
        }
      }
    }
    return cases
  }()

  /// So many samples that what a work-group works with does not fit its local memory.
  static let large = [true, false].map { isSigns in
    DiagonalNetworkCase().with {
      ($0.samples, $0.features, $0.runs, $0.isSigns) = (200_001, 3, 1, isSigns)
      $0.precision = isSigns ? .f32 : .f64
    }
  }

  static let all = TestDevices.each(shapes + models + large, \.precision)

  static let few = TestDevices.each(
    layouts.flatMap { layout in
      [0, 0.3].map { noise in
        DiagonalNetworkCase().with {
          ($0.samples, $0.noise, $0.runs, $0.problems) = (33, noise, 5, 1)
          ($0.precision, $0.forcing) = (.f32, layout)
        }
      }
    }
      + layouts.map { layout in
        DiagonalNetworkCase().with {
          ($0.samples, $0.runs, $0.problems, $0.isSigns, $0.forcing) = (12, 5, 2, false, layout)
        }
      }, \.precision)

  private func curves(
    _ session: any TrainingSession, _ start: Int, _ end: Int, _ evaluations: [Int], _ runs: [Int]
  ) throws -> [UInt64] {
    bits(
      try session.advance(
        Launch(start: start, end: end, evaluations: evaluations, runs: runs)
      ).values)
  }

  private func states(_ session: any TrainingSession, _ runs: [Int]) throws -> [[UInt64]] {
    try session.parameters(of: runs).map { bits($0.flatMap(\.values)) }
  }

  @Test(arguments: all) func statesAndCurvesEqualAPlainLoop(
    test: DeviceCase<DiagonalNetworkCase>
  ) throws {
    let batch = test.value.batch
    let session = try test.value.session(batch, on: test.device)
    let runs = Array(batch.runs.indices)
    let steps = [0, 1, 2, 13]
    let found = try session.advance(
      Launch(start: 0, end: test.value.steps, evaluations: steps, runs: runs))
    let rule = Tolerance.diagonal(
      batch.precision, steps: test.value.steps, terms: batch.samples + batch.features)
    let metrics = DiagonalMetrics(batch)
    let norm = try #require(metrics.names.firstIndex(of: "norm"))
    for run in runs {
      for (evaluation, step) in steps.enumerated() {
        let expected = metrics.evaluate(run: run, batch.plainState(ofRun: run, after: step))
        expectNone(rule.mismatch(found[evaluation, norm, run], expected[norm]), "norm at \(step)")
        // Losses of q, each a sum over the components.
        expectNone(rule.mismatch(found[evaluation, 0, run], expected[0]), "loss at \(step)")
      }
      let state = try session.parameters(of: [run])[0].flatMap(\.values)
      let expected = batch.plainState(ofRun: run, after: test.value.steps)
      expectNone(rule.mismatch(state, expected), "run \(run)")
    }
  }

  @Test(arguments: few) func aRunOfABatchIsTheRunAlone(
    test: DeviceCase<DiagonalNetworkCase>
  ) throws {
    let batch = test.value.batch
    let runs = Array(batch.runs.indices)
    let session = try test.value.session(batch, on: test.device)
    _ = try curves(session, 0, 20, [3], runs)
    let together = try states(session, runs)
    for run in runs {
      let alone = try test.value.session(batch.selecting([run]), on: test.device)
      _ = try curves(alone, 0, 20, [3], [0])
      #expect(try states(alone, [0])[0] == together[run])
    }
    let order = [3, 0, 4, 2, 1]
    let permuted = try test.value.session(batch.selecting(order), on: test.device)
    _ = try curves(permuted, 0, 20, [3], runs)
    #expect(try states(permuted, runs) == order.map { together[$0] })
  }

  @Test(arguments: few) func groupsOfRunsDoNotMatter(
    test: DeviceCase<DiagonalNetworkCase>
  ) throws {
    let batch = test.value.batch
    let runs = Array(batch.runs.indices)
    var found: [[[UInt64]]] = []
    for size in 1...4 {
      let forced = test.value.with {
        $0.forcing = DiagonalNetworkForcing(
          chunks: $0.forcing.chunks, groupSize: $0.forcing.groupSize, runsPerGroup: size)
      }
      let session = try forced.session(batch, on: test.device)
      _ = try curves(session, 0, 20, [], runs)
      found.append(try states(session, runs))
    }
    #expect(found.allSatisfy { $0 == found[0] })
  }

  @Test(arguments: few) func lengthOfLaunchesDoesNotMatter(
    test: DeviceCase<DiagonalNetworkCase>
  ) throws {
    let batch = test.value.batch
    let runs = Array(batch.runs.indices)
    let (long, short) = (
      try test.value.session(batch, on: test.device), try test.value.session(batch, on: test.device)
    )
    let curve = try curves(long, 0, 20, [0, 7, 20], runs)
    let parts =
      try curves(short, 0, 7, [0, 7], runs) + curves(short, 7, 8, [], runs)
      + curves(short, 8, 8, [], runs) + curves(short, 8, 20, [20], runs)
    #expect(parts == curve)
    #expect(try states(long, runs) == states(short, runs))
  }

  @Test(arguments: few) func runsThatSitOutKeepTheirState(
    test: DeviceCase<DiagonalNetworkCase>
  ) throws {
    let batch = test.value.batch
    let session = try test.value.session(batch, on: test.device)
    let before = try states(session, [1, 2])
    _ = try curves(session, 0, 5, [5], [0, 3, 4])
    #expect(try states(session, [1, 2]) == before)
    let alone = try test.value.session(batch.selecting([0, 3, 4]), on: test.device)
    _ = try curves(alone, 0, 5, [], [0, 1, 2])
    #expect(try states(session, [0, 3, 4]) == states(alone, [0, 1, 2]))
    // They go on where they stood.
    _ = try curves(session, 0, 5, [], [1, 2])
    let others = try test.value.session(batch.selecting([1, 2]), on: test.device)
    _ = try curves(others, 0, 5, [], [0, 1])
    #expect(try states(session, [1, 2]) == states(others, [0, 1]))
  }

  @Test(arguments: few) func aDivergingRunHarmsNoOther(
    test: DeviceCase<DiagonalNetworkCase>
  ) throws {
    let batch = test.value.batch
    let runs = Array(batch.runs.indices)
    let wild = batch.replacing(1) {
      $0.changed(learningRate: 1e30, initial: $0.initial.map { 1e9 * $0 })
    }
    let (tame, mixed) = (
      try test.value.session(batch, on: test.device), try test.value.session(wild, on: test.device)
    )
    _ = try curves(tame, 0, 20, [], runs)
    _ = try curves(mixed, 0, 20, [], runs)
    let diverged = try mixed.parameters(of: [1])[0].flatMap(\.values)
    #expect(diverged.contains { !$0.isFinite })
    #expect(try states(tame, [0, 2, 3, 4]) == states(mixed, [0, 2, 3, 4]))
  }

  @Test(arguments: TestDevices.all)
  func logisticSlopesStayFiniteForLargePredictions(device: Device) throws {
    let model = DiagonalNetworkCase().with { ($0.parameterization, $0.precision) = (.linear, .f32) }
    let batch = model.batch.replacing(0) { $0.changed(initial: $0.initial.map { 1e6 * $0 }) }
    let session = try model.session(batch, on: device)
    _ = try curves(session, 0, 20, [], [0, 1, 2])
    let state = try session.parameters(of: [0])[0].flatMap(\.values)
    #expect(!state.contains { !$0.isFinite })
  }

  @Test(arguments: TestDevices.all) func mappingsAreNamed(device: Device) throws {
    let batch = DiagonalNetworkCase().batch
    let names = try [
      (DiagonalNetworkForcing(chunks: 1, groupSize: 1), "components"),
      (.init(chunks: 3, groupSize: 1), "components/chunks:3"),
      (.init(chunks: 1, groupSize: 8), "work-group:8"),
      (.init(chunks: 3, groupSize: 8), "work-group:8/chunks:3"),
    ].map { forcing, name in
      (try DiagonalBackends.backend(device, forcing).session(for: batch, mapping: .automatic), name)
    }
    for (session, name) in names { #expect(session.mapping == name) }
    let backend = try DiagonalBackends.backend(device, DiagonalNetworkForcing())
    for mapping in [MappingChoice.lanes, .stepwise, .blocks] {
      #expect(throws: MappingError.self) { try backend.session(for: batch, mapping: mapping) }
    }
    #expect(
      try backend.session(for: batch, mapping: .workGroup).mapping.hasPrefix("work-group:"))
    #expect(try backend.session(for: batch, mapping: .components).mapping == "components")
  }

  @Test(arguments: TestDevices.all) func signsTakeATenthOfDenseFloats(device: Device) throws {
    let model = DiagonalNetworkCase().with {
      ($0.samples, $0.features, $0.precision, $0.runs) = (256, 100_000, .f32, 1)
    }
    let backend = try OpenCLTrainingBackend(device)
    do {
      let session = try backend.session(for: model.batch, mapping: .automatic)
      _ = try curves(session, 0, 2, [2], [0])
      #expect(session.allocatedBytes <= 256 * 100_000 * 4 / 10)
      #expect(session.allocatedBytes >= backend.memory.peakBytes)
    }
    #expect(backend.memory.currentBytes == 0)
  }
}

extension DiagonalNetworkBatch {
  func replacing(_ run: Int, _ change: (DiagonalRun) -> DiagonalRun) -> DiagonalNetworkBatch {
    var runs = runs
    runs[run] = change(runs[run])
    return DiagonalNetworkBatch(
      samples: samples, features: features, parameterization: parameterization, loss: loss,
      weight: weight, method: method, labelNoise: labelNoise, precision: precision,
      records: records, problems: problems, runs: runs)
  }
}
