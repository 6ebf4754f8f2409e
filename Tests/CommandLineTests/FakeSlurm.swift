// This file implements a scheduler that only takes notes, as programs on the path.

import Foundation
import Testing

/// A folder `bin` in a workplace with `sbatch`, `scontrol` and a `grokcl` that trains nothing.
struct FakeSlurm {
  private let place: Workplace

  /// Notes its words; ids count from 1.
  private static let sbatch = """
    #!/usr/bin/env bash
    echo "$*" >>"$NOTES/sbatch"
    echo "$(wc -l <"$NOTES/sbatch")"
    """

  private static let scontrol = """
    #!/usr/bin/env bash
    echo "$*" >>"$NOTES/scontrol"
    """

  /// Ends with STATUS, or waits for USR1 where it is `wait`, and ends with 130 then.
  private static let grokcl = """
    #!/usr/bin/env bash
    printf '<%s>' "$@" >>"$NOTES/grokcl"
    echo >>"$NOTES/grokcl"
    if [ "$STATUS" != wait ]; then exit "$STATUS"; fi
    trap 'exit 130' USR1
    touch "$NOTES/waiting"
    while :; do sleep 0.05; done
    """

  init(_ place: Workplace, sbatch: String = FakeSlurm.sbatch) throws {
    self.place = place
    try FileManager.default.createDirectory(
      atPath: place.path("bin"), withIntermediateDirectories: true)
    for (name, text) in [("sbatch", sbatch), ("scontrol", Self.scontrol), ("grokcl", Self.grokcl)] {
      try place.write("bin/\(name)", text)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: place.path("bin/\(name)"))
    }
  }

  var environment: [String: String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return ["PATH": place.path("bin") + ":" + path, "NOTES": place.path("")]
  }

  /// What a program was told, a line per call.
  func notes(_ program: String) -> [String] {
    ((try? place.text(program)) ?? "").split(separator: "\n").map(String.init)
  }

  /// Starts a script as the task of an array, with the fake `grokcl` that submission was told of.
  func start(_ script: String, task: Int, status: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["bash", place.path(script)]
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      .merging([
        "STATUS": status, "SLURM_ARRAY_TASK_ID": "\(task)", "SLURM_ARRAY_JOB_ID": "77",
        "SLURM_JOB_ID": "77", "SLURM_ARRAY_TASK_COUNT": "1",
      ]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    // Threads of tests block signals, and a child begins with what its parent blocks.
    var none = sigset_t()
    var blocked = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &blocked)
    defer { pthread_sigmask(SIG_SETMASK, &blocked, nil) }
    try process.run()
    return process
  }

  /// The exit code of a task; nil if a signal ended it.
  func end(_ task: Process, within limit: Duration = .seconds(30)) async throws -> Int32? {
    try await Self.wait(limit) { !task.isRunning }
    return task.terminationReason == .exit ? task.terminationStatus : nil
  }

  /// Runs a script to its end.
  func run(_ script: String, task: Int, status: String = "0") async throws -> Int32? {
    try await end(try start(script, task: task, status: status))
  }

  /// Waits until `grokcl` has begun.
  func waitForGrokcl() async throws {
    try await Self.wait(.seconds(30)) {
      FileManager.default.fileExists(atPath: place.path("waiting"))
    }
  }

  private static func wait(_ limit: Duration, until condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while !condition() {
      try #require(ContinuousClock.now < deadline, "waited in vain")
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}
