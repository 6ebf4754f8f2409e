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

// MARK: - Saving and restoring

extension ResidentStates {
  /// The part of runs' states that a buffer holds.
  ///
  /// - Parameters:
  ///   - forms: the tensors that the buffer's numbers are, once unpacked.
  ///   - unpack: from the numbers of a run in the kernel's order.
  ///   - pack: the inverse.
  func part(
    _ forms: [StatePart.Form], in index: Int = 0,
    belongs: @escaping (Int) -> Bool = { _ in true },
    unpack: @escaping ([Double]) -> [Double] = { $0 },
    pack: @escaping ([Double]) -> [Double] = { $0 }
  ) -> StatePart {
    StatePart(
      forms, S.precision, belongs: belongs,
      read: { runs in try numbers(of: runs, in: index).map(unpack) },
      write: { values, runs in try replace(values.map(pack), of: runs, in: index) })
  }

  /// The numbers of some runs in a buffer, in the kernel's order.
  private func numbers(of runs: [Int], in index: Int) throws -> [[Double]] {
    var known: [Int: [S]] = [:]
    for group in layout.groups(of: runs) { known[group] = try state(ofGroup: group, in: index) }
    return runs.map { run in
      let place = layout.place(ofRun: run)
      let state = known[place.group] ?? []
      return stride(from: place.lane, to: state.count, by: layout.width).map { Double(state[$0]) }
    }
  }

  private func replace(_ numbers: [[Double]], of runs: [Int], in index: Int) throws {
    let positions = Dictionary(uniqueKeysWithValues: zip(runs, runs.indices))
    for group in layout.groups(of: runs) {
      var state = try state(ofGroup: group, in: index)
      for lane in 0..<layout.width {
        // Surplus lanes repeat the last run, as at the start.
        let members = layout.groups[group]
        guard let position = positions[members[min(lane, members.count - 1)]] else { continue }
        for (i, value) in numbers[position].enumerated() {
          state[i * layout.width + lane] = S(value)
        }
      }
      try queue.write(state, to: buffers[index], at: group * state.count)
    }
    try queue.finish()
  }
}
