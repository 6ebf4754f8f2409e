// This file tests the commands that say what there is: devices, experiments, help.

import Foundation
import Testing
import _TestSupport

@Suite struct DiscoveryTests {
  let place: Workplace

  init() throws { place = try Workplace() }

  private func array(_ command: String) async throws -> [[String: Any]] {
    let finished = try await place.succeed(command)
    return try #require(
      JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [[String: Any]])
  }

  @Test func devicesListsTheCPULast() async throws {
    let finished = try await place.succeed("devices")
    #expect(finished.lines.last?.hasPrefix("cpu ") == true)
    #expect(finished.lines.count == TestDevices.all.count + 1)
    for (index, line) in finished.lines.dropLast().enumerated() {
      #expect(line.hasPrefix("opencl:\(index) "))
    }
  }

  @Test func devicesAsJSON() async throws {
    let devices = try await array("devices --json")
    #expect(devices.last?["device"] as? String == "cpu")
    for (index, device) in devices.enumerated() {
      let name = index == devices.count - 1 ? "cpu" : "opencl:\(index)"
      #expect(device["device"] as? String == name)
      #expect((device["name"] as? String)?.isEmpty == false)
      #expect((device["compute_units"] as? Int ?? 0) > 0)
      #expect(device["fp64"] is Bool)
    }
  }

  @Test func experimentsListsTheFamilies() async throws {
    let finished = try await place.succeed("experiments")
    #expect(finished.lines.contains { $0.hasPrefix("sparse-recovery ") })
  }

  @Test func anExperimentListsItsKeys() async throws {
    let text = try await place.succeed("experiments sparse-recovery").output
    for key in ["problem.n", "learning_rate", "regularizer.l1", "thresholds.test", "seed"] {
      #expect(text.contains("\n\(key) "), "\(key)")
    }
    #expect(text.contains("default 1e-05"))
    #expect(text.contains("one of subgradient, projected, proximal"))
    #expect(text.contains("[steps]"))
  }

  /// The keys of the contract's spec, and what the JSON says of each.
  @Test func experimentsAsJSON() async throws {
    let family = try #require(try await array("experiments --json").first)
    let one = try await place.succeed("experiments sparse-recovery --json").objects()
    #expect(one.count == 1)
    #expect(NSDictionary(dictionary: one[0]) == NSDictionary(dictionary: family))
    #expect(family["experiment"] as? String == "sparse-recovery")
    let keys = try #require(family["parameters"] as? [[String: Any]])
    for key in keys {
      #expect(Set(key.keys) == ["key", "default", "unit", "allowed", "summary"])
    }
    let names = Set(keys.compactMap { $0["key"] as? String })
    #expect(
      names.isSuperset(of: [
        "method", "depth", "problem.n", "problem.s", "problem.N", "problem.tau", "problem.snr",
        "problem.row_variance", "problem.basis", "learning_rate", "regularizer.l1",
        "regularizer.l2", "init.kind", "init.scale", "steps", "evaluate.first", "evaluate.every",
        "evaluate.per_decade", "evaluate.at", "thresholds.train", "thresholds.test", "precision",
        "seed", "unsafe_step",
      ]))
  }

  @Test func anUnknownExperimentIsRefused() async throws {
    try await expectRefusal(
      place, ["experiments", "grokking"], status: 65,
      ["grokking", "must be one of sparse-recovery"]
    )
  }

  @Test func versionAndHelp() async throws {
    let version = try await place.succeed("--version")
    #expect(version.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
    let help = try await place.succeed("--help")
    for command in ["devices", "experiments", "run", "runs", "export", "instance", "figure"] {
      #expect(help.output.contains("\n  \(command) "), "\(command)")
      let usage = try await place.succeed("\(command) --help")
      #expect(usage.output.contains("USAGE: grokcl \(command)"))
      #expect(usage.errors == "")
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func completions(shell: String) async throws {
    let script = try await place.succeed("completions \(shell)").output
    #expect(script.contains("grokcl") && script.contains("device"))
  }
}
