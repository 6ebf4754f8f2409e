// This file tests `merge`: shards of a sweep become one store.

import Foundation
import GRDB
import Testing

@Suite struct MergeTests {
  /// Two stores that share the runs of a learning rate.
  private func shards() async throws -> Workplace {
    let place = try Workplace(spec: Workplace.sweep)
    for (name, rates) in [("a", "[0.02,0.05]"), ("b", "[0.05,0.1]")] {
      try await place.succeed(
        "run spec.yaml --device cpu --store \(name).sqlite --set sweep.learning_rate=\(rates)")
    }
    return place
  }

  private func execute(_ place: Workplace, _ store: String, _ sql: String) throws {
    try DatabaseQueue(path: place.path(store)).write { try $0.execute(sql: sql) }
  }

  @Test func shardsBecomeOneStore() async throws {
    let place = try await shards()
    let sources = [try place.bytes("a.sqlite"), try place.bytes("b.sqlite")]
    let merged = try await place.succeed("merge a.sqlite b.sqlite --into c.sqlite")
    #expect(
      merged.lines == ["c.sqlite: 6 runs added, 0 replaced, 2 equal, 0 stopped ones left out"])
    let csv = try await place.succeed("export c.sqlite --format csv").output
    let whole = try await place.succeed(
      "run spec.yaml --json --device cpu --store c.sqlite --set sweep.learning_rate=[0.02,0.05,0.1]"
    )
    #expect(whole.output == "" && whole.errors.contains("6 of 6 runs are in the store"))
    // A pattern such as *.sqlite names the destination, too.
    let again = try await place.succeed(
      "merge a.sqlite b.sqlite c.sqlite --into c.sqlite --json")
    #expect(again.lines == [#"{"added":0,"replaced":0,"equal":8,"behind":0}"#])
    #expect(try await place.succeed("export c.sqlite --format csv").output == csv)
    #expect([try place.bytes("a.sqlite"), try place.bytes("b.sqlite")] == sources)
    #expect(
      try place.contents() == ["spec.yaml", "a.sqlite", "b.sqlite", "c.sqlite"])
  }

  /// Named with the run and both files; neither a new nor an existing destination is touched.
  @Test func conflictsAreRefused() async throws {
    let place = try await shards()
    try execute(
      place, "b.sqlite",
      "UPDATE curves SET data = zeroblob(length(data)), digest = NULL WHERE metric = 'l1_norm'")
    let command = ["merge", "a.sqlite", "b.sqlite", "--into"]
    try await expectRefusal(
      place, command + ["c.sqlite"], status: 65,
      ["b.sqlite: run ", "complete here and in a.sqlite, with different curves"])
    try await place.succeed("merge a.sqlite --into c.sqlite")
    let before = try await place.succeed("export c.sqlite --format jsonl").output
    try await expectRefusal(place, command + ["c.sqlite"], status: 65, ["a.sqlite", "b.sqlite"])
    #expect(try await place.succeed("export c.sqlite --format jsonl").output == before)
  }

  @Test(arguments: [
    (["missing.sqlite", "--into", "c.sqlite"], 74, "missing.sqlite: no such file"),
    (["spec.yaml", "--into", "c.sqlite"], 65, "not a database"),
    (["a.sqlite", "--into", "spec.yaml"], 65, "not a database"),
    (["a.sqlite", "--into", "spec.yaml/c.sqlite"], 74, "Not a directory"),
    (["a.sqlite"], 64, "--into"), (["--into", "c.sqlite"], 64, "stores"),
  ]) func storesThatCannotBeMerged(arguments: [String], status: Int32, text: String) async throws {
    try await expectRefusal(
      try await shards(), ["merge"] + arguments, status: status, [text])
  }

  @Test func aDestinationInUseIsRefused() async throws {
    let place = try await shards()
    try place.write("long.yaml", ResumeTests.long)
    let running = try place.start(
      ["run", "long.yaml", "--json", "--device", "cpu", "--store", "c.sqlite"])
    try await running.wait(forLines: 1)
    let refused = try await place.run("merge a.sqlite --into c.sqlite")
    #expect(refused.status == 74 && refused.errors.contains("another process is writing"))
    // As a source it is read as far as it is.
    try await place.succeed("merge a.sqlite c.sqlite --into d.sqlite")
    running.signal(SIGINT)
    #expect(try await running.end().status == 130)
    #expect(try await place.succeed("runs c.sqlite --json").objects().count >= 1)
  }
}
