import BatchNumerics
import Experiments

/// Trains runs from a common step on, one launch after the other, until all have left.
///
/// Launches end where a run ends or may end early, where the session's evaluations are full, at the
/// steps where runs may join others, or where time is up; results do not depend on where.
struct BatchTrainer {
  /// What is left of a run when it leaves the batch.
  struct Outcome {
    let index: Int
    let status: RunStatus
    let steps: Int
    let curves: RunCurves
    let parameters: [NamedTensor]
  }

  /// What the trainer asks and tells between launches.
  struct Hooks {
    var isCancelled: () -> Bool = { false }
    /// Told the run-steps of each launch.
    var progress: (Int) -> Void = { _ in }
    /// Told of runs as they end, and of the run-steps so far.
    var leave: ([Outcome], Int) throws -> Void = { _, _ in }
    /// Whether the runs under way are to be saved now.
    var isSaveDue: () -> Bool = { false }
    var save: ([RunInFlight], _ step: Int) throws -> Void = { _, _ in }
    /// Whether so few runs should wait for others at this step; they are saved and leave.
    var parks: (_ active: Int, _ step: Int) -> Bool = { _, _ in false }
    var park: ([RunInFlight], _ step: Int) throws -> Void = { _, _ in }
  }

  private let session: any TrainingSession
  private let runs: [PreparedRun]
  private var curves: [RunCurves]
  private var active: [Int]
  private var step: Int
  private var runSteps = 0
  /// The next step to look for evaluations from.
  private var cursor: Int
  private var pacer: LaunchPacer
  private let testMetric: [Int?]
  /// Evaluations in a row that met the threshold of the test metric, of runs that may end early.
  private var streaks: [Int]

  /// - Precondition: `runs` share one schedule (it is part of their batch key) and are not empty.
  init(
    _ session: any TrainingSession, _ flights: [RunInFlight], from step: Int = 0,
    stepsPerLaunch: Int? = nil
  ) {
    self.session = session
    self.step = step
    runs = flights.map(\.run)
    let names = session.metricNames
    curves = flights.map { $0.curves ?? RunCurves(names: names) }
    active = Array(runs.indices)
    // States are saved after the evaluations of their step.
    cursor = step == 0 ? 0 : step + 1
    pacer = stepsPerLaunch.map { LaunchPacer(fixed: $0) } ?? LaunchPacer()
    testMetric = runs.map { names.firstIndex(of: $0.thresholds.testMetric) }
    streaks = runs.map { _ in 0 }
    for index in runs.indices where runs[index].hold != nil {
      guard let metric = testMetric[index] else { continue }
      streaks[index] =
        curves[index].values[metric].reversed()
        .prefix { runs[index].thresholds.isGeneral(test: $0) }.count
    }
  }

  /// Trains until every run has left.
  mutating func train(_ hooks: Hooks) throws {
    let clock = ContinuousClock()
    while !active.isEmpty {
      if hooks.isCancelled() {
        if step > 0 { try hooks.save(try flights(), step) }
        try hooks.leave(try outcomes(active) { _ in .stopped }, runSteps)
        return
      }
      let launch = nextLaunch()
      let start = clock.now
      let block = try session.advance(launch)
      let seconds = (clock.now - start) / .seconds(1)
      pacer.record(taken: launch.end - launch.start, seconds: seconds)
      let diverged = record(block)
      step = launch.end
      runSteps += (launch.end - launch.start) * launch.runs.count
      let ended = active.filter {
        runs[$0].steps <= step || diverged.contains($0) || remaining($0) == 0
      }
      if !ended.isEmpty {
        try hooks.leave(
          try outcomes(ended) { diverged.contains($0) ? .diverged : .finished }, runSteps)
        let gone = Set(ended)
        active.removeAll { gone.contains($0) }
      }
      hooks.progress((launch.end - launch.start) * launch.runs.count)
      guard !active.isEmpty, step > 0, !hooks.isCancelled() else { continue }
      if step == Self.meetingStep(from: step), hooks.parks(active.count, step) {
        try hooks.park(try flights(), step)
        return
      }
      if hooks.isSaveDue() { try hooks.save(try flights(), step) }
    }
  }

  /// The runs under way, with all they need to go on.
  private func flights() throws -> [RunInFlight] {
    zip(active, try session.states(of: active)).map { index, state in
      RunInFlight(runs[index], curves: curves[index], state: state)
    }
  }

  /// The first step from this one on where runs of several batches may join: 1024 times a power of 2.
  static func meetingStep(from step: Int) -> Int {
    var meeting = 1024
    while meeting < step { meeting *= 2 }
    return meeting
  }

  /// Evaluations that are left before a run ends early; nil if it never does.
  private func remaining(_ run: Int) -> Int? {
    runs[run].hold.map { max(0, $0 + 1 - streaks[run]) }
  }

  private mutating func nextLaunch() -> Launch {
    let firstEnd = active.map { runs[$0].steps }.min() ?? step
    var end = min(firstEnd, step + pacer.steps, Self.meetingStep(from: step + 1))
    // A run that ends early does so at the end of a launch, so that its parameters are of that step.
    let most = min(session.evaluationsPerLaunch, active.compactMap(remaining).min() ?? .max)
    let schedule = runs[0].schedule
    var evaluations: [Int] = []
    while let next = schedule.next(from: cursor), next <= end {
      if evaluations.count == most {
        end = evaluations.last ?? end
        break
      }
      evaluations.append(next)
      cursor = next + 1
    }
    if end == firstEnd, evaluations.last != end, cursor <= end {
      if evaluations.count < most {
        evaluations.append(end)
        cursor = end + 1
      } else {
        end = evaluations.last ?? end
      }
    }
    if evaluations.count == most { end = evaluations.last ?? end }
    return Launch(start: step, end: end, evaluations: evaluations, runs: active)
  }

  /// Appends a block to the curves and returns the runs whose parameters are not finite.
  private mutating func record(_ block: EvaluationBlock) -> Set<Int> {
    var diverged: Set<Int> = []
    let norms = session.metricNames.indices.filter {
      ["l1_norm", "l2_norm"].contains(session.metricNames[$0])
    }
    for (evaluation, step) in block.steps.enumerated() {
      // The last step of a run is evaluated for that run only, unless it is everyone's turn.
      let isScheduled = runs[0].schedule.next(from: step) == step
      for (position, run) in block.runs.enumerated()
      where !diverged.contains(run) && (isScheduled || runs[run].steps == step) {
        curves[run].steps.append(step)
        for metric in 0..<block.metricCount {
          curves[run].values[metric].append(block[evaluation, metric, position])
        }
        if norms.contains(where: { !block[evaluation, $0, position].isFinite }) {
          diverged.insert(run)
        }
        if runs[run].hold != nil, let metric = testMetric[run] {
          let value = block[evaluation, metric, position]
          streaks[run] = runs[run].thresholds.isGeneral(test: value) ? streaks[run] + 1 : 0
        }
      }
    }
    return diverged
  }

  private func outcomes(_ ended: [Int], _ status: (Int) -> RunStatus) throws -> [Outcome] {
    let parameters = try session.parameters(of: ended)
    return zip(ended, parameters).map { index, tensors in
      let status = status(index)
      return Outcome(
        index: index, status: status,
        steps: status == .diverged ? (curves[index].steps.last ?? step) : step,
        curves: curves[index], parameters: tensors)
    }
  }
}
