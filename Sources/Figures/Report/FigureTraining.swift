import Sweeps

/// How the runs of a figure were trained, from what their store says of each.
public struct FigureTraining: Sendable, Codable, Equatable {
  public let runs: Int
  public let runSteps: Int
  /// Time of devices. A run's share of its batch's time goes by its steps, so that runs that other
  /// figures use too count the same for each.
  public let seconds: Double
  public let devices: [String]
  public let precisions: [String]
  public let mappings: [String]
  /// How many runs diverged.
  public let diverged: Int
  /// How many runs were trained on the CPU reference too, and their largest deviation from it.
  public let verified: Int
  public let maxDeviation: Double?

  public init(_ stored: [StoredRun]) {
    runs = stored.count
    runSteps = stored.reduce(0) { $0 + $1.steps }
    seconds = stored.reduce(0) { total, run in
      let share = Double(run.steps) / run.runStepsPerSecond
      return total + (share.isFinite ? share : 0)
    }
    devices = Self.distinct(stored.map(\.device))
    precisions = Self.distinct(stored.map(\.precision))
    mappings = Self.distinct(stored.map(\.mapping))
    diverged = stored.count { $0.status == "diverged" }
    let deviations = stored.compactMap(\.maxDeviation)
    verified = deviations.count
    maxDeviation = deviations.max().flatMap { $0.isFinite ? $0 : nil }
  }

  private static func distinct(_ values: [String]) -> [String] { Set(values).sorted() }
}
