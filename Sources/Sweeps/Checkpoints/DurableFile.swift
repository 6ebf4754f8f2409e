import Foundation

/// Files that are whole or not there, whatever happens to the machine.
enum DurableFile {
  /// Writes beside the destination, synchronises, renames, and synchronises the folder.
  ///
  /// - Throws: `StoreError.inputOutput`; nothing half-written is left.
  static func write(_ bytes: [UInt8], to path: String) throws {
    let partial = path + ".partial"
    let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(path, "cannot be made") }
    do {
      defer { close(descriptor) }
      try writeAll(bytes, descriptor, path)
      guard fsync(descriptor) == 0 else { throw failure(path, "cannot be synchronised") }
    } catch {
      unlink(partial)
      throw error
    }
    guard rename(partial, path) == 0 else {
      let error = failure(path, "cannot be renamed")
      unlink(partial)
      throw error
    }
    let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  private static func writeAll(_ bytes: [UInt8], _ descriptor: Int32, _ path: String) throws {
    var position = 0
    try bytes.withUnsafeBytes { raw in
      while position < raw.count {
        guard let base = raw.baseAddress else { return }
        let count = Foundation.write(descriptor, base + position, raw.count - position)
        if count < 0 {
          if errno == EINTR { continue }
          throw failure(path, "cannot be written")
        }
        position += count
      }
    }
  }

  private static func failure(_ path: String, _ what: String) -> StoreError {
    .inputOutput(path: path, reason: "\(what): \(String(cString: strerror(errno)))")
  }
}
