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

  /// What `init(row:)` reads, in its order.
  static let columns = """
    id, experiment, parameters, status, steps, t1, t2, final, device, precision, mapping, seconds, \
    run_steps_per_second, max_deviation
    """

  /// - Parameter row: with the columns that `columns` names.
  public init(row: Row) throws {
    // By position: looking for names takes longer than all the rest.
    id = try row.decode(atIndex: 0)
    experiment = try row.decode(atIndex: 1)
    parameters = try row.decode(atIndex: 2)
    status = try row.decode(atIndex: 3)
    steps = try row.decode(atIndex: 4)
    t1 = try row.decode(atIndex: 5)
    t2 = try row.decode(atIndex: 6)
    final = try row.decode(atIndex: 7)
    device = try row.decode(atIndex: 8)
    precision = try row.decode(atIndex: 9)
    mapping = try row.decode(atIndex: 10)
    seconds = try row.decode(atIndex: 11)
    runStepsPerSecond = try row.decode(atIndex: 12)
    maxDeviation = try row.decode(atIndex: 13)
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
