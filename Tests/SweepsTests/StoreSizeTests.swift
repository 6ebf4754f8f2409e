// This file measures a store of many runs: GROKCL_STORE_RUNS=100000 swift test ... --filter StoreSize

import Foundation
import GRDB
import Sweeps
import Testing
import _TestSupport

@Suite struct StoreSizeTests {
  private static let runs =
    ProcessInfo.processInfo.environment["GROKCL_STORE_RUNS"].flatMap { Int($0) } ?? 0

  private func measure<T>(_ what: String, limit: Double, _ body: () throws -> T) rethrows -> T {
    let clock = ContinuousClock()
    let start = clock.now
    let result = try body()
    let seconds = (clock.now - start) / .seconds(1)
    print("\(Self.runs) runs: \(what) \(String(format: "%.3f", seconds)) s")
    #expect(seconds < limit, "\(what)")
    return result
  }

  @Test(.enabled(if: runs > 0, "GROKCL_STORE_RUNS is not set")) func manyRuns() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.sqlite")
    let plan = try Harness.plan(
      """
      steps: 400
      sweep:
        learning_rate: {linspace: [0.001, 0.05, 100]}
        seed: {range: [0, \(Self.runs / 100)]}
      """)
    let results = try Harness.run(plan).results
    let store = try RunStore(writing: path)
    let sweep = try store.addSweep(name: "a.yaml", spec: "", version: "1.0")
    try measure("stored in commits of 100:", limit: 60) {
      for start in stride(from: 0, to: results.count, by: 100) {
        let end = min(start + 100, results.count)
        try store.add(Array(results[start..<end]), sweep: sweep, version: "1.0")
      }
      try store.close()
    }
    let blobs = try DatabaseQueue(path: path).read { db in
      try Int.fetchOne(
        db,
        sql: """
          SELECT (SELECT SUM(LENGTH(data)) FROM curves) + (SELECT SUM(LENGTH(data)) FROM tensors)
          """) ?? 0
    }
    let size = try #require(
      FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    let bytes = (size - blobs) / results.count
    print(
      "\(Self.runs) runs: \(blobs / results.count) bytes of curves and tensors each, and \(bytes)")
    #expect(bytes < 2048)

    let reader = try RunStore(reading: path)
    let done = try measure("completedRuns", limit: 1) { try reader.completedRuns() }
    #expect(done.count == results.count)
    let conditions = [try RunCondition("lr > 0.02"), try RunCondition("test_error < 10")]
    _ = try measure("two conditions, sorted", limit: 1) {
      try reader.select(["run", "t1", "t2"], RunQuery(conditions, sort: RunSort("-test_error")))
    }
    let groups = try measure("groups over seeds", limit: 1) {
      try reader.groups(GroupQuery(["lr"], over: ["seed"]))
    }
    #expect(groups.groups.count == 100 && groups.mixed.isEmpty)
    let target = try RunStore(writing: folder.file("b.sqlite"))
    for what in ["merged", "merged again"] {
      _ = try measure(what, limit: 60) { try target.merge([reader]) }
    }
  }
}
