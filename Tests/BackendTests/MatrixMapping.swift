// This file implements the ways of training matrix recovery on a device, as data.

import BatchNumerics
import Experiments
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import Testing
import _TestSupport

/// A batch of matrix recovery and how it is trained on a device.
struct MatrixTrainingCase: Sendable, CustomStringConvertible {
  let mapping: MappingChoice
  let problem: MatrixRecoveryCase

  var description: String { "\(mapping.rawValue) \(problem)" }

  /// Every case in every mapping that has a kernel for it, and step by step.
  static func each(_ problems: [MatrixRecoveryCase]) -> [MatrixTrainingCase] {
    problems.flatMap { problem in
      mappings(of: problem).map { MatrixTrainingCase(mapping: $0, problem: problem) }
    }
  }

  static func mappings(of problem: MatrixRecoveryCase) -> [MappingChoice] {
    if problem.parameterization == .product, problem.depth == 1 {
      return [.lanes, .workGroup, .stepwise]
    }
    let isFactored = problem.depth == 2 && !problem.isDense && problem.nuclear == 0
    return isFactored ? [.lanes, .components, .workGroup, .stepwise] : [.stepwise]
  }

  func session(_ batch: MatrixRecoveryBatch, on device: Device) throws -> any TrainingSession {
    let backend = try DeviceBackends.backend(device)
    guard mapping == .stepwise else {
      return try #require(try backend.session(for: batch, mapping: mapping))
    }
    return try Self.stepwise(batch, backend.operations(batch.precision))
  }

  private static func stepwise<B: Backend>(
    _ batch: MatrixRecoveryBatch, _ operations: B
  ) throws -> any TrainingSession {
    try StepwiseMatrixRecovery(batch, on: operations)
  }

  /// Where curves and parameters part from the reference's, or nil.
  func mismatch(on device: Device, steps: Int, evaluations: [Int]) throws -> String? {
    let batch = problem.makeBatch(steps: steps)
    let runs = Array(batch.runs.indices)
    let session = try session(batch, on: device)
    let reference = try #require(
      try ReferenceTrainingBackend().session(for: batch, mapping: .automatic))
    let launch = Launch(start: 0, end: steps, evaluations: evaluations, runs: runs)
    let rule = Tolerance.matrixTrajectory(problem.precision, steps: steps + 1)
    return try session.mismatch(with: reference, launch, rule, values: \.withoutRatios)
  }
}

extension EvaluationBlock {
  /// The values without those of `gradient_ratio` (metric 7): the ratio of two small numbers.
  var withoutRatios: [Double] {
    values.enumerated().filter { $0.offset / runs.count % metricCount != 7 }.map(\.element)
  }
}
