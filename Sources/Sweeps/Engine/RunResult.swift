import BatchNumerics
import Experiments
import Theory

/// How a run ended.
public enum RunStatus: String, Sendable {
  /// It took all its steps.
  case finished
  /// Its parameters left the finite numbers; it ends at the evaluation that saw it.
  case diverged
  /// It was interrupted; a later sweep on the same store trains it anew.
  case stopped
}

/// The evaluated metrics of a run.
public struct RunCurves: Sendable, Equatable {
  public var steps: [Int] = []
  public var names: [String]
  /// [metric][evaluation]
  public var values: [[Double]]

  public init(names: [String]) {
    self.names = names
    values = names.map { _ in [] }
  }

  public subscript(name: String) -> [Double]? {
    names.firstIndex(of: name).map { values[$0] }
  }

  /// The evaluations at some of the steps.
  func kept(_ isKept: (Int) -> Bool) -> RunCurves {
    let indices = steps.indices.filter { isKept(steps[$0]) }
    var result = self
    result.steps = indices.map { steps[$0] }
    result.values = values.map { curve in indices.map { curve[$0] } }
    return result
  }

  /// The metrics of the last evaluation, traces of components and of predictions left out.
  public var final: [(name: String, value: Double)] {
    zip(names, values).compactMap { name, curve in
      guard let value = curve.last, !name.hasPrefix("a_"), !name.hasPrefix("f_")
      else { return nil }
      return (name, value)
    }
  }
}

/// What became of a run.
public struct RunResult: Sendable {
  public let run: PreparedRun
  public let experiment: String
  public let status: RunStatus
  /// Steps taken.
  public let steps: Int
  public let t1: Int?
  public let t2: Int?
  public let curves: RunCurves
  public let parameters: [NamedTensor]
  public let device: String
  public let mapping: String
  /// Wall time from the start of its batch to the end of the run.
  public let seconds: Double
  /// Steps of all runs of its batch per second of wall time.
  public let runStepsPerSecond: Double
  /// The largest deviation from the reference, where the run was verified.
  public var maxDeviation: Double?
  /// What the papers prove or predict for the run, where that was asked for.
  public var predictions: [Prediction] = []

  /// One line of `run --json`.
  public var json: String {
    var members = [
      ("run", JSONText.string(run.id)),
      ("experiment", JSONText.string(experiment)),
      ("parameters", run.json),
      ("device", JSONText.string(device)),
      ("precision", run.parameters["precision"].json),
      ("mapping", JSONText.string(mapping)),
      ("status", JSONText.string(status.rawValue)),
      ("steps", String(steps)),
      ("t1", t1.map(String.init) ?? "null"),
      ("t2", t2.map(String.init) ?? "null"),
      ("final", finalJSON),
      ("seconds", JSONText.metric(seconds)),
      ("run_steps_per_second", JSONText.metric(runStepsPerSecond)),
    ]
    if let maxDeviation { members.append(("max_deviation", JSONText.metric(maxDeviation))) }
    if !predictions.isEmpty { members.append(("theory", Prediction.json(predictions))) }
    return JSONText.object(members)
  }

  public var finalJSON: String {
    JSONText.object(curves.final.map { ($0.name, JSONText.metric($0.value)) })
  }
}
