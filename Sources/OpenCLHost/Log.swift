// This file implements the hook for messages that have nobody to be thrown to: a `deinit` reports
// a failed release here and goes on.

internal import COpenCL
import Synchronization

/// Where this module writes what it cannot throw.
public enum OpenCLLog {
  private static let sink = Mutex<@Sendable (String) -> Void>(writeToStandardError)

  /// Replaces the destination; the default writes a line to standard error.
  ///
  /// - Parameter newSink: called from any thread, also from within a `deinit`.
  public static func redirect(to newSink: @escaping @Sendable (String) -> Void) {
    sink.withLock { $0 = newSink }
  }

  /// Puts the default destination back.
  public static func reset() {
    redirect(to: writeToStandardError)
  }

  /// Reports `code` if it is an error; the message is built only then.
  static func note(_ code: Int32, _ call: StaticString) {
    guard code != CL_SUCCESS else { return }
    write("\(call): \(Status(rawValue: code)) while releasing")
  }

  static func write(_ message: String) {
    let current = sink.withLock { $0 }
    current("OpenCLHost: \(message)")
  }

  private static let writeToStandardError: @Sendable (String) -> Void = { ocl_log($0) }
}
