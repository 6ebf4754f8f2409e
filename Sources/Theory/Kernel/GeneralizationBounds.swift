import Foundation

/// How often a predictor with the largest margin errs on labels sign <w*, x> of k signs, x ~ U{+-1}^d, at
/// most, with probability 1 - delta over n samples: 2/gamma times the Rademacher complexity of the unit
/// ball, gamma the teacher's margin, and a term for delta.
///
/// Source: Lyu et al. 2023 (arXiv 2311.18817), appendix E. Above 1 at the sizes of their Fig. 1.
public enum GeneralizationBounds {
  /// 4 k sqrt(2 ln(2d) / n) + 3 sqrt(ln(2/delta) / (2n)), for the largest L1 margin, at least 1/k.
  public static func l1(samples: Int, features: Int, sparsity: Int, delta: Double = 0.05) -> Double
  {
    4 * Double(sparsity) * (2 * log(2 * Double(features)) / Double(samples)).squareRoot()
      + confidence(samples, delta)
  }

  /// 4 sqrt(k d / n) + 3 sqrt(ln(2/delta) / (2n)), for the largest L2 margin, at least 1/sqrt(k).
  public static func l2(samples: Int, features: Int, sparsity: Int, delta: Double = 0.05) -> Double
  {
    4 * (Double(sparsity * features) / Double(samples)).squareRoot()
      + confidence(samples, delta)
  }

  private static func confidence(_ samples: Int, _ delta: Double) -> Double {
    3 * (log(2 / delta) / (2 * Double(samples))).squareRoot()
  }
}
