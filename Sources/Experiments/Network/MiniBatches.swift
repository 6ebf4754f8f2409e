import BatchNumerics

/// The samples of each step, drawn without replacement: every epoch a new permutation of a run's own
/// stream, cut into batches; the last one may be smaller.
struct MiniBatches {
  private let count: Int
  private let size: Int
  private var streams: [RandomStream]
  private var orders: [[Int]] = []
  /// Where the streams drew the orders from.
  private var positions: [UInt64]
  private var next: Int

  init(count: Int, size: Int, seeds: [UInt32]) {
    self.count = count
    self.size = min(size, count)
    streams = seeds.map { RandomStream(seed: $0, purpose: .shuffling) }
    positions = seeds.map { _ in 0 }
    next = count
  }

  /// The sizes that batches have.
  var sizes: Set<Int> { count % size == 0 ? [size] : [size, count % size] }

  /// The samples of the next batch, for each run.
  mutating func nextBatch() -> [ArraySlice<Int>] {
    if next >= count {
      positions = streams.map(\.position)
      orders = streams.indices.map { streams[$0].permutation(count) }
      next = 0
    }
    let range = next..<min(next + size, count)
    next = range.upperBound
    return orders.map { $0[range] }
  }

  /// Where a run's stream draws the order of its epoch from: that of the next batch.
  func position(ofRun run: Int) -> UInt64 {
    next >= count ? streams[run].position : positions[run]
  }

  /// Takes runs to where so many batches have been drawn.
  ///
  /// - Parameter positions: as `position(ofRun:)` was there.
  mutating func resume(_ runs: [Int], at positions: [UInt64], step: Int) {
    next = step % ((count + size - 1) / size) * size
    let isBetween = next == 0
    if isBetween { next = count }
    if orders.isEmpty { orders = streams.map { _ in Array(0..<count) } }
    for (run, position) in zip(runs, positions) {
      self.positions[run] = position
      streams[run].position = position
      if !isBetween { orders[run] = streams[run].permutation(count) }
    }
  }
}
