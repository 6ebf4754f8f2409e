// This file trains the runs of a recipe, where that takes no time.

import Experiments
import Figures
import ReferenceBackend
import Sweeps
import Synchronization

/// The runs of a recipe at small scale with their true curves.
func trainedInput(
  _ id: String, keeping isKept: (PreparedRun) throws -> Bool = { _ in true },
  change: (inout RunCurves) -> Void = { _ in }
) throws -> FigureInput {
  let reference = ReferenceTrainingBackend()
  let runs = try RecipeCatalog.named(id).specs(.small).flatMap { text in
    let plan = try SweepPlan(try SweepSpec(yaml: text, file: id))
    let kept = Set(try plan.runs.filter(isKept).map(\.id))
    let found = Mutex<[String: RunResult]>([:])
    var events = SweepRunner.Events()
    events.results = { results in
      found.withLock { for result in results { $0[result.run.id] = result } }
    }
    try SweepRunner(backends: [reference], reference: reference)
      .run(SweepPlan(plan) { kept.contains($0.id) }, events: events)
    return found.withLock { found in plan.runs.compactMap { found[$0.id] } }
  }
  return FigureInput(
    runs: runs.map { result in
      var curves = result.curves
      change(&curves)
      return FigureInput.Run(
        prepared: result.run, curves: curves, t1: result.t1, t2: result.t2)
    })
}
