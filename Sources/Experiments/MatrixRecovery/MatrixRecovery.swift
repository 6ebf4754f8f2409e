import BatchNumerics

/// Low-rank matrices from fewer measurements than entries: completion and sensing, with the nuclear
/// norm on the matrix itself or weight decay on its factors.
///
/// Sources: Notsawo et al. 2025 (arXiv 2506.05718), section 3.4, appendices D.2, F.2, G.2, H.2; Lyu
/// et al. 2023 (arXiv 2311.18817), section 3.3; Boursier et al. 2025 (arXiv 2505.20172), section 5.
public struct MatrixRecovery: Experiment {
  public let name = "matrix-recovery"
  public let sizeKeys = ["problem.n1", "problem.n2"]
  public let summary =
    "loss(X W - y) + sum_k (nuclear |A_k|_* + l2/2 |A_k|^2 + l1 |A_k|_1), W = A_1 ... A_L, "
    + "U U^T - V V^T or U V^T"
  public let parameters = methodParameters + problemParameters + CommonParameters.definitions

  private let cache = ProblemCache<MatrixRecoveryEntry> { $0.size }

  public init() {}

  public func prepare(_ point: ResolvedParameters, instance: TensorFile?) throws -> PreparedRun {
    var parameters = point
    let schedule = try EvaluationSchedule.resolve(&parameters)
    let entry = try problem(&parameters, instance)
    let model = try MatrixRecoveryModel(&parameters, entry, instance)
    try model.check(parameters, entry)
    let steps = try resolveSteps(&parameters, model, entry.analysis)
    let precision: Precision = try parameters.choice("precision")
    let count = entry.problem.count
    let isDense = entry.isDense
    let data = isDense ? count * model.rows * model.columns : 4 * count + model.rows * model.columns
    return PreparedRun(
      parameters: parameters, steps: steps, schedule: schedule,
      thresholds: Thresholds(
        train: try parameters.number("thresholds.train"),
        test: try parameters.number("thresholds.test")),
      batchKey: "\(model.key) \(count) \(isDense) \(precision) \(schedule) "
        + "\(try parameters.number("regularizer.nuclear") > 0) "
        + "\(parameters["record.singular_values"]) \(parameters["record.angles"])",
      problemKey: try instance?.digest ?? MatrixRecoveryGenerator(parameters).key,
      bytes: (4 * model.parameterCount + data) * precision.byteCount)
  }

  public func session(
    for runs: [PreparedRun], instance: TensorFile?, on backend: any TrainingBackend,
    mapping: MappingChoice
  ) throws -> any TrainingSession {
    let batch = try batch(of: runs, instance: instance)
    if mapping.kind != .stepwise, let session = try backend.session(for: batch, mapping: mapping) {
      return session
    }
    return try stepwise(batch, on: backend.operations(batch.precision, mapping: mapping))
  }

  public func settled(
    _ mapping: MappingChoice, for runs: [PreparedRun], instance: TensorFile?,
    on backend: any TrainingBackend
  ) throws -> MappingChoice {
    try backend.settled(mapping, for: batch(of: runs, instance: instance))
  }

  private func stepwise<B: Backend>(
    _ batch: MatrixRecoveryBatch, on operations: B
  ) throws -> any TrainingSession {
    try StepwiseMatrixRecovery(batch, on: operations)
  }

  public func instanceTensors(_ run: PreparedRun, instance: TensorFile?) throws -> [NamedTensor] {
    var parameters = run.parameters
    let entry = try problem(&parameters, instance)
    let batch = try batch(of: [run], instance: instance)
    let names = MatrixRecoveryInstance.initialNames(batch.parameterization, depth: batch.depth)
    let factors = zip(names, batch.factors(batch.runs[0].initial)).map { name, factor in
      NamedTensor(name: name, shape: [factor.rows, factor.columns], values: factor.values)
    }
    return (entry.tensors.named + factors).sorted { $0.name < $1.name }
  }

