import Foundation

/// log(e^a + e^b), finite for any finite arguments; -infinity is the logarithm of nothing.
func logSum(_ a: Double, _ b: Double) -> Double {
  let (low, high) = (min(a, b), max(a, b))
  return high == -.infinity ? high : high + log1p(exp(low - high))
}
