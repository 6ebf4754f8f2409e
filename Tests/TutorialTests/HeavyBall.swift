// The worked example of "Add your own experiment" (Sources/GrokCL.docc/OwnExperiment.md), which
// shows this file piece by piece; `TutorialTests` keeps both alike.

import BatchNumerics
import Experiments

/// Sparse recovery by subgradient descent with heavy-ball momentum.
///
///     m <- momentum m + X^T (X a - y) + l1 sign a,    a <- a - lr m
///
/// Source: Polyak 1964 for the momentum; the problem is that of Notsawo et al. 2025 (arXiv
/// 2506.05718), section 3.3.
struct HeavyBall: Experiment {
  let name = "heavy-ball"
  let summary = "min 1/2 |X a - y|^2 + l1 |a|_1 by descent with momentum"
  let sizeKeys = ["problem.n", "problem.N"]
  let parameters: [ParameterDefinition] =
    [
      ParameterDefinition(
        "momentum", .number(0...0.9999, open: false), default: .number(0.9),
        "share of the last step's direction that is kept"),
      ParameterDefinition(
        "regularizer.l1", .number(0...Double.greatestFiniteMagnitude, open: false),
        default: .number(1e-5), "beta of beta |a|_1"),
    ]
    + SparseRecovery().parameters.filter { $0.key.hasPrefix("problem.") }
    + CommonParameters.definitions

  func prepare(_ point: ResolvedParameters, instance: TensorFile?) throws -> PreparedRun {
    guard instance == nil else {
      throw SpecError(key: "instance", "\(name) generates its problems itself")
    }
    var parameters = point
    let schedule = try EvaluationSchedule.resolve(&parameters)
    let (n, rows) = (try parameters.integer("problem.n"), try parameters.integer("problem.N"))
    let precision: Precision = try parameters.choice("precision")
    return PreparedRun(
      parameters: parameters, steps: try parameters.integer("steps"), schedule: schedule,
      thresholds: Thresholds(
        train: try parameters.number("thresholds.train"),
        test: try parameters.number("thresholds.test")),
      batchKey: "\(n) \(rows) \(precision) \(schedule)",
      problemKey: try Self.problemKey(parameters),
      bytes: (rows * n + 4 * n + 2 * rows) * precision.byteCount)
  }

  func session(
    for runs: [PreparedRun], instance: TensorFile?, on backend: any TrainingBackend,
    mapping: MappingChoice
  ) throws -> any TrainingSession {
    let precision: Precision = try runs[0].parameters.choice("precision")
    return try session(runs, on: backend.operations(precision, mapping: mapping))
  }

  private func session<B: Backend>(
    _ runs: [PreparedRun], on operations: B
  ) throws -> any TrainingSession {
    try HeavyBallSession(runs, problems: runs.map(SparseRecovery.problem), on: operations)
  }

  func instanceTensors(_ run: PreparedRun, instance: TensorFile?) throws -> [NamedTensor] {
    let problem = try SparseRecovery.problem(of: run)
    let (rows, n) = (problem.measurements.rows, problem.measurements.columns)
    return [
      NamedTensor(name: "X", shape: [rows, n], values: problem.measurements.values),
      NamedTensor(name: "y", shape: [rows], values: problem.observations),
      NamedTensor(name: "target", shape: [n], values: problem.target),
    ]
  }

  /// Runs with equal keys have the same data: all that the problem is drawn from.
  private static func problemKey(_ parameters: ResolvedParameters) throws -> String {
    let keys = parameters.values.keys.filter { $0.hasPrefix("problem.") || $0 == "seed" }
    return keys.sorted().map { "\($0)=\(parameters[$0])" }.joined(separator: " ")
  }
}
