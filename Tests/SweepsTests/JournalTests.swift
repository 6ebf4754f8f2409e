// This file tests what stands beside a store while it is written to, and what is left of it.

import Foundation
import GRDB
import Sweeps
import Testing
import _TestSupport

@Suite struct JournalTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("a.sqlite")
  }

  func files() throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
  }

  /// Copies what a killed writer would leave.
  func abandon(_ name: String) throws -> String {
    let target = folder.file(name)
    for suffix in ["", "-wal", "-journal"] {
      let manager = FileManager.default
      guard manager.fileExists(atPath: path + suffix) else { continue }
      try manager.copyItem(atPath: path + suffix, toPath: target + suffix)
    }
    return target
  }

  // MARK: - Choice

  static let mounts = """
    22 27 0:21 / /proc rw,relatime - proc proc rw
    27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
    30 27 0:40 / /home rw,relatime shared:2 master:1 - nfs4 server:/home rw
    31 30 0:41 / /home/disk rw - xfs /dev/sdb rw
    32 27 0:42 / /mnt/a\\040b rw - fuse.sshfs host:/ rw
    33 27 0:43 / /data rw - ext4 /dev/sdc rw
    34 33 0:44 / /data rw - 9p host rw
    """

  @Test(arguments: [
    ("/var/a.sqlite", "ext4"), ("/home/me/a.sqlite", "nfs4"), ("/homes/a.sqlite", "ext4"),
    ("/home/disk/a.sqlite", "xfs"), ("/mnt/a b/a.sqlite", "fuse.sshfs"),
    ("/data/a.sqlite", "9p"),
  ]) func theNearestMountTellsTheFileSystem(path: String, type: String) {
    #expect(FileSystem.type(of: path, mounts: Self.mounts) == type)
  }

  @Test(arguments: [
    ("ext4", false), ("xfs", false), ("tmpfs", false), ("overlay", false), ("nfs", true),
    ("nfs4", true), ("9p", true), ("fuse.sshfs", true), ("virtiofs", true), ("lustre", true),
  ]) func sharedFileSystemsHaveNoSharedMemory(type: String, isShared: Bool) {
    #expect(FileSystem.isShared(type: type) == isShared)
  }

  @Test func filesHereAreLogged() throws {
    let store = try RunStore(writing: path)
    _ = try store.addSweep(name: "", spec: "", version: "")
    #expect(try files() == ["a.sqlite", "a.sqlite-wal", "a.sqlite-shm"])
    #expect(try StoreHarness.string(path, "PRAGMA journal_mode") == "wal")
  }

  // MARK: - Closing

  @Test(arguments: [Journal.writeAheadLog, .rollback]) func closingLeavesOneFile(
    journal: Journal
  ) throws {
    let store = try RunStore(writing: path, journal: journal)
    _ = try store.addSweep(name: "", spec: "", version: "")
    try store.close()
    #expect(try files() == ["a.sqlite"])
    #expect(try StoreHarness.string(path, "PRAGMA journal_mode") == "delete")
    #expect(try StoreHarness.string(path, "PRAGMA integrity_check") == "ok")
    // A second time does nothing, and another writer may follow though the object is alive.
    try store.close()
    try RunStore(writing: path).close()
  }

  @Test func whoForgetsToCloseLeavesOneFile() throws {
    do {
      let store = try RunStore(writing: path)
      _ = try store.addSweep(name: "", spec: "", version: "")
    }
    #expect(try files() == ["a.sqlite"])
  }

  /// A reader may outlive the writer; the file has everything all the same.
  @Test func closingUnderAReaderEmptiesTheLog() throws {
    let run = try StoreHarness.fill(path)[0].run.id
    let writer = try RunStore(writing: path)
    let reader = try RunStore(reading: path)
    #expect(try reader.runs().count == 3)
    _ = try writer.addSweep(name: "second", spec: "", version: "")
    try writer.close()
    let log = FileManager.default.contents(atPath: path + "-wal") ?? Data()
    #expect(log.isEmpty)
    let copy = folder.file("copy.sqlite")
    try FileManager.default.copyItem(atPath: path, toPath: copy)
    #expect(try StoreHarness.string(copy, "SELECT MAX(name) FROM sweeps") == "second")
    #expect(try reader.runs(run).count == 1)
  }

  // MARK: - Reading meanwhile

  /// A transaction that is under way keeps nobody out and is not seen.
  @Test func readersSeeWhatIsCommitted() throws {
    try StoreHarness.fill(path)
    let writer = try RunStore(writing: path)
    let reader = try RunStore(reading: path)
    _ = try writer.addSweep(name: "b.yaml", spec: "", version: "1.0")
    let other = try DatabaseQueue(path: path)
    try other.writeWithoutTransaction { db in
      try db.execute(sql: "BEGIN IMMEDIATE; UPDATE runs SET status = 'stopped'")
      let start = ContinuousClock.now
      #expect(try reader.completedRuns().count == 3)
      #expect(try RunStore(reading: path).runs().count == 3)
      #expect(ContinuousClock.now - start < .seconds(2))
      try db.execute(sql: "COMMIT")
    }
    #expect(try reader.completedRuns().isEmpty)
  }

  /// Another program that does not know our lock: after some patience it is an error, and nothing
  /// is lost.
  @Test(arguments: [Journal.writeAheadLog, .rollback]) func anotherProgramWrites(
    journal: Journal
  ) throws {
    try StoreHarness.fill(path)
    let store = try RunStore(writing: path, journal: journal, patience: 0.1)
    let other = try DatabaseQueue(path: path)
    try other.writeWithoutTransaction { db in
      try db.execute(sql: "BEGIN IMMEDIATE")
      let text = StoreHarness.error { _ = try store.addSweep(name: "", spec: "", version: "") }
      #expect(text.hasPrefix("\(path): another process is writing"))
      try db.execute(sql: "ROLLBACK")
    }
    try other.close()
    #expect(try store.addSweep(name: "", spec: "", version: "") == 2)
    #expect(try store.runs().count == 3)
  }

  // MARK: - Killed writers

  /// Readers bring what the log has; the next writer leaves one file.
  @Test func aKilledWritersLogIsRead() throws {
    let results = try StoreHarness.fill(path)
    let store = try RunStore(writing: path)
    #expect(try store.addSweep(name: "second", spec: "", version: "") == 2)
    let left = try abandon("left.sqlite")
    #expect(FileManager.default.fileExists(atPath: left + "-wal"))
    #expect(try RunStore(reading: left).runs().map(\.id) == results.map(\.run.id))
    let next = try RunStore(writing: left)
    #expect(try next.addSweep(name: "third", spec: "", version: "") == 3)
    try next.close()
    #expect(try files().filter { $0.hasPrefix("left") } == ["left.sqlite"])
  }

  /// Half a transaction is taken back, by readers too.
  @Test func aKilledWritersTransactionIsTakenBack() throws {
    try StoreHarness.fill(path)
    let before = try StoreHarness.contents(path)
    let other = try DatabaseQueue(path: path)
    var left = ""
    try other.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA cache_spill = 1; PRAGMA cache_size = 1; BEGIN IMMEDIATE")
      // More than the cache holds, so that it is in the file before it is committed.
      try db.execute(sql: "UPDATE curves SET data = zeroblob(100000)")
      left = try abandon("left.sqlite")
      try db.execute(sql: "ROLLBACK")
    }
    #expect(FileManager.default.fileExists(atPath: left + "-journal"))
    #expect(
      FileManager.default.contents(atPath: left) != FileManager.default.contents(atPath: path))
    #expect(try StoreHarness.contents(left) == before)
    #expect(try files().filter { $0.hasPrefix("left") } == ["left.sqlite"])
  }
}
