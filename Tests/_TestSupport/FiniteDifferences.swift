// This file implements the numerical gradient that analytical ones are checked against.

public enum FiniteDifferences {
  /// eps^(1/3): where truncation and cancellation of a central difference balance.
  public static let step = 6.055454452393343e-06

  /// (f(x + h e_i) - f(x - h e_i)) / 2h for every component i.
  public static func gradient(at point: [Double], of function: ([Double]) -> Double) -> [Double] {
    point.indices.map { index in
      var (above, below) = (point, point)
      above[index] += step
      below[index] -= step
      return (function(above) - function(below)) / (above[index] - below[index])
    }
  }
}
