import BatchNumerics
import Experiments

/// What Notsawo et al. 2025 (arXiv 2506.05718), section 3.3 and appendix C, prove or predict for a
/// run of sparse recovery with one factor.
public struct SparseRecoveryTheory: Sendable {
  public let spectrum: MeasurementSpectrum
  /// a_LS = X^+ y
  public let leastSquares: [Double]
  /// The projection of the target on the rows of X, and the rest.
  public let (visible, hidden): ([Double], [Double])
  public let memorization: MemorizationPhase
  public let ridge: RidgeBounds
  let problem: SparseRecoveryProblem
  let run: SparseRecoveryRun
  let method: RecoveryMethod

  public init(
    _ problem: SparseRecoveryProblem, _ run: SparseRecoveryRun,
    method: RecoveryMethod = .subgradient
  ) {
    self.problem = problem
    self.run = run
    self.method = method
    let spectrum = MeasurementSpectrum(problem.measurements, observations: problem.observations)
    let leastSquares = spectrum.minimizer()
    let projection = spectrum.projection(problem.target)
    visible = projection
    hidden = zip(problem.target, projection).map { $0 - $1 }
    memorization = MemorizationPhase(
      eigenvalues: spectrum.eigenvalues, learningRate: run.learningRate, strength: run.l1,
      l2: run.l2, subgradientNorm: Double(problem.target.count).squareRoot(),
      distance: euclideanNorm(zip(run.initial, leastSquares).map { $0 - $1 }))
    ridge = RidgeBounds(spectrum, learningRate: run.learningRate, l2: run.l2)
    self.spectrum = spectrum
    self.leastSquares = leastSquares
  }

  /// 2 / (sigma_max^2 + l2): gradient descent diverges at or above it (Theorems 3.1 and 3.6).
  public var largestLearningRate: Double { memorization.largestLearningRate }

  /// The slowest factor per step in the row space (`MemorizationPhase.contraction`).
  public var contraction: Double { memorization.contraction }

  /// Steps until the least-squares solution is reached (`MemorizationPhase.step`).
  public func memorizationStep(asCoded: Bool = false) -> Double? {
    asCoded ? memorization.stepAsCoded : memorization.step
  }

  /// |a_LS - a*|_inf / (alpha beta) steps (the authors' Fig. 4).
  public var delay: Double? {
    guard run.l1 > 0 else { return nil }
    let gap = zip(leastSquares, problem.target).map { abs($0 - $1) }.max() ?? 0
    return gap / (run.learningRate * run.l1)
  }

  /// What |P_row (a_t - a_LS)| stays below from t1 on (`MemorizationPhase.distanceBound`).
  public var rowSpaceBound: Double? { memorization.distanceBound }

  /// |(I - P_row) a*|: without l1 no run that starts in the row space comes closer (Theorem 3.6).
  public var recoveryFloor: Double { euclideanNorm(hidden) }

  /// |X^T y|_inf: with l1 of this size or more the lasso's solution is 0.
  public var zeroThreshold: Double {
    problem.measurements.transposed.multiplied(by: problem.observations).map(abs).max() ?? 0
  }

  /// The state after so many steps where l1 = 0 and nothing is projected, exactly (Eq. 113): 1e8 steps
  /// at once.
  ///
  /// - Throws: `ReducedFlowError` for sizes that do not fit.
  public func fastForward(steps: Int) throws -> [Double]? {
    guard run.l1 == 0, run.initial.count == problem.measurements.columns else { return nil }
    let flow = try LinearRegressionFlow(problem, l2: run.l2, initial: run.initial)
    return flow.predictor(afterSteps: steps, learningRate: run.learningRate)
  }
}
