// This file tests `grokcl theory`, and diagonal networks through the command line.

import Foundation
import Testing
import _TestSupport

@Suite struct TheoryCommandTests {
  @Test func theoryPrintsValuesWithTheirSources() async throws {
    let place = try Workplace(spec: Workplace.sweep)
    let lines = try await place.succeed("theory spec.yaml").lines
    #expect(lines.count { $0.hasPrefix("run ") } == 4)
    #expect(lines.count { $0.contains("largest learning rate; exact; Notsawo") } == 4)
    #expect(lines.contains { $0.contains("- not met: no l1") })
  }

  @Test func theoryAsJSONIsAnObjectPerRun() async throws {
    let place = try Workplace(spec: Workplace.sweep)
    let lines = try await place.succeed("theory spec.yaml --json").lines
    #expect(lines.count == 4)
    for line in lines {
      let run = try #require(
        JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect(Set(run.keys) == ["run", "parameters", "predictions"])
      let predictions = try #require(run["predictions"] as? [[String: Any]])
      let first = try #require(predictions.first)
      #expect(Set(first.keys) == ["name", "value", "unit", "kind", "source", "conditions"])
      #expect((first["value"] as? Double ?? 0) > 0)
    }
  }

  /// Basis pursuit and lasso follow what is known; host and device agree.
  @Test func convexProblemsAreSolvedOnEveryDevice() async throws {
    let place = try Workplace(spec: Workplace.sweep)
    func values(_ device: String) async throws -> [[Double]] {
      let done = try await place.succeed("theory spec.yaml --convex --json --device \(device)")
      #expect(done.errors.contains("8 convex problems in "))
      return try done.lines.map { line in
        let run = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        let predictions = try #require(run?["predictions"] as? [[String: Any]])
        return predictions.filter { ($0["name"] as? String ?? "").hasPrefix("norm of ") }
          .compactMap { $0["value"] as? Double }
      }
    }
    let host = try await values("cpu")
    #expect(host.count == 4 && host.allSatisfy { $0.count == 2 && $0[0] >= $0[1] })
    for device in Workplace.devices {
      for (found, expected) in zip(try await values(device), host) {
        #expect(Tolerance.external.mismatch(found, expected) == nil)
      }
    }
  }

  /// The store keeps what `theory` prints, and `runs --json` gives it back.
  @Test func theoryIsStoredBesideTheRun() async throws {
    let place = try Workplace(spec: Workplace.sweep)
    func theory(_ line: String, _ key: String) throws -> NSArray {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return try #require(object?[key] as? NSArray)
    }
    let expected = try await place.succeed("theory spec.yaml --json").lines
      .map { try theory($0, "predictions") }
    let run = "run spec.yaml --device cpu --theory --store a.sqlite --json"
    let printed = try await place.succeed(run).lines.map { try theory($0, "theory") }
    let stored = try await place.succeed("runs a.sqlite --json").lines.map {
      try theory($0, "theory")
    }
    #expect(stored == printed)
    #expect(Set(printed) == Set(expected))
    #expect(try await place.run("run spec.yaml --theory").status == 64)
  }

  /// Data written by `instance` and read back give the run's own curve; exact curves need no device.
  @Test(arguments: Workplace.devices) func diagonalNetworks(device: String) async throws {
    let place = try Workplace(
      spec: """
        experiment: diagonal-network
        problem: {kind: signs, n: 9, d: 20, n_test: 5}
        init: {kind: norm, scale: 4}
        steps: 50
        evaluate: {at: [0, 50]}
        """)
    func loss(_ options: String) async throws -> Double {
      let line = try await place.succeed("run spec.yaml --json --device \(device) " + options)
        .output
      let run = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      let final = try #require(run?["final"] as? [String: Any])
      return try #require(final["train_loss"] as? Double)
    }
    _ = try await place.succeed("instance spec.yaml --output data.safetensors")
    let direct = try await loss("")
    #expect(try await loss("--instance data.safetensors") == direct)
    let flow = try await loss("--set method=reduced-flow")
    #expect(abs(flow - direct) < 0.05 * direct && flow != direct)
  }
}
