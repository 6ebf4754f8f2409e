import BatchNumerics

/// What the families of linear predictors share: diagonal networks and linear regression.
package protocol DiagonalFamily: Experiment {
  /// Draws or reads data and start, and completes the keys that depend on them.
  func resolve(
    _ parameters: inout ResolvedParameters, _ instance: TensorFile?
  ) throws -> DiagonalResolved
}

/// Data, model and start of a run.
package struct DiagonalResolved {
  let problem: DiagonalProblem
  /// Runs with equal keys share their data.
  let problemKey: String
  let parameterization: DiagonalParameterization
  let loss: MarginLoss
  let weight: Double
  let method: DiagonalTraining
  let labelNoise: Double
  let initial: [Double]
}

/// How a run's curve is made.
package enum DiagonalTraining: Hashable {
  /// step by step on a device
  case descent(DiagonalMethod)
  /// gradient flow by its n-dimensional reduction
  case reducedFlow
  /// gradient flow of linear regression in closed form
  case linearFlow
  /// the iterates of gradient descent of linear regression in closed form
  case linearDescent
}

/// The factor of a sum of losses.
enum LossScale: String, CaseIterable {
  /// 1/n
  case mean
  /// 1/(2n)
  case halfMean = "half-mean"
  case sum
  /// 1/2
  case halfSum = "half-sum"

  /// The factor for `samples` samples; of one sample at a time, means are the sample's own.
  func weight(samples: Int) -> Double {
    switch self {
    case .mean: 1 / Double(samples)
    case .halfMean: 0.5 / Double(samples)
    case .sum: 1
    case .halfSum: 0.5
    }
  }
}

extension DiagonalFamily {
  public func prepare(_ point: ResolvedParameters, instance: TensorFile?) throws -> PreparedRun {
    var parameters = point
    let schedule = try EvaluationSchedule.resolve(&parameters)
    let run = try resolve(&parameters, instance)
    let thresholds = try thresholds(&parameters, run)
    let precision: Precision = try parameters.choice("precision")
    let (samples, features) = (run.problem.features.rows, run.problem.features.columns)
    let isSigns = run.problem.features.isSigns
    let data = isSigns ? samples * features / 4 : 2 * samples * features * precision.byteCount
    return PreparedRun(
      parameters: parameters, steps: try parameters.integer("steps"), schedule: schedule,
      thresholds: thresholds,
      batchKey: "\(samples) \(features) \(isSigns) \(run.parameterization) \(run.loss) "
        + "\(run.weight) \(run.method) \(run.labelNoise) \(precision) \(schedule) "
        + "\(run.problem.test?.targets.count ?? 0) \(run.problem.population == nil) "
        + "\(try records(parameters))",
      problemKey: run.problemKey,
      bytes: data + (run.parameterization.factorCount + 1) * features * precision.byteCount,
      comparableSteps: comparableSteps(run))
  }

  /// What the reference trains in about a second. Exact curves come from the host on every device.
  private func comparableSteps(_ run: DiagonalResolved) -> Int {
    guard case .descent = run.method else { return 1 }
    return max(10, 4_000_000_000 / (run.problem.features.rows * run.problem.features.columns))
  }

  public func session(
    for runs: [PreparedRun], instance: TensorFile?, on backend: any TrainingBackend,
    mapping: MappingChoice
  ) throws -> any TrainingSession {
    var point = runs[0].parameters
    let training = try resolve(&point, instance).method
    let batch = try batch(of: runs, instance: instance)
    switch training {
    case .descent: return try backend.session(for: batch, mapping: mapping)
    case .reducedFlow:
      return try checked(mapping) { try ReducedFlowSession(batch) }
    case .linearFlow, .linearDescent:
      return try checked(mapping) {
        try LinearRegressionSession(batch, isDescent: training == .linearDescent)
      }
    }
  }

  private func checked(
    _ mapping: MappingChoice, _ make: () throws -> any TrainingSession
  ) throws -> any TrainingSession {
    if mapping.kind != nil, mapping != .automatic {
      throw MappingError(mapping, "exact curves are computed on the host: auto only")
    }
    let session = try make()
    try mapping.require(session.mapping)
    return session
  }

  public func instanceTensors(_ run: PreparedRun, instance: TensorFile?) throws -> [NamedTensor] {
    var parameters = run.parameters
    let resolved = try resolve(&parameters, instance)
    return DiagonalInstance.tensors(resolved)
  }

  /// The batch of runs that share a batch key; runs that share data share its copy.
  package func batch(of runs: [PreparedRun], instance: TensorFile?) throws -> DiagonalNetworkBatch {
    var problems: [DiagonalProblem] = []
    var indices: [String: Int] = [:]
    var members: [DiagonalRun] = []
    var first: DiagonalResolved?
    for run in runs {
      var point = run.parameters
      let resolved = try resolve(&point, instance)
      first = first ?? resolved
      let index = indices[run.problemKey] ?? problems.count
      if index == problems.count {
        indices[run.problemKey] = index
        problems.append(resolved.problem)
      }
      members.append(
        DiagonalRun(
          problem: index, learningRate: try point.number("learning_rate"),
          weightDecay: try point.number("weight_decay"), initial: resolved.initial,
          steps: run.steps, seed: UInt32(try point.integer("seed"))))
    }
    guard let first else { throw SpecError("a batch needs at least one run") }
    var method = DiagonalMethod.gradientDescent
    if case .descent(let descent) = first.method { method = descent }
    return DiagonalNetworkBatch(
      samples: first.problem.features.rows, features: first.problem.features.columns,
      parameterization: first.parameterization, loss: first.loss, weight: first.weight,
      method: method, labelNoise: first.labelNoise,
      precision: try runs[0].parameters.choice("precision"),
      records: try records(runs[0].parameters), problems: problems, runs: members)
  }

  private func records(_ parameters: ResolvedParameters) throws -> DiagonalRecords {
    DiagonalRecords(
      predictor: try parameters.boolean("record.predictor"),
      predictions: try parameters.boolean("record.predictions"))
  }

  /// Accuracies of classification, losses of regression; the population where there is no test set.
  private func thresholds(
    _ parameters: inout ResolvedParameters, _ run: DiagonalResolved
  ) throws -> Thresholds {
    let classifies = run.loss.isClassification
    for (key, value) in [
      ("thresholds.train", classifies ? 0.999 : 1e-3),
      ("thresholds.test", classifies ? 0.95 : 0.05),
    ] where parameters[key] == .null { parameters[key] = .number(value) }
    let source = run.problem.test == nil && run.problem.population != nil ? "population" : "test"
    return Thresholds(
      train: try parameters.number("thresholds.train"),
      test: try parameters.number("thresholds.test"),
      metrics: classifies
        ? ("train_accuracy", "\(source)_accuracy") : ("train_loss", "\(source)_loss"),
      largerIsBetter: classifies)
  }
}
