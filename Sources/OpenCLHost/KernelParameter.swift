// This file implements what a built kernel says about itself: its parameters and its limits.

internal import COpenCL

/// One parameter of a kernel, as far as the driver tells.
public struct KernelParameter: Sendable, Hashable {
  /// Which memory a parameter is in.
  public enum Space: String, Sendable {
    /// A buffer.
    case global, constant
    /// A pointer to work-group memory.
    case local
    /// By value.
    case value
    /// Not told: the program was built without argument information.
    case unknown
  }

  /// From 0.
  public let index: Int
  /// As declared; nil when not told.
  public let name: String?
  /// As declared, e.g. `float*`; nil when not told.
  public let typeName: String?
  /// Where it is.
  public let space: Space

  /// Read once: arguments are set before every launch.
  private let declared: DeclaredType?

  /// Whether a number of this OpenCL type may be passed; yes when nothing is known.
  func accepts(scalar: String) -> Bool {
    guard space != .unknown else { return true }
    guard space == .value else { return false }
    guard let declared, let expected = declared.scalar else { return true }
    return expected == scalar && declared.width == 1
  }

  /// Whether a buffer of this OpenCL type may be passed; nil is a type without a name there.
  func accepts(buffer element: String?) -> Bool {
    guard space != .unknown else { return true }
    guard space == .global || space == .constant else { return false }
    guard let expected = declared?.scalar, let element else { return true }
    return expected == element
  }
}

extension KernelParameter: CustomStringConvertible {
  /// e.g. `2 (global float* x)`.
  public var description: String {
    guard let typeName, let name else { return "\(index)" }
    let prefix = space == .value ? "" : "\(space.rawValue) "
    return "\(index) (\(prefix)\(typeName) \(name))"
  }
}

extension KernelParameter {
  /// Every parameter; only their number is sure to be known.
  static func all(of kernel: Handle, device: String) throws(OpenCLError) -> [KernelParameter] {
    let count = try readValue(cl_uint(0), "clGetKernelInfo", device: device) {
      ocl_clGetKernelInfo(kernel.raw, cl_kernel_info(CL_KERNEL_NUM_ARGS), $0, $1, $2)
    }
    return (0..<Int(count)).map { KernelParameter(index: $0, of: kernel) }
  }

  private init(index: Int, of kernel: Handle) {
    func query(_ what: Int32) -> InfoQuery {
      {
        ocl_clGetKernelArgInfo(
          kernel.raw,
          cl_uint(index),
          cl_kernel_arg_info(what),
          $0,
          $1,
          $2
        )
      }
    }
    func text(_ what: Int32) -> String? {
      guard let text = try? readString("clGetKernelArgInfo", query(what)), !text.isEmpty else {
        return nil
      }
      return text
    }
    self.index = index
    name = text(CL_KERNEL_ARG_NAME)
    typeName = text(CL_KERNEL_ARG_TYPE_NAME)
    declared = typeName.map(DeclaredType.init)
    let qualifier = try? readValue(
      cl_kernel_arg_address_qualifier(0),
      "clGetKernelArgInfo",
      query(CL_KERNEL_ARG_ADDRESS_QUALIFIER)
    )
    space =
      switch qualifier.map(Int32.init) {
      case CL_KERNEL_ARG_ADDRESS_GLOBAL: .global
      case CL_KERNEL_ARG_ADDRESS_CONSTANT: .constant
      case CL_KERNEL_ARG_ADDRESS_LOCAL: .local
      case CL_KERNEL_ARG_ADDRESS_PRIVATE: .value
      default: .unknown
      }
  }
}

/// What one work-group of a kernel may have on its device, asked after the build.
public struct WorkGroupLimits: Sendable, Hashable {
  /// Work-items, at most.
  public let maxWorkGroupSize: Int
  /// Work-group sizes should be multiples of it: the SIMD width.
  public let preferredMultiple: Int
  /// The size that `reqd_work_group_size` fixes, per dimension; nil without.
  public let requiredSize: [Int]?
  /// `__local` memory that the kernel itself declares, bytes per work-group.
  public let localMemoryBytes: Int
  /// Private memory, bytes per work-item; on GPUs what does not fit in registers.
  public let privateMemoryBytes: Int

  init(of kernel: Handle, device: Device) throws(OpenCLError) {
    func value<T: BitwiseCopyable>(_ what: Int32, _ initial: T) throws(OpenCLError) -> T {
      try readValue(initial, "clGetKernelWorkGroupInfo", device: device.name) {
        ocl_clGetKernelWorkGroupInfo(
          kernel.raw,
          device.handle.raw,
          cl_kernel_work_group_info(what),
          $0,
          $1,
          $2
        )
      }
    }
    maxWorkGroupSize = try value(CL_KERNEL_WORK_GROUP_SIZE, 0)
    preferredMultiple = try value(CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE, 1)
    let fixed = try value(CL_KERNEL_COMPILE_WORK_GROUP_SIZE, (0, 0, 0))
    requiredSize = fixed.0 > 0 ? [fixed.0, fixed.1, fixed.2] : nil
    localMemoryBytes = Int(clamping: try value(CL_KERNEL_LOCAL_MEM_SIZE, cl_ulong(0)))
    privateMemoryBytes = Int(clamping: try value(CL_KERNEL_PRIVATE_MEM_SIZE, cl_ulong(0)))
  }
}
