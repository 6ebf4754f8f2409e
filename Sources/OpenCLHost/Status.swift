// This file implements the status codes of OpenCL, CLBlast and our loader, with their names.

internal import COpenCL

/// What an OpenCL or CLBlast call answered.
///
/// A struct rather than an enumeration, so that a code nobody listed survives and is printed.
/// Names are Khronos's: see
/// [OpenCL 1.2 errors](https://registry.khronos.org/OpenCL/sdk/1.2/docs/man/xhtml/errors.html).
///
/// CLBlast reuses numbers that Khronos gave to extensions (-1010 is both
/// `CL_INVALID_DX9_MEDIA_ADAPTER_KHR` and CLBlast's "buffer of B too small"). Its own codes are
/// therefore kept apart: `Status(clblast: -1010)` has the raw value -101010.
public struct Status: RawRepresentable, Hashable, Sendable {
  /// The number, as the call returned it (CLBlast's own codes shifted by -100000).
  public let rawValue: Int32

  /// A status with this number, known or not.
  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  /// What a CLBlast routine returned: OpenCL's status where it is one, else CLBlast's own.
  public init(clblast code: Int32) {
    let isOwn = (-2999 ... -1000).contains(code)
    rawValue = isOwn ? code - Status.clblastOffset : code
  }

  static let clblastOffset: Int32 = 100_000

  /// The name, e.g. `CL_INVALID_VALUE`, if the code is known.
  public var name: String? { Status.names[rawValue] }

  /// Whether the device or its runtime ran out of memory or registers, so that less work per call
  /// may succeed.
  public var isOutOfMemory: Bool {
    self == .memoryAllocationFailure || self == .outOfResources || self == .outOfHostMemory
      || self == .invalidBufferSize
  }

  private static let names = Dictionary(table, uniquingKeysWith: { first, _ in first })
}

extension Status: CustomStringConvertible {
  /// Name and number: `CL_INVALID_VALUE (-30)`.
  public var description: String {
    let number = rawValue < -Status.clblastOffset ? rawValue + Status.clblastOffset : rawValue
    return "\(name ?? "unknown OpenCL status") (\(number))"
  }
}

extension Status {
  /// `CL_SUCCESS`.
  public static let success = Status(rawValue: 0)
  /// `CL_DEVICE_NOT_FOUND`.
  public static let deviceNotFound = Status(rawValue: -1)
  /// `CL_MEM_OBJECT_ALLOCATION_FAILURE`.
  public static let memoryAllocationFailure = Status(rawValue: -4)
  /// `CL_OUT_OF_RESOURCES`.
  public static let outOfResources = Status(rawValue: -5)
  /// `CL_OUT_OF_HOST_MEMORY`.
  public static let outOfHostMemory = Status(rawValue: -6)
  /// `CL_PROFILING_INFO_NOT_AVAILABLE`.
  public static let profilingInfoNotAvailable = Status(rawValue: -7)
  /// `CL_MEM_COPY_OVERLAP`.
  public static let memoryCopyOverlap = Status(rawValue: -8)
  /// `CL_BUILD_PROGRAM_FAILURE`.
  public static let buildProgramFailure = Status(rawValue: -11)
  /// `CL_KERNEL_ARG_INFO_NOT_AVAILABLE`.
  public static let kernelArgumentInfoNotAvailable = Status(rawValue: -19)
  /// `CL_INVALID_VALUE`.
  public static let invalidValue = Status(rawValue: -30)
  /// `CL_INVALID_DEVICE`
  public static let invalidDevice = Status(rawValue: -33)
  /// `CL_INVALID_CONTEXT`.
  public static let invalidContext = Status(rawValue: -34)
  /// `CL_INVALID_BUILD_OPTIONS`.
  public static let invalidBuildOptions = Status(rawValue: -43)
  /// `CL_INVALID_KERNEL_NAME`.
  public static let invalidKernelName = Status(rawValue: -46)
  /// `CL_INVALID_ARG_INDEX`.
  public static let invalidArgumentIndex = Status(rawValue: -49)
  /// `CL_INVALID_ARG_VALUE`.
  public static let invalidArgumentValue = Status(rawValue: -50)
  /// `CL_INVALID_ARG_SIZE`.
  public static let invalidArgumentSize = Status(rawValue: -51)
  /// `CL_INVALID_KERNEL_ARGS`.
  public static let invalidKernelArguments = Status(rawValue: -52)
  /// `CL_INVALID_WORK_DIMENSION`.
  public static let invalidWorkDimension = Status(rawValue: -53)
  /// `CL_INVALID_WORK_GROUP_SIZE`.
  public static let invalidWorkGroupSize = Status(rawValue: -54)
  /// `CL_INVALID_WORK_ITEM_SIZE`.
  public static let invalidWorkItemSize = Status(rawValue: -55)
  /// `CL_INVALID_BUFFER_SIZE`.
  public static let invalidBufferSize = Status(rawValue: -61)
  /// `CL_INVALID_GLOBAL_WORK_SIZE`.
  public static let invalidGlobalWorkSize = Status(rawValue: -63)
  /// `CL_PLATFORM_NOT_FOUND_KHR`: the loader found no driver; treated as an empty list.
  public static let platformNotFound = Status(rawValue: -1001)
  /// Ours: no OpenCL library could be opened.
  public static let noLibrary = Status(rawValue: OCL_STATUS_NO_LIBRARY)
  /// Ours: the OpenCL library lacks the entry point.
  public static let noSymbol = Status(rawValue: OCL_STATUS_NO_SYMBOL)
  /// Ours: no CLBlast library could be opened.
  public static let noCLBlast = Status(rawValue: OCL_STATUS_NO_CLBLAST)
  /// Ours: the CLBlast library lacks the routine.
  public static let noCLBlastSymbol = Status(rawValue: OCL_STATUS_NO_CLBLAST_SYMBOL)
}
