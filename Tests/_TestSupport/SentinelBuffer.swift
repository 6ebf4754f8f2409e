// This file implements buffers that show writes past their end.

import OpenCLHost

/// Numbers on a device, followed by more that no kernel may touch.
public struct SentinelBuffer<S: KernelScalar & BinaryFloatingPoint> {
  /// More than the work-items by which any launch is rounded up.
  public static var sentinelCount: Int { 256 }
  /// A number that no test computes.
  public static var sentinel: S { -98_765.25 }

  public let buffer: Buffer<S>
  private let count: Int

  public init(_ values: [S], on queue: Queue) throws {
    count = values.count
    buffer = try queue.buffer(
      values + [S](repeating: Self.sentinel, count: Self.sentinelCount))
    try queue.finish()
  }

  /// The numbers in front of the sentinels, given all of the buffer; nil if a sentinel is gone.
  public func values(in all: [Double]) -> [Double]? {
    let isIntact = all[count...].allSatisfy { $0 == Double(Self.sentinel) }
    return isIntact && all.count == count + Self.sentinelCount ? Array(all[..<count]) : nil
  }
}
