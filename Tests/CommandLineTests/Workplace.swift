// This file implements the folder a test works in: specs, and the program run there.

import Foundation
import Testing
import _TestSupport

/// A folder with `spec.yaml` in it, where programs run.
final class Workplace {
  private let folder: TemporaryFolder
  private let logs: TemporaryFolder

  /// Two learning rates times two seeds of a problem that trains in milliseconds.
  static let sweep = """
    experiment: sparse-recovery
    problem: {n: 12, s: 2, N: 8}
    learning_rate: 0.05
    steps: 400
    evaluate: {first: 10, every: 100}
    sweep:
      learning_rate: [0.02, 0.05]
      seed: {range: [0, 2]}
    """

  /// One run of the same problem.
  static let single = """
    experiment: sparse-recovery
    problem: {n: 12, s: 2, N: 8}
    learning_rate: 0.05
    steps: 400
    evaluate: {first: 10, every: 100}
    """

  /// Devices that the tests of results run on: both, where there is OpenCL.
  static let devices = ["cpu"] + (TestDevices.all.isEmpty ? [] : ["opencl"])

  init(spec: String = Workplace.single) throws {
    folder = try TemporaryFolder()
    logs = try TemporaryFolder()
    try write("spec.yaml", spec)
  }

  func path(_ name: String) -> String { folder.file(name) }

  func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
  }

  func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

  /// Everything in the folder, to see what a failure leaves behind.
  func contents() throws -> Set<String> {
    Set(try FileManager.default.subpathsOfDirectory(atPath: folder.path))
  }

  func start(
    _ arguments: [String], environment: [String: String] = [:], output: String? = nil
  ) throws -> RunningProgram {
    try RunningProgram(
      arguments, in: folder.path, environment: environment, logs: logs.path, output: output)
  }

  /// Runs `grokcl` to its end.
  func run(
    _ arguments: [String], environment: [String: String] = [:], output: String? = nil
  ) async throws -> Finished {
    try await start(arguments, environment: environment, output: output).end()
  }

  /// The same for arguments without blanks, as one would type them.
  func run(_ command: String, environment: [String: String] = [:]) async throws -> Finished {
    try await run(command.split(separator: " ").map(String.init), environment: environment)
  }

  /// Runs a command that must succeed.
  @discardableResult
  func succeed(
    _ command: String, environment: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> Finished {
    let finished = try await run(command, environment: environment)
    try #require(
      finished.status == 0, "grokcl \(command): \(finished.errors)", sourceLocation: sourceLocation)
    return finished
  }
}

/// One line on standard error, nothing on standard output, the right code, and nothing left behind.
func expectRefusal(
  _ place: Workplace, _ arguments: [String], status: Int32, _ fragments: [String],
  environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
) async throws {
  let before = try place.contents()
  let finished = try await place.run(arguments, environment: environment)
  #expect(finished.status == status, "\(finished.errors)", sourceLocation: sourceLocation)
  #expect(finished.output == "", sourceLocation: sourceLocation)
  #expect(finished.errorLines.count == 1, "\(finished.errors)", sourceLocation: sourceLocation)
  #expect(finished.errors.hasPrefix("grokcl: "), sourceLocation: sourceLocation)
  for fragment in fragments {
    #expect(
      finished.errors.contains(fragment), "\(finished.errors)", sourceLocation: sourceLocation)
  }
  #expect(try place.contents() == before, sourceLocation: sourceLocation)
}
