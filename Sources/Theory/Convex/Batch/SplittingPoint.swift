/// How far a run is from its end, as parts of |u|: |u - x|, and how far u moves in an iteration.
struct SplittingProgress: Sendable {
  let primal: Double
  let change: Double
  var largest: Double { max(primal, change) }

  /// What the step is multiplied by to balance both.
  var balance: Double {
    if primal > 1.5 * change { return 0.8 }
    return change > 1.5 * primal ? 1.25 : 1
  }
}

/// Where a run stands, in the units of its problem.
struct SplittingPoint: Sendable {
  /// u, which is sparse or of low rank.
  let shrunk: [Double]
  /// x, which fits the data.
  let fitting: [Double]
  /// h / gamma, a subgradient at the end.
  let slope: [Double]
  /// nu with X^T nu = h / gamma; nil where X is not at hand.
  let multiplier: [Double]?
  /// gamma
  let step: Double
}

/// What the device has found for a problem.
struct SplittingCandidate: Sendable {
  let index: Int
  let point: SplittingPoint
  let iterations: Int
  /// Whether the device will come no closer.
  let isLast: Bool
}
