// This file names the tolerances of networks.

import BatchNumerics

extension Tolerance {
  /// Softmax of `classes` outputs up to `largest` in size, over `samples`: differences of outputs are
  /// rounded before exp, which is good to 4 eps; then a sum of positive numbers, and the label's 1.
  public static func softmax(
    _ precision: Precision, classes: Int, largest: Double, samples: Int
  ) -> Tolerance {
    let growth = (2 * largest + Double(classes) + 8) * precision.epsilon
    return Tolerance(absolute: growth / Double(samples), relative: growth)
  }

  /// Cross-entropies from differences of outputs: `spread` of those beside the label passes exp in
  /// the type, `margin` is only added up in the wider type of metrics.
  public static func crossEntropy(
    _ precision: Precision, wide: Precision, spread: Double, margin: Double
  ) -> Tolerance {
    let growth =
      (2 * spread + 16) * precision.epsilon + 4 * (margin + spread + 4) * wide.epsilon
    return Tolerance(absolute: growth, relative: growth)
  }

  /// A step on numbers of size 1 whose gradients are no smaller than 0.25: a dozen roundings each.
  public static func update(_ precision: Precision, steps: Int) -> Tolerance {
    let growth = 16 * Double(steps) * precision.epsilon
    return Tolerance(absolute: growth, relative: growth)
  }
}

extension Tolerance {
  /// Two implementations of the same training of a small network that sum in different orders: the
  /// project's bar for 300 steps in f64. Networks are not convex, and Adam divides by small numbers,
  /// so that errors grow with the steps: to 4e7 eps at 1e-8.
  public static let networkTraining = Tolerance(absolute: 1e-8, relative: 1e-8)

  /// The same in f32 over so few steps that errors grow little: 64 roundings per step of numbers of
  /// size 1, with the sums of a pass of `samples` terms.
  public static func shortNetworkTraining(steps: Int, samples: Int) -> Tolerance {
    let growth = 64 * Double(steps + 1) * Double(samples).squareRoot() * Precision.f32.epsilon
    return Tolerance(absolute: growth, relative: growth)
  }
}
