// This file tests sweeps that are cancelled, whose devices fail, and whose results are verified.

import BatchNumerics
import Experiments
import ReferenceBackend
import Sweeps
import Synchronization
import Testing

@Suite struct SweepFailureTests {
  static let grid = "sweep: {steps: [40, 400], seed: {range: [0, 3]}}"

  // MARK: - Cancelling

  /// Cancels as soon as the three short runs are in.
  @Test func cancelKeepsFinishedRunsAndMarksTheOthersStopped() throws {
    let plan = try Harness.plan(Self.grid)
    let whole = try Harness.run(plan).byID
    let collector = Collector()
    let runner = SweepRunner(
      backends: [ReferenceTrainingBackend()], reference: ReferenceTrainingBackend(),
      stepsPerLaunch: 20)
    var events = collector.events
    events.progress = { _ in if collector.results.count == 3 { runner.cancel() } }
    try runner.run(plan, events: events)
    #expect(runner.isCancelled && collector.results.count == 6)
    for result in collector.results {
      let reference = try #require(whole[result.run.id])
      if result.run.steps == 40 {
        #expect(Trajectory(result) == Trajectory(reference))
      } else {
        #expect(result.status == .stopped && result.steps == 40)
        #expect(result.curves.steps == [0, 1, 2, 3, 4, 20, 40])
        #expect(reference.curves.values[0].starts(with: result.curves.values[0]))
      }
    }
  }

  @Test func cancelledBeforeItStartsTrainsNothing() throws {
    let collector = Collector()
    let runner = SweepRunner(
      backends: [ReferenceTrainingBackend()], reference: ReferenceTrainingBackend())
    runner.cancel()
    try runner.run(Harness.plan(Self.grid), events: collector.events)
    #expect(collector.results.isEmpty && collector.timings.isEmpty)
  }

  @Test func batchesNotYetStartedAreLeftForLater() throws {
    let plan = try Harness.plan(Self.grid)
    let collector = Collector()
    let runner = SweepRunner(
      backends: [ProbeBackend(memoryLimit: 1)], reference: ReferenceTrainingBackend())
    var events = collector.events
    events.batch = { _ in runner.cancel() }
    try runner.run(plan, events: events)
    #expect(collector.results.map(\.status) == [.finished])
  }

  // MARK: - Failing devices

  /// Set-up fails; the first launch fails; the short runs are in when it fails.
  @Test(arguments: [-1, 0, 1, 2, 3]) func fallbackTakesOverWithoutLossOrDouble(_ launches: Int)
    throws
  {
    let plan = try Harness.plan(Self.grid)
    let expected = try Harness.alone(plan)
    let probe = ProbeBackend(launchesUntilLoss: launches)
    let found = try Harness.run(
      plan, on: [probe], fallback: ReferenceTrainingBackend(), stepsPerLaunch: 20)
    #expect(found.results.count == 6)
    #expect(Harness.trajectories(found.results) == expected)
    #expect(found.warnings.count == 1)
    #expect(found.warnings[0].contains("probe failed") && found.warnings[0].contains("cpu"))
    let onProbe = found.results.filter { $0.device == "probe" }
    #expect(onProbe.count == (launches >= 2 ? 3 : 0))
    #expect(onProbe.allSatisfy { $0.run.steps == 40 && $0.mapping == "probe" })
  }

  @Test func withoutFallbackTheErrorEndsTheSweep() throws {
    let plan = try Harness.plan(Self.grid)
    let collector = Collector()
    let runner = SweepRunner(
      backends: [ProbeBackend(launchesUntilLoss: 2)], reference: ReferenceTrainingBackend(),
      stepsPerLaunch: 20)
    #expect(throws: DeviceLost.self) { try runner.run(plan, events: collector.events) }
    #expect(collector.results.count == 3 && runner.isCancelled)
  }

  @Test func failingFallbackIsReported() throws {
    let plan = try Harness.plan(Self.grid)
    #expect(throws: DeviceLost.self) {
      try Harness.run(
        plan, on: [ProbeBackend(launchesUntilLoss: 0)],
        fallback: ProbeBackend(launchesUntilLoss: 0))
    }
  }

  /// A mapping that the device lacks is the user's mistake, not the device's.
  @Test func impossibleMappingIsNotHiddenByTheFallback() throws {
    #expect(throws: MappingError.self) {
      try Harness.run(
        Harness.plan(Self.grid), fallback: ReferenceTrainingBackend(), mapping: .lanes)
    }
  }

  struct DiskFull: Error {}

  /// Errors of the handlers are not the device's: no fallback, no further results.
  @Test func errorsOfTheHandlersEndTheSweep() throws {
    let plan = try Harness.plan(Self.grid)
    for (ofResult, verify) in [(true, 0.0), (true, 1), (false, 0)] {
      let collector = Collector()
      let runner = SweepRunner(
        backends: [ProbeBackend()], fallback: ReferenceTrainingBackend(),
        reference: ReferenceTrainingBackend(), verifyFraction: verify)
      var events = collector.events
      if ofResult {
        events.results = { _ in throw DiskFull() }
      } else {
        events.batch = { _ in throw DiskFull() }
      }
      #expect(throws: DiskFull.self) { try runner.run(plan, events: events) }
      #expect(collector.warnings.isEmpty && collector.results.count == (ofResult ? 0 : 6))
    }
  }

  // MARK: - Verification

  @Test(arguments: [(0.0, 0), (1e-9, 1), (0.5, 3), (1, 6)]) func shareOfTheRunsIsVerified(
    _ fraction: Double, _ count: Int
  ) throws {
    let found = try Harness.run(Harness.plan(Self.grid), on: [ProbeBackend()], verify: fraction)
    #expect(found.results.count == 6)
    let deviations = found.results.compactMap(\.maxDeviation)
    #expect(deviations == [Double](repeating: 0, count: count))
  }

  @Test func deviationIsTheLargestRelativeOne() {
    var (curves, reference) = (RunCurves(names: ["a", "gradient_ratio"]), RunCurves(names: []))
    curves.steps = [0, 1]
    curves.values = [[1, 2], [5, 5]]
    reference = curves
    #expect(Deviation.largest(curves, reference) == 0)
    reference.values = [[1, 4], [1, 1]]
    #expect(Deviation.largest(curves, reference) == 0.5)
    reference.values = [[1, 0], [5, 5]]
    // Near zero a hundredth of the curve's largest value counts.
    #expect(Deviation.largest(curves, reference) == 200)
    reference.values = [[0, 0], [5, 5]]
    #expect(Deviation.largest(curves, reference) == 2e6)
    reference.values = [[1, 0], [5, 5]]
    curves.values[0][0] = .nan
    #expect(Deviation.largest(curves, reference) == .infinity)
    reference.values[0][0] = .nan
    // An error relative to a zero vector is no number on either side.
    #expect(Deviation.largest(curves, reference) == 2e6)
    reference.steps = [0, 2]
    #expect(Deviation.largest(curves, reference) == .infinity)
  }
}
