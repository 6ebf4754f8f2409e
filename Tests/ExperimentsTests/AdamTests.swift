// This file tests the optimisers by hand: Adam as PyTorch defines it, decay that floats do not lose.

import BatchNumerics
import Experiments
import Foundation
import ReferenceBackend
import Testing
import _TestSupport

@Suite struct AdamTests {
  /// o = b relu(a x) with x = 1, y = 2 from a = 0.5, b = 1.5: slopes (o - 2) (b, a).
  static func batch(
    _ optimizer: NetworkOptimizer, l1: Double = 0, l2: Double = 0, weightDecay: Double = 0,
    nuclear: Double = 0, initial: [Double] = [0.5, 1.5], signOfZero: Double = 1
  ) -> NetworkBatch {
    func one(_ value: Double) -> DenseMatrix { DenseMatrix(rows: 1, columns: 1, values: [value]) }
    let samples = NetworkSamples(inputs: .dense(one(1)), targets: .values(one(2)))
    return NetworkBatch(
      model: NetworkModel(
        input: .dense(features: 1), hidden: 1, outputs: 1, hasHiddenBias: false,
        hasOutputBias: false, loss: .squared),
      optimizer: optimizer, penalties: NetworkPenalties(signOfZero: signOfZero), precision: .f64,
      problems: [NetworkProblem(train: samples, test: samples)],
      runs: [
        NetworkRun(
          problem: 0, learningRate: 0.1, l1: l1, l2: l2, nuclear: nuclear,
          weightDecay: weightDecay, initial: initial, steps: 3)
      ])
  }

  /// PyTorch's documentation of Adam and AdamW, one number at a time. Positive parameters only.
  private func byHand(
    _ steps: Int, l1: Double, l2: Double, weightDecay: Double, isDecoupled: Bool
  ) -> [Double] {
    var theta = [0.5, 1.5]
    var (m, v) = ([0.0, 0.0], [0.0, 0.0])
    for t in 1...steps {
      let error = theta[0] * theta[1] - 2
      let slopes = [error * theta[1], error * theta[0]]
      for i in 0..<2 {
        var g = slopes[i] + l1 + 2 * l2 * theta[i]
        if isDecoupled {
          theta[i] -= 0.1 * weightDecay * theta[i]
        } else {
          g += weightDecay * theta[i]
        }
        m[i] = 0.9 * m[i] + (1 - 0.9) * g
        v[i] = 0.999 * v[i] + (1 - 0.999) * g * g
        let mean = m[i] / (1 - pow(0.9, Double(t)))
        let square = v[i] / (1 - pow(0.999, Double(t)))
        theta[i] -= 0.1 * mean / (square.squareRoot() + 1e-8)
      }
    }
    return theta
  }

  typealias Variant = (
    optimizer: NetworkOptimizer, l1: Double, l2: Double, weightDecay: Double
  )
  static let variants: [Variant] = [
    (.adam, 0, 0, 0), (.adam, 0.3, 0, 0), (.adam, 0, 0.2, 0), (.adam, 0, 0, 0.5),
    (.adam, 0.1, 0.2, 0.5), (.adamw, 0, 0, 0), (.adamw, 0, 0, 0.5), (.adamw, 0.1, 0.2, 0.5),
  ]

  @Test(arguments: variants) func stepsByHand(variant: Variant) throws {
    let batch = Self.batch(
      variant.optimizer, l1: variant.l1, l2: variant.l2, weightDecay: variant.weightDecay)
    for steps in 1...4 {
      let expected = byHand(
        steps, l1: variant.l1, l2: variant.l2, weightDecay: variant.weightDecay,
        isDecoupled: variant.optimizer == .adamw)
      let found = try batch.parameters(after: steps)
      expectNone(Tolerance.sum(.f64, terms: 32).mismatch(found, expected), "\(steps) steps")
    }
  }

