// This file tests what happens to a store when the machine fails it: no room, no permission, no
// exclusive use. One line says so, and what was stored before stays.

import Foundation
import GRDB
import Testing

@Suite struct StoreFailureTests {
  /// Eight runs with curves of 8 KB each metric.
  static let large = """
    experiment: sparse-recovery
    problem: {n: 12, s: 2, N: 8}
    learning_rate: 0.05
    steps: 1000
    evaluate: {every: 1}
    sweep:
      seed: {range: [0, 8]}
    """

  /// Runs a script in the workplace, with the program as $0.
  private func shell(_ place: Workplace, _ script: String) throws -> (status: Int32, errors: String)
  {
    let process = Process()
    let errors = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script, try RunningProgram.executable()]
    process.currentDirectoryURL = URL(fileURLWithPath: place.path(""))
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let text = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }

  private func expectFailure(_ found: (status: Int32, errors: String), _ fragment: String) {
    // Besides the error: what is in the store, and that its log could not be brought into the file.
    let lines = found.errors.split(separator: "\n").filter {
      !$0.contains("runs are in the store") && !$0.contains("all results are safe")
    }
    #expect(found.status == 74)
    #expect(lines.count == 1 && lines[0].contains(fragment), "\(found.errors)")
  }

  // MARK: - Room

  /// A limit on the size of files (in units of 512 bytes), as quotas set it.
  @Test func noRoomForMoreResults() async throws {
    let place = try Workplace(spec: Self.large)
    try await place.succeed("run spec.yaml --device cpu --store s.sqlite --set sweep.seed=[0,1]")
    let before = try await place.succeed("export s.sqlite --format jsonl").output
    let size = try place.bytes("s.sqlite").count
    let found = try shell(
      place, "ulimit -f \(size / 512 + 8); exec \"$0\" run spec.yaml --device cpu --store s.sqlite")
    expectFailure(found, "s.sqlite: disk I/O error")
    #expect(try await place.succeed("export s.sqlite --format jsonl").output.hasPrefix(before))
    try await place.succeed("run spec.yaml --device cpu --store s.sqlite")
    #expect(try await place.succeed("runs s.sqlite --json").objects().count == 8)
    #expect(try place.contents() == ["spec.yaml", "s.sqlite"])
  }

  /// Nothing is left of a store that there was no room to begin.
  @Test(arguments: [
    "run spec.yaml --device cpu --store new.sqlite", "merge s.sqlite --into new.sqlite",
  ])
  func noRoomForANewStore(command: String) async throws {
    let place = try Workplace(spec: Self.large)
    try await place.succeed("run spec.yaml --device cpu --store s.sqlite")
    let found = try shell(place, "ulimit -f 8; exec \"$0\" \(command)")
    expectFailure(found, "new.sqlite: ")
    #expect(try place.contents() == ["spec.yaml", "s.sqlite"])
  }

  /// A file system that is full, in a mount of the test's own.
  @Test(.enabled(if: canMount, "mounting needs root")) func aFullFileSystem() async throws {
    let place = try Workplace(spec: Self.large)
    try await place.succeed("run spec.yaml --device cpu --store whole.sqlite")
    let found = try shell(
      place,
      """
      mkdir disk && exec unshare -m sh -c '
        mount -t tmpfs -o size=400k tmpfs disk || exit 99
        "$0" run spec.yaml --device cpu --store disk/s.sqlite --set sweep.seed=[0,1] 2> /dev/null \
          || exit 98
        for suffix in "" -wal; do
          [ ! -e disk/s.sqlite$suffix ] || cp disk/s.sqlite$suffix before.sqlite$suffix
        done
        "$0" run spec.yaml --device cpu --store disk/s.sqlite
        status=$?
        cp disk/s.sqlite* .
        exit $status' "$0"
      """)
    expectFailure(found, "disk/s.sqlite: the disk is full; earlier results are intact")
    let before = try await place.succeed("export before.sqlite --format jsonl").output
    #expect(try await place.succeed("export s.sqlite --format jsonl").output.hasPrefix(before))
    try await place.succeed("run spec.yaml --device cpu --store s.sqlite")
    #expect(try await place.succeed("runs s.sqlite --json").objects().count == 8)
  }

  private static let canMount: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "unshare -m mount -t tmpfs tmpfs /mnt 2> /dev/null"]
    return (try? process.run()) != nil
      && {
        process.waitUntilExit(); return process.terminationStatus == 0
      }()
  }()

  // MARK: - Permission

  /// A folder that takes no files: the store can be read, and writing to it is refused.
  @Test(.enabled(if: canMount, "mounting needs root")) func aReadOnlyFileSystem() async throws {
    let place = try Workplace(spec: Self.large)
    try await place.succeed("run spec.yaml --device cpu --store s.sqlite --set sweep.seed=[0]")
    let mount =
      "mkdir -p disk && cp s.sqlite disk && mount --bind disk disk && mount -o remount,bind,ro disk"
    func readOnly(_ command: String) throws -> (status: Int32, errors: String) {
      try shell(place, "exec unshare -m sh -c '\(mount) && exec \"$0\" \(command)' \"$0\"")
    }
    expectFailure(
      try readOnly("run spec.yaml --device cpu --store disk/s.sqlite"),
      "disk/s.sqlite: cannot be opened for writing: Read-only file system")
    #expect(try readOnly("runs disk/s.sqlite").status == 0)
    #expect(try readOnly("merge disk/s.sqlite --into merged.sqlite").status == 0)
    #expect(try await place.succeed("runs merged.sqlite --json").objects().count == 1)
  }

  /// The file may be written to, its folder not; only others than root feel that.
  @Test(.enabled(if: canBecomeNobody, "needs root and setpriv")) func aReadOnlyFolder() async throws
  {
    let place = try Workplace(spec: Self.large)
    try await place.succeed("run spec.yaml --device cpu --store s.sqlite --set sweep.seed=[0]")
    let asNobody = "setpriv --reuid=65534 --clear-groups \"$0\""
    let found = try shell(
      place,
      """
      chmod 777 s.sqlite && chmod 555 . && exec \(asNobody) run spec.yaml --device cpu \
        --store s.sqlite
      """)
    expectFailure(found, "s.sqlite: ")
    #expect(found.errors.contains("a folder it may write to"), "\(found.errors)")
    #expect(try shell(place, "exec \(asNobody) runs s.sqlite").status == 0)
    #expect(try await place.succeed("runs s.sqlite --json").objects().count == 1)
  }

  /// Whether another user may run the program.
  private static let canBecomeNobody: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments =
      ["-c", "exec setpriv --reuid=65534 --clear-groups \"$0\" --version > /dev/null 2>&1"]
      + [(try? RunningProgram.executable()) ?? ""]
    return (try? process.run()) != nil
      && {
        process.waitUntilExit(); return process.terminationStatus == 0
      }()
  }()

  // MARK: - Exclusive use

  /// Another program in the middle of a transaction: readers do not care.
  @Test func readersIgnoreATransactionUnderWay() async throws {
    let place = try Workplace()
    try await place.succeed("run spec.yaml --device cpu --store s.sqlite")
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: place.path("s.sqlite"), configuration: configuration)
    try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
    #expect(try await place.succeed("runs s.sqlite --json").objects().count == 1)
    try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
  }
}
