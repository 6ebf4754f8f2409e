// This file names every tolerance that a test may use, with its reason.
//
// A value agrees with its reference within `absolute + |reference| * relative`. Rules are built
// from the type's epsilon and the growth of the operation; tests never hold magic numbers.

import BatchNumerics

/// How far a value may lie from its reference.
public struct Tolerance: Sendable {
  public let absolute: Double
  public let relative: Double

  public init(absolute: Double, relative: Double) {
    self.absolute = absolute
    self.relative = relative
  }

  /// NaN agrees with NaN only, an infinity with itself only.
  public func accepts(_ value: Double, _ reference: Double) -> Bool {
    if reference.isNaN { return value.isNaN }
    if reference.isInfinite { return value == reference }
    return abs(value - reference) <= absolute + abs(reference) * relative
  }

  /// The first disagreement in words, or nil: `#expect(rule.mismatch(values, expected) == nil)`.
  public func mismatch(_ values: [Double], _ references: [Double]) -> String? {
    guard values.count == references.count else {
      return "\(values.count) values for \(references.count) references"
    }
    for (index, pair) in zip(values, references).enumerated() where !accepts(pair.0, pair.1) {
      let allowed = absolute + abs(pair.1) * relative
      return "[\(index)]: \(pair.0) for \(pair.1), off by \(pair.0 - pair.1), allowed \(allowed)"
    }
    return nil
  }

  public func mismatch(_ value: Double, _ reference: Double) -> String? {
    mismatch([value], [reference])
  }
}

extension Tolerance {
  /// A sum of `terms` products, in any order: each addition rounds once, and terms of size
  /// `magnitude` may cancel.
  public static func sum(
    _ precision: Precision, terms: Int, magnitude: Double = 1
  ) -> Tolerance {
    let growth = Double(terms + 1) * precision.epsilon
    return Tolerance(absolute: growth * magnitude, relative: growth)
  }

  /// A factorisation of a matrix with `size` the larger extent and `norm` its largest singular
  /// value: backward stable, so errors are a modest multiple of size * eps * norm; 16 covers the
  /// sweeps of the Jacobi method.
  public static func factorization(size: Int, norm: Double) -> Tolerance {
    let growth = 16 * Double(size) * Double.ulpOfOne
    return Tolerance(absolute: growth * norm, relative: growth)
  }

  /// A central difference with step eps^(1/3): truncation eps^(2/3) times a third derivative of
  /// size `curvature`, and as much again by cancellation in values of size `curvature`.
  public static func centralDifference(curvature: Double) -> Tolerance {
    let error = 4 * FiniteDifferences.step * FiniteDifferences.step
    return Tolerance(absolute: error * curvature, relative: error)
  }

  /// Two implementations of the same trajectory that sum in different orders.
  ///
  /// Within the stability limit a step does not amplify an error, so rounding adds up at most
  /// linearly: eps per step relative to entries of size 1, times 8 for the few sums in a step.
  /// Signs that flip one step apart would show as lr * l1; the cases keep clear of that.
  public static func trajectory(_ precision: Precision, steps: Int) -> Tolerance {
    let growth = 8 * Double(steps) * precision.epsilon
    return Tolerance(absolute: growth, relative: growth)
  }

  /// Curves of another program's double-precision loop over 1000 steps: 1e-9 relative is 4000
  /// roundings per step; below 1e-13 a residual is nothing but rounding.
  public static let external = Tolerance(absolute: 1e-13, relative: 1e-9)

  /// A published number with so many digits after the decimal point: half a unit of the last, and
  /// as much again for a value that was itself rounded before printing.
  public static func printed(decimals: Int) -> Tolerance {
    let unit = (0..<decimals).reduce(1.0) { value, _ in value / 10 }
    return Tolerance(absolute: unit, relative: 0)
  }

  /// A mean of `count` independent draws of a variable with this standard deviation: six sigma, so
  /// that a right generator fails once in 10^9 fixed seeds and a wrong moment is still seen.
  public static func mean(of count: Int, deviation: Double) -> Tolerance {
    Tolerance(absolute: 6 * deviation / Double(count).squareRoot(), relative: 0)
  }
}
