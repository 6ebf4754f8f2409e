// This file implements what a device can do: asked once, then plain values.

internal import COpenCL

/// What kind of processor a device is.
public enum DeviceKind: String, Sendable, Codable, CaseIterable {
  case gpu, accelerator, cpu, other
}

/// Where a device keeps `__local` memory.
public enum LocalMemoryKind: String, Sendable, Codable {
  /// On the chip.
  case dedicated
  /// In ordinary memory, as on CPUs.
  case global
  case none
}

/// Everything we ever ask a device about itself.
public struct Capabilities: Sendable, Hashable, Codable {
  /// The device's own name.
  public package(set) var name = ""
  /// Who made it.
  public package(set) var vendor = ""
  /// The platform (driver) that offers it.
  public package(set) var platform = ""
  /// The driver's version.
  public package(set) var driverVersion = ""
  /// The OpenCL version, as the device words it.
  public package(set) var version = ""
  /// The OpenCL C version, as the device words it.
  public package(set) var languageVersion = ""
  /// GPU, CPU or something else.
  public package(set) var kind = DeviceKind.other
  /// Cores, multiprocessors or the like.
  public package(set) var computeUnits = 0
  /// Highest clock, MHz.
  public package(set) var clockMegahertz = 0
  /// Device memory, bytes.
  public package(set) var globalMemoryBytes = 0
  /// Largest single buffer, bytes.
  public package(set) var maxAllocationBytes = 0
  /// `__local` memory of a work-group, bytes.
  public package(set) var localMemoryBytes = 0
  /// Where that memory is.
  public package(set) var localMemoryKind = LocalMemoryKind.none
  /// Work-items in a work-group, at most; a kernel may allow fewer.
  public package(set) var maxWorkGroupSize = 0
  /// The same for each dimension.
  public package(set) var maxWorkItemSizes: [Int] = []
  /// Floats in a hardware vector; 1 on GPUs.
  public package(set) var nativeFloatWidth = 0
  /// Doubles in a hardware vector; 0 without double precision.
  public package(set) var nativeDoubleWidth = 0
  /// Floats in the vector that the compiler likes best.
  public package(set) var preferredFloatWidth = 0
  /// Doubles in the vector that the compiler likes best.
  public package(set) var preferredDoubleWidth = 0
  /// Double precision.
  public package(set) var hasDouble = false
  /// Float division and square root can be exact: `-cl-fp32-correctly-rounded-divide-sqrt`.
  public package(set) var hasExactDivideSqrt = false
  /// Float `fma` is exact and fast.
  public package(set) var hasFloatFMA = false
  /// Float denormals are kept.
  public package(set) var hasFloatDenormals = false
  /// Names of the extensions.
  public package(set) var extensions: [String] = []
  /// Step of the clock that events are timed with, ns.
  public package(set) var timerResolutionNanoseconds = 0
  /// Host and device share their memory.
  public package(set) var hasUnifiedMemory = false
  /// Byte order.
  public package(set) var isLittleEndian = true
  /// Alignment of a buffer's start, bytes.
  public package(set) var alignmentBytes = 0
  /// The device can be used now.
  public package(set) var isAvailable = false
  /// It comes with a compiler.
  public package(set) var hasCompiler = false

  /// A device with nothing; tests fill in what they need.
  package init() {}
}

extension Capabilities {
  /// How desirable the device is: any GPU before any accelerator before any CPU, then compute
  /// units times clock, halved without double precision. Dimensionless.
  public var score: Double {
    let base: Double =
      switch kind {
      case .gpu: 1e9
      case .accelerator: 1e8
      case .cpu: 1e7
      case .other: 0
      }
    let speed = Double(computeUnits) * Double(max(clockMegahertz, 1)) / 1000
    return base + min(speed, 1e6) * (hasDouble ? 1 : 0.5)
  }

  /// Why programs cannot run on it; nil when they can.
  public var unusableReason: String? {
    if !isAvailable { return "not available" }
    if !hasCompiler { return "no compiler" }
    if !isLittleEndian { return "big-endian" }
    return nil
  }

  /// One line: name, platform, units, memory.
  public var summary: String {
    let gibibytes = Double(globalMemoryBytes) / 1_073_741_824
    let tenths = (gibibytes * 10).rounded() / 10
    return "\(name) [\(kind.rawValue), \(platform)], \(computeUnits) compute units, "
      + "\(clockMegahertz) MHz, \(tenths) GiB\(hasDouble ? "" : ", no double precision")"
  }
}

// MARK: - Asking the device

