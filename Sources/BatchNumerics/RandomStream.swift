import Foundation

/// What a stream of random numbers is used for; streams of one seed are independent of each other.
public enum RandomPurpose: UInt32, Sendable {
  case support = 0
  case signal = 1
  case measurements = 2
  case noise = 3
  case initialization = 4
  case basis = 5
  case coherentRows = 6
  case leftFactor = 7
  case rightFactor = 8
  case entries = 9
  case secondMeasurements = 10
  case secondCoherentRows = 11
  case shuffling = 13
  case split = 14
  case inputs = 15
  case testInputs = 16
  case teacherFirst = 17
  case teacherSecond = 18
  case tokenLabels = 12
  case labelNoise = 19
  case teacher = 20
}

/// A source of the random draws that experiments need, one after the other.
public protocol RandomSource {
  /// The next number of the standard normal distribution.
  mutating func normal() -> Double

  /// A random permutation of `0..<count`.
  mutating func permutation(_ count: Int) -> [Int]
}

extension RandomSource {
  /// The next `count` numbers of the standard normal distribution.
  public mutating func normals(_ count: Int) -> [Double] {
    (0..<count).map { _ in normal() }
  }
}

/// The package's own stream: Philox4x32-10 with key (seed, stream) and the draw's index as counter;
/// normals by Box-Muller in double precision.
public struct RandomStream: RandomSource, Sendable {
  private let generator: Philox4x32
  private var index: UInt64 = 0
  private var spare: Double?

  /// - Parameters:
  ///   - seed: at most 2^32 - 1; higher bits would not fit the key and are refused by the spec.
  ///   - purpose: which of the seed's independent streams.
  public init(seed: UInt32, purpose: RandomPurpose) {
    generator = Philox4x32(key: SIMD2(seed, purpose.rawValue))
  }

  /// The number of the next block. Set, it takes the stream there.
  public var position: UInt64 {
    get { index }
    set { (index, spare) = (newValue, nil) }
  }

  /// The words of the next block.
  public mutating func nextBlock() -> SIMD4<UInt32> {
    defer { index += 1 }
    return generator.block(
      at: SIMD4(
        UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), 0, 0))
  }

  /// Box-Muller: sqrt(-2 ln u) (cos 2 pi v, sin 2 pi v) with u in (0, 1], v in [0, 1).
  public mutating func normal() -> Double {
    if let value = spare {
      spare = nil
      return value
    }
    let words = nextBlock()
    let u = 1 - Self.unit(words.x, words.y)
    let v = Self.unit(words.z, words.w)
    let radius = (-2 * log(u)).squareRoot()
    spare = radius * sin(2 * Double.pi * v)
    return radius * cos(2 * Double.pi * v)
  }

  /// sqrt(-2 ln u) cos(2 pi v), a normal number for u uniform in (0, 1] and v in [0, 1).
  static func boxMuller(_ u: Double, _ v: Double) -> Double {
    (-2 * log(u)).squareRoot() * cos(2 * Double.pi * v)
  }

  /// The next number of the uniform distribution on [0, 1), with 53 bits.
  public mutating func uniform() -> Double {
    let words = nextBlock()
    return Self.unit(words.x, words.y)
  }

  /// Fisher-Yates; each index by Lemire's multiply-and-reject, so without bias.
  public mutating func permutation(_ count: Int) -> [Int] {
    var result = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) {
      result.swapAt(i, Int(below(UInt32(i + 1))))
    }
    return result
  }

  private mutating func below(_ bound: UInt32) -> UInt32 {
    let threshold = (0 &- bound) % bound
    while true {
      let product = UInt64(nextBlock().x) * UInt64(bound)
      if UInt32(truncatingIfNeeded: product) >= threshold { return UInt32(product >> 32) }
    }
  }

  /// 53 random bits as a number in [0, 1).
  private static func unit(_ high: UInt32, _ low: UInt32) -> Double {
    let bits = (UInt64(high) << 32 | UInt64(low)) >> 11
    return Double(bits) * 0x1p-53
  }
}
