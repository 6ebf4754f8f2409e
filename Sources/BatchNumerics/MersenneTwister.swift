import Foundation

/// NumPy's legacy random stream (`numpy.random.RandomState(seed)`): MT19937 with the single-integer
/// seeding, 53-bit uniforms, normals by the polar method with its cached second value, and shuffles
/// by masked rejection.
///
/// The authors' sparse-recovery figures draw their data from it, so this stream reproduces exactly
/// their signals and measurements (`problem.generator: mt19937`).
///
/// Source: Matsumoto, Nishimura, "Mersenne Twister" (ACM TOMACS 8, 1998); NumPy's published
/// compatibility guarantee freezes the legacy stream (NEP 19).
public struct MersenneTwister: RandomSource, Sendable {
  private static let size = 624
  private static let middle = 397
  private var state: [UInt32]
  private var position = Self.size
  private var spare: Double?

  public init(seed: UInt32) {
    state = [seed]
    state.reserveCapacity(Self.size)
    for i in 1..<Self.size {
      let last = state[i - 1]
      state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(i))
    }
  }

  /// The next 32 random bits.
  public mutating func nextWord() -> UInt32 {
    if position == Self.size { refill() }
    var word = state[position]
    position += 1
    word ^= word >> 11
    word ^= (word << 7) & 0x9D2C_5680
    word ^= (word << 15) & 0xEFC6_0000
    word ^= word >> 18
    return word
  }

  /// The next number in [0, 1).
  public mutating func uniform() -> Double {
    let high = Double(nextWord() >> 5)
    let low = Double(nextWord() >> 6)
    return (high * 67_108_864 + low) / 9_007_199_254_740_992
  }

  public mutating func normal() -> Double {
    if let value = spare {
      spare = nil
      return value
    }
    while true {
      let x = 2 * uniform() - 1
      let y = 2 * uniform() - 1
      let square = x * x + y * y
      guard square < 1, square != 0 else { continue }
      let factor = (-2 * log(square) / square).squareRoot()
      spare = factor * x
      return factor * y
    }
  }

  public mutating func permutation(_ count: Int) -> [Int] {
    var result = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) {
      result.swapAt(i, interval(i))
    }
    return result
  }

  /// A number in `0...maximum` by masking and rejection.
  private mutating func interval(_ maximum: Int) -> Int {
    let mask = UInt32.max >> UInt32(maximum).leadingZeroBitCount
    while true {
      let value = Int(nextWord() & mask)
      if value <= maximum { return value }
    }
  }

  private mutating func refill() {
    for i in 0..<Self.size {
      let upper = state[i] & 0x8000_0000
      let lower = state[(i + 1) % Self.size] & 0x7FFF_FFFF
      let mixed = upper | lower
      let twist: UInt32 = mixed & 1 == 0 ? 0 : 0x9908_B0DF
      state[i] = state[(i + Self.middle) % Self.size] ^ (mixed >> 1) ^ twist
    }
    position = 0
  }
}
