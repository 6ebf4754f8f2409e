import BatchNumerics
import Foundation

/// The kernel phase of regression, F = weight sum_i (f_i - y_i)^2 + lambda/2 |theta|^2 from a start with
/// f = 0: training interpolates with the least |h| of f(x) = <grad f(theta_0; x), h>, h* = Phi K^-1 y.
///
/// Source: Lyu et al. 2023 (arXiv 2311.18817), Theorem 3.9, Lemma D.1 and appendix D, for any weight
/// where they have 1/n.
public struct KernelRegression: Sendable {
  /// w of <w, x> = <grad f(theta_0; x), h*>: D X^T K^+ y [d]
  public let predictor: [Double]
  /// nu
  public let leastEigenvalue: Double
  /// K^+ y [n]
  public let multipliers: [Double]
  public let degree: Int
  private let targetSquare: Double

  public init(_ kernel: DiagonalKernel, targets: [Double]) {
    let gram = kernel.gram
    let solution = GramSolver(gram).solve(targets)
    multipliers = solution
    predictor = zip(kernel.weights, kernel.features.dense.transposed.multiplied(by: solution))
      .map { $0 * $1 }
    leastEigenvalue = SingularValueDecomposition(gram).values.last ?? 0
    degree = kernel.degree
    targetSquare = targets.reduce(0) { $0 + $1 * $1 }
  }

  /// The residual on the plateau, -(lambda L / (2 weight)) e^(2(L-1) lambda t) K^-1 y: decay pulls outputs
  /// down as fast as the kernel pulls them up. An estimate.
  public func plateauResidual(weight: Double, weightDecay: Double, time: Double) -> [Double] {
    let window = DecayWindow(degree: degree, weightDecay: weightDecay, time: time)
    let factor = -weightDecay * Double(degree) / (2 * weight) * window.growth
    return multipliers.map { factor * $0 }
  }

  /// max of weight |y|^2 e^(-nu weight I / 4) and 16 L^2 |y|^2 lambda^2 e^(4(L-1) lambda t) / (weight nu^2),
  /// I the `DecayWindow.integral`: what the loss weight |f - y|^2 does not exceed (Lemma D.1) as long as
  /// the kernel of e^(lambda t) theta(t) has no eigenvalue below nu / 4.
  ///
  /// Their derivation loses factors of two; the bound itself holds.
  public func lossBound(weight: Double, weightDecay: Double, time: Double) -> Double {
    let window = DecayWindow(degree: degree, weightDecay: weightDecay, time: time)
    let fall = weight * targetSquare * exp(-leastEigenvalue * weight * window.integral / 4)
    let pull = Double(degree) * weightDecay * window.growth / leastEigenvalue
    return max(fall, 16 * targetSquare * pull * pull / weight)
  }
}
