import BatchNumerics
import Experiments

/// A run on its way.
struct RunInFlight: Sendable {
  let run: PreparedRun
  /// What was evaluated so far; nil before the first step.
  var curves: RunCurves?
  /// What it needs to go on (`TrainingSession.states`); nil before the first step.
  var state: [NamedTensor]?

  init(_ run: PreparedRun, curves: RunCurves? = nil, state: [NamedTensor]? = nil) {
    self.run = run
    self.curves = curves
    self.state = state
  }
}

/// Runs that train together from the same step on.
struct WorkItem: Sendable {
  var step = 0
  var runs: [RunInFlight]
  /// The mapping that was recorded for them, as results depend on it; nil if none was yet.
  var mapping: String?
  /// The mapping that was settled for a whole that these are a part of; nil for a whole.
  var choice: MappingChoice?
  /// The device that the mapping and the states belong to.
  var device: String?
  /// The planned batch they come from; nil for runs of several.
  var batch: String?

  /// The same runs from their first step on, in any mapping.
  var restarted: WorkItem {
    WorkItem(runs: runs.map { RunInFlight($0.run) })
  }

  /// Two halves of a batch that did not fit, in the mapping of the whole.
  var halves: [WorkItem] {
    [runs.prefix((runs.count + 1) / 2), runs.suffix(runs.count / 2)].map { part in
      var half = self
      half.runs = Array(part)
      return half
    }
  }

  /// What items must have in common to become one.
  var key: String { "\(step) \(mapping ?? "") \(device ?? "") \(runs.first?.run.batchKey ?? "")" }
}
