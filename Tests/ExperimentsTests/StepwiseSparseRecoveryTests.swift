// This file tests that the training step written against the batched operations is the loop's.

import BatchNumerics
import Experiments
import ReferenceBackend
import Testing
import _TestSupport

@Suite struct StepwiseSparseRecoveryTests {
  static let steps = 300
  static let evaluations = [0, 1, 2, 10, 100, 300]

  func stepwise(_ batch: SparseRecoveryBatch) throws -> any TrainingSession {
    switch batch.precision {
    case .f32: try StepwiseSparseRecovery(batch, on: ReferenceOperations<Float>())
    case .f64: try StepwiseSparseRecovery(batch, on: ReferenceOperations<Double>())
    }
  }

  @Test(arguments: SparseRecoveryCase.all, [1, 2]) func agreesWithTheLoop(
    _ sample: SparseRecoveryCase, problems: Int
  ) throws {
    var sample = sample
    sample.problems = problems
    let batch = sample.makeBatch(steps: Self.steps)
    let (loop, step) = (try referenceSession(batch), try stepwise(batch))
    #expect(loop.metricNames == step.metricNames)
    let expected = try loop.train(
      runs: sample.runs, steps: Self.steps, evaluations: Self.evaluations)
    let block = try step.train(
      runs: sample.runs, steps: Self.steps, evaluations: Self.evaluations)
    let rule = Tolerance.trajectory(sample.precision, steps: Self.steps)
    let ratio = try #require(loop.metricNames.firstIndex(of: "gradient_ratio"))
    // The ratio's numerator is a cancelling sum; where the projection removes it, it is noise.
    let compared = loop.metricNames.indices.filter { sample.method != .projected || $0 != ratio }
    for evaluation in Self.evaluations.indices {
      for metric in compared {
        for run in 0..<sample.runs {
          let pair = (block[evaluation, metric, run], expected[evaluation, metric, run])
          #expect(
            rule.mismatch(pair.0, pair.1) == nil,
            "\(loop.metricNames[metric]) of run \(run) at \(Self.evaluations[evaluation])")
        }
      }
    }
    let all = Array(0..<sample.runs)
    for (tensors, references) in zip(try step.parameters(of: all), try loop.parameters(of: all)) {
      #expect(tensors.map(\.name) == references.map(\.name))
      for (tensor, reference) in zip(tensors, references) {
        #expect(tensor.shape == reference.shape)
        #expect(rule.mismatch(tensor.values, reference.values) == nil)
      }
    }
  }

  @Test func factorsAreGivenForDeepRunsOnly() throws {
    let shallow = try stepwise(SparseRecoveryCase(.subgradient, depth: 1).makeBatch())
    #expect(try shallow.parameters(of: [0])[0].map(\.name) == ["a"])
    let deep = try stepwise(SparseRecoveryCase(.subgradient, depth: 3).makeBatch())
    let tensors = try deep.parameters(of: [0])[0]
    #expect(tensors.map(\.name) == ["a", "factors"])
    #expect(tensors.map(\.shape) == [[21], [3, 21]])
  }

  @Test func referenceHasNoDeviceMappings() {
    let batch = SparseRecoveryCase().makeBatch()
    for mapping in [MappingChoice.lanes, .components, .workGroup] {
      #expect(throws: MappingError.self) {
        try ReferenceTrainingBackend().session(for: batch, mapping: mapping)
      }
    }
  }
}
