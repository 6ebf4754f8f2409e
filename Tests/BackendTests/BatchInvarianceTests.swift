// This file tests that a run is the same to the last bit, whatever batch and launches it was in.

import BatchNumerics
import OpenCLHost
import Testing
import _TestSupport

/// A batch of 37 runs over three problems, in a mapping.
struct InvarianceCase: Sendable, CustomStringConvertible {
  let mapping: DeviceMapping
  let problem: SparseRecoveryCase

  init(_ mapping: DeviceMapping, _ problem: SparseRecoveryCase) {
    self.mapping = mapping
    var problem = problem
    (problem.runs, problem.problems) = (37, 3)
    self.problem = problem
  }

  var description: String { "\(mapping) \(problem)" }
  var batch: SparseRecoveryBatch { problem.stableBatch(steps: Self.steps) }

  static let steps = 60
  static let evaluations = [0, 1, 2, 17, 41, 60]

  /// Every kind of mapping in every precision, and every method.
  static let all =
    Precision.allCases.flatMap { precision in
      DeviceMapping.kinds.map {
        InvarianceCase($0, SparseRecoveryCase(.subgradient, depth: 2, precision))
      }
    }
    + DeviceMapping.residentKinds.flatMap { mapping in
      [
        InvarianceCase(mapping, SparseRecoveryCase(.projected, depth: 1)),
        InvarianceCase(mapping, SparseRecoveryCase(.proximal, depth: 1)),
      ]
    }
}

/// What a session left of its runs, as bits: curves at the steps asked for, then parameters.
struct Trajectories: Equatable {
  let runs: [[UInt64]]

  /// - Parameters:
  ///   - ends: where the launches end; the last is the end of training.
  ///   - evaluations: steps that are evaluated.
  ///   - kept: those of them that are compared.
  init(
    _ session: any TrainingSession, runs count: Int, ends: [Int] = [InvarianceCase.steps],
    evaluations: [Int] = InvarianceCase.evaluations, kept: [Int] = InvarianceCase.evaluations
  ) throws {
    var curves = [[UInt64]](repeating: [], count: count)
    var start = 0
    for end in ends {
      let due = evaluations.filter { $0 <= end && ($0 > start || start == 0) }
      let block = try session.advance(
        Launch(start: start, end: end, evaluations: due, runs: Array(0..<count)))
      for (index, step) in due.enumerated() where kept.contains(step) {
        for run in 0..<count {
          curves[run] += bits((0..<block.metricCount).map { block[index, $0, run] })
        }
      }
      start = end
    }
    let parameters = try session.parameters(of: Array(0..<count))
    runs = zip(curves, parameters).map { $0 + bits($1.flatMap(\.values)) }
  }
}

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct BatchInvarianceTests {
  static let cases = TestDevices.each(InvarianceCase.all, \.problem.precision)

  private func train(
    _ batch: SparseRecoveryBatch, _ test: DeviceCase<InvarianceCase>
  ) throws -> [[UInt64]] {
    let session = try test.value.mapping.session(batch, on: test.device)
    return try Trajectories(session, runs: batch.runs.count).runs
  }

  @Test(arguments: cases) func otherRunsPlayNoPart(test: DeviceCase<InvarianceCase>) throws {
    let batch = test.value.batch
    let together = try train(batch, test)
    for run in [0, 1, 17, 36] {
      #expect(try train(batch.solo(run), test) == [together[run]], "run \(run) alone")
      #expect(try train(batch.selecting([run]), test) == [together[run]], "among problems")
    }
    var source = RandomStream(seed: 5, purpose: .support)
    let order = source.permutation(batch.runs.count)
    #expect(try train(batch.selecting(order), test) == order.map { together[$0] }, "permuted")
    let halves = [Array(0..<18), Array(18..<37)]
    let parts = try halves.flatMap { try train(batch.selecting($0), test) }
    #expect(parts == together, "in two halves")
  }

  @Test(arguments: cases) func launchesAndEvaluationsPlayNoPart(
    test: DeviceCase<InvarianceCase>
  ) throws {
    let batch = test.value.batch
    let inOne = try train(batch, test)
    func session() throws -> any TrainingSession {
      try test.value.mapping.session(batch, on: test.device)
    }
    let pieces = try Trajectories(session(), runs: 37, ends: [1, 2, 9, 40, 41, 59, 60])
    #expect(pieces.runs == inOne, "in seven launches")
    let dense = try Trajectories(
      session(), runs: 37, ends: [33, 60], evaluations: Array(0...InvarianceCase.steps))
    #expect(dense.runs == inOne, "evaluated at every step")
    let blind = try Trajectories(session(), runs: 37, evaluations: [])
    let parameters = test.value.problem.columns * (test.value.problem.depth > 1 ? 3 : 1)
    #expect(blind.runs == inOne.map { Array($0.suffix(parameters)) }, "never evaluated")
  }

  /// Every other run blows up: to infinity, then to NaN.
  @Test(arguments: cases) func divergingNeighboursPlayNoPart(
    test: DeviceCase<InvarianceCase>
  ) throws {
    let calm = test.value.batch
    let wild = calm.mapRuns { index, run in
      guard index % 2 == 1 else { return run }
      return SparseRecoveryRun(
        problem: run.problem, learningRate: 1e8, l1: run.l1, l2: run.l2,
        initial: index % 4 == 1 ? run.initial : run.initial.map { _ in .nan }, steps: run.steps)
    }
    let (calmRuns, wildRuns) = (try train(calm, test), try train(wild, test))
    let even = stride(from: 0, to: 37, by: 2)
    #expect(even.allSatisfy { calmRuns[$0] == wildRuns[$0] })
    let diverged = wildRuns[1].suffix(calm.columns).map { Double(bitPattern: $0) }
    // A projection takes the data's part back, so that its runs need more than a large step.
    if calm.method != .projected { #expect(diverged.contains { !$0.isFinite }) }
  }

  /// Whatever number of vectors the planner chooses for lanes.
  @Test(arguments: cases.filter { $0.value.mapping != .stepwise }, [2, 9, 16, 20, 37])
  func automaticChoicesPlayNoPart(test: DeviceCase<InvarianceCase>, count: Int) throws {
    var problem = test.value.problem
    (problem.runs, problem.problems) = (count, 1)
    let batch = problem.stableBatch(steps: InvarianceCase.steps)
    let automatic = try DeviceBackends.backend(test.device).session(for: batch, mapping: .automatic)
    let chosen = try test.value.mapping.session(batch, on: test.device)
    guard automatic.mapping == chosen.mapping else { return }
    #expect(
      try Trajectories(automatic, runs: count) == Trajectories(chosen, runs: count))
  }

  /// Lanes and blocks follow the device's vectors; the state does not.
  @Test(arguments: TestDevices.each(Precision.allCases) { $0 }, [DeviceMapping.lanes, .components])
  func widthsOfVectorsPlayNoPart(test: DeviceCase<Precision>, mapping: DeviceMapping) throws {
    let batch = InvarianceCase(mapping, SparseRecoveryCase(.subgradient, depth: 2, test.value))
      .batch
    let states = try [4, 8, 16].map { width in
      let device = test.device.pretending {
        $0.nativeFloatWidth = width
        $0.nativeDoubleWidth = width / 2
      }
      let session = try mapping.session(batch, on: device)
      return try Trajectories(session, runs: 37, evaluations: [])
    }
    #expect(states[0] == states[1] && states[1] == states[2])
  }
}
