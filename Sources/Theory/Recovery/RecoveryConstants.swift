/// The constants of the last step of the argument: |a_t2 - a*|_1 <= C1 eta + C2 alpha beta + C3 |noise|_2
/// for the best state between t1 and t2, whose l1 norm exceeds the target's by (eta + (C + C') alpha beta) / 2
/// at most.
///
/// C and C' are constants of the noise condition that the paper does not give, and an argument here.
/// For matrices the same with those of the rank null-space property.
///
/// Source: Notsawo et al. 2025 (arXiv 2506.05718), Theorems 3.3 and 3.5.
public struct RecoveryConstants: Sendable {
  /// (1 + rho) / (2 (1 - rho))
  public let first: Double
  /// ((C + C') (1 - rho_2) (1 + rho) + 8 c sigma_max tau) / (2 (1 - rho_2) (1 - rho)), c = sqrt(n)
  public let second: Double
  /// 4 tau / (1 - rho)
  public let third: Double

  /// Nil where rho or rho_2 is not below 1.
  public init?(
    rho: Double, tau: Double, phase: MemorizationPhase, noiseConstants: Double = 0
  ) {
    let contraction = phase.contraction
    guard rho < 1, contraction < 1 else { return nil }
    let largest = (phase.eigenvalues.max() ?? 0).squareRoot()
    first = (1 + rho) / (2 * (1 - rho))
    second =
      (noiseConstants * (1 - contraction) * (1 + rho) + 8 * phase.subgradientNorm * largest * tau)
      / (2 * (1 - contraction) * (1 - rho))
    third = 4 * tau / (1 - rho)
  }

  /// C1 eta + C2 alpha beta + C3 |noise|
  public func distance(eta: Double, threshold: Double, noise: Double) -> Double {
    first * eta + second * threshold + third * noise
  }
}
