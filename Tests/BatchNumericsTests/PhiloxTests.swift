// This file tests Philox4x32-10 against the published known answers, and the streams built on it.

import BatchNumerics
import Testing
import _TestSupport

@Suite struct PhiloxTests {
  /// Source: Random123, `tests/kat_vectors`, lines `philox4x32 10`: counter, key, answer.
  static let knownAnswers: [(SIMD4<UInt32>, SIMD2<UInt32>, SIMD4<UInt32>)] = [
    (
      SIMD4(repeating: 0), SIMD2(repeating: 0),
      SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
    ),
    (
      SIMD4(repeating: 0xffff_ffff), SIMD2(repeating: 0xffff_ffff),
      SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
    ),
    (
      SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), SIMD2(0xa409_3822, 0x299f_31d0),
      SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
    ),
  ]

  @Test(arguments: knownAnswers) func knownAnswer(
    counter: SIMD4<UInt32>, key: SIMD2<UInt32>, answer: SIMD4<UInt32>
  ) {
    #expect(Philox4x32(key: key).block(at: counter) == answer)
  }

  @Test func streamIsKeyedBySeedAndPurposeAndCountsDraws() {
    var stream = RandomStream(seed: 7, purpose: .noise)
    let generator = Philox4x32(key: SIMD2(7, RandomPurpose.noise.rawValue))
    for index in 0..<3 {
      #expect(stream.nextBlock() == generator.block(at: SIMD4(UInt32(index), 0, 0, 0)))
    }
  }

  @Test func streamsOfDifferentSeedsAndPurposesDiffer() {
    let purposes: [RandomPurpose] = [
      .support, .signal, .measurements, .noise, .initialization, .basis, .coherentRows,
    ]
    var firsts: Set<Double> = []
    for seed in [UInt32(0), 1, 2, .max] {
      for purpose in purposes {
        var stream = RandomStream(seed: seed, purpose: purpose)
        firsts.insert(stream.normal())
      }
    }
    #expect(firsts.count == 4 * purposes.count)
  }
}
