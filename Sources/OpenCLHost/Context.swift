// This file implements contexts: one per device, owner of its buffers' accounts and its programs.

internal import COpenCL
import Synchronization

/// Device memory in use, in bytes, as this program asked for it.
public struct MemoryUse: Sendable, Hashable, Codable {
  /// Held by live buffers.
  public internal(set) var currentBytes = 0
  /// The most that was ever held at once.
  public internal(set) var peakBytes = 0
  /// Live buffers.
  public internal(set) var bufferCount = 0

  /// Nothing held.
  public init() {}
}

/// Programs built so far.
public struct BuildUse: Sendable, Hashable, Codable {
  /// Calls of the compiler.
  public internal(set) var builds = 0
  /// Requests answered without it.
  public internal(set) var cacheHits = 0
  /// Wall time spent in it, seconds. Report it apart from the training time.
  public internal(set) var seconds = 0.0

  /// Nothing built.
  public init() {}
}

/// One device, opened: the place where buffers and programs live.
///
/// Sendable *because* its stored properties are immutable or a `Mutex`. Share one context
/// among tasks and give each task a `Queue` and `Kernel`s of its own.
public final class Context: Sendable {
  /// The device.
  public let device: Device
  let handle: Handle
  private let memoryLimit: Int?
  private let state = Mutex(State())
  /// One build at a time, so that equal requests of several tasks build once.
  let buildTurn = Mutex(())

  struct ProgramKey: Hashable {
    let source: String
    let options: String
  }

  private struct State {
    var memory = MemoryUse()
    var builds = BuildUse()
    var programs: [ProgramKey: BuiltProgram] = [:]
  }

  /// Opens a device.
  ///
  /// - Parameters:
  ///   - device: from `Device.all()` or `DeviceSelection`.
  ///   - memoryLimit: bytes of buffers beyond which allocations fail, as on a smaller device.
  /// - Throws: `OpenCLError` with the driver's status.
  public init(_ device: Device, memoryLimit: Int? = nil) throws(OpenCLError) {
    self.device = device
    self.memoryLimit = memoryLimit
    var code: cl_int = 0
    var id: cl_device_id? = device.handle.raw
    let properties: [cl_context_properties] = [
      cl_context_properties(CL_CONTEXT_PLATFORM), Int(bitPattern: device.platform.handle.raw), 0,
    ]
    let raw = ocl_clCreateContext(properties, 1, &id, nil, nil, &code)
    handle = try created(raw, code, "clCreateContext", device: device.name)
  }

  deinit {
    OpenCLLog.note(ocl_clReleaseContext(handle.raw), "clReleaseContext")
  }

  /// Device memory held by this context's buffers.
  public var memory: MemoryUse { state.withLock { $0.memory } }

  /// What building programs has cost so far.
  public var builds: BuildUse { state.withLock { $0.builds } }

  /// Starts a new peak at what is held now, so that a run can report its own.
  public func resetPeak() {
    state.withLock { $0.memory.peakBytes = $0.memory.currentBytes }
  }

  /// Whether a buffer of this many bytes passes the device's limits, given what is held.
  ///
  /// - Parameter bytes: size of one buffer.
  /// - Throws: `CL_INVALID_BUFFER_SIZE` for none or more than one allocation may have,
  ///   `CL_MEM_OBJECT_ALLOCATION_FAILURE` for more than the memory left; `detail` names the limit.
  public func checkAllocation(bytes: Int) throws(OpenCLError) {
    try checkAllocation(bytes: bytes, held: memory.currentBytes)
  }

  private func checkAllocation(bytes: Int, held: Int) throws(OpenCLError) {
    let limits = device.capabilities
    guard bytes > 0 else {
      throw refusal(.invalidBufferSize, bytes, "a buffer needs at least one element")
    }
    guard bytes <= limits.maxAllocationBytes else {
      throw refusal(
        .invalidBufferSize, bytes,
        "one allocation may have at most \(limits.maxAllocationBytes) bytes"
      )
    }
    let all = min(memoryLimit ?? .max, limits.globalMemoryBytes)
    guard bytes <= all - held else {
      throw refusal(
        .memoryAllocationFailure, bytes, "the device has \(all) bytes, \(held) of them in use"
      )
    }
  }

  private func refusal(_ status: Status, _ bytes: Int, _ detail: String) -> OpenCLError {
    OpenCLError(
      status: status, call: "clCreateBuffer", device: device.name,
      detail: "\(bytes) bytes; \(detail)", bytes: bytes)
  }

  /// Books a buffer after checking the limits.
  func reserve(bytes: Int) throws(OpenCLError) {
    try state.withLock { (state) throws(OpenCLError) in
      try checkAllocation(bytes: bytes, held: state.memory.currentBytes)
      state.memory.currentBytes += bytes
      state.memory.bufferCount += 1
      state.memory.peakBytes = max(state.memory.peakBytes, state.memory.currentBytes)
    }
  }

  /// Takes a buffer off the books.
  func unreserve(bytes: Int) {
    state.withLock {
      $0.memory.currentBytes -= bytes
      $0.memory.bufferCount -= 1
    }
  }

  /// The program built earlier from the same source and options.
  func cachedProgram(_ key: ProgramKey) -> BuiltProgram? {
    state.withLock {
      let found = $0.programs[key]
      if found != nil { $0.builds.cacheHits += 1 }
      return found
    }
  }

  /// Keeps a fresh program.
  func cache(_ program: BuiltProgram, as key: ProgramKey) {
    state.withLock {
      $0.builds.builds += 1
      $0.builds.seconds += program.seconds
      $0.programs[key] = program
    }
  }
}

extension Context: Equatable {
  /// Whether both are the same object.
  public static func == (left: Context, right: Context) -> Bool { left === right }
}
