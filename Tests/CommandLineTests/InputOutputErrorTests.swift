// This file tests paths that cannot be read or written (74) and files that are no stores (65).
//
// Tests may run as root, whom permissions do not stop; paths below a regular file stop everyone.

import Foundation
import Testing

@Suite struct InputOutputErrorTests {
  @Test(arguments: [
    (".", "directory"), ("spec.yaml/s.sqlite", "Not a directory"),
    ("missing/s.sqlite", "No such file"),
  ]) func aStoreThatCannotBeWritten(store: String, reason: String) async throws {
    try await expectRefusal(
      try Workplace(), ["run", "spec.yaml", "--device", "cpu", "--json", "--store", store],
      status: 74, [store, reason])
  }

  @Test(arguments: ["missing.sqlite", "spec.yaml/s.sqlite", "."])
  func aStoreThatCannotBeRead(store: String) async throws {
    try await expectRefusal(try Workplace(), ["runs", store], status: 74, [store])
    try await expectRefusal(
      try Workplace(), ["export", store, "--format", "csv"], status: 74, [store])
  }

  @Test func whatIsNoStoreIsLeftAlone() async throws {
    let place = try Workplace()
    let text = try place.text("spec.yaml")
    for command in [
      ["runs", "spec.yaml"], ["export", "spec.yaml", "--format", "csv"],
      ["run", "spec.yaml", "--device", "cpu", "--json", "--store", "spec.yaml"],
    ] {
      try await expectRefusal(place, command, status: 65, ["spec.yaml", "not a database"])
    }
    #expect(try place.text("spec.yaml") == text)
    try place.write("empty.sqlite", "")
    try await expectRefusal(place, ["runs", "empty.sqlite"], status: 65, ["empty.sqlite"])
  }

  /// A store that was cut off or overwritten in the middle is refused, not believed.
  @Test func aDamagedStoreIsRefused() async throws {
    let place = try Workplace()
    try await place.succeed("run spec.yaml --device cpu --store s.sqlite")
    let whole = try place.bytes("s.sqlite")
    try place.write("cut.sqlite", Array(whole.prefix(whole.count / 2)))
    try place.write(
      "overwritten.sqlite",
      Array(whole.prefix(200)) + [UInt8](repeating: 0xAA, count: whole.count - 200))
    for store in ["cut.sqlite", "overwritten.sqlite"] {
      try await expectRefusal(
        place, ["export", store, "--format", "csv"], status: 65, [store])
    }
  }

  @Test func aRunThatIsNotThereIsNamed() async throws {
    let place = try Workplace()
    try await place.succeed("run spec.yaml --device cpu --store s.sqlite")
    for format in ["csv", "jsonl", "safetensors"] {
      try await expectRefusal(
        place, ["export", "s.sqlite", "--run", "0123", "--format", format, "--output", "out"],
        status: 65, ["s.sqlite", "--run 0123"])
    }
  }

  @Test(arguments: ["spec.yaml/out", "missing/out", "."])
  func anOutputThatCannotBeWritten(output: String) async throws {
    let place = try Workplace()
    try await place.succeed("run spec.yaml --device cpu --store s.sqlite")
    for format in ["csv", "jsonl", "safetensors"] {
      try await expectRefusal(
        place, ["export", "s.sqlite", "--format", format, "--output", output], status: 74, [output])
    }
    try await expectRefusal(
      place, ["instance", "spec.yaml", "--output", output], status: 74, [output])
  }

  @Test func aFigureFolderThatCannotBeMade() async throws {
    try await expectRefusal(
      try Workplace(), ["figure", "notsawo/fig03", "--device", "cpu", "--output", "spec.yaml/out"],
      status: 74,
      ["spec.yaml/out"])
  }

  /// A full disk under standard output ends the program with a code, not with a crash.
  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")),
    arguments: [
      "devices", "devices --json", "experiments", "experiments --json", "completions bash",
      "run spec.yaml --device cpu", "run spec.yaml --device cpu --json", "runs s.sqlite",
      "runs s.sqlite --json", "export s.sqlite --format csv", "export s.sqlite --format jsonl",
      "export s.sqlite --format safetensors",
    ]) func standardOutputIsFull(command: String) async throws
  {
    let place = try Workplace()
    try await place.succeed("run spec.yaml --device cpu --store s.sqlite")
    let finished = try await place.run(
      command.split(separator: " ").map(String.init), output: "/dev/full")
    #expect(finished.status == 74)
    #expect(finished.errors.contains("standard output"))
  }

  /// The store must not be opened in the place of a standard stream that the caller closed.
  @Test func aClosedStandardOutputDoesNotDamageTheStore() async throws {
    let place = try Workplace(spec: Workplace.sweep)
    let grokcl = try RunningProgram.executable()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "exec \"$0\" run spec.yaml --json --device cpu --store s.sqlite >&- 2>&-", grokcl,
    ]
    process.currentDirectoryURL = URL(fileURLWithPath: place.path(""))
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 74)
    let rest = try await place.succeed("run spec.yaml --json --device cpu --store s.sqlite")
    #expect(try await place.succeed("runs s.sqlite --json").objects().count == 4)
    #expect(try rest.objects().count <= 4)
  }
}
