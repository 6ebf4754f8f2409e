import BatchNumerics
import Experiments
import Foundation

/// Writes what is in a store in formats that other tools read.
public enum RunExport {
  public enum Format: String, Sendable, CaseIterable { case csv, jsonl, safetensors }

  /// The curves as CSV: columns `run,step,<metric>...`, a row per evaluated step.
  ///
  /// Metrics that a run does not have are left empty.
  public static func csv(_ store: RunStore, _ runs: [StoredRun], to write: (String) throws -> Void)
    throws
  {
    var metrics: [String] = []
    for run in runs {
      for name in try store.curves(of: run.id).names where !metrics.contains(name) {
        metrics.append(name)
      }
    }
    try write((["run", "step"] + metrics).joined(separator: ",") + "\n")
    for run in runs {
      let curves = try store.curves(of: run.id)
      let columns = metrics.map { curves[$0] }
      for (row, step) in curves.steps.enumerated() {
        let values = columns.map { $0.map { "\($0[row])" } ?? "" }
        try write(([run.id, String(step)] + values).joined(separator: ",") + "\n")
      }
    }
  }

  /// One JSON object per run: its summary and its curves.
  public static func jsonl(
    _ store: RunStore, _ runs: [StoredRun], to write: (String) throws -> Void
  ) throws {
    for run in runs {
      let curves = try store.curves(of: run.id)
      var members = [("step", "[" + curves.steps.map(String.init).joined(separator: ",") + "]")]
      for (name, values) in zip(curves.names, curves.values) {
        members.append((name, "[" + values.map(JSONText.metric).joined(separator: ",") + "]"))
      }
      try write(
        run.json(with: store.predictions(of: run.id)).dropLast() + ",\"curves\":"
          + JSONText.object(members) + "}\n")
    }
  }

  /// The final parameters: tensors `NAME` of a single run, `RUN/NAME` of several.
  public static func safetensors(_ store: RunStore, _ runs: [StoredRun]) throws -> [UInt8] {
    var tensors: [NamedTensor] = []
    for run in runs {
      for tensor in try store.tensors(of: run.id) {
        let name = runs.count == 1 ? tensor.name : "\(run.id)/\(tensor.name)"
        tensors.append(NamedTensor(name: name, shape: tensor.shape, values: tensor.values))
      }
    }
    return TensorFile.encode(tensors)
  }
}
