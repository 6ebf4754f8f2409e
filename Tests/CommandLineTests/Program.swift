// This file runs the built command line as a user does, with a time limit.

import Foundation
import Testing

/// What a program left behind.
struct Finished {
  /// The exit code; nil if a signal ended the program, which is never right.
  let status: Int32?
  let output: String
  let errors: String

  var lines: [String] { output.split(separator: "\n").map(String.init) }
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }

  /// Standard output as JSON Lines; nothing else may stand there.
  func objects() throws -> [[String: Any]] {
    try lines.map { line in
      try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
        "not a JSON object: \(line)")
    }
  }
}

struct TimedOut: Error {
  let arguments: [String]
}

/// A program on its way. Its output goes to files, so that no pipe can fill up.
final class RunningProgram {
  private let process = Process()
  private let outputPath: String
  private let errorPath: String

  /// - Parameters:
  ///   - folder: where it runs.
  ///   - environment: in addition to that of the tests.
  ///   - output: where standard output goes instead of a file of its own.
  init(
    _ arguments: [String], in folder: String, environment: [String: String], logs: String,
    output: String? = nil
  ) throws {
    let name = UUID().uuidString
    outputPath = output ?? "\(logs)/\(name).out"
    errorPath = "\(logs)/\(name).err"
    for path in [outputPath, errorPath] where !FileManager.default.fileExists(atPath: path) {
      try Data().write(to: URL(fileURLWithPath: path))
    }
    process.executableURL = URL(fileURLWithPath: try Self.executable())
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorPath))
    try process.run()
  }

  /// `GROKCL`, or the program that was built beside the tests.
  static func executable() throws -> String {
    let given = ProcessInfo.processInfo.environment["GROKCL"].map { [$0] } ?? []
    let bundles = [CommandLine.arguments.first, Bundle.main.executablePath].compactMap { $0 }
    let besides = bundles.map {
      URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent("grokcl").path
    }
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let candidates = given + besides + [root.appendingPathComponent(".build/release/grokcl").path]
    return try #require(
      candidates.first(where: FileManager.default.isExecutableFile(atPath:)),
      "no grokcl among \(candidates); build it or name it in GROKCL")
  }

  /// What it has written to standard output so far.
  var outputSoFar: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Waits until standard output has so many lines.
  func wait(forLines count: Int, limit: Duration = .seconds(60)) async throws {
    try await wait(limit) { outputSoFar.count { $0 == "\n" } >= count || !process.isRunning }
  }

  /// Waits for the end.
  func end(within limit: Duration = .seconds(60)) async throws -> Finished {
    try await wait(limit) { !process.isRunning }
    let errors = try Data(contentsOf: URL(fileURLWithPath: errorPath))
    return Finished(
      status: process.terminationReason == .exit ? process.terminationStatus : nil,
      output: outputPath.hasPrefix("/dev/") ? "" : outputSoFar,
      errors: String(decoding: errors, as: UTF8.self))
  }

  private func wait(_ limit: Duration, until condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while !condition() {
      guard ContinuousClock.now < deadline else {
        signal(SIGKILL)
        throw TimedOut(arguments: process.arguments ?? [])
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}
