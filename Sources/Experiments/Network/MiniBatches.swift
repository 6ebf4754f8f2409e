import BatchNumerics

/// The samples of each step, drawn without replacement: every epoch a new permutation of a run's own
/// stream, cut into batches; the last one may be smaller.
struct MiniBatches {
  private let count: Int
  private let size: Int
  private var streams: [RandomStream]
  private var orders: [[Int]] = []
  private var next: Int

  init(count: Int, size: Int, seeds: [UInt32]) {
    self.count = count
    self.size = min(size, count)
    streams = seeds.map { RandomStream(seed: $0, purpose: .shuffling) }
    next = count
  }

  /// The sizes that batches have.
  var sizes: Set<Int> { count % size == 0 ? [size] : [size, count % size] }

  /// The samples of the next batch, for each run.
  mutating func nextBatch() -> [ArraySlice<Int>] {
    if next >= count {
      orders = streams.indices.map { streams[$0].permutation(count) }
      next = 0
    }
    let range = next..<min(next + size, count)
    next = range.upperBound
    return orders.map { $0[range] }
  }
}
