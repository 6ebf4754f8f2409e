// This file tests the legacy NumPy stream against the standard and against NumPy's own numbers.

import BatchNumerics
import Testing
import _TestSupport

@Suite struct MersenneTwisterTests {
  /// The C++ standard fixes the 10,000th word of mt19937 with seed 5489.
  @Test func standardKnownAnswer() {
    var source = MersenneTwister(seed: 5489)
    let words = (0..<10_000).map { _ in source.nextWord() }
    #expect(words[..<3] == [3_499_211_612, 581_869_302, 3_890_346_734])
    #expect(words[9_999] == 4_123_659_995)
  }

  /// `numpy.random.RandomState(1).permutation(100)[:5]`
  @Test func permutationOfSeedOne() {
    var source = MersenneTwister(seed: 1)
    #expect(source.permutation(100).prefix(5) == [80, 84, 33, 81, 93])
  }

  /// `r = RandomState(1); r.randn(5); r.permutation(100)[:5]; r.random_sample()`: an odd number of
  /// normals leaves one cached, which later integer draws must not disturb.
  @Test func mixedDraws() {
    var source = MersenneTwister(seed: 1)
    let expected = [
      1.6243453636632417, -0.6117564136500754, -0.5281717522634557, -1.0729686221561705,
      0.8654076293246785,
    ]
    // The logarithm may differ from NumPy's in the last place.
    let rule = Tolerance.sum(.f64, terms: 4)
    #expect(rule.mismatch(source.normals(5), expected) == nil)
    #expect(source.permutation(100).prefix(5) == [69, 46, 58, 12, 73])
    #expect(source.uniform() == 0.16535419711693278)
  }
}
