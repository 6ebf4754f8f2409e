import BatchNumerics
import Synchronization

/// Sparse recovery with l1: find a sparse a* from fewer measurements than components.
///
/// Source: Notsawo et al. 2025 (arXiv 2506.05718), section 3.3, appendices D.1, F.1, G.1, H.1.
public struct SparseRecovery: Experiment {
  public let name = "sparse-recovery"
  public let sizeKeys = ["problem.n", "problem.N", "depth"]
  public let summary =
    "min 1/2 |X a - y|^2 + sum_k (l2/2 |A_k|^2 + l1 |A_k|_1), a = A_1 * ... * A_L"
  public let parameters =
    methodParameters + problemParameters + CommonParameters.definitions

  private let cache = ProblemCache<SparseRecoveryEntry> {
    2 * $0.problem.measurements.values.count
  }

  public init() {}

  public func prepare(_ point: ResolvedParameters, instance: TensorFile?) throws -> PreparedRun {
    var parameters = point
    let schedule = try EvaluationSchedule.resolve(&parameters)
    let method: RecoveryMethod = try parameters.choice("method")
    let depth = try parameters.integer("depth")
    guard method != .projected || depth == 1 else {
      throw SpecError(
        key: "depth", value: "\(depth)", "the projected method is defined for depth 1")
    }
    let solver: Solver = try parameters.choice("solver")
    if solver == .closedForm {
      guard try method != .projected && depth == 1 && parameters.number("regularizer.l1") == 0
      else {
        throw SpecError(
          key: "solver", value: solver.rawValue,
          "needs regularizer.l1: 0, depth: 1 and a method other than projected")
      }
    }
    let entry = try problem(&parameters, instance, depth)
    try checkLearningRate(parameters, depth, entry)
    let steps = try resolveSteps(&parameters, entry)
    let (rows, columns) = (entry.problem.measurements.rows, entry.problem.measurements.columns)
    let precision: Precision = try parameters.choice("precision")
    let key =
      "\(method.rawValue) \(solver.rawValue) \(depth) \(rows) \(columns) \(precision.rawValue) \(schedule)"
    return PreparedRun(
      parameters: parameters, steps: steps, schedule: schedule,
      thresholds: Thresholds(
        train: try parameters.number("thresholds.train"),
        test: try parameters.number("thresholds.test")),
      batchKey: key + " \(parameters["record.trace"]) \(parameters["record.support_norms"])",
      problemKey: try problemKey(parameters, instance),
      bytes: (columns * (depth + 2) + rows * (columns + 2)) * precision.byteCount,
      comparableSteps: solver == .closedForm ? 1 : nil)
  }

  public func session(
    for runs: [PreparedRun], instance: TensorFile?, on backend: any TrainingBackend,
    mapping: MappingChoice
  ) throws -> any TrainingSession {
    let batch = try batch(of: runs, instance: instance)
    if try runs[0].parameters.choice("solver", as: Solver.self) == .closedForm {
      return try SparseRecoveryFastForward(batch)
    }
    if mapping.kind == .stepwise {
      return try stepwise(batch, on: backend.operations(batch.precision, mapping: mapping))
    }
    return try backend.session(for: batch, mapping: mapping)
  }

  public func settled(
    _ mapping: MappingChoice, for runs: [PreparedRun], instance: TensorFile?,
    on backend: any TrainingBackend
  ) throws -> MappingChoice {
    try backend.settled(mapping, for: batch(of: runs, instance: instance))
  }

  private func stepwise<B: Backend>(
    _ batch: SparseRecoveryBatch, on operations: B
  ) throws -> any TrainingSession {
    try StepwiseSparseRecovery(batch, on: operations)
  }

  public func instanceTensors(_ run: PreparedRun, instance: TensorFile?) throws -> [NamedTensor] {
    let batch = try batch(of: [run], instance: instance)
    let problem = batch.problems[0]
    let (rows, columns) = (batch.rows, batch.columns)
    return [
      NamedTensor(name: "X", shape: [rows, columns], values: problem.measurements.values),
      NamedTensor(name: "init", shape: [batch.depth, columns], values: batch.runs[0].initial),
      NamedTensor(name: "target", shape: [columns], values: problem.target),
      NamedTensor(name: "y", shape: [rows], values: problem.observations),
    ]
  }

  /// The batch of runs that share a batch key; runs that share data share its copy.
  public func batch(of runs: [PreparedRun], instance: TensorFile?) throws -> SparseRecoveryBatch {
    let parameters = runs[0].parameters
    let method: RecoveryMethod = try parameters.choice("method")
    let depth = try parameters.integer("depth")
    var problems: [SparseRecoveryProblem] = []
    var indices: [String: Int] = [:]
    var members: [SparseRecoveryRun] = []
    for run in runs {
      var point = run.parameters
      let entry = try problem(&point, instance, depth)
      let index = indices[run.problemKey] ?? problems.count
      if index == problems.count {
        indices[run.problemKey] = index
        problems.append(entry.problem(projecting: method == .projected))
      }
      members.append(
        SparseRecoveryRun(
          problem: index, learningRate: try point.number("learning_rate"),
          l1: try point.number("regularizer.l1"), l2: try point.number("regularizer.l2"),
          initial: try initialFactors(point, instance, depth, entry),
          steps: run.steps))
    }
    return SparseRecoveryBatch(
      columns: problems[0].measurements.columns, rows: problems[0].measurements.rows, depth: depth,
      method: method, precision: try parameters.choice("precision"),
      recordsTrace: try parameters.boolean("record.trace"),
      recordsSupportNorms: try parameters.boolean("record.support_norms"),
      problems: problems, runs: members)
  }

