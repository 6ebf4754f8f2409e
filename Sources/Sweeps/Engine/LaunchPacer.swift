/// Chooses how many steps a launch takes so that it lasts about half a second: long enough to hide
/// the launch itself, short enough for progress, interruption and saving.
struct LaunchPacer {
  private let target: Double
  private let isFixed: Bool
  private(set) var steps: Int

  /// Paces launches to `target` seconds, starting with short ones.
  init(target: Double = 0.4) {
    self.target = target
    isFixed = false
    steps = 64
  }

  /// Takes the same number of steps in every launch.
  init(fixed steps: Int) {
    target = 0
    isFixed = true
    self.steps = max(1, steps)
  }

  /// Learns from a launch of `taken` steps that lasted `seconds`.
  mutating func record(taken: Int, seconds: Double) {
    guard !isFixed, taken > 0, seconds > 0 else { return }
    // Grow by at most a factor per launch: short launches are mostly overhead and mislead.
    let ideal = min(Double(taken) * target / seconds, 16 * Double(taken), 1e9)
    // A launch cut short by a full buffer or a run's end says nothing about longer ones.
    if ideal > Double(steps) || taken >= steps { steps = max(1, Int(ideal)) }
  }
}
