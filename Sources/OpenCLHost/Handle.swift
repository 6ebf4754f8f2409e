// This file implements the wrapper around a raw OpenCL handle and the reading of its properties.

internal import COpenCL

/// A `cl_…` handle. It never leaves this module.
///
/// `@unchecked Sendable` *because* OpenCL objects are reference counted by the runtime and every
/// call on them is thread-safe (OpenCL 1.2, appendix A.2) except `clSetKernelArg` on one kernel;
/// `Kernel` is therefore not Sendable.
struct Handle: @unchecked Sendable, Hashable {
  let raw: OpaquePointer

  init(_ raw: OpaquePointer) {
    self.raw = raw
  }
}

/// Throws unless `code` is `CL_SUCCESS`; the detail is built only on failure.
func check(
  _ code: cl_int,
  _ call: StaticString,
  device: String? = nil,
  detail: @autoclosure () -> String? = nil
) throws(OpenCLError) {
  guard code != CL_SUCCESS else { return }
  throw OpenCLError(
    status: Status(rawValue: code),
    call: "\(call)",
    device: device,
    detail: detail()
  )
}

/// The handle a create call gave, or the error it reported.
func created(
  _ raw: OpaquePointer?,
  _ code: cl_int,
  _ call: StaticString,
  device: String? = nil,
  detail: @autoclosure () -> String? = nil
) throws(OpenCLError) -> Handle {
  try check(code, call, device: device, detail: detail())
  guard let raw else {
    throw OpenCLError(
      status: .invalidValue,
      call: "\(call)",
      device: device,
      detail: "success, but no object"
    )
  }
  return Handle(raw)
}

/// The shape of every `clGet…Info` call: size, destination, bytes needed.
typealias InfoQuery = (Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>?) -> cl_int

/// One fixed-size property; `initial` gives the type and is the value where the driver writes less.
func readValue<T: BitwiseCopyable>(
  _ initial: T,
  _ call: StaticString,
  device: String? = nil,
  _ query: InfoQuery
) throws(OpenCLError) -> T {
  var value = initial
  let code = withUnsafeMutablePointer(to: &value) { query(MemoryLayout<T>.size, $0, nil) }
  try check(code, call, device: device)
  return value
}

/// One property of varying length, such as a list of sizes.
func readArray<T: BitwiseCopyable>(
  filling zero: T,
  _ call: StaticString,
  device: String? = nil,
  _ query: InfoQuery
) throws(OpenCLError) -> [T] {
  var bytes = 0
  try check(query(0, nil, &bytes), call, device: device)
  var values = [T](repeating: zero, count: bytes / MemoryLayout<T>.stride)
  guard !values.isEmpty else { return [] }
  let code = values.withUnsafeMutableBytes { query($0.count, $0.baseAddress, nil) }
  try check(code, call, device: device)
  return values
}

/// One text property, without its terminating zero and surrounding blanks.
func readString(
  _ call: StaticString,
  device: String? = nil,
  _ query: InfoQuery
) throws(OpenCLError) -> String {
  let bytes = try readArray(filling: UInt8(0), call, device: device, query)
  let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  return text.trimmed
}

extension String {
  /// Without blanks and line ends at either side; drivers pad names with them.
  var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
