// This file tests `run`: what a spec may be, what the options do, what comes out.

import Foundation
import Testing
import _TestSupport

@Suite struct RunTests {
  /// Every key of the contract, section 3.
  static let keys: Set = [
    "run", "experiment", "parameters", "device", "precision", "mapping", "status", "steps", "t1",
    "t2", "final", "seconds", "run_steps_per_second",
  ]

  private func parameters(_ run: [String: Any]) throws -> [String: Any] {
    try #require(run["parameters"] as? [String: Any])
  }

  @Test(arguments: Workplace.devices) func jsonLinesHaveTheKeysOfTheContract(
    device: String
  ) async throws {
    let place = try Workplace(spec: Workplace.sweep)
    let finished = try await place.succeed("run spec.yaml --json --device \(device)")
    #expect(finished.errors == "")
    let runs = try finished.objects()
    #expect(runs.count == 4)
    #expect(Set(runs.compactMap { $0["run"] as? String }).count == 4)
    for run in runs {
      #expect(Set(run.keys) == Self.keys)
      #expect((run["run"] as? String)?.wholeMatch(of: /[0-9a-f]{16}/) != nil)
      #expect(run["experiment"] as? String == "sparse-recovery")
      #expect((run["device"] as? String)?.hasPrefix(device) == true)
      #expect((run["mapping"] as? String)?.isEmpty == false)
      #expect(run["precision"] as? String == "f64")
      #expect(run["status"] as? String == "finished")
      #expect(run["steps"] as? Int == 400)
      #expect((run["seconds"] as? Double ?? 0) > 0)
      #expect((run["run_steps_per_second"] as? Double ?? 0) > 0)
      let final = try #require(run["final"] as? [String: Any])
      #expect(
        Set(final.keys) == ["train_error", "test_error", "l1_norm", "l2_norm", "gradient_ratio"])
      let flat = try parameters(run)
      #expect(flat["problem.N"] as? Int == 8)
      #expect(flat["regularizer.l1"] as? Double == 1e-5)
      #expect(!flat.values.contains { $0 is [String: Any] })
    }
  }

  /// Thresholds that are met at once, never, and only in between.
  @Test func thresholdStepsAreNumbersOrNull() async throws {
    let place = try Workplace()
    let command = "run spec.yaml --json --device cpu --set thresholds"
    let met = try await place.succeed("\(command)={\"train\":2,\"test\":2}").objects()[0]
    #expect(met["t1"] as? Int == 0 && met["t2"] as? Int == 0)
    let unmet = try await place.succeed("\(command).train=0 --set thresholds.test=0").objects()[0]
    #expect(unmet["t1"] is NSNull && unmet["t2"] is NSNull)
  }

  @Test func maxDeviationStandsThereOnlyIfVerified() async throws {
    let place = try Workplace(spec: Workplace.sweep)
    let command = "run spec.yaml --json --device \(Workplace.devices.last ?? "cpu") --verify"
    let half = try await place.succeed("\(command) 0.5").objects()
    #expect(half.filter { $0["max_deviation"] != nil }.count == 2)
    let all = try await place.succeed("\(command) 1").objects()
    for run in all {
      #expect(Set(run.keys) == Self.keys.union(["max_deviation"]))
      // 400 steps of double precision; see `Tolerance.trajectory`, relative to values of 1e-6.
      #expect((run["max_deviation"] as? Double ?? .infinity) < 1e-6)
    }
    #expect(
      try await place.succeed("\(command) 0").objects().allSatisfy { Set($0.keys) == Self.keys })
  }

  @Test func setOverridesNestedDottedAndSweptKeys() async throws {
    let place = try Workplace(spec: Workplace.sweep)
    let runs = try await place.succeed(
      "run spec.yaml --json --device cpu --set problem.n=16 --set problem={\"s\":3,\"N\":9,\"n\":15}"
        + " --set learning_rate=0.03 --set sweep.regularizer.l1=[1e-4,1e-3] --set init.kind=normal"
    ).objects()
    #expect(runs.count == 4)
    for run in runs {
      let flat = try parameters(run)
      #expect(flat["problem.n"] as? Int == 15 && flat["problem.s"] as? Int == 3)
      #expect(flat["learning_rate"] as? Double == 0.03)
      #expect(flat["init.kind"] as? String == "normal")
    }
    #expect(Set(try runs.map { try parameters($0)["seed"] as? Int }) == [0, 1])
    #expect(Set(try runs.map { try parameters($0)["regularizer.l1"] as? Double }) == [1e-4, 1e-3])
  }

  @Test(arguments: Workplace.devices) func precisionAndSteps(device: String) async throws {
    let place = try Workplace()
    let run = try await place.succeed(
      "run spec.yaml --json --precision f32 --steps 37 --device \(device)"
    ).objects()[0]
    #expect(run["precision"] as? String == "f32")
    #expect(run["steps"] as? Int == 37)
    #expect(try parameters(run)["precision"] as? String == "f32")
    #expect(try parameters(run)["steps"] as? Int == 37)
  }

  @Test func aJSONFileIsASpec() async throws {
    let place = try Workplace()
    try place.write(
      "spec.json",
      """
      {"experiment": "sparse-recovery", "problem": {"n": 12, "s": 2, "N": 8},
       "learning_rate": 5e-2, "steps": 400, "evaluate": {"first": 10, "every": 100}}
      """)
    let yaml = try await place.succeed("run spec.yaml --json --device cpu").objects()[0]
    let json = try await place.succeed("run spec.json --json --device cpu").objects()[0]
    #expect(yaml["run"] as? String == json["run"] as? String)
  }

  /// A run that leaves the finite numbers ends there, is no error, and is still valid JSON.
  @Test func aSpecMayHoldSeveralSweeps() async throws {
    let small = Workplace.sweep.replacing("steps: 400", with: "steps: 20")
    let second = small.replacing("experiment:", with: "method: proximal\nexperiment:")
    let place = try Workplace(spec: "# two methods\n---\n" + small + "\n---\n" + second)
    let runs = try await place.succeed("run spec.yaml --json --device cpu").objects()
    let methods = try runs.map { try parameters($0)["method"] as? String }
    #expect(methods.count { $0 == "proximal" } == runs.count / 2)
    #expect(Set(runs.compactMap { $0["run"] as? String }).count == 8)
    let one = try await place.succeed("run spec.yaml:1 --json --device cpu").objects()
    #expect(try one.map { try parameters($0)["method"] as? String } == methods.suffix(4))
    // Commands about one sweep ask which.
    let refused = try await place.run("plan spec.yaml")
    #expect(refused.status == 65 && refused.errors.contains("spec.yaml:0 to spec.yaml:1"))
    // Lines of errors are lines of the file.
    let line = 2 + small.count { $0 == "\n" }
    let wrong = try Workplace(spec: "---\n" + small + "\n---\nexperiment: sparse")
    let error = try await wrong.run("run spec.yaml --device cpu")
    #expect(
      error.status == 65 && error.errors.contains("spec.yaml:1:\(line + 2):"), "\(error.errors)")
  }

  @Test(arguments: Workplace.devices) func aDivergingRunSaysSo(device: String) async throws {
    let place = try Workplace()
    let run = try await place.succeed(
      "run spec.yaml --json --device \(device) --set learning_rate=50 --set unsafe_step=true"
        + " --set steps=100000"
    ).objects()[0]
    #expect(run["status"] as? String == "diverged")
    #expect((run["steps"] as? Int ?? .max) < 100_000)
    #expect(run["t1"] is NSNull && run["t2"] is NSNull)
    #expect((run["final"] as? [String: Any])?["l2_norm"] is NSNull)
  }

  /// Without `--json` there is a table: a header, and a row per run with its swept keys.
  @Test func theTableShowsTheSweptKeys() async throws {
    let place = try Workplace(spec: Workplace.sweep)
    let finished = try await place.succeed("run spec.yaml --device cpu")
    #expect(finished.lines.count == 5)
    let header = finished.lines[0].split(separator: " ").map(String.init)
    #expect(header.suffix(3) == ["device", "learning_rate", "seed"])
    #expect(finished.lines.dropFirst().allSatisfy { $0.split(separator: " ").count == 10 })
  }

  /// The first evaluated step whose train error is 1e-3 is 60 in an independent implementation of
  /// the authors' configuration (their seed and stream).
  @Test(arguments: Workplace.devices) func theFixtureMemorizesAtStep60(
    device: String
  ) async throws {
    let place = try Workplace()
    let run = try await place.succeed("run notsawo/fig03 --steps 2000 --json --device \(device)")
      .objects()[0]
    let flat = try parameters(run)
    #expect(flat["learning_rate"] as? Double == 0.1 && flat["problem.snr"] as? Double == 1e8)
    #expect(flat["regularizer.l1"] as? Double == 1e-5)
    #expect(flat["problem.generator"] as? String == "mt19937")
    #expect(flat["thresholds.train"] as? Double == 1e-3)
    #expect(run["t1"] as? Int == 60)
    #expect(run["t2"] is NSNull)
  }
}
