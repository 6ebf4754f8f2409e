/// What happens to each entry x of a product before it is stored.
public enum ProductEpilogue<Tensor: BatchTensor> {
  case none
  /// x + b_j; b is [run or shared][1, columns]
  case bias(Tensor)
  /// relu(x + b_j)
  case biasReLU(Tensor)
  /// relu(x)
  case relu
  /// x where the tensor (shaped as the result) is positive, otherwise 0: the derivative of relu
  case mask(Tensor)

  public var side: Tensor? {
    switch self {
    case .none, .relu: nil
    case .bias(let side), .biasReLU(let side), .mask(let side): side
    }
  }
}

/// The embedding tables of two tokens; one table twice where they share it.
public struct TablePair<Tensor: BatchTensor> {
  /// [run][vocabulary, embedding]
  public let first: Tensor
  public let second: Tensor
  public let aggregation: Aggregation

  public init(_ first: Tensor, _ second: Tensor, _ aggregation: Aggregation) {
    self.first = first
    self.second = second
    self.aggregation = aggregation
  }
}

/// How classifying a set of samples went, for one run.
public struct ClassificationSums: Sendable, Equatable {
  /// Sum of -log softmax(o)_label.
  public var loss: Double
  /// Samples whose label has the largest output, the first of equal ones counting.
  public var correct: Double
  /// min over samples of o_label - max of the other outputs.
  public var margin: Double

  public init(loss: Double = 0, correct: Double = 0, margin: Double = .infinity) {
    self.loss = loss
    self.correct = correct
    self.margin = margin
  }
}

/// The hyperparameters of an update, one number per run or shared: [runs or 1][1, 1].
public struct UpdateRates<Tensor: BatchTensor> {
  public let rate: Tensor
  /// Adds l1 sign(theta) to the gradient.
  public let l1: Tensor
  /// sign(0) there: 0 or 1.
  public let signOfZero: Double
  /// Adds l2 theta to the gradient.
  public let l2: Tensor
  /// Subtracts rate * decay * theta beside the step.
  public let decay: Tensor

  public init(rate: Tensor, l1: Tensor, signOfZero: Double = 0, l2: Tensor, decay: Tensor) {
    self.rate = rate
    self.l1 = l1
    self.signOfZero = signOfZero
    self.l2 = l2
    self.decay = decay
  }
}

/// The moments of Adam and the corrections of their start.
public struct AdamState<Tensor: BatchTensor> {
  /// m <- 0.9 m + 0.1 g
  public let first: Tensor
  /// v <- 0.999 v + 0.001 g^2
  public let second: Tensor
  /// 1 / (1 - 0.9^t) of the step that is taken
  public let firstScale: Double
  /// 1 / (1 - 0.999^t)^(1/2)
  public let secondScale: Double

  public init(first: Tensor, second: Tensor, step: Int) {
    self.first = first
    self.second = second
    firstScale = 1 / (1 - AdamConstants.beta1.power(step))
    secondScale = 1 / (1 - AdamConstants.beta2.power(step)).squareRoot()
  }
}

/// PyTorch's defaults.
public enum AdamConstants {
  public static let beta1 = 0.9
  public static let beta2 = 0.999
  public static let epsilon = 1e-8
}

extension Double {
  /// self^n by repeated squaring.
  fileprivate func power(_ n: Int) -> Double {
    var (result, base, rest) = (1.0, self, n)
    while rest > 0 {
      if rest & 1 == 1 { result *= base }
      base *= base
      rest >>= 1
    }
    return result
  }
}

/// The batched operations that networks need beyond linear algebra, as part of `Backend`.
public protocol NetworkOperations: AnyObject {
  associatedtype Tensor: BatchTensor
  associatedtype Indices: BatchTensor

  /// Integers on the device: tokens, labels, row numbers.
  func indices(_ shape: BatchShape, _ values: [Int32]) throws -> Indices
  /// Replaces integers.
  func write(_ values: [Int32], into indices: Indices) throws
  /// Replaces numbers, rounded to the backend's precision.
  func write(_ values: [Double], into tensor: Tensor) throws
  /// A tensor of another shape in the same memory, which must be large enough.
  func view(_ tensor: Tensor, _ shape: BatchShape) throws -> Tensor

