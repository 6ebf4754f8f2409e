/// A number that stands for many.
public enum Statistic: String, Sendable, CaseIterable {
  case count, mean, std, min, max, median, iqr, q10, q25, q75, q90

  /// Nil where there are too few values: none, or one for `std`.
  ///
  /// Quantiles interpolate linearly between order statistics (Hyndman and Fan 1996, type 7, as NumPy
  /// does); `iqr` is the distance of the quartiles; `std` divides by one less than the count.
  ///
  /// - Parameter values: in ascending order.
  public func callAsFunction(_ values: [Double]) -> Double? {
    if self == .count { return Double(values.count) }
    guard let first = values.first, let last = values.last else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    switch self {
    case .count, .mean: return mean
    case .std:
      guard values.count > 1 else { return nil }
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (squares / Double(values.count - 1)).squareRoot()
    case .min: return first
    case .max: return last
    case .median: return Self.quantile(values, 0.5)
    case .iqr: return Self.quantile(values, 0.75) - Self.quantile(values, 0.25)
    case .q10: return Self.quantile(values, 0.1)
    case .q25: return Self.quantile(values, 0.25)
    case .q75: return Self.quantile(values, 0.75)
    case .q90: return Self.quantile(values, 0.9)
    }
  }

  private static func quantile(_ sorted: [Double], _ fraction: Double) -> Double {
    let place = fraction * Double(sorted.count - 1)
    let below = Int(place)
    guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
    let weight = place - Double(below)
    return weight == 0
      ? sorted[below] : sorted[below] + weight * (sorted[below + 1] - sorted[below])
  }
}
