import Foundation

/// The first phase of regularised descent, in which a state comes to the least-squares solution.
///
/// With e_t = P_row (a_t - a_LS) and a subgradient H_t of norm at most c (sqrt(n) for the l1 norm,
/// sqrt(min(n1, n2)) for the nuclear norm), e_t+1 = (I - alpha X^T X) e_t - alpha beta P_row H_t, so that
/// |e_t| <= rho^t |e_0| + alpha beta c (1 - rho^t) / (1 - rho). Soft thresholding moves a state by alpha
/// beta c at most too: all holds for proximal steps as well, and for projected ones, whose e_t is 0.
///
/// Source: Notsawo et al. 2025 (arXiv 2506.05718), Theorems 3.1 (i) and 3.4 (i). They print it for the
/// whole distance and rho over all directions, which is 1 where N < n; the part outside of the
/// rows has to move to the target, and what is proven is this.
public struct MemorizationPhase: Sendable {
  /// The eigenvalues of X^T X above 0.
  public let eigenvalues: [Double]
  /// alpha
  public let learningRate: Double
  /// beta
  public let strength: Double
  public let l2: Double
  /// c, which subgradients of the regulariser do not exceed
  public let subgradientNorm: Double
  /// |a_0 - a_LS|
  public let distance: Double

  public init(
    eigenvalues: [Double], learningRate: Double, strength: Double, l2: Double = 0,
    subgradientNorm: Double, distance: Double
  ) {
    self.eigenvalues = eigenvalues
    self.learningRate = learningRate
    self.strength = strength
    self.l2 = l2
    self.subgradientNorm = subgradientNorm
    self.distance = distance
  }

  /// 2 / (sigma_max^2 + l2): gradient descent diverges at or above it.
  public var largestLearningRate: Double { 2 / ((eigenvalues.max() ?? 0) + l2) }

  public var isStable: Bool { learningRate < largestLearningRate }

  /// 0 < beta < sigma_max / c
  public var isSmall: Bool {
    strength > 0 && strength * subgradientNorm < (eigenvalues.max() ?? 0).squareRoot()
  }

  /// Whether the run meets what Theorems 3.1 (i) and 3.4 (i) suppose for least squares.
  public var areConditionsMet: Bool { isStable && isSmall && l2 == 0 }

  /// rho = max over the eigenvalues of |1 - alpha (sigma^2 + l2)|
  public var contraction: Double {
    eigenvalues.map { abs(1 - learningRate * ($0 + l2)) }.max() ?? 1
  }

  /// t1 = ceil(-ln(1 + (1 - rho) |a_0 - a_LS| / (alpha beta c)) / ln rho) (Eq. 78), counted from 0.
  public var step: Double? { steps(per: subgradientNorm)?.rounded(.up) }

  /// t1 as the authors' code has it: without c, and not rounded.
  public var stepAsCoded: Double? { steps(per: 1) }

  private func steps(per norm: Double) -> Double? {
    let rho = contraction
    guard strength > 0, rho < 1 else { return nil }
    guard rho > 0 else { return 1 }
    return -log(1 + (1 - rho) * distance / (learningRate * strength * norm)) / log(rho)
  }

  /// 2 alpha beta c / (1 - rho), which |P_row (a_t - a_LS)| stays below from t1 on.
  public var distanceBound: Double? {
    let rho = contraction
    guard rho < 1 else { return nil }
    return 2 * learningRate * strength * subgradientNorm / (1 - rho)
  }

  /// rho^t |a_0 - a_LS| + alpha beta c (1 - rho^t) / (1 - rho), which |P_row (a_t - a_LS)| never exceeds.
  public func distanceBound(afterSteps steps: Int) -> Double {
    let power = pow(contraction, Double(steps))
    let drift =
      contraction < 1 ? (1 - power) / (1 - contraction) : Double(steps)
    return power * distance + learningRate * strength * subgradientNorm * drift
  }

  /// 2 c^2 alpha^2 beta^2 sigma_max^2 / (1 - rho)^2: from t1 on the loss 1/2 |X a - y|^2 is at most this
  /// above the least one.
  public var excessLossBound: Double? {
    distanceBound.map { (eigenvalues.max() ?? 0) * $0 * $0 / 2 }
  }
}
