// This file tests batches under reduced gradient flow.

import BatchNumerics
import Experiments
import Testing

@Suite struct ReducedFlowSessionTests {
  static let sample = FlowCase(parameterization: .difference(depth: 2), loss: .logistic)

  static func batch(_ method: DiagonalMethod = .gradientDescent) -> DiagonalNetworkBatch {
    var broken = sample.initial
    broken[0] = .infinity
    let starts = [(1e-3, 0.3, sample.initial), (2e-3, 0.1, sample.initial), (1e-3, 0, broken)]
    return DiagonalNetworkBatch(
      samples: sample.samples, features: sample.features,
      parameterization: sample.parameterization, loss: sample.loss, weight: sample.weight,
      method: method, precision: .f64, problems: [sample.problem],
      runs: starts.map {
        DiagonalRun(
          problem: 0, learningRate: $0.0, weightDecay: $0.1, initial: $0.2, steps: 4000)
      })
  }

  static func launch(
    _ start: Int, _ end: Int, _ evaluations: [Int], runs: [Int] = [0, 1, 2]
  ) -> Launch {
    Launch(start: start, end: end, evaluations: evaluations, runs: runs)
  }

  @Test func metricsAreThoseOfTheFlow() throws {
    let batch = Self.batch()
    let session = try ReducedFlowSession(batch, tolerance: 1e-10)
    #expect(session.mapping == "reduced-flow")
    let block = try session.advance(Self.launch(0, 2000, [0, 100, 2000]))
    let metrics = DiagonalMetrics(batch)
    #expect(session.metricNames == metrics.names)
    for (run, decay, rate) in [(0, 0.3, 1e-3), (1, 0.1, 2e-3)] {
      var sample = Self.sample
      sample.weightDecay = decay
      for (index, step) in [0, 100, 2000].enumerated() {
        let theta = sample.rungeKutta(to: rate * Double(step), steps: max(1, step))
        for (metric, expected) in metrics.evaluate(run: run, theta).enumerated() {
          let found = block[index, metric, run]
          #expect(abs(found - expected) <= 1e-7 * max(1, abs(expected)))
        }
      }
    }
    for metric in metrics.names.indices { #expect(block[2, metric, 2].isNaN) }
    let tensors = try session.parameters(of: [1])[0]
    #expect(tensors.map(\.name) == ["u", "v"])
  }

  /// Where launches end changes no bit, and runs may drop out.
  @Test func launchesDoNotMatter() throws {
    let evaluations = [0, 10, 500, 1500, 4000]
    let whole = try ReducedFlowSession(Self.batch())
    let expected = try whole.advance(Self.launch(0, 4000, evaluations))
    let parted = try ReducedFlowSession(Self.batch())
    var start = 0
    for end in [7, 333, 1500, 2222, 4000] {
      let inside = evaluations.filter { $0 <= end && ($0 > start || start == 0) }
      let block = try parted.advance(Self.launch(start, end, inside, runs: [0, 1]))
      if end == 2222 { _ = try parted.parameters(of: [0]) }
      for (index, step) in inside.enumerated() {
        let row = try #require(evaluations.firstIndex(of: step))
        for metric in whole.metricNames.indices {
          for run in [0, 1] { #expect(block[index, metric, run] == expected[row, metric, run]) }
        }
      }
      start = end
    }
    #expect(try parted.parameters(of: [0, 1]) == whole.parameters(of: [0, 1]))
  }

  /// Parameters are those of the last step, evaluated or not.
  @Test func parametersAreOfTheLastStep() throws {
    let session = try ReducedFlowSession(Self.batch(), tolerance: 1e-10)
    _ = try session.advance(Self.launch(0, 1000, [0]))
    let values = try session.parameters(of: [0])[0].flatMap(\.values)
    #expect(FlowCase.distance(values, Self.sample.rungeKutta(to: 1, steps: 1000)) < 1e-8)
  }

  @Test func labelNoiseHasNoFlow() {
    #expect(throws: ReducedFlowError.method("label-noise")) {
      try ReducedFlowSession(Self.batch(.labelNoise))
    }
  }
}
