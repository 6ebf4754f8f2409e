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

  @Flag(help: "One JSON object per run.")
  var json = false

  func run() throws {
    let instance = try spec.instance()
    let plan = try SweepPlan(spec.load(), instance: instance)
    for run in plan.runs {
      let predictions = try TheoryCatalog.predictions(for: run, instance: instance)
      if json {
        try Output.line(Self.object(run, predictions))
      } else {
        try Output.line("run \(run.id)")
        for prediction in predictions { try Self.write(prediction) }
        if predictions.isEmpty { try Output.line("  nothing is known of this one") }
      }
    }
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
      ("run", JSONText.string(run.id)), ("parameters", run.parameters.json),
      (
        "predictions",
        "["
          + predictions.map { prediction in
            JSONText.object([
              ("name", JSONText.string(prediction.name)),
              ("value", prediction.value.map { JSONText.metric($0) } ?? "null"),
              ("unit", JSONText.string(prediction.unit)),
              ("kind", JSONText.string(prediction.kind.rawValue)),
              ("source", JSONText.string(prediction.source)),
              (
                "conditions",
                "["
                  + prediction.conditions.map { condition in
                    JSONText.object([
                      ("condition", JSONText.string(condition.text)),
                      ("met", condition.isMet ? "true" : "false"),
                    ])
                  }.joined(separator: ",") + "]"
              ),
            ])
          }.joined(separator: ",") + "]"
      ),
    ])
  }
}