  /// The batch of runs that share a batch key; runs that share data share its copy.
  public func batch(of runs: [PreparedRun], instance: TensorFile?) throws -> MatrixRecoveryBatch {
    var parameters = runs[0].parameters
    let first = try problem(&parameters, instance)
    let model = try MatrixRecoveryModel(&parameters, first, instance)
    var problems: [MatrixRecoveryProblem] = []
    var indices: [String: Int] = [:]
    var members: [MatrixRecoveryRun] = []
    for run in runs {
      var point = run.parameters
      let entry = try problem(&point, instance)
      let index = indices[run.problemKey] ?? problems.count
      if index == problems.count {
        indices[run.problemKey] = index
        problems.append(entry.problem(projecting: model.method == .projected))
      }
      members.append(
        MatrixRecoveryRun(
          problem: index, learningRate: try point.number("learning_rate"),
          nuclear: try point.number("regularizer.nuclear"), l1: try point.number("regularizer.l1"),
          l2: try point.number("regularizer.l2") + point.number("weight_decay"),
          initial: try model.initialFactors(point, instance), steps: run.steps))
    }
    return MatrixRecoveryBatch(
      rows: model.rows, columns: model.columns, measurementCount: first.problem.count,
      parameterization: model.parameterization, depth: model.depth, width: model.width,
      method: model.method, precision: try parameters.choice("precision"),
      recordsSingularValues: try parameters.boolean("record.singular_values"),
      recordsAngles: try parameters.boolean("record.angles"), problems: problems, runs: members)
  }

  /// The generated problem of a run, as theory beside the run needs it.
  public static func problem(of run: PreparedRun) throws -> MatrixRecoveryProblem {
    try MatrixRecoveryGenerator(run.parameters).makeTensors().problem
  }

  /// The problem of a run; an instance replaces all `problem.*` keys by its sizes and digest.
  private func problem(
    _ parameters: inout ResolvedParameters, _ instance: TensorFile?
  ) throws -> MatrixRecoveryEntry {
    guard let instance else {
      let generator = try MatrixRecoveryGenerator(parameters)
      return try cache.entry(generator.key) { MatrixRecoveryEntry(try generator.makeTensors()) }
    }
    let entry = try cache.entry(instance.digest) {
      MatrixRecoveryEntry(try MatrixRecoveryInstance.tensors(instance))
    }
    if case .text(let kind) = parameters["problem.kind"] {
      let expected: MatrixRecovery.ProblemKind = entry.isDense ? .sensing : .completion
      guard kind == expected.rawValue else {
        throw SpecError(
          key: "problem.kind", value: kind, "the instance is a \(expected.rawValue) problem")
      }
    }
    for key in parameters.values.keys where key.hasPrefix("problem.") { parameters.remove(key) }
    parameters["problem.kind"] = .text(entry.isDense ? "sensing" : "completion")
    parameters["problem.n1"] = .integer(entry.problem.target.rows)
    parameters["problem.n2"] = .integer(entry.problem.target.columns)
    parameters["problem.N"] = .integer(entry.problem.count)
    parameters["instance"] = .text(instance.digest)
    return entry
  }

  /// Turns a budget of predicted delays into steps.
  private func resolveSteps(
    _ parameters: inout ResolvedParameters, _ model: MatrixRecoveryModel,
    _ analysis: MatrixRecoveryAnalysis
  ) throws -> Int {
    let limit = try parameters.integer("steps")
    let least = try parameters.integer("budget.least")
    defer { ["budget.delays", "budget.least"].forEach { parameters.remove($0) } }
    guard parameters["budget.delays"] != .null else { return limit }
    let delays = try parameters.number("budget.delays")
    let nuclear = try parameters.number("regularizer.nuclear")
    guard nuclear > 0, let gap = analysis.gap else {
      throw SpecError(
        key: "budget.delays", value: "\(delays)",
        "needs regularizer.nuclear above 0 and a problem small enough to predict")
    }
    let delay = gap / (try parameters.number("learning_rate") * nuclear)
    let steps = max(delays * delay, Double(least)).rounded(.up)
    let resolved = steps < Double(limit) ? Int(steps) : limit
    parameters["steps"] = .integer(resolved)
    return resolved
  }
}

extension MatrixRecoveryEntry {
  /// Whether measurements are dense matrices rather than single entries.
  var isDense: Bool {
    if case .dense = problem.measurements { true } else { false }
  }
}
