// This file tests bringing the runs of several stores into one.

import Foundation
import Sweeps
import Testing
import _TestSupport

@Suite struct MergeTests {
  let folder: TemporaryFolder
  let a: String
  let b: String
  let target: String

  init() throws {
    folder = try TemporaryFolder()
    a = folder.file("a.sqlite")
    b = folder.file("b.sqlite")
    target = folder.file("c.sqlite")
  }

  @discardableResult
  func merge(_ sources: [String]) throws -> MergeReport {
    let store = try RunStore(writing: target)
    let report = try store.merge(sources.map { try RunStore(reading: $0) })
    try store.close()
    return report
  }

  func report(
    added: Int = 0, replaced: Int = 0, equal: Int = 0, behind: Int = 0
  ) -> MergeReport {
    var report = MergeReport()
    (report.added, report.replaced, report.equal, report.behind) = (added, replaced, equal, behind)
    return report
  }

  @Test func everythingOfARunComesAlong() throws {
    try StoreHarness.fill(
      a, "steps: 40\ndepth: 2\ninit: {scale: 0.3}\nsweep: {seed: [1, 2, 3]}", verify: 0.4)
    try StoreHarness.execute(
      a, "INSERT INTO predictions VALUES (2, 'delay', 3.5, 'steps', 'estimate', 'x', '[]')")
    let store = try RunStore(writing: a)
    try store.setMapping(BatchMapping(mapping: "lanes", device: "cpu"), ofBatch: "b1")
    try store.close()
    #expect(try merge([a]) == report(added: 3))
    #expect(try StoreHarness.contents(target) == StoreHarness.contents(a))
    #expect(
      try RunStore(reading: target).mapping(ofBatch: "b1")
        == BatchMapping(mapping: "lanes", device: "cpu"))
    for table in ["sweeps", "device_timings"] {
      #expect(
        try StoreHarness.string(target, "SELECT COUNT(*) FROM \(table)")
          == StoreHarness.string(a, "SELECT COUNT(*) FROM \(table)"))
    }
  }

  /// Shards of a sweep, some runs in both; a second time not a byte changes.
  @Test func mergingAgainChangesNothing() throws {
    try StoreHarness.fill(a, "steps: 40\nsweep: {seed: [1, 2, 3]}")
    try StoreHarness.fill(b, "steps: 40\nsweep: {seed: [3, 4]}")
    let sources = [a, b].map { FileManager.default.contents(atPath: $0) }
    #expect(try merge([a, b]) == report(added: 4, equal: 1))
    let first = try StoreHarness.contents(target)
    let counts = "SELECT (SELECT COUNT(*) FROM sweeps) || (SELECT COUNT(*) FROM device_timings)"
    let rows = try StoreHarness.string(target, counts)
    #expect(try merge([a, b]) == report(equal: 5))
    #expect(try merge([b]) == report(equal: 2))
    #expect(try StoreHarness.contents(target) == first)
    #expect(try StoreHarness.string(target, counts) == rows)
    #expect([a, b].map { FileManager.default.contents(atPath: $0) } == sources)
  }

  @Test func runsKeepTheirSweeps() throws {
    try StoreHarness.fill(a, "steps: 10", name: "first")
    try StoreHarness.fill(b, "steps: 20", name: "second")
    try merge([a, b])
    let names = """
      SELECT group_concat(name) FROM (SELECT sweeps.name || runs.steps AS name FROM runs
        JOIN sweeps ON sweeps.id = sweep ORDER BY steps)
      """
    #expect(try StoreHarness.string(target, names) == "first10,second20")
  }

  @Test(arguments: [1, 2]) func olderStoresAreMerged(version: Int) throws {
    try StoreHarness.fill(a)
    let before = try StoreHarness.contents(a)
    try OlderStore.make(a, version: version)
    let bytes = FileManager.default.contents(atPath: a)
    #expect(try merge([a]) == report(added: 3))
    #expect(try StoreHarness.contents(target) == before)
    #expect(FileManager.default.contents(atPath: a) == bytes)
  }

  @Test func aStoreThatIsWrittenToIsMerged() throws {
    try StoreHarness.fill(a)
    let writer = try RunStore(writing: a)
    _ = try writer.addSweep(name: "next", spec: "", version: "1.0")
    #expect(try merge([a]) == report(added: 3))
    _ = try writer.addSweep(name: "and next", spec: "", version: "1.0")
  }

  // MARK: - Stopped runs

  /// What has come farther stays, whichever comes first.
  @Test(arguments: ["a", "b"]) func aCompleteRunReplacesAStoppedOne(first: String) throws {
    try StoreHarness.fill(a, "steps: 40")
    try StoreHarness.fill(b, "steps: 40")
    try StoreHarness.execute(
      b, "UPDATE runs SET status = 'stopped', steps = 20; DELETE FROM tensors")
    let complete = try StoreHarness.contents(a)
    let order = first == "a" ? [a, b] : [b, a]
    let second = first == "a" ? report(added: 1, behind: 1) : report(added: 1, replaced: 1)
    #expect(try merge(order) == second)
    #expect(try StoreHarness.contents(target) == complete)
    #expect(try StoreHarness.string(target, "SELECT COUNT(*) FROM curves") == "6")
  }

  @Test func theLongerOfTwoStoppedRunsStays() throws {
    for (path, steps) in [(a, 20), (b, 30)] {
      try StoreHarness.fill(path, "steps: 40")
      try StoreHarness.execute(path, "UPDATE runs SET status = 'stopped', steps = \(steps)")
    }
    #expect(try merge([a, b]) == report(added: 1, replaced: 1))
    #expect(try merge([a, b]) == report(behind: 2))
    #expect(try RunStore(reading: target).runs()[0].steps == 30)
  }

  // MARK: - Conflicts

  /// One bit of one curve; then another metric; then a run that diverged in one store only.
  @Test(arguments: ["bit", "metric", "length"]) func conflictsChangeNothing(kind: String) throws {
    try StoreHarness.fill(target, "steps: 40\nsweep: {seed: [9]}")
    try StoreHarness.fill(a, "steps: 40\nsweep: {seed: [1, 2]}")
    let results = try StoreHarness.fill(b, "steps: 40\nsweep: {seed: [3, 2]}")
    let run = results[1].run.id
    // An older store has no digests: what differs is not taken for damage.
    let change = [
      "bit": "UPDATE curves SET digest = NULL",
      "metric": "UPDATE curves SET metric = 'l3_norm' WHERE run = 2 AND metric = 'l1_norm'",
      "length": "UPDATE curves SET digest = NULL, data = substr(data, 1, 24) WHERE run = 2",
    ]
    try StoreHarness.execute(b, try #require(change[kind]))
    if kind == "bit" {
      try StoreHarness.flip(b, "curves", where: "run = 2 AND metric = 'l1_norm'")
    }
    let before = try StoreHarness.contents(target)
    let text = StoreHarness.error { try merge([a, b]) }
    #expect(text == "\(b): run \(run) is complete here and in \(a), with different curves")
    #expect(try StoreHarness.contents(target) == before)
    // The same with the run in the destination.
    try merge([a])
    let inTarget = StoreHarness.error { try merge([b]) }
    #expect(inTarget == "\(b): run \(run) is complete here and in \(target), with different curves")
  }

  @Test func damageIsNotCopied() throws {
    let run = try StoreHarness.fill(a, "steps: 40")[0].run.id
    try StoreHarness.execute(
      a, "UPDATE curves SET data = zeroblob(length(data)) WHERE metric = 'l1_norm'")
    #expect(StoreHarness.error { try merge([a]) } == "\(a): the curves of run \(run) are damaged")
    try StoreHarness.execute(a, "DELETE FROM curves; UPDATE tensors SET data = zeroblob(160)")
    #expect(StoreHarness.error { try merge([a]) } == "\(a): the tensors of run \(run) are damaged")
    #expect(try RunStore(reading: target).runs().isEmpty)
  }

  /// What only one of two equal runs has is added to the other.
  @Test func predictionsAreAddedToEqualRuns() throws {
    let run = try StoreHarness.fill(a, "steps: 40")[0].run.id
    try merge([a])
    try StoreHarness.execute(
      a, "INSERT INTO predictions VALUES (1, 'delay', 3.5, 'steps', 'estimate', 'x', '[]')")
    for _ in 1...2 {
      #expect(try merge([a]) == report(equal: 1))
      #expect(try RunStore(reading: target).predictions(of: run).map(\.name) == ["delay"])
    }
  }
}
