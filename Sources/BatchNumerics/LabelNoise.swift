/// The draws of label-noise descent: block `step` of the stream (seed, label noise) gives the sample
/// and its noise, so that any device can draw them in any order.
public struct LabelNoise: Sendable {
  private let generator: Philox4x32
  private let samples: UInt32

  public init(seed: UInt32, samples: Int) {
    generator = Philox4x32(key: SIMD2(seed, RandomPurpose.labelNoise.rawValue))
    self.samples = UInt32(samples)
  }

  /// The sample floor(x n / 2^32) and a standard normal number of the step from `step` to
  /// `step + 1`: Box-Muller with u = 1 - y / 2^32, v = z / 2^32 of the block (x, y, z, -).
  public func draw(_ step: Int) -> (sample: Int, noise: Double) {
    let block = generator.block(
      at: SIMD4(
        UInt32(truncatingIfNeeded: step), UInt32(truncatingIfNeeded: UInt64(step) >> 32), 0, 0))
    let u = 1 - Double(block.y) * 0x1p-32
    let v = Double(block.z) * 0x1p-32
    return (Int((UInt64(block.x) * UInt64(samples)) >> 32), RandomStream.boxMuller(u, v))
  }
}
