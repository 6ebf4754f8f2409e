import BatchNumerics
import Foundation

/// Descent with ridge regression, g(a) + l2/2 |a|^2: where it ends, how fast, and what it cannot find.
///
/// Source: Notsawo et al. 2025 (arXiv 2506.05718), Theorem 3.6; both parts hold as printed, with steps
/// counted from 0.
public struct RidgeBounds: Sendable {
  /// (X^T X + l2)^-1 X^T y
  public let solution: [Double]
  /// rho_2 = |I - alpha (X^T X + l2)|_2, 1 - alpha l2 in directions that X does not see
  public let contraction: Double
  /// the same of those directions alone; 0 where there are none
  public let hiddenContraction: Double
  private let spectrum: MeasurementSpectrum

  public init(_ spectrum: MeasurementSpectrum, learningRate: Double, l2: Double) {
    self.spectrum = spectrum
    solution = spectrum.minimizer(l2: l2)
    hiddenContraction = spectrum.rank < spectrum.size ? abs(1 - learningRate * l2) : 0
    contraction = spectrum.eigenvalues.reduce(hiddenContraction) {
      max($0, abs(1 - learningRate * ($1 + l2)))
    }
  }

  /// rho_2^t |a_0 - a_ridge|, which |a_t - a_ridge| does not exceed.
  public func distanceBound(afterSteps steps: Int, from start: [Double]) -> Double {
    pow(contraction, Double(steps)) * euclideanNorm(zip(start, solution).map { $0 - $1 })
  }

  /// |(I - P_row) a*|: the solution, and every state from a start in the row space, is no closer to
  /// the target.
  public func floor(_ target: [Double]) -> Double { euclideanNorm(hidden(target)) }

  /// |(1 - alpha l2)^t (I - P_row) a_0 - (I - P_row) a*|, the distance outside of the row space, exactly.
  public func hiddenDistance(afterSteps steps: Int, from start: [Double], to target: [Double])
    -> Double
  {
    let power = pow(hiddenContraction, Double(steps))
    return euclideanNorm(zip(hidden(start), hidden(target)).map { power * $0 - $1 })
  }

  private func hidden(_ a: [Double]) -> [Double] {
    zip(a, spectrum.projection(a)).map { $0 - $1 }
  }
}
