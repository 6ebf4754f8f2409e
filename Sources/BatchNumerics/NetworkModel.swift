/// How the embeddings of two tokens become the features of the first layer.
public enum Aggregation: String, Sendable, CaseIterable {
  /// u = e1 + e2
  case sum
  /// u = e1 * e2, entry by entry
  case hadamard
  /// u = (e1, e2)
  case concat
  /// u = e1 e2 as products of q x q matrices in row-major order, d1 = q^2 (Notsawo et al.'s code)
  case matrixProduct = "matrix-product"

  /// The number of features of two embeddings of a size.
  public func features(_ embedding: Int) -> Int { self == .concat ? 2 * embedding : embedding }

  /// q of an embedding of q^2 numbers, as matrix products need it; nil for other numbers.
  public static func matrixSide(of embedding: Int) -> Int? {
    let root = Int(Double(embedding).squareRoot().rounded())
    return root * root == embedding ? root : nil
  }
}

/// What a network is trained on.
public enum NetworkLoss: String, Sendable, CaseIterable {
  /// mean of -log softmax(o)_label
  case crossEntropy = "cross-entropy"
  /// log of that mean, formed so that it stays finite at any margin; steps are scaled by the loss
  /// (Lyu et al. 2023, Fig. 4)
  case logCrossEntropy = "log-cross-entropy"
  /// 1/(2N) sum |o - y|^2
  case squared

  public var isClassification: Bool { self != .squared }
}

/// A two-layer ReLU network: o = W2 relu(W1 u + b1) + b2 of features u.
public struct NetworkModel: Sendable, Hashable {
  /// Where the features come from.
  public enum Input: Sendable, Hashable {
    /// rows of a data matrix
    case dense(features: Int)
    /// two tokens per sample, through one table (`isShared`) or one each
    case tokens(vocabulary: Int, embedding: Int, aggregation: Aggregation, isShared: Bool)
  }

  /// A parameter: its tensor-file name and shape.
  public struct Parameter: Sendable, Hashable {
    public let name: String
    public let rows: Int
    public let columns: Int
    /// Whether it is a weight matrix rather than a bias: nuclear norms and the authors' variants
    /// penalise weights only.
    public let isWeight: Bool

    public var count: Int { rows * columns }

    /// Whether it is the table of a direct network: files hold its transpose, `W1` [h, 2p].
    public var isTransposed: Bool { name == NetworkModel.transposedFirst }
  }

  public let input: Input
  /// Whether the features are the hidden layer's inputs as they are: the homogeneous net of one-hot
  /// pairs, whose first layer is a gather of the rows of W1^T.
  public let isDirect: Bool
  public let hidden: Int
  public let outputs: Int
  public let hasHiddenBias: Bool
  public let hasOutputBias: Bool
  public let loss: NetworkLoss
  public let names: Names

  /// Names of the parameters in tensor files.
  public struct Names: Sendable, Hashable {
    public let first: String
    public let firstBias: String
    public let second: String

    /// Tokens and images: W1, b1, W2, b2.
    public static let layers = Names(first: "W1", firstBias: "b1", second: "W2")
    /// Teacher and student: A, B.
    public static let teacher = Names(first: "A", firstBias: "b1", second: "B")
    /// Scalar input: v, b, u (Boursier et al. 2025, section 5).
    public static let scalar = Names(first: "v", firstBias: "b", second: "u")
  }

  public init(
    input: Input, isDirect: Bool = false, hidden: Int, outputs: Int, hasHiddenBias: Bool,
    hasOutputBias: Bool, loss: NetworkLoss, names: Names = .layers
  ) {
    self.input = input
    self.isDirect = isDirect
    self.hidden = hidden
    self.outputs = outputs
    self.hasHiddenBias = hasHiddenBias
    self.hasOutputBias = hasOutputBias
    self.loss = loss
    self.names = names
  }

  /// The number of features u of a sample.
  public var features: Int {
    switch input {
    case .dense(let features): features
    case .tokens(_, let embedding, let aggregation, _): aggregation.features(embedding)
    }
  }

  /// The number of tokens; nil for dense inputs.
  public var vocabulary: Int? {
    if case .tokens(let vocabulary, _, _, _) = input { vocabulary } else { nil }
  }

  /// The parameters in the order in which a run's numbers lie: tables, W1, b1, W2, b2, as many as
  /// there are. The table of a direct network is W1^T [2p, h].
  public var parameters: [Parameter] {
    tables + layers
  }

  /// The embedding tables.
  public var tables: [Parameter] {
    guard case .tokens(let vocabulary, let embedding, _, let isShared) = input else { return [] }
    let names = isDirect ? [Self.transposedFirst] : isShared ? ["E"] : ["E1", "E2"]
    return names.map {
      Parameter(name: $0, rows: vocabulary, columns: embedding, isWeight: true)
    }
  }

  private var layers: [Parameter] {
    var result: [Parameter] = []
    if !isDirect {
      result.append(
        Parameter(name: names.first, rows: hidden, columns: features, isWeight: true))
    }
    if hasHiddenBias {
      result.append(Parameter(name: names.firstBias, rows: 1, columns: hidden, isWeight: false))
    }
    result.append(Parameter(name: names.second, rows: outputs, columns: hidden, isWeight: true))
    if hasOutputBias {
      result.append(Parameter(name: "b2", rows: 1, columns: outputs, isWeight: false))
    }
    return result
  }

  /// What the table of a direct network is called.
  private static let transposedFirst = "W1^T"

  /// Numbers of all parameters.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

  /// Parts of a run's numbers, parameter by parameter.
  public func parts(_ values: [Double]) -> [[Double]] {
    var start = 0
    return parameters.map { parameter in
      defer { start += parameter.count }
      return Array(values[start..<(start + parameter.count)])
    }
  }

  /// A run's parameters in tensor-file form: biases as vectors, the table of a direct network as W1.
  public func tensors(_ values: [Double]) -> [NamedTensor] {
    zip(parameters, parts(values)).map { parameter, values in
      if parameter.isTransposed {
        let table = DenseMatrix(rows: parameter.rows, columns: parameter.columns, values: values)
        return NamedTensor(
          name: names.first, shape: [parameter.columns, parameter.rows],
          values: table.transposed.values)
      }
      let shape =
        parameter.isWeight ? [parameter.rows, parameter.columns] : [parameter.columns]
      return NamedTensor(name: parameter.name, shape: shape, values: values)
    }
  }
}
