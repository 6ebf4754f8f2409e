import BatchNumerics

/// A set of samples on a device, per run or shared by all.
struct SampleTensors<B: Backend> {
  enum Inputs {
    /// [run or shared][N, features]
    case dense(B.Tensor)
    /// Tokens [N, 2], and for gradients each slot's samples by token; all per run or shared.
    case tokens(B.Indices, segments: [B.Indices])
  }

  enum Targets {
    /// [run or shared][N, 1]
    case labels(B.Indices)
    /// [run or shared][N, outputs]
    case values(B.Tensor)
  }

  let count: Int
  let inputs: Inputs
  let targets: Targets

  /// Puts samples on a device: those of one owner for all runs, or of one owner per run.
  ///
  /// - Parameters:
  ///   - range: which samples of every owner.
  ///   - vocabulary: number of tokens, if gradients are to be formed.
  init(
    _ owners: [NetworkSamples], _ range: Range<Int>, vocabulary: Int?, on store: TensorStore<B>
  ) throws {
    let count = range.count
    self.count = count
    let runs = owners.count
    func tokens(_ samples: NetworkSamples) -> [Int32] {
      guard case .tokens(let pairs) = samples.inputs else { return [] }
      return Array(pairs[(2 * range.lowerBound)..<(2 * range.upperBound)])
    }
    func rows(_ matrix: DenseMatrix) -> [Double] {
      Array(
        matrix.values[(range.lowerBound * matrix.columns)..<(range.upperBound * matrix.columns)])
    }
    switch owners[0].inputs {
    case .dense(let first):
      let values = owners.flatMap { samples -> [Double] in
        if case .dense(let matrix) = samples.inputs { rows(matrix) } else { [] }
      }
      inputs = .dense(try store.tensor(runs, count, first.columns, values))
    case .tokens:
      let pairs = owners.map(tokens)
      let segments = try vocabulary.map { vocabulary in
        try (0..<2).map { slot in
          try store.indices(
            runs, 1, vocabulary + 1 + count,
            pairs.flatMap { TokenSegments.segments($0, slot: slot, vocabulary: vocabulary) })
        }
      }
      inputs = .tokens(
        try store.indices(runs, count, 2, pairs.flatMap { $0 }), segments: segments ?? [])
    }
    switch owners[0].targets {
    case .labels:
      let labels = owners.flatMap { samples -> [Int32] in
        if case .labels(let labels) = samples.targets { Array(labels[range]) } else { [] }
      }
      targets = .labels(try store.indices(runs, count, 1, labels))
    case .values(let first):
      let values = owners.flatMap { samples -> [Double] in
        if case .values(let matrix) = samples.targets { rows(matrix) } else { [] }
      }
      targets = .values(try store.tensor(runs, count, first.columns, values))
    }
  }
}

extension SampleTensors {
  /// The samples as fused passes take them.
  func fused(order: B.Indices? = nil, count: Int? = nil) -> FusedSamples<B.Tensor, B.Indices> {
    let inputs: FusedSamples<B.Tensor, B.Indices>.Inputs =
      switch inputs {
      case .dense(let features): .dense(features)
      case .tokens(let tokens, _): .tokens(tokens)
      }
    let targets: FusedSamples<B.Tensor, B.Indices>.Targets =
      switch targets {
      case .labels(let labels): .labels(labels)
      case .values(let values): .values(values)
      }
    return FusedSamples(
      inputs: inputs, targets: targets, order: order, count: count ?? self.count)
  }
}

/// Where the samples of each token are: gradients of tables are sums over them, without atomics and
/// in a fixed order.
enum TokenSegments {
  /// The start of each token's samples, the end, then the samples sorted by token.
  static func segments(_ pairs: [Int32], slot: Int, vocabulary: Int) -> [Int32] {
    let count = pairs.count / 2
    var starts = [Int32](repeating: 0, count: vocabulary + 1)
    for i in 0..<count { starts[Int(pairs[2 * i + slot]) + 1] += 1 }
    for token in 0..<vocabulary { starts[token + 1] += starts[token] }
    var next = starts
    var samples = [Int32](repeating: 0, count: count)
    for i in 0..<count {
      let token = Int(pairs[2 * i + slot])
      samples[Int(next[token])] = Int32(i)
      next[token] += 1
    }
    return starts + samples
  }
}
