import Foundation

/// Writes files so that nothing half-written is ever left under the final name.
public enum AtomicFile {
  /// Writes `bytes` beside the destination and renames.
  ///
  /// - Throws: `StoreError.inputOutput`.
  public static func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw StoreError.inputOutput(
        path: path, reason: "cannot be written: \(error.localizedDescription)")
    }
  }
}
