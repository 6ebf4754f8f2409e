// This file tests the store: what goes in comes out, also into exported files.

import BatchNumerics
import Experiments
import Foundation
import Sweeps
import Testing
import _TestSupport

@Suite struct RunStoreTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("a.sqlite")
  }

  static let grid = "steps: 40\nsweep: {seed: [1, 2, 3]}"

  /// Trains a plan into a store and returns the results.
  @discardableResult
  func fill(_ lines: String = grid, verify: Double = 0) throws -> [RunResult] {
    let found = try Harness.run(Harness.plan(lines), verify: verify)
    let store = try RunStore(writing: path)
    let sweep = try store.addSweep(name: "a.yaml", spec: lines, version: "1.0")
    try store.add(found.results, sweep: sweep, version: "1.0")
    for timing in found.timings { try store.add(timing, sweep: sweep) }
    return found.results
  }

  @Test func resultsComeBackAsTheyWere() throws {
    let results = try fill(Self.grid + "\ndepth: 2\ninit: {scale: 0.3}", verify: 0.4)
    let store = try RunStore(reading: path)
    let stored = try store.runs()
    #expect(stored.map(\.id) == results.map(\.run.id))
    for (run, result) in zip(stored, results) {
      #expect(run.json() == result.json)
      #expect(run.status == "finished" && run.steps == 40 && run.precision == "f64")
      #expect((run.t1, run.t2) == (result.t1, result.t2))
      #expect(run.maxDeviation == result.maxDeviation)
      #expect(try store.curves(of: run.id) == result.curves)
      #expect(try store.tensors(of: run.id) == result.parameters)
      #expect(try store.runs(run.id).map(\.id) == [run.id])
    }
  }

  /// Infinities and NaN in curves keep their bits; JSON has null for them.
  @Test func divergedRunsKeepTheirLastValues() throws {
    let lines = "unsafe_step: true\nsteps: 2000\nlearning_rate: 30"
    let result = try fill(lines)[0]
    let store = try RunStore(reading: path)
    #expect(try store.runs()[0].status == "diverged")
    let curves = try store.curves(of: result.run.id)
    #expect(
      curves.values.map { $0.map(\.bitPattern) }
        == result.curves.values.map { $0.map(\.bitPattern) })
    #expect(try store.runs()[0].final.contains("null"))
    #expect(try store.completedRuns() == [result.run.id])
  }

  @Test func unknownRunIsNamed() throws {
    try fill()
    let store = try RunStore(reading: path)
    let error = #expect(throws: StoreError.self) { try store.runs("0123") }
    #expect(error?.description == "\(path): --run 0123: no such run in this store")
  }

  // MARK: - Resuming

  @Test func completedRunsAreSkippedAndStoppedOnesRedone() throws {
    let plan = try Harness.plan("sweep: {steps: [40, 400], seed: {range: [0, 3]}}")
    let collector = Collector()
    let runner = SweepRunner(
      backends: [ProbeBackend()], reference: ProbeBackend(), stepsPerLaunch: 20)
    var events = collector.events
    events.progress = { _ in if collector.results.count == 3 { runner.cancel() } }
    try runner.run(plan, events: events)
    let store = try RunStore(writing: path)
    let sweep = try store.addSweep(name: "a.yaml", spec: "", version: "1.0")
    try store.add(collector.results, sweep: sweep, version: "1.0")

    let done = try store.completedRuns()
    #expect(done == RunSet(plan.runs.filter { $0.steps == 40 }.map(\.id)))
    let rest = SweepPlan(plan, keeping: { !done.contains($0.id) })
    #expect(rest.runs.map(\.steps) == [400, 400, 400])
    let again = try Harness.run(rest).results
    try store.add(again, sweep: sweep, version: "1.0")
    let runs = try store.runs()
    #expect(runs.count == 6 && runs.allSatisfy { $0.status == "finished" })
    #expect(try store.completedRuns().count == 6)
    for result in again {
      #expect(try store.curves(of: result.run.id) == result.curves)
      #expect(try store.tensors(of: result.run.id) == result.parameters)
    }
  }

  @Test func writingAgainKeepsWhatIsThere() throws {
    let first = try fill("steps: 10\nsweep: {seed: [1, 2]}")
    let second = try fill("steps: 10\nsweep: {seed: [3]}")
    let store = try RunStore(reading: path)
    #expect(try store.runs().map(\.id) == (first + second).map(\.run.id))
  }

  // MARK: - Sets of runs

  @Test func setsHoldIdentities() {
    let ids = ["0123456789abcdef", "ffffffffffffffff", "0000000000000000"]
    let set = RunSet(ids + ids)
    #expect(set.count == 3 && !set.isEmpty && ids.allSatisfy(set.contains))
    for other in ["0123456789abcdee", "", "0123", "0123456789ABCDEF", "g123456789abcdef"] {
      #expect(!set.contains(other))
    }
    #expect(RunSet(["x"]).isEmpty && set == RunSet(ids.reversed()) && [] == RunSet([]))
  }

  // MARK: - Batches

  @Test func batchesKeepTheirMapping() throws {
    let first = BatchMapping(mapping: "lanes", device: "pocl")
    let store = try RunStore(writing: path)
    #expect(try store.mapping(ofBatch: "b") == nil)
    try store.setMapping(first, ofBatch: "b")
    try store.setMapping(BatchMapping(mapping: "loop", device: "cpu"), ofBatch: "c")
    #expect(try store.mapping(ofBatch: "b") == first)
    try store.close()
    #expect(try RunStore(reading: path).mapping(ofBatch: "b") == first)
    let again = try RunStore(writing: path)
    try again.setMapping(BatchMapping(mapping: "loop", device: "cpu"), ofBatch: "b")
    #expect(try again.mapping(ofBatch: "b")?.mapping == "loop")
  }

  // MARK: - Export

  func csv(_ store: RunStore) throws -> [[String]] {
    var text = ""
    try RunExport.csv(store, store.runs()) { text += $0 }
    #expect(text.hasSuffix("\n"))
    return text.dropLast().split(separator: "\n").map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test func csvHasARowPerEvaluation() throws {
    let results = try fill()
    let rows = try csv(RunStore(reading: path))
    let names = ["train_error", "test_error", "l1_norm", "l2_norm", "gradient_ratio"]
    #expect(rows[0] == ["run", "step"] + names)
    #expect(rows.count == 1 + results.reduce(0) { $0 + $1.curves.steps.count })
    #expect(rows.allSatisfy { $0.count == 7 })
    let curves = results[0].curves
    for (index, row) in rows.dropFirst().prefix(curves.steps.count).enumerated() {
      #expect(row[0] == results[0].run.id && row[1] == String(curves.steps[index]))
      #expect(row.dropFirst(2).map { Double($0) } == curves.values.map { $0[index] })
    }
  }

  @Test func csvLeavesMetricsThatARunLacksEmpty() throws {
    try fill("steps: 0")
    try fill("steps: 0\nrecord: {support_norms: true}")
    let rows = try csv(RunStore(reading: path))
    #expect(rows[0].suffix(2) == ["support_norm", "off_support_norm"])
    #expect(rows[1].suffix(2) == ["", ""] && !rows[2].suffix(2).contains(""))
  }

  @Test func jsonLinesHoldSummaryAndCurves() throws {
    let results = try fill()
    let store = try RunStore(reading: path)
    var lines: [String] = []
    try RunExport.jsonl(store, store.runs()) { lines.append($0) }
    #expect(lines.count == results.count)
    for (line, result) in zip(lines, results) {
      #expect(line.hasSuffix("}\n") && line.count { $0 == "\n" } == 1)
      let object = try #require(
        JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let curves = try #require(object["curves"] as? [String: Any])
      #expect(object["run"] as? String == result.run.id && object["t2"] is NSNull)
      #expect((curves["step"] as? [Int]) == result.curves.steps)
      // Foundation's parser of numbers may miss the nearest double by one.
      let parsed = try #require(curves["l1_norm"] as? [Double])
      let written = try #require(result.curves["l1_norm"])
      #expect(Tolerance.sum(.f64, terms: 2).mismatch(parsed, written) == nil)
    }
  }

  @Test func safetensorsHoldTheFinalParameters() throws {
    let results = try fill(Self.grid + "\ndepth: 2\ninit: {scale: 0.3}")
    let store = try RunStore(reading: path)
    let several = try TensorFile(bytes: RunExport.safetensors(store, store.runs()))
    #expect(several.tensors.count == 6)
    for result in results {
      #expect(several["\(result.run.id)/a"]?.values == result.parameters[0].values)
      #expect(several["\(result.run.id)/factors"]?.shape == [2, 20])
      let one = try TensorFile(
        bytes: RunExport.safetensors(store, store.runs(result.run.id)))
      #expect(one.tensors == result.parameters)
    }
  }

  @Test func filesAreWrittenWholeOrNotAtAll() throws {
    try AtomicFile.write([1, 2, 3], to: folder.file("a"))
    try AtomicFile.write([4], to: folder.file("a"))
    #expect(FileManager.default.contents(atPath: folder.file("a")) == Data([4]))
    let error = #expect(throws: StoreError.self) {
      try AtomicFile.write([1], to: folder.file("missing/a"))
    }
    #expect(error?.description.hasPrefix(folder.file("missing/a") + ": cannot be written") == true)
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(left == ["a"])
  }
}
