import Foundation

/// Renders plots with gnuplot, where there is one.
public struct Gnuplot: Sendable {
  private let executable: String

  /// Nil if there is no gnuplot on the path.
  public init?(path: String? = ProcessInfo.processInfo.environment["PATH"]) {
    let folders = (path ?? "").split(separator: ":").map(String.init)
    let candidates = folders.map { $0 + "/gnuplot" }
    guard let found = candidates.first(where: FileManager.default.isExecutableFile(atPath:)) else {
      return nil
    }
    executable = found
  }

  /// Runs a script in a folder.
  ///
  /// - Throws: `FigureError.gnuplot` with what it printed.
  func run(_ script: String, in folder: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = [script]
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw FigureError.gnuplot(error.localizedDescription)
    }
    let message = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw FigureError.gnuplot(String(decoding: message, as: UTF8.self))
    }
  }
}