  /// c = epilogue(op(a) op(b)), per run.
  func matmul(
    _ a: MatrixOperand<Tensor>, _ b: MatrixOperand<Tensor>, into c: Tensor,
    epilogue: ProductEpilogue<Tensor>) throws

  /// u_i = aggregation of first[t_i0] and second[t_i1]; with `direct`, u_i = relu(that + bias).
  ///
  /// - Parameters:
  ///   - tokens: [run or shared][N, 2]
  ///   - bias: [run][1, embedding], added if there is one; `direct` only.
  func embed(
    _ tables: TablePair<Tensor>, _ tokens: Indices, isDirect: Bool, bias: Tensor?,
    into features: Tensor) throws

  /// The gradient with respect to a table from the slopes of the features: for every token of a
  /// slot the sum over its samples, in the order of `segments`.
  ///
  /// - Parameters:
  ///   - segments: [run or shared][1, vocabulary + 1 + N]: where each token's samples start, then
  ///     the samples.
  ///   - slot: 0 or 1.
  ///   - accumulates: adds to what `gradient` holds.
  func embeddingGradient(
    _ slopes: Tensor, _ tables: TablePair<Tensor>, _ tokens: Indices, _ segments: Indices,
    slot: Int, accumulates: Bool, into gradient: Tensor) throws

  /// y_j = sum_i x_ij; y is [run][1, columns].
  func columnSums(_ x: Tensor, into y: Tensor) throws
  /// y_i = x_rows(i); rows are [run or shared][N, 1].
  func selectRows(_ x: Tensor, _ rows: Indices, into y: Tensor) throws

  /// o <- (softmax(o) - onehot(label)) / N, the gradient of the mean cross-entropy.
  func softmaxCrossEntropy(_ outputs: Tensor, _ labels: Indices) throws
  /// o <- the gradient of log(mean cross-entropy); returns that logarithm per run. Finite at any
  /// margin: formed from logarithms of the samples' losses.
  func logCrossEntropy(_ outputs: Tensor, _ labels: Indices) throws -> [Double]
  /// Loss, accuracy and margin per run.
  func classify(_ outputs: Tensor, _ labels: Indices) throws -> [ClassificationSums]

  /// y_ij = w_row,j where gate_ij is positive, otherwise 0.
  func gateRow(_ gate: Tensor, _ weights: Tensor, row: Int, into y: Tensor) throws
  /// y_row,j += alpha sum_i x_ij over the i where gate_ij is positive.
  func addGatedSums(_ alpha: Tensor, _ gate: Tensor, _ x: Tensor, into y: Tensor, row: Int) throws

  /// One step of gradient descent, or of Adam: g += l1 sign(theta) + l2 theta, then
  /// theta -= rate (direction + decay theta).
  ///
  /// - Parameter rounding: what the sum of steps lost to rounding so far, added back as soon as it
  ///   counts (Kahan 1965): without it, f32 decay of less than 3e-8 a step would change nothing.
  func update(
    _ parameter: Tensor, _ gradient: Tensor, _ rates: UpdateRates<Tensor>,
    adam: AdamState<Tensor>?, rounding: Tensor?) throws

  /// A pass of `runs` networks over up to `samples` samples each in one launch; nil where the device
  /// has no kernel for the model.
  ///
  /// - Parameter isOrdered: whether passes take samples in an order of their own.
  func fusedNetwork(
    _ model: NetworkModel, runs: Int, samples: Int, isOrdered: Bool
  ) throws -> (any FusedNetwork<Tensor, Indices>)?

  /// What distinguishes the operations' rounding from that of the same device's others; empty if
  /// nothing. Recorded with results.
  var variant: String { get }
}

extension NetworkOperations {
  public func fusedNetwork(
    _ model: NetworkModel, runs: Int, samples: Int, isOrdered: Bool
  ) throws -> (any FusedNetwork<Tensor, Indices>)? { nil }

  public var variant: String { "" }
}
