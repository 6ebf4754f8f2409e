// This file implements command queues: in order, with profiling.

internal import COpenCL

/// An in-order queue of commands for one device.
///
/// Not Sendable: one task owns it, with its kernels and events. Commands run in the order they
/// were enqueued, so none needs to wait for events of the same queue.
///
/// A failure may belong to an earlier command: drivers report asynchronously.
public final class Queue {
  /// Whose buffers and kernels it takes.
  public let context: Context
  let handle: Handle

  /// Host memory of copies that may still be running, in the order of their commands.
  private var pending: [(sequence: UInt64, memory: HostMemory)] = []
  private var sequence: UInt64 = 0

  /// Opens a queue.
  ///
  /// - Parameter context: of the device to run on.
  /// - Throws: `OpenCLError` with the driver's status.
  public init(_ context: Context) throws(OpenCLError) {
    self.context = context
    var code: cl_int = 0
    let raw = ocl_clCreateCommandQueue(
      context.handle.raw,
      context.device.handle.raw,
      cl_command_queue_properties(CL_QUEUE_PROFILING_ENABLE),
      &code
    )
    handle = try created(raw, code, "clCreateCommandQueue", device: context.device.name)
  }

  deinit {
    // Commands may still be reading or writing pending host memory.
    let code = pending.isEmpty ? CL_SUCCESS : ocl_clFinish(handle.raw)
    OpenCLLog.note(code, "clFinish")
    if code != CL_SUCCESS {
      // Better leaked than freed under a running copy.
      for (_, memory) in pending { _ = Unmanaged.passRetained(memory) }
    }
    OpenCLLog.note(ocl_clReleaseCommandQueue(handle.raw), "clReleaseCommandQueue")
  }

  /// Waits until every command has finished.
  ///
  /// - Throws: `OpenCLError`, possibly about an earlier command.
  public func finish() throws(OpenCLError) {
    try check(ocl_clFinish(handle.raw), "clFinish", device: context.device.name)
    pending.removeAll(keepingCapacity: true)
  }

  /// Sends the commands enqueued so far to the device, without waiting.
  ///
  /// - Throws: `OpenCLError` with the driver's status.
  public func flush() throws(OpenCLError) {
    try check(ocl_clFlush(handle.raw), "clFlush", device: context.device.name)
  }

  /// Host memory kept for copies not known to be finished, bytes.
  public var pendingHostBytes: Int {
    pending.reduce(0) { $0 + $1.memory.bytes.count }
  }

  /// Keeps `memory` alive until its command is known to have finished; returns the command's place.
  func keep(_ memory: HostMemory) -> UInt64 {
    sequence += 1
    pending.append((sequence, memory))
    return sequence
  }

  /// Frees host memory of the commands up to `sequence`: in order, so all of them have finished.
  func completed(upTo sequence: UInt64) {
    let running = pending.firstIndex { $0.sequence > sequence } ?? pending.endIndex
    pending.removeSubrange(..<running)
  }

  /// Refuses objects of another context.
  func checkContext(_ other: Context, _ call: StaticString) throws(OpenCLError) {
    guard other == context else {
      throw OpenCLError(
        status: .invalidContext,
        call: "\(call)",
        device: context.device.name,
        detail: "queue, buffers and kernels must be of one context"
      )
    }
  }

  /// The event a successful command gave.
  func event(
    _ raw: cl_event?,
    _ code: cl_int,
    _ call: StaticString
  ) throws(OpenCLError) -> Event {
    Event(try created(raw, code, call, device: context.device.name), queue: self)
  }
}
