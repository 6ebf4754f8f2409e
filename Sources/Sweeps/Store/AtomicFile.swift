import Foundation

/// Writes files so that nothing half-written is ever left under the final name.
public enum AtomicFile {
  /// Writes `bytes` beside the destination and renames; a link is followed.
  ///
  /// A device or a pipe is written to directly: a rename would put a file in its place.
  ///
  /// - Throws: `StoreError.inputOutput`.
  public static func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
    var info = stat()
    let isSpecial = stat(path, &info) == 0 && info.st_mode & S_IFMT != S_IFREG
    let url = URL(fileURLWithPath: path)
    do {
      if isSpecial {
        try Data(bytes).write(to: url)
      } else {
        try Data(bytes).write(to: url.resolvingSymlinksInPath(), options: .atomic)
      }
    } catch {
      throw StoreError.inputOutput(
        path: path, reason: "cannot be written: \(error.localizedDescription)")
    }
  }
}
