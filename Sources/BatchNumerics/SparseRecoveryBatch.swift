/// The data of a sparse-recovery problem: find the sparse `target` from y = X target + noise.
public struct SparseRecoveryProblem: Sendable {
  /// X [N, n]
  public let measurements: DenseMatrix
  /// y [N]
  public let observations: [Double]
  /// a* [n]
  public let target: [Double]
  /// X^+ [n, N]; needed by the projected method only.
  public let pseudoInverse: DenseMatrix?

  public init(
    measurements: DenseMatrix, observations: [Double], target: [Double],
    pseudoInverse: DenseMatrix? = nil
  ) {
    self.measurements = measurements
    self.observations = observations
    self.target = target
    self.pseudoInverse = pseudoInverse
  }
}

/// What distinguishes a run from the others of its batch.
public struct SparseRecoveryRun: Sendable {
  /// Index of its problem in the batch.
  public let problem: Int
  public let learningRate: Double
  public let l1: Double
  public let l2: Double
  /// The factors A_1 ... A_L, [L, n].
  public let initial: [Double]
  /// How long it will run: what a backend weighs mappings by, no limit.
  public let steps: Int

  public init(
    problem: Int, learningRate: Double, l1: Double, l2: Double, initial: [Double], steps: Int
  ) {
    self.problem = problem
    self.learningRate = learningRate
    self.l1 = l1
    self.l2 = l2
    self.initial = initial
    self.steps = steps
  }
}

/// Runs of equal shape and method, to be trained together.
///
/// The learned vector is the Hadamard product a = A_1 * ... * A_L of `depth` factors; with G = X^T
/// (X a - y) factor k has the data gradient (prod_{m != k} A_m) * G, and l1, l2 act on each factor:
/// the objective is 1/2 |X a - y|^2 + sum_k (l2/2 |A_k|^2 + l1 |A_k|_1).
/// Source: Notsawo et al. 2025, Eq. 118 and appendix F.1.
public struct SparseRecoveryBatch: Sendable {
  /// n, the number of components.
  public let columns: Int
  /// N, the number of measurements.
  public let rows: Int
  public let depth: Int
  public let method: RecoveryMethod
  public let precision: Precision
  public let recordsTrace: Bool
  public let recordsSupportNorms: Bool
  public let problems: [SparseRecoveryProblem]
  public let runs: [SparseRecoveryRun]

  public init(
    columns: Int, rows: Int, depth: Int, method: RecoveryMethod, precision: Precision,
    recordsTrace: Bool = false, recordsSupportNorms: Bool = false,
    problems: [SparseRecoveryProblem], runs: [SparseRecoveryRun]
  ) {
    self.columns = columns
    self.rows = rows
    self.depth = depth
    self.method = method
    self.precision = precision
    self.recordsTrace = recordsTrace
    self.recordsSupportNorms = recordsSupportNorms
    self.problems = problems
    self.runs = runs
  }

  /// A run's final parameters in tensor-file form: `a` [n] and, for deep runs, `factors` [L, n].
  public func tensors(factors: [Double]) -> [NamedTensor] {
    var product = [Double](repeating: 1, count: columns)
    for k in 0..<depth {
      for j in 0..<columns { product[j] *= factors[k * columns + j] }
    }
    let learned = NamedTensor(name: "a", shape: [columns], values: product)
    guard depth > 1 else { return [learned] }
    return [learned, NamedTensor(name: "factors", shape: [depth, columns], values: factors)]
  }
}

/// The seven sums that an evaluation takes on the device, in double precision where it has it; the
/// metrics are their roots and ratios.
public enum SparseRecoverySum: Int, CaseIterable, Sendable {
  /// sum of (X a - y)_i^2
  case residual
  /// sum of (a - a*)_j^2
  case error
  /// sum of |a_j|
  case magnitude
  /// sum of a_j^2 over the support of a*
  case onSupport
  /// sum of a_j^2 off the support of a*
  case offSupport
  /// sum over factors of the squared data gradient
  case gradient
  /// sum over factors of |l2 A_k + l1 sign A_k|^2
  case subgradient
}

/// Turns the sums of an evaluation into the metrics that all experiments share (design, section 6).
public struct SparseRecoveryMetrics: Sendable {
  public let names: [String]
  private let targetNorms: [Double]
  private let observationNorms: [Double]
  private let problemOfRun: [Int]
  private let recordsSupportNorms: Bool

  public init(_ batch: SparseRecoveryBatch) {
    targetNorms = batch.problems.map { euclideanNorm($0.target) }
    observationNorms = batch.problems.map { euclideanNorm($0.observations) }
    problemOfRun = batch.runs.map(\.problem)
    recordsSupportNorms = batch.recordsSupportNorms
    var names = ["train_error", "test_error", "l1_norm", "l2_norm", "gradient_ratio"]
    if batch.recordsSupportNorms { names += ["support_norm", "off_support_norm"] }
    if batch.recordsTrace { names += (0..<batch.columns).map { "a_\($0)" } }
    self.names = names
  }

  /// Computes the metrics of a run in the order of `names`.
  ///
  /// The gradient ratio |G| / |beta H| is infinite without regularisation; an error relative to a
  /// zero vector is NaN or infinite.
  ///
  /// - Parameters:
  ///   - run: index of the run in its batch.
  ///   - sum: the value of one of the seven sums.
  ///   - component: the components of a; asked for if the batch records them.
  ///   - report: receives index and value of each metric.
  @inline(__always)
  public func evaluate(
    run: Int, sum: (SparseRecoverySum) -> Double, component: (Int) -> Double,
    report: (Int, Double) -> Void
  ) {
    let problem = problemOfRun[run]
    report(0, sum(.residual).squareRoot() / observationNorms[problem])
    report(1, sum(.error).squareRoot() / targetNorms[problem])
    report(2, sum(.magnitude))
    report(3, (sum(.onSupport) + sum(.offSupport)).squareRoot())
    report(4, sum(.gradient).squareRoot() / sum(.subgradient).squareRoot())
    var next = 5
    if recordsSupportNorms {
      report(5, sum(.onSupport).squareRoot())
      report(6, sum(.offSupport).squareRoot())
      next = 7
    }
    for j in 0..<(names.count - next) { report(next + j, component(j)) }
  }
}