  /// Numbers worked out to 16 digits with Python's decimal module.
  static let literals: [(variant: Variant, steps: Int, values: [Double])] = [
    ((.adam, 0, 0, 0), 1, [0.59999999946666671, 1.5999999984]),
    ((.adam, 0, 0, 0), 3, [0.79770361401882939, 1.7995593512173369]),
    ((.adamw, 0, 0, 0.5), 2, [0.64591241780683506, 1.5488219107558696]),
    ((.adam, 0, 0.2, 0), 2, [0.69925270657036831, 1.6163017150308294]),
    ((.adam, 0.1, 0.2, 0.5), 3, [0.79285410754132657, 1.2045842701335379]),
  ]

  @Test(arguments: literals)
  func literalSteps(variant: Variant, steps: Int, values: [Double]) throws {
    let batch = Self.batch(
      variant.optimizer, l1: variant.l1, l2: variant.l2, weightDecay: variant.weightDecay)
    expectNone(
      Tolerance.sum(.f64, terms: 32).mismatch(try batch.parameters(after: steps), values))
  }

  /// Plain descent: (0.5, 1.5) - 0.1 (-1.25 (1.5, 0.5) + l1 + 2 l2 theta + wd theta + nuclear).
  @Test func descentByHand() throws {
    let found = try Self.batch(.gd, l1: 0.3, l2: 0.2, weightDecay: 0.5, nuclear: 0.1)
      .parameters(after: 1)
    let expected = [
      0.5 - 0.1 * (-1.875 + 0.3 + 0.2 + 0.25 + 0.1), 1.5 - 0.1 * (-0.625 + 0.3 + 0.6 + 0.75 + 0.1),
    ]
    expectNone(Tolerance.sum(.f64, terms: 8).mismatch(found, expected))
  }

  /// A unit that is off has no slope, and at 0 only what sign(0) is there.
  @Test(arguments: [0.0, 1]) func signOfZero(_ sign: Double) throws {
    let descent = Self.batch(.gd, l1: 0.3, initial: [0, 1.5], signOfZero: sign)
    expectNone(
      Tolerance.sum(.f64, terms: 2).mismatch(
        try descent.parameters(after: 1), [-0.03 * sign, 1.47]))
    // A first step of Adam is lr g / (|g| + 1e-8).
    let adam = Self.batch(.adam, l1: 0.3, initial: [0, 1.5], signOfZero: sign)
    let step = 0.1 * 0.3 / (0.3 + 1e-8)
    expectNone(
      Tolerance.sum(.f64, terms: 4).mismatch(
        try adam.parameters(after: 1), [-step * sign, 1.5 - step]))
  }

  // MARK: - Decay in floats

  /// lr wd below half an eps changes no float in a step, but must over many.
  @Test(arguments: [true, false], [1e-9, 3e-8])
  func decayDoesNotVanishInFloats(isDecoupled: Bool, each: Double) throws {
    let steps = 200_000
    let operations = ReferenceOperations<Float>()
    let one = BatchShape(runs: 1, rows: 1)
    func number(_ value: Double) throws -> ReferenceTensor<Float> {
      try operations.tensor(one, [value])
    }
    let starts = [1, -0.7, 1e-3, 123.456].map { Double(Float($0)) }
    let shape = BatchShape(runs: 1, rows: starts.count)
    let theta = try operations.tensor(shape, starts)
    let (gradient, lost) = (
      try operations.tensor(shape, nil), try operations.tensor(shape, nil)
    )
    let rates = UpdateRates(
      rate: try number(0x1p-10), l1: try number(0),
      l2: try number(isDecoupled ? 0 : each * 0x1p10),
      decay: try number(isDecoupled ? each * 0x1p10 : 0))
    for _ in 0..<steps {
      try operations.update(theta, gradient, rates, adam: nil, rounding: lost)
    }
    let (found, rest) = (try operations.read(theta), try operations.read(lost))
    let decay = -expm1(-each * Double(steps))
    for ((start, value), rest) in zip(zip(starts, found), rest) {
      let loss = (start - (value + rest)) / start
      #expect(abs(loss / decay - 1) < 1e-3, "\(start): \(loss) for \(decay)")
      #expect(abs(value / start - (1 - decay)) <= Precision.f32.epsilon)
    }
  }
}
