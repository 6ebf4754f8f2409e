// This file tests the distributions that both random sources draw from.

import BatchNumerics
import Testing
import _TestSupport

@Suite struct RandomDrawsTests {
  enum Source: CaseIterable {
    case philox, mersenneTwister

    func make(seed: UInt32) -> any RandomSource {
      switch self {
      case .philox: RandomStream(seed: seed, purpose: .signal)
      case .mersenneTwister: MersenneTwister(seed: seed)
      }
    }
  }

  @Test(arguments: Source.allCases) func normalsHaveTheMomentsOfTheStandardNormal(_ kind: Source) {
    let count = 200_000
    var source = kind.make(seed: 3)
    let draws = source.normals(count)
    // E x^k and the standard deviation of x^k, for k = 1 to 4 and for successive products.
    let moments: [(expected: Double, deviation: Double, of: (Double) -> Double)] = [
      (0, 1, { $0 }), (1, 2.0.squareRoot(), { $0 * $0 }),
      (0, 15.0.squareRoot(), { $0 * $0 * $0 }), (3, 96.0.squareRoot(), { $0 * $0 * $0 * $0 }),
    ]
    for moment in moments {
      let mean = draws.map(moment.of).reduce(0, +) / Double(count)
      let rule = Tolerance.mean(of: count, deviation: moment.deviation)
      #expect(rule.mismatch(mean, moment.expected) == nil)
    }
    let products = zip(draws, draws.dropFirst()).map { $0 * $1 }
    let correlation = products.reduce(0, +) / Double(products.count)
    #expect(Tolerance.mean(of: count, deviation: 1).mismatch(correlation, 0) == nil)
  }

  @Test(arguments: Source.allCases) func normalsHaveTheRightTails(_ kind: Source) {
    let count = 200_000
    var source = kind.make(seed: 4)
    let draws = source.normals(count)
    // P(|x| > 1), P(|x| > 3)
    for (bound, probability) in [(1.0, 0.317_310_507_863), (3.0, 0.002_699_796_063)] {
      let share = Double(draws.count { abs($0) > bound }) / Double(count)
      let deviation = (probability * (1 - probability)).squareRoot()
      #expect(Tolerance.mean(of: count, deviation: deviation).mismatch(share, probability) == nil)
    }
  }

  @Test(arguments: Source.allCases, [0, 1, 2, 7, 100]) func permutationsArePermutations(
    _ kind: Source, count: Int
  ) {
    var source = kind.make(seed: 5)
    #expect(source.permutation(count).sorted() == Array(0..<count))
  }

  /// Every value is as often in every place, within six standard deviations.
  @Test(arguments: Source.allCases) func permutationsAreUnbiased(_ kind: Source) {
    let (size, repetitions) = (5, 20_000)
    var source = kind.make(seed: 6)
    var counts = [Int](repeating: 0, count: size * size)
    for _ in 0..<repetitions {
      for (place, value) in source.permutation(size).enumerated() {
        counts[place * size + value] += 1
      }
    }
    let share = 1 / Double(size)
    let rule = Tolerance.mean(of: repetitions, deviation: (share * (1 - share)).squareRoot())
    let shares = counts.map { Double($0) / Double(repetitions) }
    #expect(rule.mismatch(shares, shares.map { _ in share }) == nil)
  }
}
