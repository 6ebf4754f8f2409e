// This file implements kernels: their parameters, their limits, and checked arguments.

internal import COpenCL

/// One kernel function with its own arguments.
///
/// Not Sendable *because* `clSetKernelArg` is the one call that is not thread-safe: each owner
/// asks `Program.kernel(_:)` for a kernel of its own. Arguments stay set from launch to launch, and
/// the buffers among them stay alive.
public final class Kernel {
  /// The function's name.
  public let name: String
  /// Where it comes from.
  public let program: Program
  /// What it declares, in order.
  public let parameters: [KernelParameter]
  /// What one work-group may have.
  public let limits: WorkGroupLimits
  let handle: Handle

  /// What is set; a buffer is held so that it lives until the launch.
  private enum Argument {
    case scalar
    case buffer(AnyObject)
    case local(bytes: Int)
  }
  private var arguments: [Argument?]

  init(_ name: String, of program: Program) throws(OpenCLError) {
    let device = program.context.device
    var code: cl_int = 0
    let raw = ocl_clCreateKernel(program.built.handle.raw, name, &code)
    let handle = try created(
      raw,
      code,
      "clCreateKernel",
      device: device.name,
      detail: "kernel '\(name)'"
    )
    self.name = name
    self.program = program
    self.handle = handle
    do throws(OpenCLError) {
      parameters = try KernelParameter.all(of: handle, device: device.name)
      limits = try WorkGroupLimits(of: handle, device: device)
    } catch {
      // `deinit` does not run for an object that was never whole.
      OpenCLLog.note(ocl_clReleaseKernel(handle.raw), "clReleaseKernel")
      throw error
    }
    arguments = Array(repeating: nil, count: parameters.count)
  }

  deinit {
    OpenCLLog.note(ocl_clReleaseKernel(handle.raw), "clReleaseKernel")
  }

  /// `__local` memory of a work-group: the kernel's own and the arguments set so far, bytes.
  public var localMemoryBytes: Int {
    arguments.reduce(limits.localMemoryBytes) { sum, argument in
      if case .local(let bytes) = argument { sum + bytes } else { sum }
    }
  }

  /// The parameters whose arguments are not set.
  public var unsetParameters: [KernelParameter] {
    zip(parameters, arguments).compactMap { $1 == nil ? $0 : nil }
  }

  /// An error about this kernel.
  func error(_ status: Status, _ call: StaticString, _ detail: String) -> OpenCLError {
    OpenCLError(
      status: status,
      call: "\(call)",
      device: program.context.device.name,
      detail: "kernel '\(name)': \(detail)"
    )
  }
}

// MARK: - Arguments

extension Kernel {
  /// Passes a number by value.
  ///
  /// - Parameters:
  ///   - index: of the parameter, from 0.
  ///   - value: of the type the kernel declares.
  /// - Throws: `CL_INVALID_ARG_INDEX`; `CL_INVALID_ARG_VALUE` when another type is declared;
  ///   `CL_INVALID_ARG_SIZE` from the driver where types are not known.
  public func set<Scalar: KernelScalar>(_ index: Int, _ value: Scalar) throws(OpenCLError) {
    let parameter = try parameter(index)
    guard parameter.accepts(scalar: Scalar.openCLName) else {
      throw mismatch(parameter, "a \(Scalar.openCLName)")
    }
    var value = value
    try pass(index, MemoryLayout<Scalar>.size, &value)
    arguments[index] = .scalar
  }

  /// Passes a buffer.
  ///
  /// - Parameters:
  ///   - index: of the parameter, from 0.
  ///   - buffer: whose elements have the declared type, or its scalar type (`float8 *` takes a
  ///     buffer of floats).
  /// - Throws: as for a number; `CL_INVALID_CONTEXT` for a buffer of another context.
  public func set<Element>(_ index: Int, _ buffer: Buffer<Element>) throws(OpenCLError) {
    let parameter = try parameter(index)
    guard buffer.context == program.context else {
      throw error(.invalidContext, "clSetKernelArg", "argument \(index) is of another context")
    }
    let element = (Element.self as? any KernelScalar.Type)?.openCLName
    guard parameter.accepts(buffer: element) else {
      throw mismatch(parameter, "a buffer of \(element ?? "\(Element.self)")")
    }
    var raw: cl_mem? = buffer.handle.raw
    try pass(index, MemoryLayout<cl_mem>.size, &raw)
    arguments[index] = .buffer(buffer)
  }

