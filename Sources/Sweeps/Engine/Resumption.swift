import BatchNumerics
import Experiments

/// What is known of a sweep from before: which runs are done, which mapping a batch has, and where the
/// runs under way are saved.
public struct Resumption: Sendable {
  /// Whether a run needs no further training.
  public var isDone: @Sendable (_ run: String) -> Bool = { _ in false }
  /// The mapping and the device that a planned batch was begun with.
  public var mapping: @Sendable (_ batch: String) throws -> BatchMapping? = { _ in nil }
  /// Where runs under way are saved; nil saves none.
  public var checkpoints: CheckpointFolder?
  /// Seconds between two checkpoints of a batch.
  public var interval: Double = 60

  public init() {}

  /// The runs that were saved and are not done; the others' checkpoints are removed, which a process
  /// killed between storing a result and that may have left.
  func saved(warn: (String) -> Void) throws -> [String: CheckpointFolder.Saved] {
    guard let checkpoints else { return [:] }
    let saved = try checkpoints.load(warn: warn)
    checkpoints.forget(saved.keys.filter(isDone))
    return saved.filter { !isDone($0.key) }
  }

  /// Removes the checkpoints of a sweep that is done.
  ///
  /// - Throws: `StoreError.inputOutput` where their folder cannot be read.
  public func tidy(warn: (String) -> Void) throws {
    _ = try saved(warn: warn)
    checkpoints?.tidy()
  }

  /// What is left of a planned batch: runs from their first step on, and those that were saved, by
  /// where they are.
  func items(
    of batch: PlannedBatch, saved: inout [String: CheckpointFolder.Saved]
  ) throws -> [WorkItem] {
    let rest = batch.runs.filter { !isDone($0.id) }
    guard !rest.isEmpty else { return [] }
    let id = batch.id
    let known = try mapping(id)
    var fresh = WorkItem(
      runs: [], mapping: known?.mapping, device: known?.device, batch: id)
    var later: [String: WorkItem] = [:]
    for run in rest {
      guard let found = saved.removeValue(forKey: run.id), found.step < run.steps else {
        fresh.runs.append(RunInFlight(run))
        continue
      }
      let flight = RunInFlight(run, curves: found.curves, state: found.state)
      let item = WorkItem(
        step: found.step, runs: [flight], mapping: found.mapping, device: found.device, batch: id)
      if later[item.key]?.runs.append(flight) == nil { later[item.key] = item }
    }
    return later.values.sorted { $0.step > $1.step } + (fresh.runs.isEmpty ? [] : [fresh])
  }
}
