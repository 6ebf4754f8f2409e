import Experiments
import Theory

extension FigureInput {
  /// A prediction for a run by its name in `TheoryCatalog`; nil where theory was left out or has none.
  func prediction(_ name: String, of run: Run) -> Double? {
    zip(runs, predictions).first { $0.0.prepared.id == run.prepared.id }?.1
      .first { $0.name == name }?.value
  }

  /// The predictions as a table: run, value, kind, whether its conditions are met, name, source; nil
  /// without any.
  var theoryTable: [[String]]? {
    guard predictions.contains(where: { !$0.isEmpty }) else { return nil }
    let rows = zip(runs, predictions).flatMap { run, predictions in
      predictions.map { prediction in
        [
          run.prepared.id, prediction.value.map { "\($0)" } ?? "nan", prediction.kind.rawValue,
          prediction.areConditionsMet ? "1" : "0", CSVText.quoted(prediction.name),
          CSVText.quoted(prediction.source),
        ]
      }
    }
    return [["run", "value", "kind", "conditions_met", "name", "source"]] + rows
  }
}

/// Vertical lines at steps on a logarithmic axis of steps + 1: measured ones dashed and grey, predicted
/// ones dotted and red.
enum StepMarks {
  static func measured(_ steps: [(String, Int?)]) -> String {
    lines(steps.map { ($0.0, $0.1.map(Double.init)) }, dash: 2, colour: "#888888", height: 1.03)
  }

  static func predicted(_ steps: [(String, Double?)]) -> String {
    lines(steps, dash: 3, colour: "#cc3311", height: 1.08)
  }

  private static func lines(
    _ steps: [(String, Double?)], dash: Int, colour: String, height: Double
  ) -> String {
    steps.compactMap { name, step in
      step.map {
        "set arrow from \($0 + 1), graph 0 to \($0 + 1), graph 1 nohead dt \(dash) lc rgb '\(colour)'\n"
          + "set label '\(name)' at \($0 + 1), graph \(height) center tc rgb '\(colour)'"
      }
    }.joined(separator: "\n")
  }
}
