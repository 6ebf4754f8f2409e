import BatchNumerics
import Experiments

/// What Notsawo et al. 2025 (arXiv 2506.05718), section 3.4 and appendix C, prove or predict for a
/// run of matrix recovery that trains the matrix itself.
public struct MatrixRecoveryTheory: Sendable {
  public let analysis: MatrixRecoveryAnalysis
  /// Nil, like what is made of it, where X is too large to be factored.
  public let spectrum: MeasurementSpectrum?
  public let memorization: MemorizationPhase?
  public let ridge: RidgeBounds?
  let problem: MatrixRecoveryProblem
  let run: MatrixRecoveryRun
  let method: RecoveryMethod

  public init(
    _ problem: MatrixRecoveryProblem, _ run: MatrixRecoveryRun,
    method: RecoveryMethod = .subgradient
  ) {
    self.problem = problem
    self.run = run
    self.method = method
    analysis = MatrixRecoveryAnalysis(problem)
    let side = Double(min(problem.target.rows, problem.target.columns))
    spectrum = MeasurementSpectrum(
      problem, largestFactored: MatrixRecoveryAnalysis.largestFactored)
    memorization = spectrum.map { spectrum in
      MemorizationPhase(
        eigenvalues: spectrum.eigenvalues, learningRate: run.learningRate,
        strength: run.nuclear, l2: run.l2, subgradientNorm: side.squareRoot(),
        distance: euclideanNorm(zip(run.initial, spectrum.minimizer()).map { $0 - $1 }))
    }
    ridge = spectrum.map { RidgeBounds($0, learningRate: run.learningRate, l2: run.l2) }
  }

  /// 2 / (sigma_max(X^T X) + l2) (Theorem 3.4)
  public var largestLearningRate: Double { analysis.largestLearningRate(l2: run.l2) }

  /// |A_LS - A*|_2 / (alpha beta) steps, in the spectral norm.
  public var delay: Double? {
    guard run.nuclear > 0 else { return nil }
    return analysis.gap.map { $0 / (run.learningRate * run.nuclear) }
  }

  /// |(I - P_row) A*|_F: without a nuclear norm no run that starts in the row space comes closer.
  public var recoveryFloor: Double? { ridge?.floor(problem.target.values) }

  /// r (n1 + n2 - r), the free numbers of a matrix of the target's rank.
  public var degreesOfFreedom: Double {
    let rank = Double(SingularValueDecomposition(problem.target).numericalRank)
    return rank * Double(problem.target.rows + problem.target.columns) - rank * rank
  }
}
