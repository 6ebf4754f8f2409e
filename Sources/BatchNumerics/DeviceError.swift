/// An error of a device.
public protocol DeviceError: Error {
  /// What the device was asked for, where it ran out of memory: less at a time may succeed.
  var memoryShortage: MemoryShortage? { get }
}

/// A device that ran out of memory.
public struct MemoryShortage: Sendable, Hashable {
  /// Bytes of the allocation that failed; nil where it was a launch that found too little.
  public let bytes: Int?

  public init(bytes: Int?) {
    self.bytes = bytes
  }

  /// Nil for an error that is not about memory.
  public init?(_ error: any Error) {
    guard let shortage = (error as? any DeviceError)?.memoryShortage else { return nil }
    self = shortage
  }
}
