// This file tests launches that only some of a batch's runs take part in.

import BatchNumerics
import Testing
import _TestSupport

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct PartialLaunchTests {
  /// Runs that share groups of lanes with others, and runs that do not.
  static let some = [0, 2, 3, 11, 18, 36]
  static let cases = TestDevices.each(
    DeviceMapping.residentKinds.flatMap { mapping in
      Precision.allCases.flatMap { precision in
        [1, 3].map { problems in
          var problem = SparseRecoveryCase(.subgradient, depth: 2, precision)
          (problem.runs, problem.problems) = (37, problems)
          return TrainingCase(mapping, problem)
        }
      }
    }, \.problem.precision)

  private func states(_ session: any TrainingSession) throws -> [[UInt64]] {
    try session.parameters(of: Array(0..<37)).map { bits($0.flatMap(\.values)) }
  }

  private func launch(_ session: any TrainingSession, _ start: Int, _ end: Int, _ runs: [Int])
    throws -> [UInt64]
  {
    bits(
      try session.advance(
        Launch(start: start, end: end, evaluations: [start, end], runs: runs)
      ).values)
  }

  @Test(arguments: cases) func theOthersKeepTheirState(test: DeviceCase<TrainingCase>) throws {
    let batch = test.value.problem.stableBatch()
    let others = (0..<37).filter { !Self.some.contains($0) }
    let session = try test.value.mapping.session(batch, on: test.device)
    let start = try states(session)
    _ = try launch(session, 0, 20, Self.some)
    let half = try states(session)
    for run in 0..<37 {
      #expect((half[run] == start[run]) == others.contains(run), "run \(run)")
    }
    _ = try launch(session, 0, 20, others)
    let whole = try test.value.mapping.session(batch, on: test.device)
    _ = try launch(whole, 0, 20, Array(0..<37))
    #expect(try states(session) == states(whole))
  }

  /// Runs leave a batch one after the other, as they reach their ends.
  static let leavingCases =
    cases
    + TestDevices.each(
      [TrainingCase(.stepwise, SparseRecoveryCase())], \.problem.precision)

  @Test(arguments: leavingCases)
  func runsThatLeaveStayAsTheyLeft(test: DeviceCase<TrainingCase>) throws {
    let batch = test.value.problem.stableBatch()
    let count = batch.runs.count
    let session = try test.value.mapping.session(batch, on: test.device)
    let rest = (0..<count).filter { $0 % 3 == 1 }
    _ = try launch(session, 0, 10, Array(0..<count))
    let left = try session.parameters(of: [0])
    let curves = try launch(session, 10, 25, rest)
    #expect(try session.parameters(of: [0]) == left)
    let alone = try test.value.mapping.session(batch.selecting(rest), on: test.device)
    _ = try launch(alone, 0, 10, Array(rest.indices))
    #expect(try launch(alone, 10, 25, Array(rest.indices)) == curves)
    #expect(try session.parameters(of: rest) == alone.parameters(of: Array(rest.indices)))
  }
}
