// This file implements events: waiting for a command, and when it ran.

internal import COpenCL

/// When a command was queued, submitted, started and ended, on the device's clock.
public struct EventTimes: Sendable, Hashable, Codable {
  /// Enqueued by the host, ns.
  public let queued: UInt64
  /// Handed to the device, ns.
  public let submitted: UInt64
  /// Began, ns.
  public let started: UInt64
  /// Was over, ns.
  public let ended: UInt64

  /// Time on the device, ns.
  public var executionNanoseconds: UInt64 { ended >= started ? ended - started : 0 }
  /// Time on the device, seconds.
  public var executionSeconds: Double { Double(executionNanoseconds) * 1e-9 }
  /// Time between enqueueing and start, seconds.
  public var waitingSeconds: Double { Double(started >= queued ? started - queued : 0) * 1e-9 }
}

/// A command in a queue. Belongs to the queue's owner, like the queue.
public final class Event {
  let queue: Queue
  private let handle: Handle

  init(_ handle: Handle, queue: Queue) {
    self.handle = handle
    self.queue = queue
  }

  deinit {
    OpenCLLog.note(ocl_clReleaseEvent(handle.raw), "clReleaseEvent")
  }

  /// Waits until the command has finished.
  ///
  /// - Throws: `OpenCLError` when it failed.
  public func wait() throws(OpenCLError) {
    // Without a flush the command may never reach the device (OpenCL 1.2, section 5.13).
    try queue.flush()
    var raw: cl_event? = handle.raw
    try check(
      ocl_clWaitForEvents(1, &raw),
      "clWaitForEvents",
      device: queue.context.device.name
    )
  }

  /// Whether the command has finished, well or not.
  ///
  /// - Throws: `OpenCLError` when the driver cannot say.
  public var isComplete: Bool {
    get throws(OpenCLError) {
      let status = try readValue(
        cl_int(CL_QUEUED),
        "clGetEventInfo",
        device: queue.context.device.name
      ) {
        ocl_clGetEventInfo(
          handle.raw,
          cl_event_info(CL_EVENT_COMMAND_EXECUTION_STATUS),
          $0,
          $1,
          $2
        )
      }
      return status <= CL_COMPLETE
    }
  }

  /// When the command ran; resolution is `Capabilities.timerResolutionNanoseconds`.
  ///
  /// - Throws: `CL_PROFILING_INFO_NOT_AVAILABLE` before the command has finished.
  /// - Returns: four times on one clock.
  public func times() throws(OpenCLError) -> EventTimes {
    EventTimes(
      queued: try time(CL_PROFILING_COMMAND_QUEUED),
      submitted: try time(CL_PROFILING_COMMAND_SUBMIT),
      started: try time(CL_PROFILING_COMMAND_START),
      ended: try time(CL_PROFILING_COMMAND_END)
    )
  }

  private func time(_ what: Int32) throws(OpenCLError) -> UInt64 {
    try readValue(
      UInt64(0),
      "clGetEventProfilingInfo",
      device: queue.context.device.name
    ) {
      ocl_clGetEventProfilingInfo(handle.raw, cl_profiling_info(what), $0, $1, $2)
    }
  }
}
