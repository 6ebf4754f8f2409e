// This file tests that a sweep goes on where it stopped, whatever stopped it.

import Foundation
import Testing

@Suite struct ResumeTests {
  /// Two short runs and one that takes seconds.
  static let long = """
    experiment: sparse-recovery
    problem: {n: 4, s: 1, N: 3}
    learning_rate: 0.05
    evaluate: {at: [0, 100, 1000]}
    sweep:
      steps: [500, 1000, 20000000]
    """

  private func statuses(_ place: Workplace, _ store: String) async throws -> [Int: String] {
    let runs = try await place.succeed("runs \(store) --json").objects()
    var found: [Int: String] = [:]
    for run in runs {
      let flat = try #require(run["parameters"] as? [String: Any])
      found[try #require(flat["steps"] as? Int)] = run["status"] as? String
    }
    return found
  }

  @Test(arguments: Workplace.devices) func whatIsInTheStoreIsNotComputedAgain(
    device: String
  ) async throws {
    let place = try Workplace(spec: Workplace.sweep)
    let command = "run spec.yaml --json --store s.sqlite --device \(device)"
    let first = try await place.succeed(command)
    let curves = try await place.succeed("export s.sqlite --format csv").output
    let again = try await place.succeed(command)
    #expect(try first.objects().count == 4)
    #expect(again.output == "")
    #expect(again.errors.contains("4 of 4 runs are in the store"))
    // A wider sweep computes what is new.
    let wider = try await place.succeed(command + " --set sweep.seed=[0,1,2]")
    #expect(try wider.objects().count == 2)
    let all = try await place.succeed("export s.sqlite --format csv").output
    #expect(all.hasPrefix(curves))
  }

  @Test func aSweepInterruptedByControlCGoesOn() async throws {
    let place = try Workplace(spec: Self.long)
    let command = "run spec.yaml --json --device cpu --store"
    let running = try place.start((command + " s.sqlite").split(separator: " ").map(String.init))
    try await running.wait(forLines: 2)
    running.signal(SIGINT)
    let interrupted = try await running.end()
    #expect(interrupted.status == 130)
    #expect(interrupted.errorLines.count == 1 && interrupted.errors.contains("finished runs"))
    let told = try interrupted.objects()
    #expect(told.compactMap { $0["status"] as? String } == ["finished", "finished", "stopped"])
    #expect((told[2]["steps"] as? Int ?? .max) < 20_000_000)
    #expect(
      try await statuses(place, "s.sqlite")
        == [500: "finished", 1000: "finished", 20_000_000: "stopped"])

    let rest = try await place.succeed("\(command) s.sqlite")
    #expect(try rest.objects().map { $0["steps"] as? Int } == [20_000_000])
    #expect(Set(try await statuses(place, "s.sqlite").values) == ["finished"])
    try await place.succeed("\(command) whole.sqlite")
    var curves: [[String]] = []
    for store in ["s", "whole"] {
      curves.append(try await place.succeed("export \(store).sqlite --format csv").lines.sorted())
    }
    #expect(curves[0] == curves[1])
  }

  /// Batches that had not begun are not in the store; those that had are.
  @Test func aTerminatedSweepKeepsItsFinishedRuns() async throws {
    let place = try Workplace(spec: Self.long + "\n  precision: [f64, f32]\n")
    let running = try place.start(
      ["run", "spec.yaml", "--json", "--device", "cpu", "--store", "s.sqlite"])
    try await running.wait(forLines: 2)
    running.signal(SIGTERM)
    #expect(try await running.end().status == 130)
    let runs = try await place.succeed("runs s.sqlite --json").objects()
    #expect(
      runs.map { $0["status"] as? String } == ["finished", "finished", "stopped"])
    let contents = try place.contents()
    #expect(contents.isSuperset(of: ["spec.yaml", "s.sqlite", "s.sqlite.checkpoints"]))
    #expect(contents.count == 4 && contents.contains { $0.hasSuffix(".safetensors") })
  }

  /// Signals are heard in every sweep of a command, not in the first only.
  @Test(.timeLimit(.minutes(2))) func aSignalEndsTheSecondSweepToo() async throws {
    let place = try Workplace(
      spec: Workplace.single + "\n---\n"
        + Workplace.single.replacing("steps: 400", with: "steps: 1000000000000"))
    let running = try place.start(
      ["run", "spec.yaml", "--json", "--device", "cpu", "--store", "s.sqlite"])
    try await running.wait(forLines: 1)
    try await Task.sleep(for: .milliseconds(400))
    running.signal(SIGTERM)
    #expect(try await running.end().status == 130)
    #expect(
      Set(try await statuses(place, "s.sqlite").values) == ["finished", "stopped"])
  }

  /// No time to save anything: what had finished is in the store all the same.
  @Test func aKilledSweepKeepsItsFinishedRuns() async throws {
    let place = try Workplace(spec: Self.long)
    let running = try place.start(
      ["run", "spec.yaml", "--json", "--device", "cpu", "--store", "s.sqlite"])
    try await running.wait(forLines: 2)
    running.signal(SIGKILL)
    #expect(try await running.end().status == nil)
    let rest = try await place.succeed("run spec.yaml --json --device cpu --store s.sqlite")
    #expect(try rest.objects().map { $0["steps"] as? Int } == [20_000_000])
    #expect(Set(try await statuses(place, "s.sqlite").values) == ["finished"])
  }

  /// One writer; readers are not kept out.
  @Test func twoProcessesDoNotWriteToOneStore() async throws {
    let place = try Workplace(spec: Self.long)
    let command = ["run", "spec.yaml", "--json", "--device", "cpu", "--store", "s.sqlite"]
    let running = try place.start(command)
    try await running.wait(forLines: 2)
    let second = try await place.run(command)
    #expect(second.status == 74)
    #expect(second.output == "" && second.errorLines.count == 1)
    #expect(second.errors.contains("s.sqlite") && second.errors.contains("another process"))
    #expect(try await place.succeed("runs s.sqlite --json").objects().count == 2)
    running.signal(SIGINT)
    #expect(try await running.end().status == 130)
  }
}
