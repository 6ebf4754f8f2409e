import Experiments
import Synchronization

/// The runs of a spec's shard, prepared one window of the grid after the other, so that a grid of a
/// million runs starts at once and is never held as a whole.
///
/// Small grids are one window, checked before anything runs. Of larger ones the corners of the grid and
/// the first window are; an impossible point further on ends the sweep when it is reached.
public final class SweepWindows: Sendable {
  public let experiment: any Experiment
  public let instance: TensorFile?
  /// Points of the shard; runs are fewer where points mean the same run.
  public let count: Int
  /// The runs that come first.
  public let first: SweepPlan

  private let spec: SweepSpec
  private let shard: Shard
  private let size: Int
  private struct State {
    var next = 1
    var first: SweepPlan?
    /// Identities so far: 16 hexadecimal digits are 64 bits.
    var seen: Set<UInt64> = []
  }
  private let state: Mutex<State>

  /// - Parameter size: points of a window, per shard.
  /// - Throws: `SpecError` for the first impossible point of those that are checked.
  public init(
    _ spec: SweepSpec, instance: TensorFile? = nil, shard: Shard = .whole, size: Int = 4096
  ) throws {
    self.spec = spec
    self.instance = instance
    self.shard = shard
    self.size = size
    experiment = spec.experiment
    let span = size * shard.count
    let windows = (spec.count + span - 1) / span
    count = (0..<windows).reduce(0) { total, window in
      let points = min(span, spec.count - window * span)
      let position = (shard.index + window) % shard.count
      return total + points / shard.count + (position < points % shard.count ? 1 : 0)
    }
    if windows > 1 { _ = try SweepPlan(spec, points: Self.corners(spec), instance: instance) }
    let first = try SweepPlan(
      spec, points: Self.points(spec, shard, 0, span), instance: instance)
    self.first = first
    state = Mutex(State(first: first, seen: Set(first.runs.compactMap(Self.key))))
  }

  /// The runs of the next window, those of earlier ones left out; nil after the last.
  ///
  /// One caller at a time: preparing goes on without the lock that `first` needs.
  public func next() throws -> SweepPlan? {
    let (plan, window) = state.withLock { state -> (SweepPlan?, Int) in
      if let first = state.first {
        state.first = nil
        return (first, 0)
      }
      defer { state.next += 1 }
      return (nil, state.next)
    }
    if let plan { return plan }
    let span = size * shard.count
    guard window * span < spec.count else { return nil }
    let prepared = try SweepPlan(
      spec, points: Self.points(spec, shard, window, span), instance: instance)
    return state.withLock { state in
      SweepPlan(prepared) { run in Self.key(run).map { state.seen.insert($0).inserted } ?? true }
    }
  }

  private static func key(_ run: PreparedRun) -> UInt64? { UInt64(run.id, radix: 16) }

  /// The shard's points of a window, in the order of the grid: dealt by cost, the heaviest first, the
  /// first card to another shard in every window.
  private static func points(_ spec: SweepSpec, _ shard: Shard, _ window: Int, _ span: Int) -> [Int]
  {
    let range = (window * span)..<min(spec.count, (window + 1) * span)
    guard shard.count > 1 else { return Array(range) }
    let keys = spec.experiment.sizeKeys + ["steps"]
    let heaviest = range.map { index -> (index: Int, cost: Double) in
      let point = spec.point(index)
      return (index, keys.reduce(1) { $0 * max(1, point[$1].asNumber ?? 1) })
    }.sorted { ($1.cost, $0.index) < ($0.cost, $1.index) }
    let position = (shard.index + window) % shard.count
    return stride(from: position, to: heaviest.count, by: shard.count)
      .map { heaviest[$0].index }.sorted()
  }

  /// The points with every axis at its first or last value; of the first eight axes.
  private static func corners(_ spec: SweepSpec) -> [Int] {
    let axes = spec.axes.map(\.values.count)
    let free = min(8, axes.count)
    return (0..<(1 << free)).map { choice in
      axes.enumerated().reduce(0) { index, axis in
        let isLast = axis.offset < free && choice >> axis.offset & 1 == 1
        return index * axis.element + (isLast ? axis.element - 1 : 0)
      }
    }
  }
}
