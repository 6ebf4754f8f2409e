import BatchNumerics

/// Where the runs of a batch lie on a device: groups of up to `width` runs that are trained by one
/// work-item in lockstep, or groups of one.
struct RunLayout {
  let width: Int
  /// Run indices by group; a short group is filled up by repeating its last run.
  let groups: [[Int]]
  private let places: [(group: Int, lane: Int)]

  /// - Parameters:
  ///   - runs: for each run the index of its problem.
  ///   - width: runs side by side.
  ///   - sharingData: whether all runs of a group must have the same problem.
  init(problems: [Int], width: Int, sharingData: Bool) {
    self.width = width
    var members: [[Int]] = []
    if sharingData {
      let byProblem = Dictionary(grouping: problems.indices) { problems[$0] }
      members = byProblem.sorted { $0.key < $1.key }.map(\.value)
    } else {
      members = [Array(problems.indices)]
    }
    groups = members.flatMap { runs in
      stride(from: 0, to: runs.count, by: width).map {
        Array(runs[$0..<min($0 + width, runs.count)])
      }
    }
    var places = [(group: Int, lane: Int)](repeating: (0, 0), count: problems.count)
    for (group, runs) in groups.enumerated() {
      for (lane, run) in runs.enumerated() { places[run] = (group, lane) }
    }
    self.places = places
  }

  /// The group and lane of a run.
  func place(ofRun run: Int) -> (group: Int, lane: Int) { places[run] }

  /// The groups that any of these runs is in, ascending.
  func groups(of runs: [Int]) -> [Int] {
    var isMember = [Bool](repeating: false, count: groups.count)
    for run in runs { isMember[places[run].group] = true }
    return groups.indices.filter { isMember[$0] }
  }

  /// Numbers of every run, `perRun` each, as [group][number][lane].
  func interleave<S: RunScalar>(_ perRun: Int, _ values: (Int) -> [Double]) -> [S] {
    var packed = [S](repeating: 0, count: groups.count * perRun * width)
    for (group, runs) in groups.enumerated() {
      for lane in 0..<width {
        // Surplus lanes repeat the last run: the same work, the same numbers, never read.
        let own = values(runs[min(lane, runs.count - 1)])
        for i in 0..<perRun { packed[(group * perRun + i) * width + lane] = S(own[i]) }
      }
    }
    return packed
  }
}

extension DenseMatrix {
  /// The matrix with zero columns added up to `columns`.
  func padded(toColumns columns: Int) -> [Double] {
    guard columns > self.columns else { return values }
    let padding = [Double](repeating: 0, count: columns - self.columns)
    return (0..<rows).flatMap { values[($0 * self.columns)..<(($0 + 1) * self.columns)] + padding }
  }
}

extension Array where Element == Double {
  /// The numbers with zeros added up to `count`.
  func padded(to count: Int) -> [Double] {
    self + [Double](repeating: 0, count: Swift.max(0, count - self.count))
  }
}
