import Foundation

/// Losses of a prediction q for a target y; the objective is weight * sum_i l(q_i, y_i).
public enum MarginLoss: String, Sendable, CaseIterable {
  /// log(1 + exp(-y q)), y = +-1
  case logistic
  /// exp(-y q), y = +-1
  case exponential
  /// (q - y)^2
  case squared

  /// Whether targets are classes +-1.
  public var isClassification: Bool { self != .squared }

  /// l(q, y), which neither overflows early nor loses small values.
  public func value(_ q: Double, _ y: Double) -> Double {
    switch self {
    case .logistic: y * q > 0 ? log1p(exp(-y * q)) : -y * q + log1p(exp(y * q))
    case .exponential: exp(-y * q)
    case .squared: (q - y) * (q - y)
    }
  }

  /// dl/dq
  public func slope(_ q: Double, _ y: Double) -> Double {
    switch self {
    case .logistic: -y / (1 + exp(y * q))
    case .exponential: -y * exp(-y * q)
    case .squared: 2 * (q - y)
    }
  }

  /// d^2 l/dq^2, never negative.
  public func curvature(_ q: Double, _ y: Double) -> Double {
    switch self {
    case .logistic:
      // sigma(m) sigma(-m), from the smaller exponential.
      exp(-abs(q)) / ((1 + exp(-abs(q))) * (1 + exp(-abs(q))))
    case .exponential: y * y * exp(-y * q)
    case .squared: 2
    }
  }
}
