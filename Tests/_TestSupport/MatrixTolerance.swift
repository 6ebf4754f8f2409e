// This file names the tolerances of matrix recovery.

import BatchNumerics

extension Tolerance {
  /// A trajectory with a factorisation in every step: as `trajectory`, and singular vectors turn by
  /// rounding over the gap of their values, a hundred times as much in the cases' small matrices.
  public static func matrixTrajectory(_ precision: Precision, steps: Int) -> Tolerance {
    let growth = 800 * Double(steps) * precision.epsilon
    return Tolerance(absolute: growth, relative: growth)
  }
}

extension Tolerance {
  /// Singular values beside LAPACK's: each is off by a few eps of the largest.
  public static func lapack(largest: Double) -> Tolerance {
    Tolerance(absolute: 12 * Precision.f64.epsilon * largest, relative: 0)
  }
}
