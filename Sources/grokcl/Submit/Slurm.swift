import Foundation

/// Slurm's commands, as programs on the path.
struct Slurm {
  private let sbatch: String

  /// - Throws: `SubmitError.noScheduler`.
  init() throws {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    guard
      let found = folders.map({ "\($0)/sbatch" })
        .first(where: FileManager.default.isExecutableFile(atPath:))
    else { throw SubmitError.noScheduler(program: "sbatch") }
    sbatch = found
  }

  /// The words of a submission; `--dry-run` shows the same.
  static func command(_ options: [String], _ script: String) -> [String] {
    ["sbatch", "--parsable"] + options + [script]
  }

  /// Submits a script and returns the job's id.
  ///
  /// - Throws: `SubmitError.refused` with what sbatch said.
  func submit(_ script: String, _ options: [String] = []) throws -> String {
    let words = Self.command(options, script)
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: sbatch)
    process.arguments = Array(words.dropFirst())
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    let told: String
    let reason: String
    do {
      try process.run()
      told = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
      reason = String(
        decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    } catch {
      throw SubmitError.refused(
        command: sbatch, reason: "cannot be run: \(error.localizedDescription)")
    }
    process.waitUntilExit()
    let command = words.map(ShellText.word).joined(separator: " ")
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw SubmitError.refused(
        command: command, reason: reason.isEmpty ? "failed and did not say why" : reason)
    }
    // ID, or ID;CLUSTER; a site's own lines may stand before it.
    let lines = told.split(whereSeparator: \.isNewline)
    guard let id = lines.last?.wholeMatch(of: /([0-9]+)(;.*)?/)?.1 else {
      throw SubmitError.refused(
        command: command, reason: "said '\(told)' where a job id was expected")
    }
    return String(id)
  }
}
