// This file implements programs: sources, concatenated and built once per context and options.

internal import COpenCL

/// One piece of OpenCL C.
public struct ProgramSource: Sendable, Hashable {
  /// e.g. `optimizer/adamw.cl`; shown in the listing of a failed build.
  public let name: String
  /// The text.
  public let text: String

  /// A named text.
  public init(name: String, text: String) {
    self.name = name
    self.text = text
  }
}

/// A program built for one device. Cheap to copy.
public struct Program: Sendable {
  /// Where it was built.
  public let context: Context
  let built: BuiltProgram

  /// The options it was built with.
  public var options: String { built.options }
  /// What the compiler said: warnings, or nothing.
  public var log: String { built.log }
  /// Wall time of the build, seconds.
  public var buildSeconds: Double { built.seconds }

  /// A kernel of its own for the caller: kernels carry their arguments and must not be shared.
  ///
  /// - Parameter name: of a `__kernel` function. Not a built-in function's name (`step`, `mix`):
  ///   PoCL builds such a kernel and then does not find it.
  /// - Throws: `CL_INVALID_KERNEL_NAME` when there is none, or the driver's status.
  /// - Returns: a kernel with no argument set.
  public func kernel(_ name: String) throws(OpenCLError) -> Kernel {
    try Kernel(name, of: self)
  }
}

/// The built object, shared by equal programs. It does not hold the context, whose cache holds it.
///
/// Sendable *because* nothing changes after the build.
final class BuiltProgram: Sendable {
  let handle: Handle
  let options: String
  let log: String
  let seconds: Double

  init(handle: Handle, options: String, log: String, seconds: Double) {
    self.handle = handle
    self.options = options
    self.log = log
    self.seconds = seconds
  }

  deinit {
    OpenCLLog.note(ocl_clReleaseProgram(handle.raw), "clReleaseProgram")
  }
}

extension Context {
  /// Builds sources, or gives what was built from the same sources and options before.
  ///
  /// - Parameters:
  ///   - sources: concatenated in order; a line with its name precedes each.
  ///   - options: definitions and flags.
  /// - Throws: `CL_INVALID_BUILD_OPTIONS` for options that cannot be passed;
  ///   `CL_BUILD_PROGRAM_FAILURE` with log and numbered source in `build`; the driver's status.
  /// - Returns: the program.
  public func program(
    _ sources: [ProgramSource],
    options: ProgramOptions = ProgramOptions()
  ) throws(OpenCLError) -> Program {
    if let problem = options.problem {
      throw OpenCLError(
        status: .invalidBuildOptions,
        call: "clBuildProgram",
        device: device.name,
        detail: problem
      )
    }
    let key = ProgramKey(
      source: concatenate(sources),
      options: options.text(for: device.capabilities)
    )
    if let built = cachedProgram(key) { return Program(context: self, built: built) }
    return try buildTurn.withLock { _ throws(OpenCLError) in
      // Another task may have built it while this one waited.
      if let built = cachedProgram(key) { return Program(context: self, built: built) }
      let built = try build(key)
      cache(built, as: key)
      return Program(context: self, built: built)
    }
  }

  private func concatenate(_ sources: [ProgramSource]) -> String {
    sources.map { "// ==== \($0.name) ====\n\($0.text)\n" }.joined()
  }

  private func build(_ key: ProgramKey) throws(OpenCLError) -> BuiltProgram {
    let handle = try createProgram(key.source)
    var built = false
    defer { if !built { OpenCLLog.note(ocl_clReleaseProgram(handle.raw), "clReleaseProgram") } }
    var id: cl_device_id? = device.handle.raw
    let clock = ContinuousClock()
    let start = clock.now
    let code = ocl_clBuildProgram(handle.raw, 1, &id, key.options, nil, nil)
    let seconds = (clock.now - start) / .seconds(1)
    let log = buildLog(handle)
    guard code == CL_SUCCESS else {
      throw OpenCLError(
        status: Status(rawValue: code),
        call: "clBuildProgram",
        device: device.name,
        build: BuildFailure(
          options: key.options,
          device: device.name,
          log: log,
          source: key.source
        )
      )
    }
    built = true
    return BuiltProgram(handle: handle, options: key.options, log: log, seconds: seconds)
  }

  private func createProgram(_ source: String) throws(OpenCLError) -> Handle {
    var code: cl_int = 0
    let raw = source.withCString { text in
      var pointer: UnsafePointer<CChar>? = text
      var length = source.utf8.count
      return ocl_clCreateProgramWithSource(self.handle.raw, 1, &pointer, &length, &code)
    }
    return try created(raw, code, "clCreateProgramWithSource", device: device.name)
  }

  /// Empty when the driver has none: a missing log must not hide the failure.
  private func buildLog(_ program: Handle) -> String {
    let log = try? readString("clGetProgramBuildInfo") {
      ocl_clGetProgramBuildInfo(
        program.raw,
        device.handle.raw,
        cl_program_build_info(CL_PROGRAM_BUILD_LOG),
        $0,
        $1,
        $2
      )
    }
    return log ?? ""
  }
}
