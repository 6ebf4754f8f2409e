// This file tests losses of predictions, label noise and what populations say of predictors.

import BatchNumerics
import Testing
import _TestSupport

@Suite struct MarginLossTests {
  static let points: [(q: Double, y: Double)] = [
    (0, 1), (0.3, -1), (-2, 1), (7, 1), (-9, -1), (1.5, 1),
  ]

  @Test(arguments: MarginLoss.allCases, points)
  func derivativesAreThoseOfTheValue(loss: MarginLoss, point: (q: Double, y: Double)) {
    let slope = FiniteDifferences.gradient(at: [point.q]) { loss.value($0[0], point.y) }[0]
    let curvature = FiniteDifferences.gradient(at: [point.q]) { loss.slope($0[0], point.y) }[0]
    let rule = Tolerance.centralDifference(curvature: max(1, loss.value(point.q, point.y)))
    #expect(rule.mismatch(loss.slope(point.q, point.y), slope) == nil)
    #expect(rule.mismatch(loss.curvature(point.q, point.y), curvature) == nil)
  }

  /// Values of Python's math module.
  @Test func logisticLossKeepsSmallAndLargeValues() {
    #expect(MarginLoss.logistic.value(40, 1) == 4.248354255291589e-18)
    #expect(MarginLoss.logistic.value(-800, 1) == 800)
    #expect(MarginLoss.logistic.slope(800, 1) == 0)
    #expect(MarginLoss.logistic.slope(-800, 1) == -1)
    #expect(MarginLoss.logistic.curvature(800, -1) == 0)
  }

  // MARK: - Label noise

  /// The draws, from the words of the stream as documented.
  @Test func noiseComesFromTheStreamOfItsStep() {
    let noise = LabelNoise(seed: 5, samples: 7)
    let generator = Philox4x32(key: SIMD2(5, RandomPurpose.labelNoise.rawValue))
    for step in [0, 1, 1000, 5_000_000_000] {
      let block = generator.block(at: SIMD4(UInt32(step & 0xffff_ffff), UInt32(step >> 32), 0, 0))
      #expect(noise.draw(step).sample == Int(Double(block.x) / 0x1p32 * 7))
    }
  }

  @Test func samplesAreDrawnEvenlyAndNoiseIsNormal() {
    let noise = LabelNoise(seed: 1, samples: 10)
    var counts = [Double](repeating: 0, count: 10)
    var (sum, squares) = (0.0, 0.0)
    for step in 0..<100_000 {
      let draw = noise.draw(step)
      counts[draw.sample] += 1
      sum += draw.noise
      squares += draw.noise * draw.noise
    }
    // Five standard deviations of the counts, the mean and the variance.
    #expect(counts.allSatisfy { abs($0 - 10_000) < 5 * 95 })
    #expect(abs(sum / 100_000) < 5 * 0.00317)
    #expect(abs(squares / 100_000 - 1) < 5 * 0.00448)
  }

  // MARK: - Populations

  /// Shares of many samples; five standard deviations of 40,000 fair coins.
  private let sampling = Tolerance(absolute: 5 * 0.0025, relative: 0)

  @Test func accuracyOnSparseSignsIsThatOfSamples() throws {
    let d = 400
    var stream = RandomStream(seed: 2, purpose: .noise)
    var w = stream.normals(d).map { 0.1 * $0 }
    w.replaceSubrange(0..<3, with: [1.5, -0.7, 0.9])
    let teacher = [1.0, -1, -1]
    var right = 0.0
    for _ in 0..<40_000 {
      var (label, output) = (0.0, 0.0)
      for k in 0..<d {
        let x = stream.uniform() < 0.5 ? -1.0 : 1.0
        if k < 3 { label += teacher[k] * x }
        output += w[k] * x
      }
      right += label * output > 0 ? 1 : 0
    }
    let accuracy = try #require(Population.sparseSigns(teacher).accuracy(w))
    #expect(sampling.mismatch(accuracy, right / 40_000) == nil)
  }

  @Test func accuracyOnLargeMarginsIsThatOfSamples() throws {
    let direction = [0.6, 0.8, 0, 0]
    let w = [1.0, 0.2, 3, -2]
    var stream = RandomStream(seed: 3, purpose: .noise)
    var right = 0.0
    for _ in 0..<40_000 {
      let z = stream.normals(4)
      let y = z[0] * 0.6 + z[1] * 0.8 < 0 ? -1.0 : 1.0
      let output = (0..<4).reduce(0.0) { $0 + w[$1] * (z[$1] + 0.75 * y * direction[$1]) }
      right += y * output > 0 ? 1 : 0
    }
    let population = Population.largeMargin(gamma: 1.5, direction: direction)
    #expect(sampling.mismatch(try #require(population.accuracy(w)), right / 40_000) == nil)
  }

  /// gamma = 0: the angle between two half-spaces, acos(c) / pi.
  @Test func accuracyWithoutAMarginIsAnAngle() throws {
    let population = Population.largeMargin(gamma: 0, direction: [1, 0])
    #expect(abs(try #require(population.accuracy([1, 1])) - 0.75) < 1e-9)
    #expect(abs(try #require(population.accuracy([0, 1])) - 0.5) < 1e-12)
    #expect(abs(try #require(population.accuracy([0, 0])) - 0.5) < 1e-12)
  }

  @Test func exactTeachersAreAlwaysRight() throws {
    #expect(Population.sparseSigns([1, -1, 1]).accuracy([2, -2, 2, 0]) == 1)
    #expect(Population.gaussian([1, 2]).squaredError([1, 5]) == 9)
    #expect(Population.gaussian([1]).accuracy([1]) == nil)
    #expect(Population.sparseSigns([1]).squaredError([1]) == nil)
  }
}
