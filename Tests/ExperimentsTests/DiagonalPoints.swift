// This file implements what the tests of linear predictors share: points of a sweep without a spec.

import BatchNumerics
import Experiments
import ReferenceBackend
import Testing
import _TestSupport

enum DiagonalPoints {
  typealias Changes = [String: ParameterValue]

  /// Small sizes for each kind of problem.
  static let small: [String: Changes] = [
    "signs": ["problem.n": .integer(9), "problem.d": .integer(13), "init.scale": .number(2)],
    "large-margin": [
      "problem.n": .integer(7), "problem.d": .integer(10), "init.scale": .number(2),
      "problem.gamma": .number(1),
    ],
    "fourier": [:],
    "gaussian": ["problem.n": .integer(5), "problem.d": .integer(11)],
  ]

  static func text(_ values: [String: String], _ more: Changes = [:]) -> Changes {
    values.mapValues { .text($0) }.merging(more) { $1 }
  }

  static func point(
    _ changes: Changes = [:], of experiment: any DiagonalFamily = DiagonalNetwork()
  ) -> ResolvedParameters {
    var values: Changes = ["experiment": .text(experiment.name)]
    for definition in experiment.parameters { values[definition.key] = definition.defaultValue }
    values["steps"] = .integer(50)
    if experiment is DiagonalNetwork {
      var kind = "signs"
      if case .text(let name) = changes["problem.kind"] ?? .null { kind = name }
      values["problem.n_test"] = .integer(6)
      values.merge(small[kind] ?? [:]) { $1 }
    } else {
      values.merge(["problem.n": .integer(6), "problem.d": .integer(9)]) { $1 }
      values["problem.n_test"] = .integer(5)
    }
    values.merge(changes) { $1 }
    return ResolvedParameters(values)
  }

  static func batch(
    _ changes: Changes = [:], of experiment: any DiagonalFamily = DiagonalNetwork(),
    instance: TensorFile? = nil
  ) throws -> DiagonalNetworkBatch {
    let run = try experiment.prepare(point(changes, of: experiment), instance: instance)
    return try experiment.batch(of: [run], instance: instance)
  }

  static func session(
    _ changes: Changes = [:], of experiment: any DiagonalFamily = DiagonalNetwork(),
    instance: TensorFile? = nil
  ) throws -> any TrainingSession {
    let run = try experiment.prepare(point(changes, of: experiment), instance: instance)
    return try experiment.session(
      for: [run], instance: instance, on: ReferenceTrainingBackend(), mapping: .automatic)
  }
}

extension DiagonalNetworkBatch {
  /// The same batch with another start and rate.
  func starting(at state: [Double], learningRate: Double) -> DiagonalNetworkBatch {
    let run = runs[0]
    return DiagonalNetworkBatch(
      samples: samples, features: features, parameterization: parameterization, loss: loss,
      weight: weight, method: method, labelNoise: labelNoise, precision: precision,
      records: records, problems: problems,
      runs: [
        DiagonalRun(
          problem: run.problem, learningRate: learningRate, weightDecay: run.weightDecay,
          initial: state, steps: run.steps, seed: run.seed)
      ])
  }

  /// The objective with decay, from its definition.
  func objective(_ state: [Double]) -> Double {
    let problem = problems[runs[0].problem]
    let x = problem.features.dense
    let w = parameterization.predictor(state)
    var sum = runs[0].weightDecay / 2 * state.reduce(0) { $0 + $1 * $1 }
    for i in 0..<x.rows {
      let q = (0..<x.columns).reduce(0.0) { $0 + x[i, $1] * w[$1] }
      sum += weight * loss.value(q, problem.targets[i])
    }
    return sum
  }
}
