// This file tests that long curves are thinned to a bounded number of rows.

import Figures
import Testing

@Suite struct ThinningTests {
  @Test(arguments: [0, 1, 2, 1499, 1500]) func shortCurvesAreKeptWhole(count: Int) {
    #expect(Thinning.indices(Array(0..<count)) == Array(0..<count))
  }

  /// Schedules of the figures: every step and then every thousandth, or none of the first.
  @Test(arguments: [
    Array(0..<1000) + Array(stride(from: 1000, through: 1_000_000, by: 1000)),
    Array(stride(from: 0, through: 100_000_001, by: 1000)), Array(0..<200_000),
    Array(99_000_000..<99_002_000),
  ]) func longCurvesAreThinned(steps: [Int]) throws {
    let kept = Thinning.indices(steps)
    #expect(kept.first == 0 && kept.last == steps.count - 1)
    #expect(zip(kept, kept.dropFirst()).allSatisfy { $0 < $1 })
    #expect(kept.count <= 1502)
    #expect(Thinning.indices(steps, limit: 50).count <= 52)
  }

  @Test func pointsAreSpreadOverTheDecades() {
    let kept = Thinning.indices(Array(0..<1_000_000), limit: 600)
    for decade in [100, 1000, 10_000, 100_000] {
      // 600 points over six decades, less those that the first, dense one cannot hold.
      let count = kept.count { decade <= $0 && $0 < 10 * decade }
      #expect((60...102).contains(count), "\(count) from \(decade)")
    }
  }
}