  /// The generated problem of a run, as theory beside the run needs it.
  public static func problem(of run: PreparedRun) throws -> SparseRecoveryProblem {
    try SparseRecoveryGenerator(run.parameters).makeProblem()
  }

  // MARK: - Data

  private func problemKey(
    _ parameters: ResolvedParameters, _ instance: TensorFile?
  ) throws -> String {
    try instance?.digest ?? SparseRecoveryGenerator(parameters).key
  }

  /// The problem of a run; an instance replaces all `problem.*` keys by its sizes and digest.
  private func problem(
    _ parameters: inout ResolvedParameters, _ instance: TensorFile?, _ depth: Int
  ) throws -> SparseRecoveryEntry {
    guard let instance else {
      let generator = try SparseRecoveryGenerator(parameters)
      return cache.entry(generator.key) { SparseRecoveryEntry(generator.makeProblem()) }
    }
    let entry = try cache.entry(instance.digest) {
      SparseRecoveryEntry(try SparseRecoveryInstance.problem(instance))
    }
    let tensors = try SparseRecoveryInstance.initial(
      instance, columns: entry.problem.measurements.columns)
    if let tensors, tensors.shape[0] != depth {
      throw SpecError(
        key: "depth", value: "\(depth)", "the instance's init has \(tensors.shape[0]) factors")
    }
    for key in parameters.values.keys where key.hasPrefix("problem.") { parameters.remove(key) }
    parameters["problem.n"] = .integer(entry.problem.measurements.columns)
    parameters["problem.N"] = .integer(entry.problem.measurements.rows)
    parameters["instance"] = .text(instance.digest)
    if tensors != nil {
      parameters.remove("init.kind")
      parameters.remove("init.scale")
    }
    return entry
  }

  private func initialFactors(
    _ parameters: ResolvedParameters, _ instance: TensorFile?, _ depth: Int,
    _ entry: SparseRecoveryEntry
  ) throws -> [Double] {
    let columns = try parameters.integer("problem.n")
    if let instance,
      let tensor = try SparseRecoveryInstance.initial(instance, columns: columns)
    {
      return tensor.values
    }
    let scale = try parameters.number("init.scale")
    switch try parameters.choice("init.kind", as: InitialKind.self) {
    case .ones: return [Double](repeating: scale, count: depth * columns)
    case .signNeutral:
      return [Double](repeating: scale, count: (depth - 1) * columns)
        + [Double](repeating: 0, count: columns)
    case .normal:
      let seed = UInt32(try parameters.integer("seed"))
      var source = RandomStream(seed: seed, purpose: .initialization)
      let deviation = scale / Double(columns).squareRoot()
      return source.normals(depth * columns).map { deviation * $0 }
    case .leastSquares:
      return SparseRecoveryInstance.balancedFactors(
        of: entry.analysis.leastSquares.map { scale * $0 }, depth: depth)
    }
  }

  // MARK: - Checks

  private func checkLearningRate(
    _ parameters: ResolvedParameters, _ depth: Int, _ entry: SparseRecoveryEntry
  ) throws {
    // With several factors the limit moves with the factors; with a projection X plays no part.
    guard depth == 1, try parameters.text("method") != RecoveryMethod.projected.rawValue,
      try !parameters.boolean("unsafe_step")
    else { return }
    let rate = try parameters.number("learning_rate")
    let limit = entry.analysis.largestLearningRate(l2: try parameters.number("regularizer.l2"))
    guard rate < limit else {
      throw SpecError(
        key: "learning_rate", value: "\(rate)",
        "must be below 2/(sigma_max(X^T X) + l2) = \(limit), or set unsafe_step: true")
    }
  }

  /// Turns a budget of predicted delays into steps.
  private func resolveSteps(
    _ parameters: inout ResolvedParameters, _ entry: SparseRecoveryEntry
  ) throws -> Int {
    let limit = try parameters.integer("steps")
    let least = try parameters.integer("budget.least")
    defer { ["budget.delays", "budget.least"].forEach { parameters.remove($0) } }
    guard parameters["budget.delays"] != .null else { return limit }
    let delays = try parameters.number("budget.delays")
    let delay = entry.analysis.predictedDelay(
      learningRate: try parameters.number("learning_rate"),
      l1: try parameters.number("regularizer.l1"))
    guard delay.isFinite else {
      throw SpecError(key: "budget.delays", value: "\(delays)", "needs regularizer.l1 above 0")
    }
    let steps = max(delays * delay, Double(least)).rounded(.up)
    let resolved = steps < Double(limit) ? Int(steps) : limit
    parameters["steps"] = .integer(resolved)
    return resolved
  }
}

/// A problem, and its analysis once something needs it, as the cache keeps them.
final class SparseRecoveryEntry: Sendable {
  let problem: SparseRecoveryProblem
  private let known = Mutex<SparseRecoveryAnalysis?>(nil)

  init(_ problem: SparseRecoveryProblem) { self.problem = problem }

  var analysis: SparseRecoveryAnalysis {
    known.withLock { known in
      let analysis = known ?? SparseRecoveryAnalysis(problem)
      known = analysis
      return analysis
    }
  }

  /// The problem, with the pseudo-inverse where the method needs it.
  func problem(projecting: Bool) -> SparseRecoveryProblem {
    guard projecting else { return problem }
    return SparseRecoveryProblem(
      measurements: problem.measurements, observations: problem.observations,
      target: problem.target, pseudoInverse: analysis.pseudoInverse)
  }
}
