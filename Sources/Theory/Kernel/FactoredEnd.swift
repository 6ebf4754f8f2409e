import BatchNumerics

/// Where weight decay leads factors in the end: W = U V^T and U U^T - V V^T of enough columns have, as their
/// loss, that of W with a nuclear norm.
///
/// |r|^2 + lambda/2 (|U|^2 + |V|^2) is least where |r|^2 + lambda |W|_* is for U V^T; |r|^2 / N with the same
/// decay where |r|^2 / N + lambda/2 |W|_* is, over symmetric W, for U U^T - V V^T.
///
/// Sources: Boursier et al. 2025 (arXiv 2505.20172), section 5; Lyu et al. 2023 (arXiv 2311.18817),
/// Theorem 3.12 and appendix F.
public enum FactoredEnd {
  /// The minimiser; nil for factors whose product has another norm.
  ///
  /// - Throws: `ConvexError`.
  public static func solve(
    _ problem: MatrixRecoveryProblem, _ parameterization: MatrixParameterization,
    weightDecay: Double, tolerance: Double = 1e-7
  ) throws(ConvexError) -> NuclearSolution? {
    var measurements = problem.measurements
    let beta: Double
    switch parameterization {
    case .product: return nil
    case .factors: beta = weightDecay / 2
    case .difference:
      guard case .entries(let entries) = measurements else { return nil }
      measurements = .entries(KernelCompletion.mirrored(entries))
      beta = weightDecay * Double(problem.count) / 4
    }
    return try NuclearNormLeastSquares.solve(
      measurements, rows: problem.target.rows, columns: problem.target.columns, beta: beta,
      tolerance: tolerance, limit: 20_000)
  }
}
