import Foundation

/// How far weight decay has got by a time, for the kernel of a net of degree L, which it shrinks by
/// e^(-2(L-1) lambda t).
public struct DecayWindow: Sendable {
  /// e^(2(L-1) lambda t)
  public let growth: Double
  /// (1 - e^(-2(L-1) lambda t)) / (2(L-1) lambda), t without decay: the time integral of the kernel's size
  public let integral: Double

  public init(degree: Int, weightDecay: Double, time: Double) {
    let rate = 2 * Double(degree - 1) * weightDecay
    growth = exp(rate * time)
    integral = rate > 0 ? -expm1(-rate * time) / rate : time
  }
}
