// This file tests how a grid is cut into windows and shares.

import Experiments
import Foundation
import Sweeps
import Testing

@Suite struct SweepWindowsTests {
  private func windows(
    _ lines: String, _ shard: String = "0/1", size: Int
  ) throws -> SweepWindows {
    try SweepWindows(
      spec(Harness.problem + lines), shard: Shard(parsing: shard), size: size)
  }

  private func runs(_ windows: SweepWindows) throws -> [[String]] {
    var found: [[String]] = []
    while let plan = try windows.next() { found.append(plan.runs.map(\.id)) }
    return found
  }

  static let grid = "sweep: {steps: [10, 400, 30], seed: {range: [0, 7]}}"

  /// Every point once, in the grid's order, whatever the window.
  @Test(arguments: [1, 2, 7, 20, 21, 1000]) func windowsHoldEveryRunOnce(size: Int) throws {
    let whole = try Harness.plan(Self.grid).runs.map(\.id)
    let found = try windows(Self.grid, size: size)
    #expect(found.count == 21)
    let parts = try runs(found)
    #expect(parts.flatMap { $0 } == whole)
    #expect(parts.count == (21 + size - 1) / size)
  }

  /// Shares are disjoint, cover the grid, are as large as they say, and take about equally long.
  @Test(arguments: [2, 3, 5, 30], [4, 1000]) func sharesPartitionTheGrid(count: Int, size: Int)
    throws
  {
    let plan = try Harness.plan(Self.grid)
    let steps = Dictionary(
      plan.runs.map { ($0.id, $0.steps) }, uniquingKeysWith: { first, _ in first })
    var seen: Set<String> = []
    var costs: [Int] = []
    for index in 0..<count {
      let share = try windows(Self.grid, "\(index)/\(count)", size: size)
      let found = try runs(share).flatMap { $0 }
      #expect(found.count == share.count)
      #expect(seen.isDisjoint(with: found))
      seen.formUnion(found)
      costs.append(found.reduce(0) { $0 + (steps[$1] ?? 0) })
    }
    #expect(seen == Set(steps.keys))
    // No share has more than one heavy run above another's.
    let (most, least) = (costs.max() ?? 0, costs.min() ?? 0)
    #expect(most - least <= 430)
  }

  @Test(arguments: ["", "1", "1/1", "-1/3", "3/3", "a/2", "1/0", "1/2/3", "0/1000001"])
  func otherShardsAreRefused(_ text: String) {
    let error = #expect(throws: SpecError.self) { try Shard(parsing: text) }
    #expect(error?.key == "--shard" && error?.value == text)
  }

  /// The corners of a large grid are checked before anything runs, what lies between is not.
  @Test func cornersAreCheckedFirst() throws {
    #expect(throws: SpecError.self) {
      try windows("sweep: {seed: {range: [0, 50]}, learning_rate: [0.01, 1000]}", size: 10)
    }
    #expect(throws: SpecError.self) {
      try windows("sweep: {learning_rate: [0.01, 1000], seed: {range: [0, 50]}}", size: 10)
    }
    let late = try windows(
      "sweep: {learning_rate: [0.01, 1000, 0.02], seed: {range: [0, 50]}}", size: 10)
    #expect(throws: SpecError.self) { try runs(late) }
  }

  /// A million runs are planned in the time of the first window.
  @Test func aMillionRunsStartAtOnce() throws {
    let clock = ContinuousClock()
    let start = clock.now
    let found = try windows("sweep: {seed: {range: [0, 1000000]}}", size: 100)
    #expect(found.count == 1_000_000 && found.first.runs.count == 100)
    #expect(clock.now - start < .seconds(20))
  }
}
