/// Chooses how many steps a launch takes so that it lasts about half a second: long enough to hide
/// the launch itself, short enough for progress, interruption and saving.
struct LaunchPacer {
  private let target: Double
  private(set) var steps: Int

  init(target: Double = 0.4, first: Int = 64) {
    self.target = target
    steps = first
  }

  /// Learns from a launch of `taken` steps that lasted `seconds`.
  mutating func record(taken: Int, seconds: Double) {
    guard taken > 0, seconds > 0 else { return }
    let ideal = Double(taken) * target / seconds
    // Grow by at most a factor per launch: short launches are mostly overhead and mislead.
    let bounded = min(ideal, 16 * Double(max(taken, 1)), 1e9)
    if bounded > Double(steps) || taken >= steps { steps = max(1, Int(bounded)) }
  }
}
