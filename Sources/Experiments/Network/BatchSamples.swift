import BatchNumerics

/// The samples of mini-batches on a device, refilled for every step.
final class BatchSamples<B: Backend> {
  private let operations: B
  private let owners: [NetworkSamples]
  private let vocabulary: Int?
  private let whole: SampleTensors<B>
  private let tensors: [Int: SampleTensors<B>]  // by the number of samples
  private let rows: [Int: B.Indices]  // for dense inputs and fused passes
  private var batches: MiniBatches
  private var restored: [Int: UInt64] = [:]

  /// - Parameter isFused: whether passes read whole sets in an order: then nothing is gathered.
  init(_ batch: NetworkBatch, size: Int, isFused: Bool, _ store: TensorStore<B>) throws {
    operations = store.operations
    let runs = batch.runs.count
    owners = batch.runs.map { batch.problems[$0.problem].train }
    batches = MiniBatches(
      count: owners[0].count, size: size, seeds: batch.runs.map(\.seed))
    vocabulary = batch.model.vocabulary
    let (owners, vocabulary) = (owners, vocabulary)
    whole = try SampleTensors(
      batch.owners.map(\.train), 0..<owners[0].count, vocabulary: nil, on: store)
    tensors = try Dictionary(
      uniqueKeysWithValues: (isFused ? [] : batches.sizes).map {
        ($0, try SampleTensors(owners, 0..<$0, vocabulary: vocabulary, on: store))
      })
    rows = try Dictionary(
      uniqueKeysWithValues: (isFused || vocabulary == nil ? batches.sizes : []).map {
        ($0, try store.indices(runs, $0, 1, [Int32](repeating: 0, count: runs * $0)))
      })
  }

  /// How far the streams of shuffling have come.
  var statePart: StatePart {
    let name = "shuffling.position"
    return StatePart(
      name, [1], .f64,
      check: { values, _ in
        guard let position = UInt64(exactly: values[0]), position < 1 << 53 else {
          throw StateError(name, "is \(values[0]), not a number of blocks")
        }
      },
      readRun: { [self] run in [Double(batches.position(ofRun: run))] },
      writeRun: { [self] values, run in restored[run] = UInt64(exactly: values[0]) })
  }

  func resume(_ runs: [Int], at step: Int) {
    batches.resume(runs, at: runs.map { restored[$0] ?? 0 }, step: step)
    restored = [:]
  }

  /// The whole set with the samples of the next step.
  func nextOrder() throws -> FusedSamples<B.Tensor, B.Indices> {
    let orders = batches.nextBatch()
    return whole.fused(order: try place(orders), count: orders[0].count)
  }

  /// The samples' numbers on the device.
  private func place(_ orders: [ArraySlice<Int>]) throws -> B.Indices {
    guard let rows = rows[orders[0].count] else { throw ShapeError("mini-batch", []) }
    try operations.write(orders.flatMap { $0.map { Int32($0) } }, into: rows)
    return rows
  }

  /// Gathers the samples of the next step.
  func next() throws -> SampleTensors<B> {
    let orders = batches.nextBatch()
    guard let target = tensors[orders[0].count] else { throw ShapeError("mini-batch", []) }
    switch (target.inputs, whole.inputs) {
    case (.dense(let part), .dense(let all)):
      let rows = try place(orders)
      try operations.selectRows(all, rows, into: part)
      if case .values(let part) = target.targets, case .values(let all) = whole.targets {
        try operations.selectRows(all, rows, into: part)
      }
    case (.tokens(let part, let segments), _):
      let pairs = zip(owners, orders).map { samples, order -> [Int32] in
        guard case .tokens(let tokens) = samples.inputs else { return [] }
        return order.flatMap { [tokens[2 * $0], tokens[2 * $0 + 1]] }
      }
      try operations.write(pairs.flatMap { $0 }, into: part)
      for (slot, indices) in segments.enumerated() {
        try operations.write(
          pairs.flatMap {
            TokenSegments.segments($0, slot: slot, vocabulary: vocabulary ?? 0)
          }, into: indices)
      }
    default: throw ShapeError("mini-batch", [])
    }
    if case .labels(let part) = target.targets {
      let labels = zip(owners, orders).flatMap { samples, order -> [Int32] in
        guard case .labels(let labels) = samples.targets else { return [] }
        return order.map { labels[$0] }
      }
      try operations.write(labels, into: part)
    }
    return target
  }
}
