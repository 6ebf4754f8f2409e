// This file tests sweeps as the command line runs them: several devices, little memory, shards, plans.

import Foundation
import Testing
import _TestSupport

@Suite struct SweepCommandTests {
  /// Batches of three shapes, so that devices have something to share.
  static let shapes = """
    experiment: sparse-recovery
    problem: {n: 12, s: 2}
    learning_rate: 0.02
    unsafe_step: true
    steps: 400
    evaluate: {first: 10, every: 100}
    sweep:
      problem.N: [6, 7, 8]
      seed: {range: [0, 8]}
    """

  private static let twoDevices = ["POCL_DEVICES": "pthread pthread"]

  /// Curves of every run, by run.
  private func curves(_ place: Workplace, _ store: String) async throws -> [String] {
    try await place.succeed("export \(store) --format csv").lines.sorted()
  }

  @Test(.enabled(if: !TestDevices.all.isEmpty)) func twoDevicesShareASweep() async throws {
    let place = try Workplace(spec: Self.shapes)
    try await place.succeed("run spec.yaml --device opencl:0 --mapping lanes --store one.sqlite")
    for (index, devices) in ["all", "opencl:0,opencl:1"].enumerated() {
      let store = "two\(index).sqlite"
      try await place.succeed(
        "run spec.yaml --device \(devices) --mapping lanes --store \(store)",
        environment: Self.twoDevices)
      #expect(try await curves(place, store) == curves(place, "one.sqlite"))
    }
  }

  /// The reference may help a device; each run says who trained it.
  @Test(.enabled(if: !TestDevices.all.isEmpty)) func theReferenceJoins() async throws {
    let place = try Workplace(spec: Self.shapes)
    let runs = try await place.succeed("run spec.yaml --device opencl,cpu --json").objects()
    #expect(runs.count == 24)
    let devices = Set(runs.compactMap { $0["device"] as? String })
    #expect(devices.allSatisfy { $0 == "cpu" || $0.hasPrefix("opencl:") })
  }

  /// Batches that do not fit are halved, with equal results.
  @Test(.enabled(if: !TestDevices.all.isEmpty)) func aLittleMemoryChangesNothing() async throws {
    let place = try Workplace(spec: Self.shapes)
    try await place.succeed("run spec.yaml --device opencl:0 --store whole.sqlite")
    let found = try await place.succeed(
      "run spec.yaml --device opencl:0 --store parts.sqlite",
      environment: ["GROKCL_MEMORY_LIMIT": "14000"])
    #expect(found.errorLines.contains { $0.contains("is halved") })
    #expect(try await curves(place, "parts.sqlite") == curves(place, "whole.sqlite"))
  }

  @Test(arguments: Workplace.devices) func shardsMakeUpTheSweep(device: String) async throws {
    let place = try Workplace(spec: Self.shapes)
    let command = "run spec.yaml --device \(device)" + (device == "cpu" ? "" : " --mapping lanes")
    try await place.succeed("\(command) --store whole.sqlite")
    for shard in 0..<3 {
      try await place.succeed("\(command) --shard \(shard)/3 --store s\(shard).sqlite")
    }
    try await place.succeed("merge s0.sqlite s1.sqlite s2.sqlite --into merged.sqlite")
    #expect(try await curves(place, "merged.sqlite") == curves(place, "whole.sqlite"))
    let refused = try await place.run("run spec.yaml --shard 3/3")
    #expect(refused.status == 65 && refused.errors.contains("--shard = 3/3: must be i/n"))
  }

  @Test func planShowsBatchesAndPoints() async throws {
    let place = try Workplace(spec: Self.shapes)
    let lines = try await place.succeed("plan spec.yaml --device cpu --calibrate 0.01").lines
    #expect(lines.count { $0.hasPrefix("8 runs of 400 steps in 1 batches of at most 8") } == 3)
    #expect(lines.count { $0.hasPrefix("  cpu, loop: ") } == 3)
    #expect(lines.last?.hasPrefix("about ") == true)
    let whole = try #require(
      try await place.succeed("plan spec.yaml --device cpu --calibrate 0 --json").objects().first)
    #expect(whole["runs"] as? Int == 24 && (whole["groups"] as? [Any])?.count == 3)
    let point = try #require(
      try await place.succeed("plan spec.yaml --point 23 --json").objects().first)
    let parameters = try #require(point["parameters"] as? [String: Any])
    #expect(parameters["problem.N"] as? Int == 8 && parameters["seed"] as? Int == 7)
    #expect(try await place.run("plan spec.yaml --point 24").status == 64)
  }

  /// A signal saves what is under way; the same command goes on from there.
  @Test(arguments: Workplace.devices, [SIGINT, SIGTERM, SIGUSR1])
  func signalsSaveWhatIsUnderWay(device: String, signal: Int32) async throws {
    let place = try Workplace(
      spec: """
        experiment: sparse-recovery
        problem: {n: 12, s: 2, N: 8}
        learning_rate: 0.05
        steps: 3000000
        evaluate: {first: 10, every: 100000}
        sweep: {seed: {range: [0, 3]}}
        """)
    let command = "run spec.yaml --device \(device) --store s.sqlite"
    let running = try place.start(command.split(separator: " ").map(String.init))
    try await Task.sleep(for: .milliseconds(400))
    running.signal(signal)
    let first = try await running.end()
    // A fast machine may have been done.
    if first.status != 0 {
      #expect(first.status == 130)
      let rest = try await place.succeed(command)
      #expect(!rest.errors.contains("start again"))
    }
    try await place.succeed("run spec.yaml --device \(device) --store whole.sqlite")
    #expect(try await curves(place, "s.sqlite") == curves(place, "whole.sqlite"))
    #expect(try !place.contents().contains("s.sqlite.checkpoints"))
  }
}
