/// How fast the loss falls while the regulariser's part of the gradient stays below a share gamma of the
/// data's.
///
/// For g = 1/2 |X a - y|^2, |grad g|^2 >= chi (g - g_LS) with chi = 2 sigma_min^2 (the constant of
/// Chatterjee and Lojasiewicz), so that while beta |H_t| <= gamma |G_t|
/// g_t+1 - g_LS <= (1 - delta) (g_t - g_LS), delta = alpha chi (1 - gamma - alpha sigma_max^2 (1 + gamma)^2 / 2).
///
/// Source: Notsawo et al. 2025 (arXiv 2506.05718), Theorems 2.1 and C.10, whose 1 - epsilon is made
/// explicit for least squares here; with gamma = 0 and alpha = 1/L it is 1 - mu/L a step, where they
/// print (mu/L)^t.
public struct DescentRate: Sendable {
  /// chi
  public let growth: Double
  /// delta; not above 0 where nothing is said
  public let decay: Double

  public init(
    smallestEigenvalue: Double, largestEigenvalue: Double, learningRate: Double, share: Double = 0
  ) {
    growth = 2 * smallestEigenvalue
    let rest = 1 - share - learningRate * largestEigenvalue * (1 + share) * (1 + share) / 2
    decay = learningRate * growth * rest
  }

  /// 1 - delta, the factor of g - g_LS per step at most; nil where nothing is said.
  public var factor: Double? { decay > 0 ? 1 - decay : nil }
}
