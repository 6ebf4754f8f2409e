import Experiments
import GRDB
import Theory

/// The summary of a stored run.
public struct StoredRun: FetchableRecord, Sendable {
  public let id: String
  public let experiment: String
  /// JSON object, dotted keys.
  public let parameters: String
  public let status: String
  public let steps: Int
  public let t1: Int?
  public let t2: Int?
  /// JSON object, metric to value.
  public let final: String
  public let device: String
  public let precision: String
  public let mapping: String
  public let seconds: Double
  public let runStepsPerSecond: Double
  public let maxDeviation: Double?

  public init(row: Row) throws {
    id = row["id"]
    experiment = row["experiment"]
    parameters = row["parameters"]
    status = row["status"]
    steps = row["steps"]
    t1 = row["t1"]
    t2 = row["t2"]
    final = row["final"]
    device = row["device"]
    precision = row["precision"]
    mapping = row["mapping"]
    seconds = row["seconds"]
    runStepsPerSecond = row["run_steps_per_second"]
    maxDeviation = row["max_deviation"]
  }

  /// The same object as `run --json` prints.
  public func json(with predictions: [Prediction] = []) -> String {
    var members = [
      ("run", JSONText.string(id)), ("experiment", JSONText.string(experiment)),
      ("parameters", parameters), ("device", JSONText.string(device)),
      ("precision", JSONText.string(precision)), ("mapping", JSONText.string(mapping)),
      ("status", JSONText.string(status)), ("steps", String(steps)),
      ("t1", t1.map(String.init) ?? "null"), ("t2", t2.map(String.init) ?? "null"),
      ("final", final), ("seconds", JSONText.metric(seconds)),
      ("run_steps_per_second", JSONText.metric(runStepsPerSecond)),
    ]
    if let maxDeviation { members.append(("max_deviation", JSONText.metric(maxDeviation))) }
    if !predictions.isEmpty { members.append(("theory", Prediction.json(predictions))) }
    return JSONText.object(members)
  }
}
