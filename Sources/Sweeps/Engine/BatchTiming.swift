/// How long a batch took, and what it needed.
public struct BatchTiming: Sendable {
  public let device: String
  public let mapping: String
  public let runs: Int
  public let runSteps: Int
  /// Data, compilation and transfer, before the first step.
  public let setupSeconds: Double
  public let trainingSeconds: Double
  public let allocatedBytes: Int
}
