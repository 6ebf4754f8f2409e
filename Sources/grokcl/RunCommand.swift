import ArgumentParser
import Experiments
import Foundation
import Sweeps

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Train the runs of a spec.",
    discussion: """
      With --store, runs that the store has are not computed again: the same command continues an
      interrupted sweep, runs under way from their checkpoints (STORE.checkpoints). SIGINT, SIGTERM and
      SIGUSR1 save and stop. Exit codes: 64 usage, 65 bad spec or data, 69 device unavailable, 70
      internal, 74 input/output, 130 interrupted (finished runs are saved).
      """)

  @OptionGroup var spec: SpecOptions
  @OptionGroup var devices: DeviceOptions

  @Option(help: "f32 or f64; short for --set precision=...")
  var precision: String?

  @Option(help: "Length of the runs; short for --set steps=...")
  var steps: String?

  @Option(help: "SQLite file for results and curves.")
  var store: String?

  @Option(help: "Only this share of the runs: i/n with 0 <= i < n, dealt by cost.")
  var shard: String?

  @Option(
    name: .customLong("checkpoint-every"),
    help: "Seconds between two checkpoints of a batch under way (with --store).")
  var checkpointEvery = 60.0

  @Option(help: "Train this share of the runs (0 to 1) on the CPU reference too, and compare.")
  var verify = 0.0

  @Flag(help: "Store and print what the papers prove or predict beside each run.")
  var theory = false

  @Flag(help: "One JSON object per finished run on standard output.")
  var json = false

  func validate() throws {
    guard (0...1).contains(verify) else {
      throw ValidationError("--verify \(verify): must be from 0 to 1")
    }
    guard checkpointEvery >= 0 else {
      throw ValidationError("--checkpoint-every \(checkpointEvery): must be at least 0 seconds")
    }
  }

  func run() throws {
    var overrides: [String] = []
    if let precision { overrides.append("precision=\(precision)") }
    if let steps { overrides.append("steps=\(steps)") }
    let mapping = try devices.mappingChoice()
    let shard = try shard.map { try Shard(parsing: $0) } ?? .whole
    let instance = try spec.instance()
    // All sweeps are checked before the first runs.
    let sweeps = try spec.loadAll(more: overrides).map {
      (spec: $0, windows: try SweepWindows($0, instance: instance, shard: shard))
    }
    let backends = try devices.backends()
    if theory, self.store == nil, !json {
      throw ValidationError("--theory needs --store or --json to put it")
    }
    let store = try self.store.map { try RunStore(writing: $0) }
    let session = SweepSession(
      backends: backends, mapping: mapping, verify: verify, store: store, theory: theory,
      checkpointInterval: checkpointEvery)
    func runAll() throws {
      for sweep in sweeps { try train(sweep.windows, sweep.spec, session) }
    }
    guard let store else { return try runAll() }
    try store.closing { try runAll() }
  }

  /// Trains one sweep and prints its runs as they end.
  private func train(
    _ windows: SweepWindows, _ spec: SweepSpec, _ session: SweepSession
  ) throws {
    var session = session
    if json {
      session.onResult = { try Output.line($0.json) }
    } else {
      let thresholds = windows.first.runs.first?.thresholds ?? Thresholds(train: 0, test: 0)
      let table = RunTable(
        axes: spec.axes.map(\.key), metrics: (thresholds.trainMetric, thresholds.testMetric))
      try Output.line(table.header)
      session.onResult = { try Output.line(table.row($0)) }
    }
    try session.run(windows, spec)
  }
}

/// Lines on standard output, one at a time, at once.
enum Output {
  static func line(_ text: String) throws { try write((text + "\n").utf8) }

  /// - Throws: `StoreError.inputOutput`; a full disk must not end the program in mid-sentence.
  static func write(_ bytes: some Sequence<UInt8>) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(bytes))
    } catch {
      throw StoreError.inputOutput(
        path: "standard output", reason: "cannot be written: \(error.localizedDescription)")
    }
  }
}

/// Finished runs as rows for people.
struct RunTable: Sendable {
  let axes: [String]
  let metrics: (train: String, test: String)

  var header: String {
    Self.row(
      ["run", "status", "steps", "t1", "t2", metrics.train, metrics.test, "device"] + axes)
  }

  func row(_ result: RunResult) -> String {
    let final = Dictionary(
      result.curves.final.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    func metric(_ name: String) -> String { final[name].map { String(format: "%.4g", $0) } ?? "-" }
    let swept = axes.map { result.run.parameters[$0].description }
    return Self.row(
      [
        result.run.id, result.status.rawValue, String(result.steps),
        result.t1.map(String.init) ?? "-", result.t2.map(String.init) ?? "-",
        metric(metrics.train), metric(metrics.test), result.device,
      ] + swept)
  }

  private static func row(_ cells: [String]) -> String {
    let widths = [16, 8, 10, 8, 10, 11, 11, 8]
    var line = ""
    for (index, cell) in cells.enumerated() {
      line += cell
      guard index + 1 < cells.count else { break }
      let width = index < widths.count ? widths[index] : 12
      line += String(repeating: " ", count: max(0, width - cell.utf8.count) + 2)
    }
    return line
  }
}
