import BatchNumerics
import OpenCLHost

/// The state of a resident batch on its device: one or more buffers [group][number][width].
///
/// Kernels step whole groups. Where some runs of a group sit a launch out, their lanes are kept here
/// and put back afterwards.
struct ResidentStates<S: RunScalar & KernelScalar> {
  private let buffers: [Buffer<S>]
  private let layout: RunLayout
  private let queue: Queue

  init(_ buffers: [Buffer<S>], _ layout: RunLayout, _ queue: Queue) {
    self.buffers = buffers
    self.layout = layout
    self.queue = queue
  }

  /// The lanes of a group that sit a launch out, with the group's numbers in every buffer.
  struct PassiveLanes {
    let group: Int
    let lanes: [Int]
    let states: [[S]]
  }

  /// A group's numbers in a buffer, [number][width].
  func state(ofGroup group: Int, in index: Int = 0) throws -> [S] {
    let count = buffers[index].count / layout.groups.count
    return try queue.read(buffers[index], (group * count)..<((group + 1) * count)).values()
  }

  /// What of these groups must survive a launch of `runs`.
  func passiveLanes(_ runs: [Int], _ groups: [Int]) throws -> [PassiveLanes] {
    guard layout.width > 1 else { return [] }
    let members = groups.reduce(0) { $0 + layout.groups[$1].count }
    guard runs.count < members else { return [] }
    let active = Set(runs)
    return try groups.compactMap { group in
      let lanes = layout.groups[group].indices.filter { !active.contains(layout.groups[group][$0]) }
      guard !lanes.isEmpty else { return nil }
      return PassiveLanes(
        group: group, lanes: lanes,
        states: try buffers.indices.map { try state(ofGroup: group, in: $0) })
    }
  }

  func restore(_ passive: [PassiveLanes]) throws {
    for kept in passive {
      for (index, buffer) in buffers.enumerated() {
        var state = try state(ofGroup: kept.group, in: index)
        for start in stride(from: 0, to: state.count, by: layout.width) {
          for lane in kept.lanes { state[start + lane] = kept.states[index][start + lane] }
        }
        try queue.write(state, to: buffer, at: kept.group * state.count)
      }
    }
  }
}
