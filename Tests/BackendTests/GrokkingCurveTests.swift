// This file tests that runs which grok do so at the same steps on devices as on the reference.

import BatchNumerics
import Experiments
import ReferenceBackend
import Testing
import _TestSupport

@Suite(.enabled(if: !TestDevices.withDouble.isEmpty, "no OpenCL device with doubles"))
struct GrokkingCurveTests {
  /// The curves are compared so far; later, signs near zero flip a step apart here or there.
  static let comparedSteps = 1000
  static let steps = 6000
  static let evaluations = Array(0...20) + Array(stride(from: 40, through: steps, by: 20))

  /// The size of Notsawo et al., Fig. 3, with a penalty strong enough to generalise soon.
  static let batch: SparseRecoveryBatch = {
    var problem = SparseRecoveryCase()
    (problem.columns, problem.rows, problem.problems, problem.runs) = (100, 30, 1, 3)
    (problem.l1, problem.l2) = (2e-3, 0)
    return problem.makeBatch(steps: steps).mapRuns { _, run in
      SparseRecoveryRun(
        problem: run.problem, learningRate: 2 * run.learningRate, l1: run.l1, l2: run.l2,
        initial: run.initial.map { _ in 1e-6 }, steps: run.steps)
    }
  }()

  static let launch = Launch(
    start: 0, end: steps, evaluations: evaluations, runs: Array(batch.runs.indices))

  /// Trained once, compared with every mapping.
  static let reference = Result {
    try ReferenceTrainingBackend().session(for: batch, mapping: .automatic).advance(launch)
  }

  /// Above the floors that noise and penalty set.
  static let thresholds = Thresholds(train: 2e-2, test: 0.2)

  /// t1 and t2 of every run.
  private func milestones(_ block: EvaluationBlock) -> [[Int?]] {
    block.runs.indices.map { run in
      let curve = { metric in block.steps.indices.map { block[$0, metric, run] } }
      return [
        Self.thresholds.memorization(steps: block.steps, train: curve(0)),
        Self.thresholds.generalization(steps: block.steps, test: curve(1)),
      ]
    }
  }

  @Test(arguments: TestDevices.each(DeviceMapping.all) { _ in .f64 })
  func grokkingTimesAreEqual(test: DeviceCase<DeviceMapping>) throws {
    let expected = try Self.reference.get()
    let block = try test.value.session(Self.batch, on: test.device).advance(Self.launch)
    let early = block.steps.filter { $0 <= Self.comparedSteps }.count
    let numbers = early * block.metricCount * block.runs.count
    expectNone(
      Tolerance.external.mismatch(
        Array(block.values[..<numbers]), Array(expected.values[..<numbers])))
    #expect(milestones(block) == milestones(expected))
  }

  /// The delay is there: otherwise equal times would say little.
  @Test func theReferenceGroks() throws {
    let times = milestones(try Self.reference.get())
    for pair in times {
      let (t1, t2) = (try #require(pair[0]), try #require(pair[1]))
      #expect(t1 > 0 && t2 > 5 * t1 && t2 < Self.steps, "\(t1), \(t2)")
    }
  }
}
