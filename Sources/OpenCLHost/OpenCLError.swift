// This file implements the one error type of this module, and what a failed build tells.

/// An OpenCL or CLBlast call that failed, or that we refused to make because it would fail.
///
/// A refusal carries the status OpenCL would have given (a buffer that is too large:
/// `CL_INVALID_BUFFER_SIZE`) and names the offending value and the limit in `detail`.
public struct OpenCLError: Error, Sendable {
  /// What went wrong.
  public let status: Status
  /// The OpenCL or CLBlast function, e.g. `clCreateBuffer`.
  public let call: String
  /// The name of the device concerned, where there is one.
  public let device: String?
  /// Values and limits, for the reader.
  public let detail: String?
  /// Options, log and source, when a program did not build.
  public let build: BuildFailure?
  /// The size of the buffer, when one could not be made.
  public let bytes: Int?

  /// An error made of its parts.
  public init(
    status: Status,
    call: String,
    device: String? = nil,
    detail: String? = nil,
    build: BuildFailure? = nil,
    bytes: Int? = nil
  ) {
    self.status = status
    self.call = call
    self.device = device
    self.detail = detail
    self.build = build
    self.bytes = bytes
  }
}

extension OpenCLError: CustomStringConvertible {
  /// One line, followed by log and source when a build failed.
  public var description: String {
    var text = "\(call): \(status)"
    if let device { text += " on \(device)" }
    if let detail { text += ": \(detail)" }
    if let build { text += "\n\(build)" }
    return text
  }
}

/// What the compiler was given and what it said.
public struct BuildFailure: Sendable {
  /// The options, as passed to `clBuildProgram`.
  public let options: String
  /// The name of the device built for.
  public let device: String
  /// The compiler's log; may be empty.
  public let log: String
  /// The source as compiled: all parts, in order.
  public let source: String

  /// A failure made of its parts.
  public init(options: String, device: String, log: String, source: String) {
    self.options = options
    self.device = device
    self.log = log
    self.source = source
  }

  /// The whole source, each line behind its number, as the log counts them.
  public var numberedSource: String {
    numberedLines.joined(separator: "\n")
  }

  /// The lines the log complains about, each with five lines around it; everything if the log
  /// names none or the source is short.
  public var excerpt: String {
    let lines = numberedLines
    let marked = complainedLines.filter { $0 >= 1 && $0 <= lines.count }
    guard lines.count > 60, !marked.isEmpty else { return numberedSource }
    var shown: [String] = []
    var last = 0
    for line in marked.sorted() {
      let first = max(line - 5, last + 1)
      let end = min(line + 5, lines.count)
      guard first <= end else { continue }
      if first > last + 1 { shown.append("   ...") }
      shown += lines[(first - 1)...(end - 1)]
      last = end
    }
    if last < lines.count { shown.append("   ...") }
    return shown.joined(separator: "\n")
  }

  private var numberedLines: [String] {
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    let width = String(lines.count).count
    return lines.enumerated().map { index, line in
      let number = String(index + 1)
      return String(repeating: " ", count: width - number.count) + number + " | " + line
    }
  }

  /// Compilers write `file:LINE:COLUMN: error: …`.
  private var complainedLines: Set<Int> {
    let pattern = /:(\d+):\d+: (?:fatal )?error/
    return Set(log.matches(of: pattern).compactMap { Int($0.output.1) })
  }
}

extension BuildFailure: CustomStringConvertible {
  /// Options, log and the relevant part of the numbered source.
  public var description: String {
    """
    options: \(options)
    device: \(device)
    log:
    \(log.isEmpty ? "(empty)" : log)
    source:
    \(excerpt)
    """
  }
}
