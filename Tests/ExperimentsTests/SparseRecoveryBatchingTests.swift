// This file tests that a run's result depends on nothing but the run: not on its batch, not on its
// place in it, not on how its steps are cut into launches.

import BatchNumerics
import Experiments
import ReferenceBackend
import Testing
import _TestSupport

@Suite struct SparseRecoveryBatchingTests {
  /// Metrics and final parameters of every run, as bits.
  struct Outcome: Equatable {
    let metrics: [[UInt64]]
    let parameters: [[UInt64]]
  }

  static let evaluations = [0, 1, 7, 60]

  /// Trains to step 60; launches end at `cuts`, and the evaluations fall where they belong.
  static func outcome(
    _ session: any TrainingSession, runs: Int, cuts: [Int] = [60]
  ) throws -> Outcome {
    var metrics = [[UInt64]](repeating: [], count: runs)
    var start = 0
    for end in cuts {
      let due = evaluations.filter { start == 0 ? $0 <= end : ($0 > start && $0 <= end) }
      let block = try session.advance(
        Launch(start: start, end: end, evaluations: due, runs: Array(0..<runs)))
      for run in 0..<runs { metrics[run] += block.values(ofRun: run).map(\.bitPattern) }
      start = end
    }
    let parameters = try session.parameters(of: Array(0..<runs)).map { tensors in
      tensors.flatMap { $0.values.map(\.bitPattern) }
    }
    return Outcome(metrics: metrics, parameters: parameters)
  }

  @Test(arguments: SparseRecoveryCase.all) func runOfManyEqualsRunAlone(
    _ sample: SparseRecoveryCase
  ) throws {
    let batch = sample.makeBatch()
    let together = try Self.outcome(referenceSession(batch), runs: sample.runs)
    #expect(Set(together.metrics).count == sample.runs, "the case's runs must differ")
    for run in 0..<sample.runs {
      let alone = try Self.outcome(referenceSession(batch.selecting([run])), runs: 1)
      #expect(alone.metrics[0] == together.metrics[run])
      #expect(alone.parameters[0] == together.parameters[run])
    }
  }

  @Test(arguments: SparseRecoveryCase.all) func permutingRunsPermutesResults(
    _ sample: SparseRecoveryCase
  ) throws {
    let batch = sample.makeBatch()
    let order = [3, 0, 4, 2, 1]
    let direct = try Self.outcome(referenceSession(batch), runs: sample.runs)
    let permuted = try Self.outcome(
      referenceSession(batch.selecting(order)), runs: sample.runs)
    #expect(permuted.metrics == order.map { direct.metrics[$0] })
    #expect(permuted.parameters == order.map { direct.parameters[$0] })
  }

  @Test(arguments: SparseRecoveryCase.all, [[1, 7, 60], [3, 4, 5, 59, 60], [30, 60]])
  func launchLengthDoesNotMatter(_ sample: SparseRecoveryCase, _ cuts: [Int]) throws {
    let batch = sample.makeBatch()
    let whole = try Self.outcome(referenceSession(batch), runs: sample.runs)
    let pieces = try Self.outcome(referenceSession(batch), runs: sample.runs, cuts: cuts)
    #expect(pieces == whole)
  }

  /// Runs that a launch leaves out keep their state, on both implementations of the contract.
  @Test(arguments: [false, true]) func runsLeftOutKeepTheirState(stepwise: Bool) throws {
    let batch = SparseRecoveryCase(.subgradient, depth: 2).makeBatch()
    func session() throws -> any TrainingSession {
      stepwise
        ? try StepwiseSparseRecovery(batch, on: ReferenceOperations<Double>())
        : try referenceSession(batch)
    }
    let short = try session()
    _ = try short.train(runs: 5, steps: 20, evaluations: [])
    let mixed = try session()
    _ = try mixed.train(runs: 5, steps: 20, evaluations: [])
    let block = try mixed.advance(Launch(start: 20, end: 60, evaluations: [60], runs: [1, 4]))
    let long = try session()
    let all = try long.train(runs: 5, steps: 60, evaluations: [60])
    #expect(block.values(ofRun: 0) == all.values(ofRun: 1))
    #expect(block.values(ofRun: 1) == all.values(ofRun: 4))
    #expect(try mixed.parameters(of: [0, 2, 3]) == short.parameters(of: [0, 2, 3]))
    #expect(try mixed.parameters(of: [4, 1]) == long.parameters(of: [4, 1]))
  }
}
