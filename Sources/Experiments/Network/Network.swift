import BatchNumerics

/// Two-layer ReLU networks: modular arithmetic, teacher and student, functions of one variable,
/// images.
///
/// Sources: Notsawo et al. 2025 (arXiv 2506.05718), section 4 and appendix H; Lyu et al. 2023 (arXiv
/// 2311.18817), section 3.1 and Fig. 4; Boursier et al. 2025 (arXiv 2505.20172), section 5.
public struct Network: Experiment {
  public let name = "network"
  public let sizeKeys = ["model.width", "problem.p", "batch_size"]
  public let summary =
    "loss(W2 relu(W1 u + b1) + b2) + l1 |theta|_1 + l2 |theta|^2 + nuclear sum |W|_* + sobolev; "
    + "features u of token pairs, vectors, numbers or images"
  public let parameters =
    methodParameters + modelParameters + problemParameters + commonParameters

  private let cache = ProblemCache<NetworkData> { $0.size }

  public init() {}

  public func prepare(_ point: ResolvedParameters, instance: TensorFile?) throws -> PreparedRun {
    var parameters = point
    let schedule = try EvaluationSchedule.resolve(&parameters)
    let network = try resolve(&parameters, instance)
    let (model, data) = (network.model, network.data)
    let thresholds = try thresholds(&parameters, model)
    try check(parameters, network)
    let precision: Precision = try parameters.choice("precision")
    let records = try self.records(parameters)
    let counts = (data.problem.train.count, data.problem.test.count)
    let batchSize = parameters["batch_size"]
    return PreparedRun(
      parameters: parameters, steps: try parameters.integer("steps"), schedule: schedule,
      thresholds: thresholds,
      batchKey: "\(model) \(counts) \(data.problem.jacobians.isEmpty) \(batchSize) "
        + "\(parameters["optimizer"]) "
        + "\(try penalties(parameters)) \(try network.task != .relu1D || isPlain(parameters)) \(parameters["warm_factor"]) \(precision) \(schedule) \(records)",
      problemKey: try instance?.digest ?? NetworkGenerator(parameters).key,
      bytes: network.bytes(precision, isAdam: try optimizer(parameters).isAdam),
      comparableSteps: Self.comparableSteps(network.task, precision))
  }

  public func session(
    for runs: [PreparedRun], instance: TensorFile?, on backend: any TrainingBackend,
    mapping: MappingChoice
  ) throws -> any TrainingSession {
    let batch = try batch(of: runs, instance: instance)
    if mapping.kind != .stepwise, mapping.kind != .blocks,
      let session = try backend.session(for: batch, mapping: mapping)
    {
      return session
    }
    return try stepwise(
      batch, on: backend.operations(batch.precision, mapping: mapping), mapping)
  }

  private func stepwise<B: Backend>(
    _ batch: NetworkBatch, on operations: B, _ mapping: MappingChoice
  ) throws -> any TrainingSession {
    try StepwiseNetwork(batch, on: operations, mapping: mapping)
  }

  public func instanceTensors(_ run: PreparedRun, instance: TensorFile?) throws -> [NamedTensor] {
    var parameters = run.parameters
    let network = try resolve(&parameters, instance)
    return
      (network.data.named
      + NetworkInstance.tensors(network.initial, network.task, network.model))
      .sorted { $0.name < $1.name }
  }

