// This file tests that an interrupted sweep goes on where it was, to the bit, and what damaged
// checkpoints do.

import BatchNumerics
import Experiments
import Foundation
import ReferenceBackend
import Sweeps
import Synchronization
import Testing
import _TestSupport

@Suite struct CheckpointTests {
  let folder: TemporaryFolder
  let store: String
  static let grid = "steps: 3000\nsweep: {learning_rate: [0.02, 0.1], seed: {range: [0, 4]}}"

  init() throws {
    folder = try TemporaryFolder()
    store = folder.file("a.sqlite")
  }

  private var checkpoints: String { store + ".checkpoints" }

  private var files: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: checkpoints)) ?? []).sorted()
  }

  /// One process's part of a sweep: until `launches` are done, or the end.
  private func part(
    _ lines: String, launches: Int = .max, done: [String: RunResult] = [:],
    on backends: [any TrainingBackend] = [ReferenceTrainingBackend()], interval: Double = 0
  ) throws -> Collector {
    let collector = Collector()
    let runner = SweepRunner(
      backends: backends, reference: ReferenceTrainingBackend(), stepsPerLaunch: 170)
    let count = Mutex(0)
    var events = collector.events
    events.progress = { _ in
      count.withLock { count in
        count += 1
        if count == launches { runner.cancel() }
      }
    }
    var resuming = Resumption()
    resuming.isDone = { done[$0] != nil }
    resuming.checkpoints = CheckpointFolder(store: store)
    resuming.interval = interval
    try runner.run(
      SweepWindows(spec(Harness.problem + lines)), resuming: resuming, events: events)
    return collector
  }

  @Test(arguments: [1, 2, 5, 17], ["", "method: proximal\n", "depth: 2\ninit: {scale: 0.3}\n"])
  func aSweepGoesOnToTheBit(launches: Int, variant: String) throws {
    let expected = try Harness.alone(Harness.plan(variant + Self.grid))
    var done: [String: RunResult] = [:]
    var parts = 0
    while done.count < 8, parts < 40 {
      let found = try part(variant + Self.grid, launches: launches, done: done)
      for result in found.results where result.status != .stopped { done[result.run.id] = result }
      #expect(found.warnings.isEmpty)
      parts += 1
    }
    // 18 launches of 170 steps, and one more at each of the steps where runs may join.
    #expect(parts == (20 + launches - 1) / launches)
    #expect(Harness.trajectories(Array(done.values)) == expected)
    #expect(files.isEmpty && !FileManager.default.fileExists(atPath: checkpoints))
  }

  /// What a process that was killed leaves: the last checkpoint, older ones, and a part of one.
  @Test func onlyTheLatestCheckpointOfARunCounts() throws {
    _ = try part(Self.grid, launches: 3)
    let early = try #require(files.first)
    try FileManager.default.copyItem(
      atPath: checkpoints + "/" + early, toPath: folder.file("early"))
    _ = try part(Self.grid, launches: 4)
    #expect(files.count == 1)
    try FileManager.default.copyItem(
      atPath: folder.file("early"), toPath: checkpoints + "/0-1.safetensors")
    try Data("x".utf8).write(to: URL(fileURLWithPath: checkpoints + "/0-2.safetensors.partial"))
    let rest = try part(Self.grid)
    #expect(
      Harness.trajectories(rest.results) == (try Harness.alone(Harness.plan(Self.grid))))
    let trained = rest.timings.map(\.runSteps).reduce(0, +)
    #expect(trained < 8 * (3000 - 6 * 170))
    #expect(files.isEmpty)
  }

  /// A damaged checkpoint is named and set aside, and its runs start again.
  @Test(arguments: [0, 1, 2, 3]) func damagedCheckpointsAreSetAside(kind: Int) throws {
    _ = try part(Self.grid, launches: 3)
    let name = try #require(files.first)
    let url = URL(fileURLWithPath: checkpoints + "/" + name)
    var bytes = [UInt8](try Data(contentsOf: url))
    switch kind {
    case 0: bytes[bytes.count - 9] ^= 4
    case 1: bytes.removeLast(100)
    case 2: bytes = Array("nothing of the kind".utf8)
    default: bytes[40] ^= 1
    }
    try Data(bytes).write(to: url)
    let found = try part(Self.grid)
    #expect(found.warnings.count == 1)
    #expect(found.warnings[0].contains(name) && found.warnings[0].contains("start again"))
    #expect(
      Harness.trajectories(found.results) == (try Harness.alone(Harness.plan(Self.grid))))
    #expect(files == [name + ".damaged"])
  }

  /// A folder that cannot be made ends the sweep with its name; results stand.
  @Test func aFolderThatCannotBeMade() throws {
    try Data().write(to: URL(fileURLWithPath: checkpoints))
    let error = #expect(throws: StoreError.self) { try part(Self.grid, launches: 3) }
    #expect(error?.description.contains(checkpoints) == true)
  }
}
