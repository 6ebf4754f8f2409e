// This file implements OpenCL platforms: one per installed driver.

internal import COpenCL

/// A driver that offers devices.
public struct Platform: Sendable, Hashable {
  /// e.g. `Portable Computing Language`, `NVIDIA CUDA`.
  public let name: String
  /// Who made it.
  public let vendor: String
  /// e.g. `OpenCL 3.0 PoCL 3.1`.
  public let version: String

  let handle: Handle

  init(_ handle: Handle) throws(OpenCLError) {
    func text(_ what: Int32) throws(OpenCLError) -> String {
      try readString("clGetPlatformInfo") {
        ocl_clGetPlatformInfo(handle.raw, cl_platform_info(what), $0, $1, $2)
      }
    }
    self.handle = handle
    name = try text(CL_PLATFORM_NAME)
    vendor = try text(CL_PLATFORM_VENDOR)
    version = try text(CL_PLATFORM_VERSION)
  }

  /// Every platform once, in the loader's order; none without library or driver.
  ///
  /// - Throws: `OpenCLError` when the loader or a driver fails otherwise.
  /// - Returns: the platforms.
  public static func all() throws(OpenCLError) -> [Platform] {
    var count: cl_uint = 0
    let code = ocl_clGetPlatformIDs(0, nil, &count)
    let status = Status(rawValue: code)
    if status == .platformNotFound || status == .noLibrary { return [] }
    try check(code, "clGetPlatformIDs")
    guard count > 0 else { return [] }
    var raw = [cl_platform_id?](repeating: nil, count: Int(count))
    try check(ocl_clGetPlatformIDs(count, &raw, nil), "clGetPlatformIDs")
    var platforms: [Platform] = []
    for pointer in raw {
      guard let pointer else { continue }
      let handle = Handle(pointer)
      // A driver registered twice answers with one and the same platform.
      guard !platforms.contains(where: { $0.handle == handle }) else { continue }
      platforms.append(try Platform(handle))
    }
    return platforms
  }

  /// The handles of its devices of every type; none is no error.
  func deviceHandles() throws(OpenCLError) -> [Handle] {
    var count: cl_uint = 0
    let all = cl_device_type(CL_DEVICE_TYPE_ALL)
    let code = ocl_clGetDeviceIDs(handle.raw, all, 0, nil, &count)
    if Status(rawValue: code) == .deviceNotFound { return [] }
    try check(code, "clGetDeviceIDs", detail: "platform \(name)")
    guard count > 0 else { return [] }
    var raw = [cl_device_id?](repeating: nil, count: Int(count))
    try check(ocl_clGetDeviceIDs(handle.raw, all, count, &raw, nil), "clGetDeviceIDs")
    return raw.compactMap { $0.map(Handle.init) }
  }
}
