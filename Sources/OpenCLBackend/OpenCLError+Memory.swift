import BatchNumerics
import OpenCLHost

extension OpenCLError: DeviceError {
  public var memoryShortage: MemoryShortage? {
    // A buffer of no bytes is a mistake, not a shortage.
    guard status.isOutOfMemory, bytes != 0 else { return nil }
    return MemoryShortage(bytes: bytes)
  }
}
