/// The authors' rule for the step at which a curve has settled (their
/// `find_stable_step_final_value`, which Figs. 4, 6, 18, 22, 26, 29 use).
///
/// The plateau E is the mean of the last `tail` values; the result is the first step of the first
/// `run` consecutive values within a share `width` of E.
public enum StableStep {
  public static func find(
    steps: [Int], values: [Double], tail: Int = 3, width: Double = 0.05, run: Int = 2
  ) -> Int? {
    guard values.count >= tail, steps.count == values.count else { return nil }
    let plateau = plateau(values, tail: tail)
    guard plateau.isFinite else { return nil }
    let ends = (plateau * (1 - width), plateau * (1 + width))
    let band = min(ends.0, ends.1)...max(ends.0, ends.1)
    var length = 0
    for (index, value) in values.enumerated() {
      length = band.contains(value) ? length + 1 : 0
      if length == run { return steps[index - run + 1] }
    }
    return nil
  }

  /// The mean of the last values.
  public static func plateau(_ values: [Double], tail: Int = 3) -> Double {
    let last = values.suffix(tail)
    return last.reduce(0, +) / Double(last.count)
  }
}

/// Least-squares lines, for slopes in log-log plots.
public enum LineFit {
  /// Slope of y against x; nil with fewer than two different x.
  public static func slope(_ points: [(x: Double, y: Double)]) -> Double? {
    let count = Double(points.count)
    let (meanX, meanY) = (
      points.reduce(0) { $0 + $1.x } / count, points.reduce(0) { $0 + $1.y } / count
    )
    let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
    guard points.count >= 2, spread > 0 else { return nil }
    return points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread
  }
}
