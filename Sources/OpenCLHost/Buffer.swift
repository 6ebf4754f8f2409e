// This file implements buffers: arrays in device memory.

internal import COpenCL

/// `count` elements in device memory, released with the last reference.
///
/// Sendable *because* its stored properties are immutable; the order of accesses to the contents
/// is the order of commands in a `Queue`, and tasks with queues of their own must not share a
/// buffer that one of them writes. Contents are undefined until written or filled.
public final class Buffer<Element: BitwiseCopyable>: Sendable {
  /// Number of elements.
  public let count: Int
  /// Size, bytes.
  public let byteCount: Int
  /// Where it lives.
  public let context: Context
  let handle: Handle

  /// Allocates device memory. Drivers may do so lazily: `CL_OUT_OF_RESOURCES` can come later.
  ///
  /// - Parameters:
  ///   - context: where.
  ///   - count: number of elements, at least 1.
  /// - Throws: `CL_INVALID_BUFFER_SIZE` or `CL_MEM_OBJECT_ALLOCATION_FAILURE` with the device's
  ///   limit in `detail`, or the driver's own status.
  public init(_ context: Context, count: Int) throws(OpenCLError) {
    let (bytes, overflows) = max(count, 0).multipliedReportingOverflow(
      by: MemoryLayout<Element>.stride
    )
    let byteCount = overflows ? Int.max : bytes
    self.count = count
    self.byteCount = byteCount
    self.context = context
    try context.reserve(bytes: byteCount)
    do throws(OpenCLError) {
      handle = try Buffer.allocate(byteCount, in: context)
    } catch {
      context.unreserve(bytes: byteCount)
      throw error
    }
  }

  deinit {
    OpenCLLog.note(ocl_clReleaseMemObject(handle.raw), "clReleaseMemObject")
    context.unreserve(bytes: byteCount)
  }

  private static func allocate(
    _ bytes: Int,
    in context: Context
  ) throws(OpenCLError) -> Handle {
    var code: cl_int = 0
    let flags = cl_mem_flags(CL_MEM_READ_WRITE)
    let raw = ocl_clCreateBuffer(context.handle.raw, flags, bytes, nil, &code)
    do throws(OpenCLError) {
      return try created(
        raw, code, "clCreateBuffer", device: context.device.name, detail: "\(bytes) bytes")
    } catch {
      throw OpenCLError(
        status: error.status, call: error.call, device: error.device, detail: error.detail,
        bytes: bytes)
    }
  }

  /// Throws unless the range has elements and all of them are in the buffer.
  func checkRange(_ range: Range<Int>, _ call: StaticString) throws(OpenCLError) {
    guard !range.isEmpty, range.lowerBound >= 0, range.upperBound <= count else {
      throw OpenCLError(
        status: .invalidValue,
        call: "\(call)",
        device: context.device.name,
        detail: "elements \(range) of a buffer of \(count)"
      )
    }
  }
}
