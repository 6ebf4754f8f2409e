// This file implements launching kernels: sizes, their checks, and the call.

internal import COpenCL

/// Numbers of work-items in one, two or three dimensions.
public struct WorkSize: Sendable, Hashable, ExpressibleByIntegerLiteral {
  let x: Int
  let y: Int
  let z: Int
  /// 1, 2 or 3.
  public let dimensions: Int

  /// One dimension.
  public init(_ x: Int) {
    (self.x, y, z, dimensions) = (x, 1, 1, 1)
  }

  /// Two dimensions.
  public init(_ x: Int, _ y: Int) {
    (self.x, self.y, z, dimensions) = (x, y, 1, 2)
  }

  /// Three dimensions.
  public init(_ x: Int, _ y: Int, _ z: Int) {
    (self.x, self.y, self.z, dimensions) = (x, y, z, 3)
  }

  /// One dimension.
  public init(integerLiteral value: Int) {
    self.init(value)
  }

  /// Sizes of the three dimensions; 1 where there is none.
  public var sizes: [Int] { [x, y, z] }

  /// This size rounded up to whole work-groups: OpenCL 1.2 wants the local size to divide it.
  ///
  /// - Parameter local: the work-group; sizes below 1 count as 1.
  /// - Returns: the least size that `local` divides in every dimension.
  public func rounded(upTo local: WorkSize) -> WorkSize {
    func up(_ size: Int, _ step: Int) -> Int {
      let step = max(step, 1)
      return size > Int.max - step ? size : (size + step - 1) / step * step
    }
    switch dimensions {
    case 1: return WorkSize(up(x, local.x))
    case 2: return WorkSize(up(x, local.x), up(y, local.y))
    default: return WorkSize(up(x, local.x), up(y, local.y), up(z, local.z))
    }
  }

  /// Work-items in all; `Int.max` when they cannot be counted.
  public var count: Int {
    let (area, first) = x.multipliedReportingOverflow(by: y)
    let (volume, second) = area.multipliedReportingOverflow(by: z)
    return first || second ? Int.max : volume
  }
}

extension WorkSize: CustomStringConvertible {
  /// e.g. `64x2`.
  public var description: String {
    sizes.prefix(dimensions).map(String.init).joined(separator: "x")
  }
}

extension Queue {
  /// Launches a kernel.
  ///
  /// - Parameters:
  ///   - kernel: with every argument set.
  ///   - global: work-items in all.
  ///   - local: work-items of a work-group, dividing `global`; the driver's choice by default.
  /// - Throws: `CL_INVALID_KERNEL_ARGS`, `CL_INVALID_GLOBAL_WORK_SIZE`,
  ///   `CL_INVALID_WORK_DIMENSION`, `CL_INVALID_WORK_GROUP_SIZE`, `CL_INVALID_WORK_ITEM_SIZE` or
  ///   `CL_OUT_OF_RESOURCES` with the limit in `detail`, `CL_INVALID_CONTEXT`, or the driver's own.
  public func enqueue(
    _ kernel: Kernel,
    global: WorkSize,
    local: WorkSize? = nil
  ) throws(OpenCLError) {
    let code = try launch(kernel, global, local, nil)
    try check(
      code,
      "clEnqueueNDRangeKernel",
      device: context.device.name,
      detail: "kernel '\(kernel.name)'"
    )
  }

  /// Launches a kernel and gives its event, for timing or waiting.
  ///
  /// - Parameters:
  ///   - kernel: with every argument set.
  ///   - global: work-items in all.
  ///   - local: work-items of a work-group, dividing `global`; the driver's choice by default.
  /// - Throws: as `enqueue`.
  /// - Returns: the launch's event.
  public func enqueueTimed(
    _ kernel: Kernel,
    global: WorkSize,
    local: WorkSize? = nil
  ) throws(OpenCLError) -> Event {
    var raw: cl_event?
    let code = try launch(kernel, global, local, &raw)
    return try event(raw, code, "clEnqueueNDRangeKernel")
  }

  private func launch(
    _ kernel: Kernel,
    _ global: WorkSize,
    _ local: WorkSize?,
    _ event: UnsafeMutablePointer<cl_event?>?
  ) throws(OpenCLError) -> cl_int {
    try checkContext(kernel.program.context, "clEnqueueNDRangeKernel")
    try kernel.checkLaunch(global, local)
    let sizes = (global.x, global.y, global.z)
    let group = local.map { ($0.x, $0.y, $0.z) } ?? (0, 0, 0)
    return withUnsafeBytes(of: sizes) { sizes in
      withUnsafeBytes(of: group) { group in
        ocl_clEnqueueNDRangeKernel(
          handle.raw,
          kernel.handle.raw,
          cl_uint(global.dimensions),
          nil,
          sizes.assumingMemoryBound(to: Int.self).baseAddress,
          local == nil ? nil : group.assumingMemoryBound(to: Int.self).baseAddress,
          0,
          nil,
          event
        )
      }
    }
  }
}

extension Kernel {
  /// Throws what the launch would end in, naming value and limit.
  func checkLaunch(_ global: WorkSize, _ local: WorkSize?) throws(OpenCLError) {
    let call: StaticString = "clEnqueueNDRangeKernel"
    let unset = unsetParameters
    guard unset.isEmpty else {
      let list = unset.map(\.description).joined(separator: ", ")
      throw error(.invalidKernelArguments, call, "not set: argument \(list)")
    }
    guard global.x > 0, global.y > 0, global.z > 0 else {
      throw error(.invalidGlobalWorkSize, call, "global size \(global)")
    }
    let available = program.context.device.capabilities.localMemoryBytes
    guard localMemoryBytes <= available else {
      throw error(
        .outOfResources,
        call,
        "\(localMemoryBytes) bytes of local memory; the device has \(available)"
      )
    }
    if let local {
      try checkGroup(local, global, call)
    } else if let required = limits.requiredSize {
      throw error(.invalidWorkGroupSize, call, "it requires the local size \(required)")
    }
  }

  private func checkGroup(
    _ local: WorkSize,
    _ global: WorkSize,
    _ call: StaticString
  ) throws(OpenCLError) {
    guard local.dimensions == global.dimensions else {
      throw error(
        .invalidWorkDimension,
        call,
        "local size \(local) and global size \(global) differ in kind"
      )
    }
    guard local.x > 0, local.y > 0, local.z > 0, global.x % local.x == 0,
      global.y % local.y == 0, global.z % local.z == 0
    else {
      throw error(
        .invalidWorkGroupSize,
        call,
        "local size \(local) does not divide global size \(global)"
      )
    }
    let most = program.context.device.capabilities.maxWorkItemSizes
    guard zip(local.sizes, most).allSatisfy({ $0 <= $1 }) else {
      throw error(.invalidWorkItemSize, call, "local size \(local); the device allows \(most)")
    }
    guard local.count <= limits.maxWorkGroupSize else {
      throw error(
        .invalidWorkGroupSize,
        call,
        "local size \(local); the kernel allows \(limits.maxWorkGroupSize) work-items here"
      )
    }
    if let required = limits.requiredSize, required != local.sizes {
      throw error(
        .invalidWorkGroupSize,
        call,
        "local size \(local); it requires \(required)"
      )
    }
  }
}
