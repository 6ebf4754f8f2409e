import BatchNumerics
import OpenCLHost

extension Capabilities {
  /// The work-items that a recorded mapping names; nil where a choice names none.
  ///
  /// - Throws: `MappingError` for more than the device has, or a number that no kernel takes.
  func groupSize(_ mapping: MappingChoice) throws -> Int? {
    guard let size = mapping.recordedName?.size else { return nil }
    guard size > 0, size & (size - 1) == 0, size <= maxWorkGroupSize else {
      throw MappingError(mapping, "work-groups have powers of two up to \(maxWorkGroupSize) items")
    }
    return size
  }
}
