/// How far objectives are from that of a point z after so many steps.
///
/// Source: Notsawo et al. 2025 (arXiv 2506.05718), sections 3.3 and 3.4 and appendix C on proximal and
/// projected steps.
public enum LatePhaseBounds {
  /// |a_0 - z|^2 / (2 alpha T), which f(a_T) - f(z) does not exceed after T proximal steps with
  /// alpha <= 1 / (sigma_max^2 + l2).
  ///
  /// The paper prints the distance without its square.
  public static func proximalExcess(
    squaredDistance: Double, learningRate: Double, steps: Int
  ) -> Double {
    squaredDistance / (2 * learningRate * Double(steps))
  }

  /// (|a_t1 - z|^2 + (alpha beta)^2 c^2 T) / (2 alpha beta T), which the least |a_t| - |z| of T projected
  /// steps from t1 on does not exceed, for z with X z = y and subgradients of norm at most c; it tends
  /// to alpha beta c^2 / 2.
  ///
  /// The paper drops c^2, n for the l1 norm.
  public static func projectedExcess(
    squaredDistance: Double, threshold: Double, subgradientNorm: Double, steps: Int
  ) -> Double {
    squaredDistance / (2 * threshold * Double(steps))
      + threshold * subgradientNorm * subgradientNorm / 2
  }
}
