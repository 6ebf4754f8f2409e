// This file implements the copies between arrays and buffers, all asynchronous.

internal import COpenCL

extension Queue {
  /// Copies an array into a buffer. The array is copied first: it may change or vanish at once.
  ///
  /// - Parameters:
  ///   - values: at least one.
  ///   - buffer: the destination.
  ///   - offset: index of the first element written.
  /// - Throws: `CL_INVALID_VALUE` when it does not fit, or the driver's status.
  /// - Returns: the copy's event.
  @discardableResult
  public func write<Element>(
    _ values: [Element],
    to buffer: Buffer<Element>,
    at offset: Int = 0
  ) throws(OpenCLError) -> Event {
    let call: StaticString = "clEnqueueWriteBuffer"
    try checkContext(buffer.context, call)
    try buffer.checkRange(range(from: offset, count: values.count), call)
    let memory = HostMemory(copying: values)
    var raw: cl_event?
    let code = ocl_clEnqueueWriteBuffer(
      handle.raw,
      buffer.handle.raw,
      cl_bool(CL_FALSE),
      offset * MemoryLayout<Element>.stride,
      memory.bytes.count,
      memory.bytes.baseAddress,
      0,
      nil,
      &raw
    )
    let event = try event(raw, code, call)
    _ = keep(memory)
    return event
  }

  /// Copies a buffer, or part of it, to the host.
  ///
  /// - Parameters:
  ///   - buffer: the source.
  ///   - part: indices of the elements; all by default.
  /// - Throws: `CL_INVALID_VALUE` when the range is empty or not in the buffer, or the driver's
  ///   status.
  /// - Returns: a handle for the values.
  public func read<Element>(
    _ buffer: Buffer<Element>,
    _ part: Range<Int>? = nil
  ) throws(OpenCLError) -> PendingRead<Element> {
    let call: StaticString = "clEnqueueReadBuffer"
    let part = part ?? 0..<buffer.count
    try checkContext(buffer.context, call)
    try buffer.checkRange(part, call)
    let stride = MemoryLayout<Element>.stride
    let memory = HostMemory(byteCount: part.count * stride)
    var raw: cl_event?
    let code = ocl_clEnqueueReadBuffer(
      handle.raw,
      buffer.handle.raw,
      cl_bool(CL_FALSE),
      part.lowerBound * stride,
      memory.bytes.count,
      memory.bytes.baseAddress,
      0,
      nil,
      &raw
    )
    let event = try event(raw, code, call)
    return PendingRead(event: event, memory: memory, sequence: keep(memory))
  }

  /// Sets every element of a buffer, or of part of it.
  ///
  /// - Parameters:
  ///   - buffer: the destination.
  ///   - value: its size must be 1, 2, 4, … or 128 bytes.
  ///   - part: indices of the elements; all by default.
  /// - Throws: `CL_INVALID_VALUE` for a bad range or element size, or the driver's status.
  /// - Returns: the fill's event.
  @discardableResult
  public func fill<Element>(
    _ buffer: Buffer<Element>,
    with value: Element,
    _ part: Range<Int>? = nil
  ) throws(OpenCLError) -> Event {
    let call: StaticString = "clEnqueueFillBuffer"
    let part = part ?? 0..<buffer.count
    try checkContext(buffer.context, call)
    try buffer.checkRange(part, call)
    let stride = MemoryLayout<Element>.stride
    guard stride <= 128, stride.nonzeroBitCount == 1 else {
      throw OpenCLError(
        status: .invalidValue,
        call: "\(call)",
        device: context.device.name,
        detail: "element size \(stride); a fill takes a power of two up to 128 bytes"
      )
    }
    var raw: cl_event?
    let code = withUnsafePointer(to: value) {
      ocl_clEnqueueFillBuffer(
        handle.raw,
        buffer.handle.raw,
        $0,
        stride,
        part.lowerBound * stride,
        part.count * stride,
        0,
        nil,
        &raw
      )
    }
    return try event(raw, code, call)
  }

  /// Copies elements from one buffer to another, or within one where the parts do not overlap.
  ///
  /// - Parameters:
  ///   - source: where from.
  ///   - part: indices of the elements; all by default.
  ///   - target: where to.
  ///   - offset: index of the first element written.
  /// - Throws: `CL_INVALID_VALUE` for a bad range, `CL_MEM_COPY_OVERLAP`, or the driver's status.
  /// - Returns: the copy's event.
  @discardableResult
  public func copy<Element>(
    _ source: Buffer<Element>,
    _ part: Range<Int>? = nil,
    to target: Buffer<Element>,
    at offset: Int = 0
  ) throws(OpenCLError) -> Event {
    let call: StaticString = "clEnqueueCopyBuffer"
    let part = part ?? 0..<source.count
    try checkContext(source.context, call)
    try checkContext(target.context, call)
    try source.checkRange(part, call)
    let destination = range(from: offset, count: part.count)
    try target.checkRange(destination, call)
    guard source !== target || !part.overlaps(destination) else {
      throw OpenCLError(
        status: .memoryCopyOverlap,
        call: "\(call)",
        device: context.device.name,
        detail: "elements \(part) to \(destination)"
      )
    }
    let stride = MemoryLayout<Element>.stride
    var raw: cl_event?
    let code = ocl_clEnqueueCopyBuffer(
      handle.raw,
      source.handle.raw,
      target.handle.raw,
      part.lowerBound * stride,
      offset * stride,
      part.count * stride,
      0,
      nil,
      &raw
    )
    return try event(raw, code, call)
  }

  /// A new buffer with these values, which are on their way when this returns.
  ///
  /// - Parameter values: at least one.
  /// - Throws: as `Buffer.init` and `write`.
  /// - Returns: a buffer of `values.count` elements.
  public func buffer<Element: BitwiseCopyable>(
    _ values: [Element]
  ) throws(OpenCLError) -> Buffer<Element> {
    let buffer = try Buffer<Element>(context, count: values.count)
    try write(values, to: buffer)
    return buffer
  }

  /// An offset near `Int.max` gives an empty range, which is refused, instead of an overflow.
  private func range(from offset: Int, count: Int) -> Range<Int> {
    let (end, overflows) = offset.addingReportingOverflow(count)
    return overflows ? offset..<offset : offset..<end
  }
}

/// Values on their way to the host. Belongs to the queue's owner, like the queue.
public final class PendingRead<Element: BitwiseCopyable> {
  /// The copy's event.
  public let event: Event
  private let memory: HostMemory
  private let sequence: UInt64

  init(event: Event, memory: HostMemory, sequence: UInt64) {
    self.event = event
    self.memory = memory
    self.sequence = sequence
  }

  /// The values. Waits for the copy, and with it for every earlier command; after
  /// `Queue.finish()` they are there at once.
  ///
  /// - Throws: `OpenCLError` when the copy failed.
  /// - Returns: the elements in order.
  public func values() throws(OpenCLError) -> [Element] {
    try event.wait()
    event.queue.completed(upTo: sequence)
    return memory.array(of: Element.self)
  }
}
