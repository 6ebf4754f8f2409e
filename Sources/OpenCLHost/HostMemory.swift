// This file implements host memory that an asynchronous copy works on.

/// A block of host memory; freed with the last reference.
///
/// Not an array's own storage: the pointer of `withUnsafeBytes` is valid only inside its closure.
final class HostMemory {
  let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    bytes = .allocate(byteCount: byteCount, alignment: 64)
  }

  convenience init<Element: BitwiseCopyable>(copying values: [Element]) {
    self.init(byteCount: values.count * MemoryLayout<Element>.stride)
    values.withUnsafeBytes { bytes.copyMemory(from: $0) }
  }

  deinit {
    bytes.deallocate()
  }

  func array<Element: BitwiseCopyable>(of type: Element.Type) -> [Element] {
    Array(bytes.bindMemory(to: type))
  }
}
