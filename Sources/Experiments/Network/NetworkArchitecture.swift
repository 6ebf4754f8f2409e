import BatchNumerics
import Foundation

/// The network of a run: its model, and how it starts.
struct NetworkArchitecture {
  let model: NetworkModel

  /// The network that the keys describe for data of these sizes; fills in the defaults.
  init(_ parameters: inout ResolvedParameters, _ sizes: NetworkSizes) throws {
    let task: Network.Task = try parameters.choice("task")
    let kind: Network.ModelKind =
      task == .modularArithmetic ? try parameters.choice("model.kind") : .embedding
    let isOneHot = task == .modularArithmetic && kind == .oneHot
    if isOneHot { try Self.removeEmbeddingKeys(&parameters) }
    func fill(_ key: String, _ value: ParameterValue) {
      if parameters[key] == .null { parameters[key] = value }
    }
    let width =
      switch task {
      case .modularArithmetic: isOneHot ? 1024 : 64
      case .teacherStudent: 500
      case .relu1D: 100
      case .images: 200
      }
    fill("model.width", .integer(width))
    let bias: Network.Biases =
      switch task {
      case .modularArithmetic: isOneHot ? .hidden : .both
      case .relu1D: .hidden
      case .teacherStudent, .images: .none
      }
    fill("model.bias", .text(bias.rawValue))
    fill("loss", .text(task.defaultLoss.rawValue))
    let biases: Network.Biases = try parameters.choice("model.bias")
    let hidden = try parameters.integer("model.width")
    model = NetworkModel(
      input: try Self.input(parameters, sizes, isOneHot, hidden), isDirect: isOneHot,
      hidden: hidden, outputs: sizes.outputs, hasHiddenBias: biases != .none,
      hasOutputBias: biases == .both, loss: try parameters.choice("loss"),
      names: Self.names(task))
  }

  /// The network whose tensors an instance has.
  init(
    _ parameters: inout ResolvedParameters, _ sizes: NetworkSizes, instance: TensorFile
  ) throws {
    let task: Network.Task = try parameters.choice("task")
    let names = NetworkInstance.names(task)
    let isEmbedded =
      task == .modularArithmetic && (instance["E"] != nil || instance["E1"] != nil)
    let isOneHot = task == .modularArithmetic && !isEmbedded
    let reader = InstanceReader(file: instance)
    let first = try reader.tensor(names.first, "[width, inputs]") {
      $0.count == 2 && !$0.contains(0)
    }
    let hidden = first.shape[0]
    var aggregation = Aggregation.sum
    var input = NetworkModel.Input.dense(features: sizes.features)
    if isOneHot {
      guard first.shape[1] == 2 * (sizes.vocabulary ?? 0) else {
        throw SpecError(
          place: instance.path, key: "W1", value: "\(first.shape)",
          "must have 2p columns for the p = \(sizes.vocabulary ?? 0) rows of W2")
      }
      input = .tokens(
        vocabulary: first.shape[1], embedding: hidden, aggregation: .sum, isShared: true)
    } else if isEmbedded {
      let table = try reader.tensor(instance["E"] != nil ? "E" : "E1", "[p, d1]") {
        $0.count == 2 && !$0.contains(0)
      }
      aggregation = try parameters.choice("aggregation")
      input = .tokens(
        vocabulary: table.shape[0], embedding: table.shape[1], aggregation: aggregation,
        isShared: instance["E"] != nil)
    }
    if parameters["loss"] == .null {
      parameters["loss"] = .text(task.defaultLoss.rawValue)
    }
    for key in parameters.values.keys where key.hasPrefix("model.") || key.hasPrefix("init.") {
      parameters.remove(key)
    }
    if !isEmbedded { parameters.remove("aggregation") }
    model = NetworkModel(
      input: input, isDirect: isOneHot, hidden: hidden, outputs: sizes.outputs,
      hasHiddenBias: instance[names.firstBias] != nil, hasOutputBias: instance["b2"] != nil,
      loss: try parameters.choice("loss"), names: Self.names(task))
    guard aggregation != .matrixProduct || Aggregation.matrixSide(of: model.features) != nil else {
      throw SpecError(
        place: instance.path, key: "E", "matrix-product needs d1 to be a square number")
    }
  }

  private static func names(_ task: Network.Task) -> NetworkModel.Names {
    switch task {
    case .modularArithmetic, .images: .layers
    case .teacherStudent: .teacher
    case .relu1D: .scalar
    }
  }

