import ArgumentParser
import Experiments
import Foundation
import Sweeps

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show the batches, memory and time that a sweep will take, or one of its runs.",
    discussion: """
      Runs of one shape and method train together; batches fit the device's memory. Times come from a
      short calibration on each device. Of very large grids the first window is planned.
      """)

  @OptionGroup var spec: SpecOptions
  @OptionGroup var devices: DeviceOptions

  @Option(help: "Print the resolved run at this point of the grid, counted from 0.")
  var point: Int?

  @Option(help: "Only this share of the runs: i/n with 0 <= i < n.")
  var shard: String?

  @Option(help: "Seconds of calibration per kind of run and device; 0 for none.")
  var calibrate = 0.3

  @Flag(help: "One JSON object.")
  var json = false

  func run() throws {
    let instance = try spec.instance()
    let sweep = try spec.load()
    if let point {
      guard (0..<sweep.count).contains(point) else {
        throw ValidationError("--point \(point): must be from 0 to \(sweep.count - 1)")
      }
      return try show(sweep.experiment.prepare(sweep.point(point), instance: instance))
    }
    let windows = try SweepWindows(
      sweep, instance: instance, shard: try shard.map { try Shard(parsing: $0) } ?? .whole)
    let estimate = try SweepEstimate(
      windows, on: devices.backends().devices, mapping: devices.mappingChoice(), seconds: calibrate)
    try json ? Output.line(Self.json(estimate)) : write(estimate)
  }

  private func show(_ run: PreparedRun) throws {
    guard !json else {
      return try Output.line(
        JSONText.object([
          ("run", JSONText.string(run.id)), ("steps", "\(run.steps)"),
          ("parameters", run.json),
        ]))
    }
    try Output.line("run \(run.id), \(run.steps) steps")
    for (key, value) in run.parameters.values.sorted(by: { $0.key < $1.key }) {
      try Output.line("  \(key): \(value)")
    }
  }

  private func write(_ estimate: SweepEstimate) throws {
    if estimate.runs < estimate.points {
      try Output.line("the first \(estimate.runs) of \(estimate.points) runs:")
    }
    for group in estimate.groups {
      let steps =
        group.steps.lowerBound == group.steps.upperBound
        ? "\(group.steps.lowerBound)" : "\(group.steps.lowerBound) to \(group.steps.upperBound)"
      try Output.line(
        "\(group.runs) runs of \(steps) steps in \(group.batches) batches of at most \(group.width), "
          + String(format: "%.1f MB each", Double(group.bytes) / 1e6)
          + (group.traits.isEmpty ? "" : "  (\(group.traits))"))
      for rate in group.devices {
        try Output.line(
          "  \(rate.device), \(rate.mapping): " + String(format: "%.3g", rate.speed)
            + " run-steps/s, " + Self.time(Double(group.runSteps) / rate.speed))
      }
    }
    if let seconds = estimate.seconds {
      try Output.line("about \(Self.time(seconds)) on all of these together")
    }
  }

  private static func time(_ seconds: Double) -> String {
    seconds < 120
      ? String(format: "%.1f s", seconds)
      : seconds < 7200
        ? String(format: "%.1f min", seconds / 60) : String(format: "%.1f h", seconds / 3600)
  }

  private static func json(_ estimate: SweepEstimate) -> String {
    func list(_ items: [String]) -> String { "[" + items.joined(separator: ",") + "]" }
    return JSONText.object([
      ("runs", "\(estimate.points)"), ("planned_runs", "\(estimate.runs)"),
      (
        "groups",
        list(
          estimate.groups.map { group in
            JSONText.object([
              ("traits", JSONText.string(group.traits)), ("runs", "\(group.runs)"),
              ("batches", "\(group.batches)"), ("width", "\(group.width)"),
              ("steps", "[\(group.steps.lowerBound),\(group.steps.upperBound)]"),
              ("run_steps", "\(group.runSteps)"), ("bytes_per_batch", "\(group.bytes)"),
              (
                "devices",
                list(
                  group.devices.map { rate in
                    JSONText.object([
                      ("device", JSONText.string(rate.device)),
                      ("mapping", JSONText.string(rate.mapping)),
                      ("run_steps_per_second", JSONText.metric(rate.speed)),
                      ("seconds", JSONText.metric(Double(group.runSteps) / rate.speed)),
                    ])
                  })
              ),
            ])
          })
      ),
      ("seconds", estimate.seconds.map { JSONText.metric($0) } ?? "null"),
    ])
  }
}
