import BatchNumerics

/// The activations of a network for up to so many samples per run, and the passes through it, one
/// batched operation after the other.
///
/// With features u, z = W1 u + b1, h = relu(z), o = W2 h + b2 and the slopes g = dF/do of the loss:
/// dW2 = g^T h, db2 = sum g, dz = (g W2) * [h > 0], dW1 = dz^T u, db1 = sum dz, du = dz W1
/// (Lyu et al. 2023, arXiv 2311.18817, and any textbook).
final class NetworkPass<B: Backend> {
  private let operations: B
  private let model: NetworkModel
  private let runs: Int
  private let capacity: Int
  private let minusOne: B.Tensor
  private let store: TensorStore<B>

  // [run][capacity, columns]
  private let features: B.Tensor?  // of tokens
  private let hidden: B.Tensor
  private let outputs: B.Tensor
  private let hiddenSlopes: B.Tensor
  private let featureSlopes: B.Tensor?

  /// The activations of so many samples: views of the whole.
  struct Views {
    let features: B.Tensor?
    let hidden: B.Tensor
    let outputs: B.Tensor
    let hiddenSlopes: B.Tensor
    let featureSlopes: B.Tensor?
    /// 1/N
    let weight: B.Tensor
  }
  private var known: [Int: Views] = [:]

  init(_ model: NetworkModel, runs: Int, capacity: Int, _ store: TensorStore<B>) throws {
    operations = store.operations
    self.model = model
    self.runs = runs
    self.capacity = capacity
    self.store = store
    let isEmbedded = !model.tables.isEmpty && !model.isDirect
    features = try isEmbedded ? store.tensor(runs, capacity, model.features) : nil
    featureSlopes = try isEmbedded ? store.tensor(runs, capacity, model.features) : nil
    hidden = try store.tensor(runs, capacity, model.hidden)
    hiddenSlopes = try store.tensor(runs, capacity, model.hidden)
    outputs = try store.tensor(runs, capacity, model.outputs)
    minusOne = try store.tensor(1, 1, 1, [-1])
  }

  /// The activations of `count` samples.
  func views(_ count: Int) throws -> Views {
    if let views = known[count] { return views }
    func view(_ tensor: B.Tensor) throws -> B.Tensor {
      try operations.view(
        tensor, BatchShape(runs: runs, rows: count, columns: tensor.shape.columns))
    }
    let views = Views(
      features: try features.map(view), hidden: try view(hidden), outputs: try view(outputs),
      hiddenSlopes: try view(hiddenSlopes), featureSlopes: try featureSlopes.map(view),
      weight: try store.tensor(1, 1, 1, [1 / Double(count)]))
    known[count] = views
    return views
  }

  /// The outputs of samples.
  @discardableResult
  func forward(
    _ parameters: NetworkTensors<B.Tensor>, _ samples: SampleTensors<B>
  ) throws -> B.Tensor {
    let views = try views(samples.count)
    switch (samples.inputs, model.input) {
    case (.tokens(let tokens, _), .tokens(_, _, let aggregation, _)):
      let tables = parameters.pair(aggregation)
      try operations.embed(
        tables, tokens, isDirect: model.isDirect,
        bias: model.isDirect ? parameters.firstBias : nil, into: views.features ?? views.hidden)
      if let features = views.features { try activate(features, parameters, into: views.hidden) }
    case (.dense(let features), _):
      try activate(features, parameters, into: views.hidden)
    default: throw ShapeError("forward", [views.hidden.shape])
    }
    try operations.matmul(
      MatrixOperand(views.hidden), MatrixOperand(parameters.secondWeights, transposed: true),
      into: views.outputs, epilogue: parameters.secondBias.map { .bias($0) } ?? .none)
    return views.outputs
  }

  /// h = relu(W1 u + b1)
  private func activate(
    _ features: B.Tensor, _ parameters: NetworkTensors<B.Tensor>, into hidden: B.Tensor
  ) throws {
    guard let weights = parameters.firstWeights else { return }
    try operations.matmul(
      MatrixOperand(features), MatrixOperand(weights, transposed: true), into: hidden,
      epilogue: parameters.firstBias.map { .biasReLU($0) } ?? .relu)
  }

  /// Replaces the outputs by the slopes of the loss; returns the logarithm of the loss per run where
  /// the loss is logarithmic.
  func computeSlopes(_ samples: SampleTensors<B>) throws -> [Double]? {
    let views = try views(samples.count)
    switch samples.targets {
    case .labels(let labels):
      if model.loss == .logCrossEntropy {
        return try operations.logCrossEntropy(views.outputs, labels)
      }
      try operations.softmaxCrossEntropy(views.outputs, labels)
    case .values(let values):
      try operations.axpy(minusOne, values, into: views.outputs)
      try operations.scale(views.weight, views.outputs)
    }
    return nil
  }

  /// The gradients of all parameters from the slopes of the outputs.
  func backward(
    _ parameters: NetworkTensors<B.Tensor>, _ samples: SampleTensors<B>,
    into gradients: NetworkTensors<B.Tensor>
  ) throws {
    let views = try views(samples.count)
    let slopes = views.outputs
    try operations.matmul(
      MatrixOperand(slopes, transposed: true), MatrixOperand(views.hidden),
      into: gradients.secondWeights)
    if let bias = gradients.secondBias { try operations.columnSums(slopes, into: bias) }
    try operations.matmul(
      MatrixOperand(slopes), MatrixOperand(parameters.secondWeights), into: views.hiddenSlopes,
      epilogue: .mask(views.hidden))
    if let bias = gradients.firstBias {
      try operations.columnSums(views.hiddenSlopes, into: bias)
    }
    if let gradient = gradients.firstWeights {
      let features: B.Tensor?
      if case .dense(let data) = samples.inputs {
        features = data
      } else {
        features = views.features
      }
      guard let features else { throw ShapeError("backward", [gradient.shape]) }
      try operations.matmul(
        MatrixOperand(views.hiddenSlopes, transposed: true), MatrixOperand(features),
        into: gradient)
    }
    guard case .tokens(let tokens, let segments) = samples.inputs,
      case .tokens(_, _, let aggregation, _) = model.input
    else { return }
    if let weights = parameters.firstWeights, let featureSlopes = views.featureSlopes {
      try operations.matmul(
        MatrixOperand(views.hiddenSlopes), MatrixOperand(weights), into: featureSlopes)
    }
    let slopesOfFeatures = views.featureSlopes ?? views.hiddenSlopes
    for slot in 0..<2 {
      try operations.embeddingGradient(
        slopesOfFeatures, parameters.pair(aggregation), tokens, segments[slot], slot: slot,
        accumulates: slot == 1 && gradients.tables.count == 1,
        into: gradients.tables[slot == 0 ? 0 : gradients.tables.count - 1])
    }
  }

  /// The hidden activations of the last forward pass.
  func hidden(_ count: Int) throws -> B.Tensor { try views(count).hidden }

  /// Sum of |o - y|^2 per run; replaces the outputs by the errors.
  func squaredErrors(_ outputs: B.Tensor, _ values: B.Tensor) throws -> [Double] {
    try operations.axpy(minusOne, values, into: outputs)
    return try operations.dot(outputs, outputs)
  }
}
