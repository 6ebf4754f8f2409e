// This file names the tolerances that only device tests need.

import BatchNumerics
import Testing

extension Tolerance {
  /// Operations that round once or never: both sides hold the same number.
  public static let exact = Tolerance(absolute: 0, relative: 0)

  /// A sum that is accumulated in pairs of floats and given as a float, of terms whose magnitudes
  /// add up to `magnitudes`: each term is rounded once and the result once, by half an eps each;
  /// the pair's own error is of the order of eps^2 per term.
  public static func compensatedSum(magnitudes: Double) -> Tolerance {
    Tolerance(absolute: Precision.f32.epsilon * magnitudes, relative: Precision.f32.epsilon)
  }

  /// A few steps of a problem so wide that the sums of a step, of `terms` products each, outweigh
  /// everything else: each may lose an eps per term.
  public static func wideTrajectory(
    _ precision: Precision, steps: Int, terms: Int
  ) -> Tolerance {
    let growth = Double(steps * terms) * precision.epsilon
    return Tolerance(absolute: growth, relative: growth)
  }
}

/// Numbers as bits: NaN equals itself, and -0 is not 0.
public func bits(_ values: some Sequence<Double>) -> [UInt64] {
  values.map { $0.isNaN ? Double.nan.bitPattern : $0.bitPattern }
}

/// Fails the test with a disagreement in its own words; `#expect(mismatch == nil)` would hide them.
public func expectNone(
  _ mismatch: String?, _ place: @autoclosure () -> String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let mismatch else { return }
  Issue.record(Comment(rawValue: "\(place()) \(mismatch)"), sourceLocation: sourceLocation)
}
