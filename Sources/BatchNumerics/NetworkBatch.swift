/// Inputs and targets of a set of samples.
public struct NetworkSamples: Sendable {
  public enum Inputs: Sendable {
    /// a row of features per sample
    case dense(DenseMatrix)
    /// two tokens per sample, one sample after the other
    case tokens([Int32])
  }

  public enum Targets: Sendable {
    /// the class of each sample
    case labels([Int32])
    /// a row of outputs per sample
    case values(DenseMatrix)
  }

  public let inputs: Inputs
  public let targets: Targets

  public init(inputs: Inputs, targets: Targets) {
    self.inputs = inputs
    self.targets = targets
  }

  public var count: Int {
    switch targets {
    case .labels(let labels): labels.count
    case .values(let values): values.rows
    }
  }
}

/// The data of a network's run.
public struct NetworkProblem: Sendable {
  public let train: NetworkSamples
  public let test: NetworkSamples
  /// The teacher's Jacobians at the training samples, one [N, d] matrix per output; empty where no
  /// run is trained on them.
  public let jacobians: [DenseMatrix]

  public init(train: NetworkSamples, test: NetworkSamples, jacobians: [DenseMatrix] = []) {
    self.train = train
    self.test = test
    self.jacobians = jacobians
  }
}

/// How gradients become steps.
public enum NetworkOptimizer: String, Sendable, CaseIterable {
  /// theta -= lr g on all samples
  case gd
  /// the same on mini-batches
  case sgd
  /// Kingma and Ba 2015 with PyTorch's defaults beta = (0.9, 0.999), epsilon = 1e-8; weight decay is
  /// part of the gradient
  case adam
  /// the same with decoupled weight decay theta -= lr wd theta (Loshchilov and Hutter 2019)
  case adamw

  public var isAdam: Bool { self == .adam || self == .adamw }
}

/// The forms of penalties that papers and codes differ in.
public struct NetworkPenalties: Sendable, Hashable {
  public enum L2Form: String, Sendable, CaseIterable {
    /// beta sum theta^2
    case squared
    /// beta sum over the tensors of |W|_F (Notsawo et al.'s code)
    case norm
  }

  public enum SobolevForm: String, Sendable, CaseIterable {
    /// beta/N sum_i |J_i - J*_i|_F^2 (Notsawo et al. 2025, appendix H.3.2)
    case meanSquared = "mean-squared"
    /// beta (sum_i |J_i - J*_i|_F^2)^(1/2) (their code)
    case norm
  }

  /// Whether l1 and l2 leave biases out.
  public let spareBiases: Bool
  public let l2Form: L2Form
  public let sobolevForm: SobolevForm
  /// The derivative of |theta| at 0: 1 as JAX has it, or 0 as PyTorch has it. Biases that start at 0
  /// feel it.
  public let signOfZero: Double

  public init(
    spareBiases: Bool = false, l2Form: L2Form = .squared, sobolevForm: SobolevForm = .meanSquared,
    signOfZero: Double = 1
  ) {
    self.spareBiases = spareBiases
    self.l2Form = l2Form
    self.sobolevForm = sobolevForm
    self.signOfZero = signOfZero
  }
}

/// What distinguishes a run from the others of its batch.
public struct NetworkRun: Sendable {
  /// Index of its problem in the batch.
  public let problem: Int
  public let learningRate: Double
  /// beta of the penalties; their forms are the batch's.
  public let l1: Double
  public let l2: Double
  public let nuclear: Double
  public let sobolev: Double
  /// lambda of lambda/2 |theta|^2, or of decoupled decay.
  public let weightDecay: Double
  /// The parameters one after the other, as `NetworkModel.parameters` says.
  public let initial: [Double]
  public let steps: Int
  /// Seed of the shuffling of mini-batches.
  public let seed: UInt32

  public init(
    problem: Int, learningRate: Double, l1: Double = 0, l2: Double = 0, nuclear: Double = 0,
    sobolev: Double = 0, weightDecay: Double = 0, initial: [Double], steps: Int, seed: UInt32 = 1
  ) {
    self.problem = problem
    self.learningRate = learningRate
    self.l1 = l1
    self.l2 = l2
    self.nuclear = nuclear
    self.sobolev = sobolev
    self.weightDecay = weightDecay
    self.initial = initial
    self.steps = steps
    self.seed = seed
  }
}

/// What is recorded beside losses, accuracies and total norms.
public struct NetworkRecords: Sendable, Hashable {
  /// The sum of the nuclear norms of the weight matrices.
  public let nuclearNorm: Bool
  /// l1, l2 (and nuclear) norms of every tensor.
  public let tensorNorms: Bool
  /// The outputs at all test samples.
  public let predictions: Bool

  public init(nuclearNorm: Bool = true, tensorNorms: Bool = false, predictions: Bool = false) {
    self.nuclearNorm = nuclearNorm
    self.tensorNorms = tensorNorms
    self.predictions = predictions
  }
}

/// Runs of the same network and sizes, to be trained together.
public struct NetworkBatch: Sendable {
  public let model: NetworkModel
  public let optimizer: NetworkOptimizer
  /// Samples per step; nil: all of them.
  public let batchSize: Int?
  public let penalties: NetworkPenalties
  /// Factor of the step while the logarithmic loss is above -5 (Lyu et al.'s code: 10).
  public let warmFactor: Double
  public let precision: Precision
  public let records: NetworkRecords
  public let problems: [NetworkProblem]
  public let runs: [NetworkRun]

  public init(
    model: NetworkModel, optimizer: NetworkOptimizer, batchSize: Int? = nil,
    penalties: NetworkPenalties = NetworkPenalties(), warmFactor: Double = 10,
    precision: Precision, records: NetworkRecords = NetworkRecords(), problems: [NetworkProblem],
    runs: [NetworkRun]
  ) {
    self.model = model
    self.optimizer = optimizer
    self.batchSize = batchSize
    self.penalties = penalties
    self.warmFactor = warmFactor
    self.precision = precision
    self.records = records
    self.problems = problems
    self.runs = runs
  }

  public var hasNuclear: Bool { runs.contains { $0.nuclear > 0 } }
  public var hasSobolev: Bool { runs.contains { $0.sobolev > 0 } }

  /// What l1 and l2 and weight decay that is part of the gradient add up to on a parameter: l1 of
  /// l1 sign(theta), l2 of l2 theta. Unsquared norms are left out, as they depend on theta.
  public func penalties(on parameter: NetworkModel.Parameter, of run: NetworkRun) -> (
    l1: Double, l2: Double
  ) {
    let isSpared = penalties.spareBiases && !parameter.isWeight
    let l2 = isSpared || penalties.l2Form == .norm ? 0 : 2 * run.l2
    return (isSpared ? 0 : run.l1, l2 + coupledDecay(of: run))
  }

  /// Weight decay as part of the gradient.
  public func coupledDecay(of run: NetworkRun) -> Double {
    optimizer == .adamw ? 0 : run.weightDecay
  }

  /// The problems in the order in which their data are stored: one if all runs share it, otherwise
  /// one per run.
  public var owners: [NetworkProblem] {
    problems.count == 1 ? problems : runs.map { problems[$0.problem] }
  }
}
