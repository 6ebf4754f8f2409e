// This file tests stores that cannot be used: foreign, newer, damaged, locked or out of reach.

import Experiments
import Foundation
import GRDB
import Sweeps
import Testing
import _TestSupport

@Suite struct RunStoreErrorTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("a.sqlite")
  }

  /// A store with one run; returns the run's identity.
  @discardableResult
  func makeStore() throws -> String {
    let result = try Harness.run(Harness.plan("steps: 40")).results[0]
    let store = try RunStore(writing: path)
    let sweep = try store.addSweep(name: "a.yaml", spec: "", version: "1.0")
    try store.add([result], sweep: sweep, version: "1.0")
    return result.run.id
  }

  func execute(_ sql: String) throws { try StoreHarness.execute(path, sql) }

  func storeError(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) -> String { StoreHarness.error(sourceLocation: sourceLocation, body) }

  // MARK: - Files

  @Test func readingNeedsAFile() {
    #expect(storeError { _ = try RunStore(reading: path) } == "\(path): no such file")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  /// A missing folder, a folder instead of a file, and a file system that takes no files.
  @Test(arguments: ["missing/a.sqlite", "", "/proc/a.sqlite"]) func unwritablePaths(_ name: String)
  {
    let target = name.hasPrefix("/") ? name : folder.file(name)
    let text = storeError { _ = try RunStore(writing: target) }
    #expect(text.hasPrefix("\(target): cannot be opened for writing"))
  }

  @Test(.enabled(if: geteuid() != 0, "root may write everything")) func readOnlyFileAndFolder()
    throws
  {
    try makeStore()
    let manager = FileManager.default
    try manager.setAttributes([.posixPermissions: 0o444], ofItemAtPath: path)
    #expect(
      storeError { _ = try RunStore(writing: path) }
        .hasPrefix("\(path): cannot be opened for writing"))
    #expect(try RunStore(reading: path).runs().count == 1)
    try manager.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
    let other = folder.file("b.sqlite")
    #expect(
      storeError { _ = try RunStore(writing: other) }
        .hasPrefix("\(other): cannot be opened for writing"))
    try manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
  }

  // MARK: - One writer

  @Test func secondWriterIsRefusedWhileReadersWork() throws {
    let run = try makeStore()
    let writer = try RunStore(writing: path)
    let text = storeError { _ = try RunStore(writing: path) }
    #expect(text.hasPrefix("\(path): another process is writing to this store"))
    let reader = try RunStore(reading: path)
    #expect(try reader.runs().map(\.id) == [run])
    _ = try writer.addSweep(name: "b.yaml", spec: "", version: "1.0")
    #expect(try reader.completedRuns() == [run])
  }

  @Test func writersMayFollowOneAnother() throws {
    for count in 1...3 {
      let store = try RunStore(writing: path)
      #expect(try store.addSweep(name: "", spec: "", version: "") == Int64(count))
    }
  }

  @Test func readersWriteNothing() throws {
    try makeStore()
    let before = FileManager.default.contents(atPath: path)
    let reader = try RunStore(reading: path)
    #expect(throws: StoreError.self) { try reader.addSweep(name: "", spec: "", version: "") }
    #expect(FileManager.default.contents(atPath: path) == before)
  }

  // MARK: - Other files

  @Test func filesThatAreNoDatabases() throws {
    let text = String(repeating: "not a database\n", count: 100)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    for open in [{ try RunStore(reading: path) }, { try RunStore(writing: path) }] {
      let message = storeError { _ = try open() }
      #expect(message.hasPrefix("\(path): ") && message.contains("not a database"))
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
  }

  @Test func databasesOfOtherPrograms() throws {
    try execute("CREATE TABLE theirs (x)")
    for open in [{ try RunStore(reading: path) }, { try RunStore(writing: path) }] {
      #expect(
        storeError { _ = try open() } == "\(path): is an SQLite file but not a grokcl store")
    }
  }

  @Test func emptyFilesAreStoresOnlyToWriters() throws {
    try Data().write(to: URL(fileURLWithPath: path))
    #expect(
      storeError { _ = try RunStore(reading: path) } == "\(path): has no tables of a grokcl store")
    _ = try RunStore(writing: path)
    #expect(try RunStore(reading: path).runs().isEmpty)
  }

  @Test func newerSchemaIsRefused() throws {
    try makeStore()
    try execute("PRAGMA user_version = \(RunStore.schemaVersion + 1)")
    for open in [{ try RunStore(reading: path) }, { try RunStore(writing: path) }] {
      #expect(
        storeError { _ = try open() }.contains("is of schema version \(RunStore.schemaVersion + 1)")
      )
    }
  }

  /// Stores of earlier versions are read as they are, and completed by a writer.
  @Test(arguments: [1, 2]) func olderSchemaIsCompleted(version: Int) throws {
    try StoreHarness.fill(path)
    if version > 1 {
      try execute(
        "INSERT INTO predictions VALUES (2, 'delay', 3.5, 'steps', 'estimate', 'x', '[]')")
    }
    let before = try StoreHarness.contents(path)
    let done = try RunStore(reading: path).completedRuns()
    try OlderStore.make(path, version: version)
    let bytes = FileManager.default.contents(atPath: path)
    #expect(try StoreHarness.contents(path) == before)
    #expect(try RunStore(reading: path).completedRuns() == done)
    #expect(try RunStore(reading: path).mapping(ofBatch: "b") == nil)
    #expect(FileManager.default.contents(atPath: path) == bytes)
    try RunStore(writing: path).close()
    #expect(FileManager.default.contents(atPath: path) != bytes)
    #expect(try StoreHarness.contents(path) == before)
    try execute("SELECT id, mapping, device FROM batches")
  }

  // MARK: - Damage

  @Test(arguments: [
    "UPDATE curves SET data = substr(data, 1, 16) WHERE metric = 'l1_norm'",
    "UPDATE curves SET data = substr(data, 1, length(data) - 1) WHERE metric = 'l1_norm'",
    "UPDATE curves SET data = substr(data, 1, length(data) - 1)",
    "UPDATE curves SET data = x'' WHERE metric = 'step'",
    "DELETE FROM curves WHERE metric = 'step'", "DELETE FROM curves",
  ]) func damagedCurvesAreReported(_ sql: String) throws {
    let run = try makeStore()
    try execute(sql)
    let store = try RunStore(reading: path)
    #expect(
      storeError { _ = try store.curves(of: run) }
        == "\(path): the curves of run \(run) are damaged")
    var rows = 0
    #expect(throws: StoreError.self) { try RunExport.csv(store, store.runs()) { _ in rows += 1 } }
    #expect(rows == 0)
  }

  @Test(arguments: [
    "UPDATE tensors SET data = substr(data, 1, 16)", "UPDATE tensors SET shape = '[3]'",
    "UPDATE tensors SET shape = 'x'", "UPDATE tensors SET data = substr(data, 2)",
  ]) func damagedTensorsAreReported(_ sql: String) throws {
    let run = try makeStore()
    try execute(sql)
    let store = try RunStore(reading: path)
    #expect(
      storeError { _ = try store.tensors(of: run) }
        == "\(path): the tensors of run \(run) are damaged")
  }

  /// SQLite does not notice a bit that flips within what it stores.
  @Test(arguments: ["l1_norm", "step"]) func aFlippedBitIsReported(metric: String) throws {
    let run = try makeStore()
    try StoreHarness.flip(path, "curves", where: "metric = '\(metric)'")
    try StoreHarness.flip(path, "tensors", where: "TRUE")
    let store = try RunStore(reading: path)
    #expect(
      storeError { _ = try store.curves(of: run) }
        == "\(path): the curves of run \(run) are damaged")
    #expect(
      storeError { _ = try store.tensors(of: run) }
        == "\(path): the tensors of run \(run) are damaged")
  }

  /// Whatever is overwritten: an error of the right kind, or results that are as they were.
  @Test(arguments: 1...16) func randomBytesAreReportedOrHarmless(seed: UInt64) throws {
    try StoreHarness.fill(path)
    let before = Set(try StoreHarness.contents(path))
    var bytes = try #require(FileManager.default.contents(atPath: path))
    var state = seed
    func next() -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33)
    }
    let start = 100 + next() % (bytes.count - 400)
    for index in start..<(start + 200) { bytes[index] = UInt8(truncatingIfNeeded: next()) }
    try bytes.write(to: URL(fileURLWithPath: path))
    do {
      let store = try RunStore(reading: path)
      let runs = try store.runs()
      for run in runs {
        _ = try store.curves(of: run.id)
        _ = try store.tensors(of: run.id)
      }
      _ = try store.completedRuns()
      _ = try store.select(["lr", "t2", "test_error"])
      let target = folder.file("target.sqlite")
      _ = try RunStore(writing: target).merge([store])
      // Summaries have no digests: only what is in blobs is sure to be as it was.
      #expect(runs.count <= before.count)
    } catch is StoreError {
    }
  }

  @Test(arguments: [0.3, 0.6, 0.95, 0.999]) func aFileThatWasCutOffIsReported(share: Double) throws
  {
    try StoreHarness.fill(path)
    let bytes = try #require(FileManager.default.contents(atPath: path))
    try bytes.prefix(Int(Double(bytes.count) * share)).write(to: URL(fileURLWithPath: path))
    for open in [{ try RunStore(reading: path) }, { try RunStore(writing: path) }] {
      #expect(storeError { _ = try open() }.contains("cut off"))
    }
  }

  /// Rows that no program of ours writes, as a damaged page may have them.
  @Test(arguments: [
    "UPDATE runs SET steps = 'many'", "UPDATE runs SET parameters = x'ff00ff'",
    "UPDATE runs SET parameters = '{\"a\":'", "UPDATE runs SET final = ''",
    "UPDATE runs SET seconds = 'x', t1 = 'y'",
  ]) func oddRowsDoNotCrash(_ sql: String) throws {
    let run = try makeStore()
    try execute(sql)
    let store = try RunStore(reading: path)
    for read in [
      { _ = try store.runs() }, { _ = try store.select(["lr", "t1", "steps", "test_error"]) },
      { _ = try store.groups(GroupQuery(["lr"], over: ["seed"])) },
      { _ = try RunStore(writing: folder.file("b.sqlite")).merge([store]) },
      { _ = try store.curves(of: run) },
    ] {
      do { try read() } catch is StoreError {}
    }
  }

  /// Nothing depends on the order of dates.
  @Test func theClockMayRunBackwards() throws {
    let results = try Harness.run(Harness.plan(StoreHarness.grid)).results
    let store = try RunStore(writing: path)
    for (index, result) in results.enumerated() {
      let sweep = try store.addSweep(
        name: "\(index)", spec: "", version: "1.0",
        created: Date(timeIntervalSince1970: 1e9 - 1e6 * Double(index)))
      #expect(sweep == Int64(index + 1))
      try store.add([result], sweep: sweep, version: "1.0")
    }
    #expect(try store.runs().map(\.id) == results.map(\.run.id))
    try store.close()
    let merged = try RunStore(writing: folder.file("b.sqlite"))
    _ = try merged.merge([try RunStore(reading: path)])
    #expect(try merged.runs().map(\.id) == results.map(\.run.id))
  }

  @Test func damagedPagesAreReported() throws {
    try makeStore()
    var bytes = try #require(FileManager.default.contents(atPath: path))
    for index in 4096..<bytes.count { bytes[index] = 0xA5 }
    try bytes.write(to: URL(fileURLWithPath: path))
    #expect(throws: StoreError.self) {
      let store = try RunStore(reading: path)
      for run in try store.runs() { _ = try store.curves(of: run.id) }
    }
  }
}
