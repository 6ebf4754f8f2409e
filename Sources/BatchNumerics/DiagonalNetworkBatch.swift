/// How the predictor w of <w, x> is made of a run's parameters.
///
/// Sources: Lyu et al. 2023 (arXiv 2311.18817), section 3.2 (u^L - v^L); Boursier et al. 2025 (arXiv
/// 2505.20172), appendices C (linear regression) and D.2 (u * v).
public enum DiagonalParameterization: Sendable, Hashable, CustomStringConvertible {
  /// w itself: linear regression
  case linear
  /// w = u^L - v^L, entry by entry
  case difference(depth: Int)
  /// w = u * v, entry by entry
  case product

  /// Tensors of a run, [d] each: w, or u and v.
  public var factorCount: Int { self == .linear ? 1 : 2 }
  public var factorNames: [String] { self == .linear ? ["w"] : ["u", "v"] }

  public var description: String {
    switch self {
    case .linear: "linear"
    case .difference(let depth): "difference \(depth)"
    case .product: "product"
    }
  }

  /// w of a state: u [d] then v [d], or w.
  public func predictor(_ state: [Double]) -> [Double] {
    let d = state.count / factorCount
    switch self {
    case .linear: return state
    case .product: return (0..<d).map { state[$0] * state[d + $0] }
    case .difference(let depth):
      return (0..<d).map { Self.power(state[$0], depth) - Self.power(state[d + $0], depth) }
    }
  }

  static func power(_ x: Double, _ exponent: Int) -> Double {
    var result = x
    for _ in 1..<exponent { result *= x }
    return result
  }
}

/// How a run is trained.
public enum DiagonalMethod: String, Sendable, CaseIterable {
  /// theta -= lr (dF/dtheta + weight_decay theta) on all samples
  case gradientDescent = "gradient-descent"
  /// The same on one sample i with label y_i + xi, xi ~ N(0, sigma^2); both are drawn from block
  /// `step` of the stream (seed, label noise). Source: Lyu et al. 2023, appendix B.2.
  case labelNoise = "label-noise"
}

/// The samples that a run learns from and is tested on.
public struct DiagonalProblem: Sendable {
  /// X [n, d]
  public let features: FeatureMatrix
  /// y [n]
  public let targets: [Double]
  /// nil where there is no test set
  public let test: (features: FeatureMatrix, targets: [Double])?
  /// What the whole distribution of samples says of a predictor, where that is known.
  public let population: Population?

  public init(
    features: FeatureMatrix, targets: [Double],
    test: (features: FeatureMatrix, targets: [Double])? = nil, population: Population? = nil
  ) {
    self.features = features
    self.targets = targets
    self.test = test
    self.population = population
  }
}

/// What distinguishes a run from the others of its batch.
public struct DiagonalRun: Sendable {
  /// Index of its problem in the batch.
  public let problem: Int
  public let learningRate: Double
  /// lambda of (lambda/2) |theta|^2
  public let weightDecay: Double
  /// u [d] then v [d], or w [d].
  public let initial: [Double]
  public let steps: Int
  /// Seed of the label noise.
  public let seed: UInt32

  public init(
    problem: Int, learningRate: Double, weightDecay: Double, initial: [Double], steps: Int,
    seed: UInt32 = 0
  ) {
    self.problem = problem
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.initial = initial
    self.steps = steps
    self.seed = seed
  }
}

/// Runs of equal shape and method, to be trained together on F = weight * sum_i l(<w, x_i>, y_i).
///
/// With r_i = weight l'(q_i, y_i) and g = X^T r: dF/du = L u^(L-1) g, dF/dv = -L v^(L-1) g for
/// u^L - v^L; dF/du = v g, dF/dv = u g for u v; dF/dw = g. Weight decay adds lambda theta.
public struct DiagonalNetworkBatch: Sendable {
  /// n
  public let samples: Int
  /// d
  public let features: Int
  public let parameterization: DiagonalParameterization
  public let loss: MarginLoss
  /// 1/n for a mean of losses, 1 for a sum; of single samples in `labelNoise`.
  public let weight: Double
  public let method: DiagonalMethod
  /// sigma of label noise
  public let labelNoise: Double
  public let precision: Precision
  public let records: DiagonalRecords
  public let problems: [DiagonalProblem]
  public let runs: [DiagonalRun]

  public init(
    samples: Int, features: Int, parameterization: DiagonalParameterization, loss: MarginLoss,
    weight: Double, method: DiagonalMethod = .gradientDescent, labelNoise: Double = 0,
    precision: Precision, records: DiagonalRecords = DiagonalRecords(),
    problems: [DiagonalProblem], runs: [DiagonalRun]
  ) {
    self.samples = samples
    self.features = features
    self.parameterization = parameterization
    self.loss = loss
    self.weight = weight
    self.method = method
    self.labelNoise = labelNoise
    self.precision = precision
    self.records = records
    self.problems = problems
    self.runs = runs
  }

  /// Numbers of a run's state.
  public var stateSize: Int { parameterization.factorCount * features }

  /// Whether all problems are +-1 and can be stored as bits.
  public var areSigns: Bool {
    problems.allSatisfy(\.features.isSigns)
  }

  /// A run's parameters in tensor-file form.
  public func tensors(_ state: [Double]) -> [NamedTensor] {
    parameterization.factorNames.enumerated().map { index, name in
      NamedTensor(
        name: name, shape: [features],
        values: Array(state[(index * features)..<((index + 1) * features)]))
    }
  }
}

/// Metrics beyond those that are always recorded.
public struct DiagonalRecords: Sendable, Hashable {
  /// every component of w
  public let predictor: Bool
  /// the predictions on the test set
  public let predictions: Bool

  public init(predictor: Bool = false, predictions: Bool = false) {
    self.predictor = predictor
    self.predictions = predictions
  }
}