  private static func input(
    _ parameters: ResolvedParameters, _ sizes: NetworkSizes, _ isOneHot: Bool, _ hidden: Int
  ) throws -> NetworkModel.Input {
    guard let vocabulary = sizes.vocabulary else { return .dense(features: sizes.features) }
    if isOneHot {
      return .tokens(
        vocabulary: 2 * vocabulary, embedding: hidden, aggregation: .sum, isShared: true)
    }
    let aggregation: Aggregation = try parameters.choice("aggregation")
    let embedding = try parameters.integer("model.embedding")
    guard aggregation != .matrixProduct || Aggregation.matrixSide(of: embedding) != nil else {
      throw SpecError(
        key: "model.embedding", value: "\(embedding)",
        "must be a square number for aggregation matrix-product")
    }
    let encoders: Network.Encoders = try parameters.choice("model.encoders")
    return .tokens(
      vocabulary: vocabulary, embedding: embedding, aggregation: aggregation,
      isShared: encoders == .shared)
  }

  /// Keys that a one-hot net does not have keep their defaults only, and leave its identity.
  private static func removeEmbeddingKeys(_ parameters: inout ResolvedParameters) throws {
    let defaults = Network.keys(of: .modularArithmetic)
    for key in ["aggregation", "model.encoders", "model.embedding", "init.encoders"] {
      guard parameters.values[key] == nil || parameters[key] == defaults[key] else {
        throw SpecError(
          key: key, value: parameters[key].description, "is not a key of model.kind one-hot")
      }
      parameters.remove(key)
    }
  }

  // MARK: - The start

  /// The parameters at step 0, one after the other.
  func initial(_ parameters: inout ResolvedParameters) throws -> [Double] {
    let task: Network.Task = try parameters.choice("task")
    let kind: Network.InitialKind =
      parameters["init.kind"] == .null
      ? (model.isDirect ? .he : task == .relu1D ? .normal : .fanOut)
      : try parameters.choice("init.kind")
    parameters["init.kind"] = .text(kind.rawValue)
    if parameters["init.scale"] == .null {
      parameters["init.scale"] = .number(task == .relu1D ? 2 : 1)
    }
    let scale = try parameters.number("init.scale")
    let isZero = try parameters.boolean("init.zero_output")
    let encoders: Network.InitialEncoders =
      parameters["init.encoders"] == .null ? .normal : try parameters.choice("init.encoders")
    var stream = RandomStream(
      seed: UInt32(try parameters.integer("seed")), purpose: .initialization)
    return model.parameters.flatMap { shape -> [Double] in
      let role = role(of: shape)
      if role == .table, encoders == .uniform {
        let bound = scale / Double(shape.rows).squareRoot()
        return (0..<shape.count).map { _ in bound * (2 * stream.uniform() - 1) }
      }
      let deviation = scale * Self.deviation(kind, role, shape)
      let values = stream.normals(shape.count).map { deviation * $0 }
      return role == .output && isZero ? values.map { _ in 0 } : values
    }
  }

  private enum Role { case table, hidden, output, bias }

  private func role(of shape: NetworkModel.Parameter) -> Role {
    if !shape.isWeight { return .bias }
    if model.tables.contains(shape) { return model.isDirect ? .hidden : .table }
    return shape == model.parameters.last(where: \.isWeight) ? .output : .hidden
  }

  private static func deviation(
    _ kind: Network.InitialKind, _ role: Role, _ shape: NetworkModel.Parameter
  ) -> Double {
    switch (kind, role) {
    case (.normal, _): 1
    case (_, .bias): 0
    // The table of a direct network is W1^T: its rows are the inputs of the layer.
    case (.he, .hidden):
      (2 / Double(shape.isTransposed ? shape.rows : shape.columns)).squareRoot()
    case (.he, .table): (1 / Double(shape.rows)).squareRoot()
    case (.he, .output): (1 / Double(shape.columns)).squareRoot()
    case (.fanOut, .table): (1 / Double(shape.rows)).squareRoot()
    case (.fanOut, _):
      (1 / Double(shape.isTransposed ? shape.columns : shape.rows)).squareRoot()
    }
  }
}

/// What data fix of a network.
struct NetworkSizes {
  /// Numbers per input; 0 for tokens.
  let features: Int
  /// Tokens, before the pairs of a one-hot net are told apart.
  let vocabulary: Int?
  let outputs: Int
}