  /// The batch of runs that share a batch key; runs that share data share its copy.
  public func batch(of runs: [PreparedRun], instance: TensorFile?) throws -> NetworkBatch {
    var problems: [NetworkProblem] = []
    var indices: [String: Int] = [:]
    var members: [NetworkRun] = []
    var model: NetworkModel?
    for run in runs {
      var point = run.parameters
      let network = try resolve(&point, instance)
      model = network.model
      let index = indices[run.problemKey] ?? problems.count
      if index == problems.count {
        indices[run.problemKey] = index
        problems.append(network.problem)
      }
      members.append(
        NetworkRun(
          problem: index, learningRate: try point.number("learning_rate"),
          l1: try point.number("regularizer.l1"), l2: try point.number("regularizer.l2"),
          nuclear: try point.number("regularizer.nuclear"),
          sobolev: try point.number("regularizer.sobolev"),
          weightDecay: try point.number("weight_decay"), initial: network.initial,
          steps: run.steps, seed: UInt32(try point.integer("seed"))))
    }
    let parameters = runs[0].parameters
    guard let model else { throw SpecError("a batch needs at least one run") }
    return NetworkBatch(
      model: model, optimizer: try optimizer(parameters),
      batchSize: parameters["batch_size"] == .null ? nil : try parameters.integer("batch_size"),
      penalties: try penalties(parameters),
      warmFactor: parameters["warm_factor"] == .null ? 10 : try parameters.number("warm_factor"),
      precision: try parameters.choice("precision"), records: try records(parameters),
      problems: problems, runs: members)
  }

  /// Errors of rounding grow with the steps of a network, with Adam in f32 to the size of the losses
  /// within thirty steps at large rates (in f64 they are 1e-13 after a hundred). Networks of one
  /// variable are small and calm.
  private static func comparableSteps(_ task: Task, _ precision: Precision) -> Int {
    if task == .relu1D { return 100_000 }
    return precision == .f64 ? 1000 : 10
  }

  /// The data and the network of a run.
  struct Resolved {
    let task: Task
    let data: NetworkData
    let model: NetworkModel
    let initial: [Double]

    /// The samples as the model takes them.
    var problem: NetworkProblem {
      guard model.isDirect, let vocabulary = data.sizes.vocabulary else { return data.problem }
      return data.shifted(by: vocabulary)
    }
  }

  /// Draws or reads data and start; an instance replaces all keys of data, model and start.
  private func resolve(
    _ parameters: inout ResolvedParameters, _ instance: TensorFile?
  ) throws -> Resolved {
    let task: Task = try parameters.choice("task")
    try fillTaskKeys(&parameters, task)
    if let instance {
      let needsJacobians = try parameters.number("regularizer.sobolev") > 0
      let data = try cache.entry("\(instance.digest) \(task) \(needsJacobians)") {
        try NetworkInstance.data(instance, task, needsJacobians: needsJacobians)
      }
      let architecture = try NetworkArchitecture(&parameters, data.sizes, instance: instance)
      for key in parameters.values.keys where key.hasPrefix("problem.") { parameters.remove(key) }
      parameters["instance"] = .text(instance.digest)
      return Resolved(
        task: task, data: data, model: architecture.model,
        initial: try NetworkInstance.initial(instance, task, architecture.model))
    }
    let generator = try NetworkGenerator(parameters)
    let isSobolev = try parameters.number("regularizer.sobolev") > 0
    let data = try cache.entry("\(generator.key) \(isSobolev)") { try generator.makeData() }
    let architecture = try NetworkArchitecture(&parameters, data.sizes)
    return Resolved(
      task: task, data: data, model: architecture.model,
      initial: try architecture.initial(&parameters))
  }

  /// Fills in the defaults of the task's keys; keys of other tasks must not be given.
  private func fillTaskKeys(_ parameters: inout ResolvedParameters, _ task: Task) throws {
    let own = Self.keys(of: task)
    for other in Task.allCases {
      for key in Self.keys(of: other).keys where own[key] == nil {
        guard parameters[key] == .null else {
          throw SpecError(
            key: key, value: parameters[key].description,
            "is not a key of task \(task.rawValue), but of \(other.rawValue)")
        }
        parameters.remove(key)
      }
    }
    for (key, value) in own where parameters[key] == .null && value != .null {
      // A one-hot net and an instance have taken these out already.
      guard parameters.values[key] != nil else { continue }
      parameters[key] = value
    }
  }
}
