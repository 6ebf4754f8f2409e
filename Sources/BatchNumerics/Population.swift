import Foundation

/// What the distribution of samples says of a predictor w without any test set.
///
/// Source: Lyu et al. 2023 (arXiv 2311.18817), settings of Fig. 1 and appendix B.2.
public enum Population: Sendable, Equatable {
  /// x ~ U{+-1}^d, y = sign(sum over the support of signs[k] x_k); the support comes first.
  case sparseSigns([Double])
  /// x = z + (gamma / 2) y w*, z ~ N(0, I), y = sign <z, w*>, |w*| = 1.
  case largeMargin(gamma: Double, direction: [Double])
  /// x ~ N(0, I), y = <w*, x>
  case gaussian([Double])

  /// Share of samples that w classifies rightly, ties as a half; nil for regression.
  ///
  /// - `sparseSigns`: 2^-s sum over the sign patterns p of Phi(y_p <w_S, p> / |w_rest|), where the sum
  ///   over the many other coordinates is taken to be normal.
  /// - `largeMargin`: with w = a w* + b w_perp, E over z ~ |N(0, 1)| of Phi(a (z + gamma/2) / b).
  public func accuracy(_ w: [Double]) -> Double? {
    switch self {
    case .sparseSigns(let signs):
      let rest = euclideanNorm(w.dropFirst(signs.count))
      let patterns = 1 << signs.count
      return (0..<patterns).map { pattern -> Double in
        var (teacher, learned) = (0.0, 0.0)
        for k in signs.indices {
          let x = pattern >> k & 1 == 0 ? 1.0 : -1.0
          teacher += signs[k] * x
          learned += w[k] * x
        }
        return Self.normalCDF(teacher.sign == .minus ? -learned : learned, over: rest)
      }.reduce(0, +) / Double(patterns)
    case .largeMargin(let gamma, let direction):
      let along = zip(w, direction).reduce(0) { $0 + $1.0 * $1.1 }
      let across = euclideanNorm(zip(w, direction).map { $0.0 - along * $0.1 })
      return Self.meanOverHalfNormal { Self.normalCDF(along * ($0 + gamma / 2), over: across) }
    case .gaussian: return nil
    }
  }

  /// E (<w, x> - y)^2; nil for classification.
  public func squaredError(_ w: [Double]) -> Double? {
    guard case .gaussian(let target) = self else { return nil }
    return zip(w, target).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  /// Phi(x / scale), the normal distribution function; a tie is 1/2.
  static func normalCDF(_ x: Double, over scale: Double) -> Double {
    if x == 0 { return 0.5 }
    return 0.5 * erfc(-x / (scale * 2.0.squareRoot()))
  }

  /// E f(|z|), z ~ N(0, 1), by Simpson's rule on [0, 9]: to 1e-12 where f is smooth on 0.01.
  static func meanOverHalfNormal(_ f: (Double) -> Double) -> Double {
    let (count, end) = (1800, 9.0)
    let width = end / Double(count)
    var sum = 0.0
    for i in 0...count {
      let z = Double(i) * width
      let weight = i == 0 || i == count ? 1.0 : i % 2 == 1 ? 4.0 : 2.0
      sum += weight * exp(-z * z / 2) * f(z)
    }
    return sum * width / 3 * (2 / Double.pi).squareRoot()
  }
}
