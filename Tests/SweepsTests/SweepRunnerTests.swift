// This file tests that a run's result does not depend on the sweep it was trained in.

import BatchNumerics
import Experiments
import ReferenceBackend
import Sweeps
import Testing
import _TestSupport

@Suite struct SweepRunnerTests {
  static let grid = "steps: 130\nsweep: {learning_rate: [0.01, 0.1], seed: {range: [0, 6]}}"

  // MARK: - Batches

  @Test func batchesHoldEveryRunOnceWithinTheLimits() throws {
    let plan = try Harness.plan(Self.grid + "\nmethod: proximal")
    let bytes = plan.runs[0].bytes
    for (limit, largest, expected) in [
      (Int.max, 8192, [12]), (5 * bytes, 8192, [5, 5, 2]),
      (1, 8192, [Int](repeating: 1, count: 12)),
      (Int.max, 7, [7, 5]),
    ] {
      let batches = plan.batches(memoryLimit: limit, largest: largest)
      #expect(batches.map(\.runs.count) == expected)
      #expect(Set(batches.flatMap(\.runs).map(\.id)) == Set(plan.runs.map(\.id)))
    }
  }

  @Test func batchesSeparateWhatCannotTrainTogether() throws {
    let plan = try Harness.plan("sweep: {seed: [1, 2], method: [subgradient, proximal]}")
    let batches = plan.batches(memoryLimit: .max)
    #expect(batches.map(\.runs.count) == [2, 2])
    for batch in batches { #expect(Set(batch.runs.map(\.batchKey)).count == 1) }
  }

  @Test func longRunsComeFirstAndSharedDataSideBySide() throws {
    let plan = try Harness.plan(
      "sweep: {learning_rate: [0.01, 0.1], seed: [1, 2], steps: [10, 30]}")
    let batch = plan.batches(memoryLimit: .max)[0]
    #expect(batch.runs.map(\.steps) == [30, 30, 30, 30, 10, 10, 10, 10])
    let keys = batch.runs.map(\.problemKey)
    #expect(keys[0] == keys[1] && keys[1] != keys[2] && keys[2] == keys[3])
  }

  // MARK: - Independence

  @Test(arguments: ["", "method: proximal", "method: projected", "depth: 2\ninit: {scale: 0.3}"])
  func resultsDoNotDependOnBatchesOrLaunches(_ variant: String) throws {
    let plan = try Harness.plan(Self.grid + "\nprecision: f32\n" + variant)
    let expected = try Harness.alone(plan)
    #expect(expected.count == 12)
    let bytes = plan.runs[0].bytes
    for memory in [Int.max, 5 * bytes, 1] {
      let found = try Harness.run(plan, on: [ProbeBackend(memoryLimit: memory)])
      #expect(found.results.count == 12)
      #expect(Harness.trajectories(found.results) == expected)
    }
    for steps in [1, 7, 1000] {
      let found = try Harness.run(plan, stepsPerLaunch: steps)
      #expect(Harness.trajectories(found.results) == expected)
    }
    let two = try Harness.run(plan, on: [ReferenceTrainingBackend(), ProbeBackend()])
    #expect(two.results.count == 12)
    #expect(Harness.trajectories(two.results) == expected)
  }

  /// Networks that do not fit a device together are trained one batch after the other; what a batch
  /// holds is what was planned at most.
  @Test func networksAreSplitToFit() throws {
    let spec = """
      experiment: network
      problem: {p: 7}
      model: {embedding: 9, width: 12}
      steps: 12
      batch_size: 8
      precision: f32
      evaluate: {first: 3, every: 4}
      sweep: {seed: [1, 2, 3], regularizer.nuclear: [0, 1.0e-3]}
      """
    let plan = try SweepPlan(SweepSpec(yaml: spec, file: "network"))
    let expected = try Harness.alone(plan)
    let bytes = plan.runs[0].bytes
    for (memory, batches) in [(Int.max, 1), (4 * bytes, 2), (1, 6)] {
      let found = try Harness.run(plan, on: [ProbeBackend(memoryLimit: memory)])
      #expect(found.timings.count == batches)
      #expect(Harness.trajectories(found.results) == expected)
      #expect(found.timings.allSatisfy { $0.allocatedBytes <= $0.runs * bytes })
    }
  }

  /// A shorter run's end is no evaluation of the longer ones.
  @Test func runsOfDifferentLengthsEndAsIfAlone() throws {
    let plan = try Harness.plan("sweep: {steps: [0, 3, 33, 130, 65], seed: [1, 2]}")
    #expect(plan.batches(memoryLimit: .max).count == 1)
    let found = try Harness.run(plan)
    #expect(Harness.trajectories(found.results) == (try Harness.alone(plan)))
    for result in found.results {
      #expect(result.status == .finished && result.steps == result.run.steps)
      #expect(result.curves.steps.last == result.run.steps)
    }
    let longest = try #require(found.results.first { $0.steps == 130 })
    #expect(longest.curves.steps == [0, 1, 2, 3, 4, 20, 40, 60, 80, 100, 120, 130])
  }

  @Test(arguments: [1, 2, 5, 6]) func launchesHoldNoMoreEvaluationsThanTheSessionAllows(
    _ limit: Int
  ) throws {
    let plan = try Harness.plan("sweep: {steps: [5, 33, 130]}")
    let probe = ProbeBackend(evaluationsPerLaunch: limit)
    let found = try Harness.run(plan, on: [probe])
    #expect(probe.log.mostEvaluations <= limit)
    #expect(Harness.trajectories(found.results) == (try Harness.alone(plan)))
  }

  @Test func schedulesOfEveryFormEndWithTheLastStep() throws {
    for (schedule, expected) in [
      ("{at: [3, 50]}", [3, 45]), ("{at: [45]}", [45]), ("{at: [1000]}", [45]),
      ("{per_decade: 1}", [0, 1, 10, 45]), ("{first: 0, every: 15}", [0, 15, 30, 45]),
    ] {
      let plan = try SweepPlan(spec("problem: {n: 20, N: 10}\nsteps: 45\nevaluate: \(schedule)"))
      let found = try Harness.run(plan)
      #expect(found.results.map(\.curves.steps) == [expected])
    }
  }

  @Test func stepwiseMappingIsRecordedAndAgrees() throws {
    let plan = try Harness.plan("steps: 130")
    let loop = try Harness.run(plan).results[0]
    let step = try Harness.run(plan, mapping: .stepwise).results[0]
    #expect((loop.mapping, step.mapping) == ("loop", "stepwise"))
    let rule = Tolerance.trajectory(.f64, steps: 130)
    for name in ["train_error", "test_error", "l1_norm", "l2_norm"] {
      let (values, expected) = (step.curves[name] ?? [], loop.curves[name] ?? [])
      #expect(values.count == 12 && rule.mismatch(values, expected) == nil)
    }
  }

  // MARK: - Divergence

  @Test func divergedRunEndsAndLeavesTheOthersAlone() throws {
    let lines = "unsafe_step: true\nsteps: 2000\n"
    let mixed = try Harness.plan(lines + "sweep: {learning_rate: [0.05, 30, 0.1], seed: [1, 2]}")
    let found = try Harness.run(mixed)
    #expect(found.results.count == 6)
    #expect(Harness.trajectories(found.results) == (try Harness.alone(mixed)))
    for result in found.results {
      let diverges = result.run.parameters["learning_rate"] == .number(30)
      #expect(result.status == (diverges ? .diverged : .finished))
      guard diverges else { continue }
      // It ends at the evaluation that saw it, which is the only one not finite.
      let norms = result.curves["l2_norm"] ?? []
      #expect(result.steps == result.curves.steps.last && result.steps < 2000)
      #expect(norms.dropLast().allSatisfy(\.isFinite) && norms.last?.isFinite == false)
      #expect(result.json.contains(#""status":"diverged""#) && result.json.contains("null"))
    }
  }

  // MARK: - What a result says

  @Test func stepsOfMemorisationAndGeneralisationAreTheCurves() throws {
    let plan = try Harness.plan(
      "steps: 60\nthresholds: {train: 0.5, test: 0.97}\nsweep: {seed: {range: [0, 4]}}")
    for result in try Harness.run(plan).results {
      let (steps, curves) = (result.curves.steps, result.curves)
      let train = try #require(curves["train_error"])
      let test = try #require(curves["test_error"])
      #expect(result.t1 == zip(steps, train).first { $0.1 <= 0.5 }?.0)
      let last = test.lastIndex { !($0 <= 0.97) }.map { $0 + 1 } ?? 0
      #expect(result.t2 == (last < steps.count ? steps[last] : nil))
    }
  }

  @Test func jsonIsOneObjectWithTheContractsKeys() throws {
    let plan = try Harness.plan("steps: 20\nrecord: {trace: true}")
    let result = try Harness.run(plan, verify: 1).results[0]
    for key in [
      "run", "experiment", "parameters", "device", "precision", "mapping", "status", "steps", "t1",
      "t2", "final", "seconds", "run_steps_per_second", "max_deviation",
    ] { #expect(result.json.contains("\"\(key)\":")) }
    #expect(result.json.contains(#""device":"cpu","precision":"f64","mapping":"loop""#))
    #expect(!result.finalJSON.contains("a_0") && result.finalJSON.contains("l1_norm"))
    #expect(result.curves["a_0"]?.count == result.curves.steps.count)
  }

  @Test func timingsCountTheStepsTaken() throws {
    let plan = try Harness.plan("sweep: {steps: [10, 30], seed: [1, 2]}")
    let timings = try Harness.run(plan).timings
    #expect(timings.map(\.runs) == [4] && timings.map(\.runSteps) == [plan.runSteps])
    #expect(plan.runSteps == 80)
  }
}
