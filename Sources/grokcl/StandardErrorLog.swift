import Logging

/// Puts what modules log, as there is nobody to throw it to, on standard error as the program's own
/// lines.
struct StandardErrorLog: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .warning

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { Failure.warn("\(event.message)") }
}
