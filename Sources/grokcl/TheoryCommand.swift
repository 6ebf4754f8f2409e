import ArgumentParser
import Experiments
import Foundation
import Sweeps
import Theory

struct TheoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "theory",
    abstract: "Print what the papers prove or predict for the runs of a spec.",
    discussion: """
      Each line: value, name, what it is (exact, bound, estimate), source; conditions that the run does
      not meet follow with a minus. Families have what is known of them: sparse and matrix recovery (step
      limits, bounds of both phases, delays, coherences, null-space constants; of factors the kernel phase
      and the global minimiser), diagonal networks (kernel phase, plateau, margins, least norms), linear
      regression; networks have the time scale of weight decay only.
      """)

  @OptionGroup var spec: SpecOptions

  @Flag(
    help: ArgumentHelp(
      "Solve the convex problems that the runs approach too.",
      discussion:
        "Sparse recovery: basis pursuit and lasso; matrix recovery: their nuclear-norm kin."))
  var convex = false

  @Option(help: "Where to solve them: cpu, opencl or opencl:INDEX.")
  var device = "cpu"

  @Flag(help: "One JSON object per run.")
  var json = false

  func run() throws {
    let instance = try spec.instance()
    let plan = try SweepPlan(spec.load(), instance: instance)
    let references = try convex ? solve(plan, instance) : nil
    let known = try TheoryCatalog.predictions(forAll: plan.runs, instance: instance)
    for (index, run) in plan.runs.enumerated() {
      let predictions = known[index] + (references?.predictions[index] ?? [])
      if json {
        try Output.line(Self.object(run, predictions))
      } else {
        try Output.line("run \(run.id)")
        for prediction in predictions { try Self.write(prediction) }
        if predictions.isEmpty { try Output.line("  nothing is known of this one") }
      }
    }
  }

  private func solve(
    _ plan: SweepPlan, _ instance: TensorFile?
  ) throws -> ConvexReferences.Report {
    let backends = try DeviceOptions.parse(["--device", device]).backends()
    let operations =
      backends.areReference ? nil : try backends.devices.first?.operations(.f64)
    let report = try ConvexReferences.solve(plan.runs, instance: instance, on: operations)
    Failure.warn(
      "\(report.problems) convex problems in \(String(format: "%.4f", report.seconds)) s on "
        + (operations == nil ? "the host" : backends.devices.first?.deviceName ?? ""))
    return report
  }

  private static func write(_ prediction: Prediction) throws {
    let value = prediction.value.map { "\($0)" } ?? "-"
    let padding = String(repeating: " ", count: max(0, 24 - value.count))
    let unit = prediction.unit.isEmpty ? "" : " [\(prediction.unit)]"
    try Output.line(
      "  \(value)\(padding)  \(prediction.name)\(unit); \(prediction.kind.rawValue); "
        + prediction.source)
    for condition in prediction.conditions where !condition.isMet {
      try Output.line("      - not met: \(condition.text)")
    }
  }

  private static func object(_ run: PreparedRun, _ predictions: [Prediction]) -> String {
    JSONText.object([
      ("run", JSONText.string(run.id)), ("parameters", run.json),
      ("predictions", Prediction.json(predictions)),
    ])
  }
}
