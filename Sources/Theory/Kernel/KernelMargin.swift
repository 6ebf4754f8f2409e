import BatchNumerics
import Foundation

/// The kernel phase of classification from a start with f = 0: training turns to the unit vector h* with
/// the largest margin gamma on the features y_i grad f_i(theta_0).
///
/// Source: Lyu et al. 2023 (arXiv 2311.18817), Theorem 3.4, Lemma C.4 and Corollary 3.6.
public struct KernelMargin: Sendable {
  /// gamma_ntk; 0 where the samples cannot be separated
  public let margin: Double
  /// w of <w, x> = <grad f(theta_0; x), h*> [d]
  public let predictor: [Double]
  public let degree: Int
  private let direction: [Double]
  private let features: FeatureMatrix
  private let weights: [Double]

  /// - Parameter best: of `DiagonalKernel.scaledFeatures`, if it is known.
  public init(_ kernel: DiagonalKernel, labels: [Double], best: MaxL2Margin? = nil) {
    let best = best ?? MaxL2Margin(.dense(kernel.scaledFeatures), labels)
    margin = best.isSeparable ? best.margin : 0
    predictor = zip(kernel.weights, best.direction).map { $0.squareRoot() * $1 }
    direction = best.direction
    degree = kernel.degree
    (features, weights) = (kernel.features, kernel.weights)
  }

  /// max of 1 / (1 + gamma^2 w I / 8) and e^(2(L-1) lambda t) / (x - 1) with x ln x = gamma^2 w / (8 L lambda),
  /// w = n weight, 1 for a mean, and I the `DecayWindow.integral`: what the mean of exp(-y_i f_i) does not
  /// exceed (Lemma C.4) as long as h* has a margin of gamma / 2 on the features of e^(lambda t) theta(t).
  public func lossBound(share: Double = 1, weightDecay: Double, time: Double) -> Double {
    let window = DecayWindow(degree: degree, weightDecay: weightDecay, time: time)
    let pull = margin * margin * share / 8
    let fall = 1 / (1 + pull * window.integral)
    guard weightDecay > 0 else { return fall }
    let balance = Self.inverse(pull / (Double(degree) * weightDecay)) - 1
    return max(fall, window.growth / balance)
  }

  /// x^-1 with x ln x = gamma^2 w e^(-2(L-1) lambda t) / (L lambda), about the mean of exp(-y_i f_i) on the
  /// plateau, where the pull of decay, L lambda ln x, is that of the margin, gamma^2 / x. An estimate.
  public func plateauLoss(share: Double = 1, weightDecay: Double, time: Double) -> Double {
    let window = DecayWindow(degree: degree, weightDecay: weightDecay, time: time)
    return 1
      / Self.inverse(margin * margin * share / (Double(degree) * weightDecay * window.growth))
  }

  /// ln(alpha^(2(L-1) c) / lambda) / gamma, which outputs over <grad f(theta_0; x), h*> grow to by the time
  /// (1 - c) ln(alpha) / lambda, for a start alpha theta_0.
  ///
  /// Theorem 3.4 prints alpha^c; its proof has alpha^(2(L-1) c).
  public func outputScale(alpha: Double, weightDecay: Double, share c: Double) -> Double {
    (2 * Double(degree - 1) * c * log(alpha) - log(weightDecay)) / margin
  }

  /// x with x ln x = value, x >= 1.
  static func inverse(_ value: Double) -> Double {
    guard value > 0 else { return 1 }
    guard value.isFinite else { return .infinity }
    var x = value > 2.718281828459045 ? value / log(value) : 1 + value / 2
    for _ in 0..<100 {
      let next = (x + value) / (1 + log(x))
      guard abs(next - x) > 1e-15 * x else { break }
      x = next
    }
    return x
  }

  /// min_i y_i <grad f_i(theta), h*> at another state, u [d] then v [d].
  public func margin(
    at state: [Double], _ parameterization: DiagonalParameterization, labels: [Double],
    start: [Double]
  ) -> Double {
    let d = weights.count
    func slopes(_ x: Double) -> Double {
      parameterization == .product
        ? x : (1..<degree).reduce(Double(degree)) { value, _ in value * x }
    }
    let w = (0..<d).map { k -> Double in
      guard weights[k] > 0 else { return 0 }
      let inner =
        slopes(start[k]) * slopes(state[k]) + slopes(start[d + k]) * slopes(state[d + k])
      return inner * direction[k] / weights[k].squareRoot()
    }
    return zip(features.product(w), labels).map { $0 * $1 }.min() ?? 0
  }
}
