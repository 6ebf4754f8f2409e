/// Memorisation and generalisation steps of a curve (design, section 6).
public struct Thresholds: Sendable, Equatable {
  public let train: Double
  public let test: Double
  /// Names of the metrics that t1 and t2 are read from.
  public let trainMetric: String
  public let testMetric: String
  /// Whether a metric meets its threshold from above (accuracies) or below (errors, losses).
  public let largerIsBetter: Bool

  public init(
    train: Double, test: Double,
    metrics: (train: String, test: String) = (
      "train_error", "test_error"
    ), largerIsBetter: Bool = false
  ) {
    self.train = train
    self.test = test
    trainMetric = metrics.train
    testMetric = metrics.test
    self.largerIsBetter = largerIsBetter
  }

  /// t1: the first evaluated step whose train metric meets its threshold.
  public func memorization(steps: [Int], train values: [Double]) -> Int? {
    zip(steps, values).first { meets($0.1, train) }?.0
  }

  /// t2: the first evaluated step whose test metric meets its threshold, as every later one does.
  public func generalization(steps: [Int], test values: [Double]) -> Int? {
    var candidate: Int?
    for (step, value) in zip(steps, values).reversed() {
      guard meets(value, test) else { break }
      candidate = step
    }
    return candidate
  }

  /// Whether a test metric is that of a run that generalises.
  public func isGeneral(test value: Double) -> Bool { meets(value, test) }

  private func meets(_ value: Double, _ threshold: Double) -> Bool {
    largerIsBetter ? value >= threshold : value <= threshold
  }
}