extension Capabilities {
  init(of handle: Handle, platform: Platform) throws(OpenCLError) {
    let ask = DeviceQuestions(handle: handle)
    self.platform = platform.name
    name = try ask.text(CL_DEVICE_NAME)
    vendor = try ask.text(CL_DEVICE_VENDOR)
    driverVersion = try ask.text(CL_DRIVER_VERSION)
    version = try ask.text(CL_DEVICE_VERSION)
    languageVersion = try ask.text(CL_DEVICE_OPENCL_C_VERSION)
    kind = DeviceKind(try ask.value(CL_DEVICE_TYPE, cl_device_type(0)))
    computeUnits = try ask.uint(CL_DEVICE_MAX_COMPUTE_UNITS)
    clockMegahertz = try ask.uint(CL_DEVICE_MAX_CLOCK_FREQUENCY)
    extensions = try ask.text(CL_DEVICE_EXTENSIONS).split(separator: " ").map(String.init)
    timerResolutionNanoseconds = try ask.value(CL_DEVICE_PROFILING_TIMER_RESOLUTION, 0)
    hasUnifiedMemory = try ask.flag(CL_DEVICE_HOST_UNIFIED_MEMORY)
    isLittleEndian = try ask.flag(CL_DEVICE_ENDIAN_LITTLE)
    isAvailable = try ask.flag(CL_DEVICE_AVAILABLE)
    hasCompiler = try ask.flag(CL_DEVICE_COMPILER_AVAILABLE)
    try askLimits(ask)
    try askArithmetic(ask)
  }

  private mutating func askLimits(_ ask: DeviceQuestions) throws(OpenCLError) {
    globalMemoryBytes = Int(clamping: try ask.value(CL_DEVICE_GLOBAL_MEM_SIZE, cl_ulong(0)))
    maxAllocationBytes = Int(clamping: try ask.value(CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong(0)))
    localMemoryBytes = Int(clamping: try ask.value(CL_DEVICE_LOCAL_MEM_SIZE, cl_ulong(0)))
    localMemoryKind =
      switch Int32(try ask.uint(CL_DEVICE_LOCAL_MEM_TYPE)) {
      case CL_LOCAL: .dedicated
      case CL_GLOBAL: .global
      default: .none
      }
    maxWorkGroupSize = try ask.value(CL_DEVICE_MAX_WORK_GROUP_SIZE, 0)
    maxWorkItemSizes = try ask.sizes(CL_DEVICE_MAX_WORK_ITEM_SIZES)
    alignmentBytes = try ask.uint(CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8
  }

  private mutating func askArithmetic(_ ask: DeviceQuestions) throws(OpenCLError) {
    nativeFloatWidth = try ask.uint(CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT)
    nativeDoubleWidth = try ask.uint(CL_DEVICE_NATIVE_VECTOR_WIDTH_DOUBLE)
    preferredFloatWidth = try ask.uint(CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT)
    preferredDoubleWidth = try ask.uint(CL_DEVICE_PREFERRED_VECTOR_WIDTH_DOUBLE)
    let single = try ask.value(CL_DEVICE_SINGLE_FP_CONFIG, cl_device_fp_config(0))
    hasExactDivideSqrt =
      single & cl_device_fp_config(CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0
    hasFloatFMA = single & cl_device_fp_config(CL_FP_FMA) != 0
    hasFloatDenormals = single & cl_device_fp_config(CL_FP_DENORM) != 0
    // Old drivers know the question only with the extension; then there is no double precision.
    let double = try? ask.value(CL_DEVICE_DOUBLE_FP_CONFIG, cl_device_fp_config(0))
    hasDouble = (double ?? 0) != 0
  }
}

extension DeviceKind {
  fileprivate init(_ type: cl_device_type) {
    func has(_ bit: Int32) -> Bool { type & cl_device_type(bit) != 0 }
    self =
      if has(CL_DEVICE_TYPE_GPU) {
        .gpu
      } else if has(CL_DEVICE_TYPE_ACCELERATOR) {
        .accelerator
      } else if has(CL_DEVICE_TYPE_CPU) {
        .cpu
      } else {
        .other
      }
  }
}

/// `clGetDeviceInfo` by type of answer.
private struct DeviceQuestions {
  let handle: Handle

  func query(_ what: Int32) -> InfoQuery {
    { ocl_clGetDeviceInfo(handle.raw, cl_device_info(what), $0, $1, $2) }
  }

  func text(_ what: Int32) throws(OpenCLError) -> String {
    try readString("clGetDeviceInfo", query(what))
  }

  func value<T: BitwiseCopyable>(_ what: Int32, _ initial: T) throws(OpenCLError) -> T {
    try readValue(initial, "clGetDeviceInfo", query(what))
  }

  func uint(_ what: Int32) throws(OpenCLError) -> Int {
    Int(try value(what, cl_uint(0)))
  }

  func flag(_ what: Int32) throws(OpenCLError) -> Bool {
    try value(what, cl_bool(0)) != 0
  }

  func sizes(_ what: Int32) throws(OpenCLError) -> [Int] {
    try readArray(filling: 0, "clGetDeviceInfo", query(what))
  }
}
