// This file tests the worked example of the documentation: a family of one's own, from its spec to
// its results, on every backend.

import BatchNumerics
import Experiments
import Foundation
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import Sweeps
import Synchronization
import Testing
import _TestSupport

@Suite struct TutorialTests {
  private static let families = ExperimentCatalog.all + [HeavyBall()]
  private static let sweep = """
    experiment: heavy-ball
    problem: {n: 40, s: 2, N: 20}
    learning_rate: 0.05
    regularizer: {l1: 2.0e-4}
    steps: 40000
    evaluate: {first: 100, every: 10}
    thresholds: {train: 0.1, test: 0.1}
    sweep: {momentum: [0.0, 0.5, 0.9], seed: [1, 2]}
    """

  private static func plan(_ overrides: [String] = []) throws -> SweepPlan {
    try SweepPlan(
      SweepSpec(yaml: sweep, file: "heavy-ball.yaml", overrides: overrides, families: families))
  }

  /// The runs of a plan on a backend, by identity.
  private static func results(
    _ plan: SweepPlan, on backend: any TrainingBackend
  ) throws -> [String: RunResult] {
    let found = Mutex<[String: RunResult]>([:])
    var events = SweepRunner.Events()
    events.results = { results in
      found.withLock { for result in results { $0[result.run.id] = result } }
    }
    try SweepRunner(backends: [backend], reference: ReferenceTrainingBackend())
      .run(plan, events: events)
    return found.withLock { $0 }
  }

  // MARK: - The family

  /// The batched step is the formula of the summary, entry by entry.
  @Test func aStepIsTheFormula() throws {
    let run = try Self.plan(["steps=3", "momentum=0.5", "seed=1"]).runs[0]
    let problem = try SparseRecovery.problem(of: run)
    let (x, y) = (problem.measurements, problem.observations)
    var a = [Double](repeating: 0, count: x.columns)
    var m = a
    for _ in 0..<3 {
      let residual = zip(x.multiplied(by: a), y).map { $0 - $1 }
      let gradient = x.transposed.multiplied(by: residual)
      for j in a.indices {
        let sign: Double = a[j] > 0 ? 1 : a[j] < 0 ? -1 : 0
        m[j] = 0.5 * m[j] + gradient[j] + 2e-4 * sign
      }
      for j in a.indices { a[j] -= 0.05 * m[j] }
    }
    let session = try HeavyBall().session(
      for: [run], instance: nil, on: ReferenceTrainingBackend(), mapping: .stepwise)
    _ = try session.advance(Launch(start: 0, end: 3, evaluations: [], runs: [0]))
    let trained = try session.parameters(of: [0])[0][0].values
    #expect(Tolerance.sum(.f64, terms: 3 * x.columns).mismatch(trained, a) == nil)
  }

  /// Momentum mu lengthens every step by 1/(1 - mu), so generalisation comes that much earlier.
  @Test func momentumShortensTheWait() throws {
    let plan = try Self.plan()
    let results = try Self.results(plan, on: ReferenceTrainingBackend())
    #expect(results.count == 6 && results.values.allSatisfy { $0.status == .finished })
    for seed in [1, 2] {
      func wait(_ momentum: Double) throws -> Double {
        let run = try #require(
          try plan.runs.first {
            try $0.parameters.integer("seed") == seed
              && $0.parameters.number("momentum") == momentum
          })
        let result = try #require(results[run.id])
        return Double(try #require(result.t2) - (try #require(result.t1)))
      }
      let plain = try wait(0)
      // A tenth: evaluated every 10 steps of a wait of about a thousand, and t1 does not scale so.
      #expect(abs(try wait(0.5) / plain / 0.5 - 1) < 0.1)
      #expect(abs(try wait(0.9) / plain / 0.1 - 1) < 0.1)
    }
  }

  @Test(arguments: TestDevices.all)
  func devicesAgreeWithTheReference(device: Device) throws {
    for precision in [Precision.f32, .f64]
    where precision == .f32 || device.capabilities.hasDouble {
      let plan = try Self.plan(["precision=\(precision)", "steps=200"])
      let expected = try Self.results(plan, on: ReferenceTrainingBackend())
      let found = try Self.results(plan, on: OpenCLTrainingBackend(device))
      #expect(found.count == expected.count)
      // 200 steps, each of which adds sums of 40 terms.
      let rule = Tolerance.sum(precision, terms: 200 * 40)
      for (id, result) in found {
        let other = try #require(expected[id])
        #expect(result.curves.steps == other.curves.steps)
        for (curve, reference) in zip(result.curves.values, other.curves.values) {
          #expect(rule.mismatch(curve, reference) == nil)
        }
      }
    }
  }

  @Test func runsGoOnFromSavedStates() throws {
    let runs = try Self.plan(["steps=60"]).runs
    let continuation = Continuation(runs: 3, end: 60, evaluations: [0, 20, 40, 60]) { members, _ in
      try HeavyBall().session(
        for: members.map { runs[$0] }, instance: nil, on: ReferenceTrainingBackend(),
        mapping: .stepwise)
    }
    #expect(try continuation.goesOn(cuts: [0, 1, 30], selections: [[0], [2, 0], [0, 1, 2]]))
    // The velocity is part of the state.
    #expect(
      try !continuation.goesOn(cuts: [30], selections: [[0, 1, 2]]) { state in
        state.map { tensor in
          tensor.name == "m"
            ? NamedTensor(
              name: "m", shape: tensor.shape, values: tensor.values.map { _ in 0 }) : tensor
        }
      })
  }

  @Test func theSpecIsCheckedLikeAnyOther() {
    for (override, key) in [("momentum=1", "momentum"), ("momentun=0.5", "momentun")] {
      let error = #expect(throws: SpecError.self) { try Self.plan([override]) }
      #expect(error?.key == key)
    }
    #expect(throws: SpecError.self) {
      try SweepSpec(yaml: Self.sweep, file: "heavy-ball.yaml")
    }
  }

  // MARK: - The article

  /// Every piece of Swift that the article shows is compiled here.
  @Test func theArticleShowsThisCode() throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let article = tests.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Sources/GrokCL.docc/OwnExperiment.md")
    let code = try ["HeavyBall.swift", "HeavyBallSession.swift", "TutorialTests.swift"]
      .map { try String(contentsOf: tests.appendingPathComponent($0), encoding: .utf8) }
      .joined().split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .joined(separator: "\n")
    let blocks = try String(contentsOf: article, encoding: .utf8)
      .components(separatedBy: "```swift\n").dropFirst()
      .map { $0.components(separatedBy: "```")[0] }
    #expect(blocks.count >= 5)
    for block in blocks {
      // Between lines of dots a piece stands as it does in the file.
      for piece in block.components(separatedBy: "// ...\n") {
        let lines = piece.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(code.contains(lines.joined(separator: "\n")), "not compiled: \(piece)")
      }
    }
  }
}
