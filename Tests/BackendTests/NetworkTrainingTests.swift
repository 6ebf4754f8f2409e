// This file tests the training of networks on devices against the reference, and against itself in
// other batches and launches.

import BatchNumerics
import Experiments
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import Testing
import _TestSupport

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct NetworkTrainingTests {
  typealias Training = DeviceCase<NetworkTrainingCase>

  // MARK: - Agreement with the reference

  /// Step by step all, and what differs most as the device prefers it: programs take long to build.
  static let doubles = TestDevices.each(
    NetworkTrainingCase.all + NetworkTrainingCase.preferred.map { $0.with(.automatic) }, \.precision
  )
  static let singles = TestDevices.each(
    (NetworkTrainingCase.all + NetworkTrainingCase.fewest.map { $0.with(.automatic) })
      .map { $0.with(.f32) }, \.precision)

  @Test(arguments: doubles) func threeHundredSteps(test: Training) throws {
    try checkAgreement(test, steps: 300, .networkTraining)
  }

  @Test(arguments: singles) func fewStepsInFloats(test: Training) throws {
    try checkAgreement(test, steps: 12, .shortNetworkTraining(steps: 12, samples: 20))
  }

  private func checkAgreement(_ test: Training, steps: Int, _ rule: Tolerance) throws {
    let runs = try test.value.runs(steps: steps)
    guard let session = try test.value.session(runs, on: test.device) else { return }
    let launch = Launch(
      start: 0, end: steps, evaluations: [0, 1, 10, steps], runs: Array(runs.indices))
    try expectNone(
      session.mismatch(with: NetworkTrainingCase.reference(runs), launch, rule))
  }

  // MARK: - Bit for bit

  static let invariance = TestDevices.each(
    NetworkTrainingCase.few + NetworkTrainingCase.preferred.map { $0.with(.automatic) }
      + NetworkTrainingCase.fewest.flatMap { [$0.with(.f32), $0.with(.f32).with(.automatic)] },
    \.precision)

  private static let steps = 40
  private static let evaluations = [0, 1, 7, 40]

  /// Curves at `evaluations` and parameters at the end, run by run.
  private func train(
    _ test: Training, _ runs: [PreparedRun], ends: [Int] = [steps]
  ) throws -> [[UInt64]]? {
    guard let session = try test.value.session(runs, on: test.device) else { return nil }
    return try Trajectories(
      session, runs: runs.count, ends: ends, evaluations: Self.evaluations,
      kept: Self.evaluations
    ).runs
  }

  @Test(arguments: invariance) func batchesAndLaunchesDoNotMatter(test: Training) throws {
    let runs = try test.value.runs(steps: Self.steps)
    guard let whole = try train(test, runs) else { return }
    #expect(try train(test, runs) == whole, "again")
    for (index, run) in runs.enumerated() {
      #expect(try train(test, [run]) == [whole[index]], "run \(index) alone")
    }
    let order = [2, 0, 1]
    #expect(try train(test, order.map { runs[$0] }) == order.map { whole[$0] }, "permuted")
    #expect(try train(test, runs, ends: [1, 2, 13, 14, 40]) == whole, "in five launches")
    #expect(Set(whole).count == 3, "runs differ")
  }

  /// A run that ends early keeps its parameters; the others do not notice.
  @Test(arguments: invariance) func runsThatLeaveEarly(test: Training) throws {
    let runs = try test.value.runs(steps: Self.steps)
    guard let session = try test.value.session(runs, on: test.device),
      let alone = try test.value.session([runs[1]], on: test.device),
      let whole = try train(test, runs)
    else { return }
    _ = try session.advance(Launch(start: 0, end: 15, evaluations: [], runs: [0, 1, 2]))
    let rest = try session.advance(
      Launch(start: 15, end: Self.steps, evaluations: [Self.steps], runs: [0, 2]))
    _ = try alone.train(runs: 1, steps: 15, evaluations: [])
    let found = try session.parameters(of: [1, 0, 2]).map { bits($0.flatMap(\.values)) }
    #expect(found[0] == (try alone.parameters(of: [0])).flatMap { bits($0.flatMap(\.values)) })
    for (place, run) in [0, 2].enumerated() {
      #expect(
        bits(rest.values(ofRun: place)) + found[place + 1]
          == whole[run].suffix(
            rest.metricCount + found[place + 1].count), "run \(run)")
    }
  }

  @Test(arguments: invariance) func aDivergingRunHarmsNobody(test: Training) throws {
    var runs = try test.value.runs(steps: Self.steps)
    guard let calm = try train(test, runs) else { return }
    var point = runs[1].parameters
    point["learning_rate"] = .number(test.value.precision == .f32 ? 1e30 : 1e200)
    runs[1] = try Network().prepare(point, instance: nil)
    guard let wild = try train(test, runs) else { return }
    #expect(wild[0] == calm[0] && wild[2] == calm[2])
    #expect(wild[1].contains { !Double(bitPattern: $0).isFinite })
  }
}
