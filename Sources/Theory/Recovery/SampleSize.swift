import Foundation

/// How many measurements recovery takes, up to constants that nobody states.
///
/// Source: Notsawo et al. 2025 (arXiv 2506.05718), sections 3.3 and 3.4, appendix D, and their code.
public enum SampleSize {
  /// r (n1 + n2 - r): below it nothing recovers all matrices of rank r.
  public static func degreesOfFreedom(rows: Int, columns: Int, rank: Int) -> Double {
    Double(rank * (rows + columns - rank))
  }

  /// max(n1, n2) r ln max(n1, n2), which their notebook prints for completion.
  public static func completion(rows: Int, columns: Int, rank: Int) -> Double {
    let side = Double(max(rows, columns))
    return side * Double(rank) * log(side)
  }

  /// mu^4 d ln^2 d for d x d, with mu the largest local coherence: what Theorem 3.12 of Lyu et al. 2023
  /// (arXiv 2311.18817) supposes of completion by factors; runs do with far fewer.
  public static func coherentCompletion(size: Int, coherence: Double) -> Double {
    let (square, logarithm) = (coherence * coherence, log(Double(size)))
    return square * square * Double(size) * logarithm * logarithm
  }

  /// s ln(n/s): Gaussian X has the restricted isometry property of order s from a multiple of it on.
  public static func gaussian(size: Int, sparsity: Int) -> Double {
    guard sparsity > 0 else { return 0 }
    return Double(sparsity) * log(Double(size) / Double(sparsity))
  }

  /// sqrt(2 ln(n N) / n), about the coherence of N Gaussian rows with an orthonormal basis.
  public static func gaussianCoherence(size: Int, rows: Int) -> Double {
    (2 * log(Double(size * rows)) / Double(size)).squareRoot()
  }
}
