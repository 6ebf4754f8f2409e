import BatchNumerics
import Experiments

/// Trains a batch from its first step to its last, one launch after the other.
///
/// Launches end where a run ends, where the session's evaluations are full, or where time is up;
/// results do not depend on where.
struct BatchTrainer {
  /// What is left of a run when it leaves the batch.
  struct Outcome {
    let index: Int
    let status: RunStatus
    let steps: Int
    let curves: RunCurves
    let parameters: [NamedTensor]
  }

  private let session: any TrainingSession
  private let runs: [PreparedRun]
  private var curves: [RunCurves]
  private var active: [Int]
  private var step = 0
  private var runSteps = 0
  /// The next step to look for evaluations from.
  private var cursor = 0
  private var pacer: LaunchPacer

  /// - Precondition: `runs` share one schedule (it is part of their batch key) and are not empty.
  init(_ session: any TrainingSession, _ runs: [PreparedRun], stepsPerLaunch: Int? = nil) {
    self.session = session
    self.runs = runs
    curves = runs.map { _ in RunCurves(names: session.metricNames) }
    active = Array(runs.indices)
    pacer = stepsPerLaunch.map { LaunchPacer(fixed: $0) } ?? LaunchPacer()
  }

  /// Trains until every run has left or `isCancelled` says so.
  ///
  /// - Parameters:
  ///   - progress: told the run-steps of each launch.
  ///   - leave: told of each run as it ends, and of the run-steps of the batch so far.
  mutating func train(
    isCancelled: () -> Bool, progress: (Int) -> Void, leave: ([Outcome], Int) throws -> Void
  ) throws {
    let clock = ContinuousClock()
    while !active.isEmpty {
      if isCancelled() {
        try leave(try outcomes(active) { _ in .stopped }, runSteps)
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
      let ended = active.filter { runs[$0].steps <= step || diverged.contains($0) }
      if !ended.isEmpty {
        try leave(
          try outcomes(ended) { diverged.contains($0) ? .diverged : .finished }, runSteps)
        let gone = Set(ended)
        active.removeAll { gone.contains($0) }
      }
      progress((launch.end - launch.start) * launch.runs.count)
    }
  }

  private mutating func nextLaunch() -> Launch {
    let firstEnd = active.map { runs[$0].steps }.min() ?? step
    var end = min(firstEnd, step + pacer.steps)
    let schedule = runs[0].schedule
    var evaluations: [Int] = []
    while let next = schedule.next(from: cursor), next <= end {
      if evaluations.count == session.evaluationsPerLaunch {
        end = evaluations.last ?? end
        break
      }
      evaluations.append(next)
      cursor = next + 1
    }
    if end == firstEnd, evaluations.last != end, cursor <= end {
      if evaluations.count < session.evaluationsPerLaunch {
        evaluations.append(end)
        cursor = end + 1
      } else {
        end = evaluations.last ?? end
      }
    }
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
