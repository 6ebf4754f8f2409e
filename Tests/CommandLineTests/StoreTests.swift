// This file tests what a store holds: `runs`, `export`, `instance`.

import Foundation
import Testing

@Suite struct StoreTests {
  /// A store with the four runs of the sweep, and what `run --json` said of them.
  private func filled() async throws -> (Workplace, [[String: Any]]) {
    let place = try Workplace(spec: Workplace.sweep)
    let runs = try await place.succeed("run spec.yaml --device cpu --json --store s.sqlite")
    return (place, try runs.objects())
  }

  private func ids(_ runs: [[String: Any]]) -> [String] { runs.compactMap { $0["run"] as? String } }

  @Test func runsAreWhatRunPrinted() async throws {
    let (place, printed) = try await filled()
    #expect(try place.contents() == ["spec.yaml", "s.sqlite"])
    let listed = try await place.succeed("runs s.sqlite --json").objects()
    #expect(NSArray(array: listed) == NSArray(array: printed))
    let table = try await place.succeed("runs s.sqlite").lines
    #expect(table.count == 5)
    for (line, id) in zip(table.dropFirst(), ids(printed)) { #expect(line.hasPrefix(id)) }
  }

  /// One row per evaluated step: 0 to 9, then every hundredth.
  @Test func csvHasARowPerEvaluation() async throws {
    let (place, printed) = try await filled()
    let summaries = try await place.succeed("runs s.sqlite --json").lines
    let rows = try await place.succeed("export s.sqlite --format csv").lines.map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(
      rows[0] == [
        "run", "step", "train_error", "test_error", "l1_norm", "l2_norm", "gradient_ratio",
      ])
    #expect(rows.count == 1 + 4 * 14)
    #expect(rows.allSatisfy { $0.count == 7 })
    for run in printed {
      let own = rows.filter { $0[0] == run["run"] as? String }
      #expect(own.map { Int($0[1]) } == Array(0..<10) + [100, 200, 300, 400])
      // The same digits, too.
      let final = zip(rows[0], own.last ?? []).dropFirst(2).map { "\"\($0)\":\($1)" }
      #expect(summaries.contains { $0.contains("\"final\":{\(final.joined(separator: ","))}") })
    }
  }

  /// A run with metrics of its own widens the table; the others leave them empty.
  @Test func csvOfRunsWithDifferentMetrics() async throws {
    let place = try Workplace()
    try await place.succeed("run spec.yaml --device cpu --store s.sqlite")
    try await place.succeed("run spec.yaml --device cpu --store s.sqlite --set record.trace=true")
    let rows = try await place.succeed("export s.sqlite --format csv").lines.map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(rows[0].suffix(12) == (0..<12).map { "a_\($0)" }[...])
    #expect(rows.count == 29 && rows.allSatisfy { $0.count == 19 })
    #expect(rows[1...14].allSatisfy { $0.suffix(12).allSatisfy(\.isEmpty) })
    #expect(rows[15...].allSatisfy { !$0.contains("") })
  }

  @Test func exportOfOneRun() async throws {
    let (place, printed) = try await filled()
    let id = ids(printed)[2]
    let rows = try await place.succeed("export s.sqlite --format csv --run \(id)").lines
    #expect(rows.count == 15 && rows.dropFirst().allSatisfy { $0.hasPrefix(id + ",") })
  }

  @Test func jsonlHoldsSummaryAndCurves() async throws {
    let (place, printed) = try await filled()
    let objects = try await place.succeed("export s.sqlite --format jsonl").objects()
    #expect(ids(objects) == ids(printed))
    for (object, run) in zip(objects, printed) {
      var summary = object
      let curves = try #require(summary.removeValue(forKey: "curves") as? [String: [Double]])
      #expect(NSDictionary(dictionary: summary) == NSDictionary(dictionary: run))
      #expect(curves["step"]?.count == 14)
      #expect(curves.count == 6 && curves.values.allSatisfy { $0.count == 14 })
    }
  }

  @Test func safetensorsHoldTheFinalParameters() async throws {
    let (place, printed) = try await filled()
    try await place.succeed("export s.sqlite --format safetensors --output all.safetensors")
    let all = try Safetensors.parse(try place.bytes("all.safetensors"))
    let id = ids(printed)[0]
    try await place.succeed("export s.sqlite --format safetensors --run \(id) --output one.bin")
    let one = try Safetensors.parse(try place.bytes("one.bin"))
    #expect(Set(all.keys) == Set(ids(printed).flatMap { id in one.keys.map { "\(id)/\($0)" } }))
    for (name, tensor) in one {
      #expect(tensor.type == "F64" && tensor.values.allSatisfy(\.isFinite))
      #expect(all["\(id)/\(name)"]?.values == tensor.values)
    }
    // The learned vector's norm is the one that the curves end at.
    let learned = try #require(one.values.first { $0.values.count == 12 })
    let final = try #require(printed[0]["final"] as? [String: Double])
    let norm = learned.values.reduce(0) { $0 + abs($1) }
    #expect(abs(norm - (final["l1_norm"] ?? 0)) < 1e-12)
  }

  @Test(arguments: ["csv", "jsonl"]) func outputIsWhatWouldBePrinted(format: String) async throws {
    let (place, _) = try await filled()
    let printed = try await place.succeed("export s.sqlite --format \(format)")
    let written = try await place.succeed("export s.sqlite --format \(format) --output out")
    #expect(written.output == "")
    #expect(try place.text("out") == printed.output)
    // Overwriting leaves the new text and nothing else.
    try await place.succeed("export s.sqlite --format \(format) --output out")
    #expect(try place.text("out") == printed.output)
    #expect(try place.contents() == ["spec.yaml", "s.sqlite", "out"])
  }

  /// A rename would put a file in the place of the link.
  @Test func outputFollowsLinks() async throws {
    let (place, _) = try await filled()
    try place.write("real.csv", "old")
    let link = place.path("link.csv")
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: place.path("real.csv"))
    try await place.succeed("export s.sqlite --format csv --output link.csv")
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: link) == place.path("real.csv"))
    #expect(try place.text("real.csv").hasPrefix("run,step,"))
  }

  /// A rename would put a file in the place of the pipe or, for root, of a device such as
  /// /dev/null; a pipe of our own is the harmless way to see it.
  @Test func outputGoesThroughPipes() async throws {
    let (place, _) = try await filled()
    let printed = try await place.succeed("export s.sqlite --format csv").output
    let pipe = place.path("pipe")
    try #require(mkfifo(pipe, 0o600) == 0)
    // Open for both, so that neither side waits; the text fits into the pipe's buffer.
    let descriptor = open(pipe, O_RDWR | O_NONBLOCK)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    try await place.succeed("export s.sqlite --format csv --output pipe")
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(descriptor, &buffer, buffer.count)
    #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == printed)
    let type = try FileManager.default.attributesOfItem(atPath: pipe)[.type] as? FileAttributeType
    #expect(type != .typeRegular)
  }

  @Test(arguments: Workplace.devices, ["f64", "f32"])
  func anInstanceReproducesTheGeneratedRun(device: String, precision: String) async throws {
    let place = try Workplace()
    let settings = "--device \(device) --precision \(precision)"
    try await place.succeed("run spec.yaml --store a.sqlite \(settings)")
    try await place.succeed("instance spec.yaml --output data.safetensors")
    let tensors = try Safetensors.parse(try place.bytes("data.safetensors"))
    #expect(
      tensors.mapValues(\.shape) == ["X": [8, 12], "y": [8], "target": [12], "init": [1, 12]])
    try await place.succeed(
      "run spec.yaml --store b.sqlite --instance data.safetensors \(settings)")
    var curves: [[Substring]] = []
    for store in ["a", "b"] {
      let rows = try await place.succeed("export \(store).sqlite --format csv").lines
      curves.append(rows.map { $0.drop { $0 != "," } })
    }
    #expect(curves[0].count == 15)
    #expect(curves[0] == curves[1])
  }

  /// Another seed, other data; `--set` reaches `instance` as it reaches `run`.
  @Test func anInstanceDependsOnTheSpec() async throws {
    let place = try Workplace()
    for seed in [1, 2] {
      try await place.succeed("instance spec.yaml --set seed=\(seed) --output \(seed).safetensors")
    }
    try await place.succeed("instance spec.yaml --output again.safetensors")
    #expect(try place.bytes("1.safetensors") == place.bytes("again.safetensors"))
    #expect(try place.bytes("1.safetensors") != place.bytes("2.safetensors"))
  }
}
