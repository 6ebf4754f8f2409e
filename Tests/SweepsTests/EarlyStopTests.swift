// This file tests runs that end once they generalise, and the batches that the others form then.

import Experiments
import ReferenceBackend
import Sweeps
import Testing

@Suite struct EarlyStopTests {
  /// Problems with as many measurements as components: solved within some hundred steps.
  static let solved = """
    problem: {n: 12, N: 12, s: 2}
    evaluate: {first: 3, every: 20}
    thresholds: {train: 0.1, test: 0.1}
    regularizer: {l1: 1.0e-6}
    steps: 6000
    sweep: {learning_rate: [0.02, 0.05, 0.1], seed: {range: [0, 6]}}
    """

  private func plan(_ lines: String) throws -> SweepPlan {
    try SweepPlan(spec(Self.solved + lines))
  }

  @Test func aRunEndsSoManyEvaluationsAfterItGeneralises() throws {
    let whole = try Harness.run(plan("")).results
    let early = try Harness.run(plan("\nearly_stop: {hold: 5}")).results
    #expect(early.count == whole.count)
    var ended = 0
    for result in early {
      let same = { (other: RunResult) in
        ["seed", "learning_rate"].allSatisfy {
          other.run.parameters[$0] == result.run.parameters[$0]
        }
      }
      let full = try #require(whole.first(where: same))
      // Equal as far as it goes.
      #expect(full.curves.steps.starts(with: result.curves.steps))
      #expect(full.curves.values[1].starts(with: result.curves.values[1]))
      #expect(result.status == .finished && result.steps == result.curves.steps.last)
      guard result.steps < 6000 else { continue }
      ended += 1
      let t2 = try #require(result.t2)
      let start = try #require(result.curves.steps.firstIndex(of: t2))
      #expect(result.curves.steps.count == start + 6)
    }
    #expect(ended > early.count / 2)
  }

  /// Where launches end, and what else is in the batch, changes nothing, final parameters included.
  @Test func earlyEndsDoNotDependOnLaunchesOrBatches() throws {
    let plan = try plan("\nearly_stop: {hold: 3}")
    let expected = try Harness.alone(plan)
    for steps in [1, 7, 100_000] {
      #expect(
        Harness.trajectories(try Harness.run(plan, stepsPerLaunch: steps).results) == expected)
    }
    for memory in [1, 3, 7] {
      let found = try Harness.run(
        plan, on: [ProbeBackend(memoryLimit: memory * plan.runs[0].bytes)])
      #expect(Harness.trajectories(found.results) == expected)
    }
  }

  /// The few runs that are left of several batches are joined: fewer, larger batches do the rest.
  @Test func leftoversAreJoined() throws {
    let plan = try plan("\nearly_stop: {hold: 3}")
    let probe = ProbeBackend(memoryLimit: 6 * plan.runs[0].bytes)
    let found = try Harness.run(plan, on: [probe])
    #expect(Harness.trajectories(found.results) == (try Harness.alone(plan)))
    #expect(found.results.count == plan.runs.count)
    // More sessions than planned batches: runs were put aside and went on with others.
    #expect(found.timings.count > 3)
  }
}