  /// Gives a `__local` pointer its memory, per work-group.
  ///
  /// - Parameters:
  ///   - index: of the parameter, from 0.
  ///   - bytes: how much.
  /// - Throws: `CL_INVALID_ARG_INDEX`; `CL_INVALID_ARG_VALUE` when the parameter is not `__local`;
  ///   `CL_INVALID_ARG_SIZE` when it is none or more than the device has.
  public func setLocal(_ index: Int, bytes: Int) throws(OpenCLError) {
    let parameter = try parameter(index)
    guard parameter.space == .local || parameter.space == .unknown else {
      throw mismatch(parameter, "local memory")
    }
    let available = program.context.device.capabilities.localMemoryBytes
    guard bytes > 0, bytes <= available else {
      throw error(
        .invalidArgumentSize,
        "clSetKernelArg",
        "argument \(index): \(bytes) bytes of local memory; the device has \(available)"
      )
    }
    try pass(index, bytes, nil)
    arguments[index] = .local(bytes: bytes)
  }

  /// Gives a `__local` pointer room for `count` numbers, per work-group.
  ///
  /// - Parameters:
  ///   - index: of the parameter, from 0.
  ///   - count: number of elements.
  ///   - type: of an element.
  /// - Throws: as for bytes.
  public func setLocal<Scalar: KernelScalar>(
    _ index: Int,
    count: Int,
    of type: Scalar.Type
  ) throws(OpenCLError) {
    let (bytes, overflows) = count.multipliedReportingOverflow(by: MemoryLayout<Scalar>.stride)
    try setLocal(index, bytes: overflows ? Int.max : bytes)
  }

  /// Passes every argument, in order.
  ///
  /// - Parameter values: one per parameter.
  /// - Throws: `CL_INVALID_KERNEL_ARGS` for too few or too many; else as for each one.
  public func set(_ values: KernelArgument...) throws(OpenCLError) {
    guard values.count == parameters.count else {
      throw error(
        .invalidKernelArguments,
        "clSetKernelArg",
        "\(values.count) arguments given, \(parameters.count) declared"
      )
    }
    for (index, value) in values.enumerated() { try value.pass(self, index) }
  }

  private func parameter(_ index: Int) throws(OpenCLError) -> KernelParameter {
    guard parameters.indices.contains(index) else {
      throw error(
        .invalidArgumentIndex,
        "clSetKernelArg",
        "there is no argument \(index); it has \(parameters.count), counted from 0"
      )
    }
    return parameters[index]
  }

  private func mismatch(_ parameter: KernelParameter, _ given: String) -> OpenCLError {
    error(
      .invalidArgumentValue,
      "clSetKernelArg",
      "argument \(parameter) was given \(given)"
    )
  }

  private func pass(
    _ index: Int,
    _ size: Int,
    _ value: UnsafeRawPointer?
  ) throws(OpenCLError) {
    try check(
      ocl_clSetKernelArg(handle.raw, cl_uint(index), size, value),
      "clSetKernelArg",
      device: program.context.device.name,
      detail: "kernel '\(name)': argument \(parameters[index])"
    )
  }
}

/// An argument for `Kernel.set(_:…)`.
public struct KernelArgument {
  let pass: (Kernel, Int) throws(OpenCLError) -> Void

  /// A number by value.
  public static func scalar<Scalar: KernelScalar>(_ value: Scalar) -> KernelArgument {
    KernelArgument { (kernel, index) throws(OpenCLError) in try kernel.set(index, value) }
  }

  /// A buffer.
  public static func buffer<Element>(_ buffer: Buffer<Element>) -> KernelArgument {
    KernelArgument { (kernel, index) throws(OpenCLError) in try kernel.set(index, buffer) }
  }

  /// Memory for a `__local` pointer, bytes per work-group.
  public static func local(bytes: Int) -> KernelArgument {
    KernelArgument { (kernel, index) throws(OpenCLError) in
      try kernel.setLocal(index, bytes: bytes)
    }
  }
}
