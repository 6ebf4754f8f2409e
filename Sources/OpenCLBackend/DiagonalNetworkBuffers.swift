import BatchNumerics
import OpenCLHost

/// What of a batch of diagonal networks lies on its device from the first step to the last.
struct DiagonalNetworkBuffers<S: RunScalar & KernelScalar> {
  /// [run][factor][d padded]
  let states: Buffer<S>
  /// X by rows, and by columns, as `diagonal_network.cl` has them.
  let matrices: DiagonalNetworkMatrices<S>
  /// [problem][n padded]
  let targets: Buffer<S>
  /// [run]
  let problems: Buffer<Int32>
  /// [run]: learning rate, weight decay
  let hypers: Buffer<S>
  /// [run]
  let seeds: Buffer<UInt32>
  /// [run][chunk][n padded], of the last state and of the one before
  let parts: [Buffer<S>]

  init(_ batch: DiagonalNetworkBatch, _ tuning: DiagonalNetworkTuning, _ queue: Queue) throws {
    let (d, padded) = (batch.features, tuning.paddedFeatures)
    var numbers: [S] = []
    numbers.reserveCapacity(batch.runs.count * batch.parameterization.factorCount * padded)
    for run in batch.runs {
      for factor in 0..<batch.parameterization.factorCount {
        numbers += run.initial[(factor * d)..<((factor + 1) * d)].lazy.map { S($0) }
        numbers += repeatElement(0, count: padded - d)
      }
    }
    states = try queue.buffer(numbers)
    matrices =
      tuning.isSigns
      ? try .signs(batch, tuning, queue) : try .dense(batch, tuning, queue)
    targets = try queue.buffer(
      batch.problems.flatMap { problem in
        problem.targets.padded(to: tuning.paddedSamples).map { S($0) }
      })
    problems = try queue.buffer(batch.runs.map { Int32($0.problem) })
    hypers = try queue.buffer(batch.runs.flatMap { [S($0.learningRate), S($0.weightDecay)] })
    seeds = try queue.buffer(batch.runs.map(\.seed))
    let perChunk = batch.method == .labelNoise ? 1 : tuning.paddedSamples
    let count = batch.runs.count * tuning.chunks * perChunk
    parts = try (0..<2).map { _ in
      let buffer = try Buffer<S>(queue.context, count: count)
      try queue.fill(buffer, with: 0)
      return buffer
    }
  }

  var byteCount: Int {
    states.byteCount + matrices.byteCount + targets.byteCount + problems.byteCount
      + hypers.byteCount + seeds.byteCount + parts.reduce(0) { $0 + $1.byteCount }
  }
}

/// X of all problems by rows and by columns; what a method does not read is a single entry.
enum DiagonalNetworkMatrices<S: RunScalar & KernelScalar> {
  /// [problem][d / tile][n / 32][tile] with a sample per bit, [problem][d / 32][n padded] with a
  /// component
  case signs(rows: Buffer<UInt32>, columns: Buffer<UInt32>)
  /// [problem][d / tile][n][tile], [problem][d padded][n padded]
  case dense(rows: Buffer<S>, columns: Buffer<S>)

  var byteCount: Int {
    switch self {
    case .signs(let rows, let columns): rows.byteCount + columns.byteCount
    case .dense(let rows, let columns): rows.byteCount + columns.byteCount
    }
  }

  static func signs(
    _ batch: DiagonalNetworkBatch, _ tuning: DiagonalNetworkTuning, _ queue: Queue
  ) throws -> Self {
    let needsColumns = batch.method != .labelNoise
    var (rows, columns): ([UInt32], [UInt32]) = ([], needsColumns ? [] : [0])
    for problem in batch.problems {
      guard case .signs(let matrix) = problem.features else { continue }
      let bytes = matrix.bytes
      if needsColumns {
        columns += Self.words(
          rows: matrix.rows, columns: matrix.columns, bytes, tuning.paddedSamples,
          tuning.paddedFeatures, tile: tuning.paddedSamples)
      }
      let turned = matrix.transposed
      rows += Self.words(
        rows: turned.rows, columns: turned.columns, turned.bytes, tuning.paddedFeatures,
        tuning.paddedSamples, tile: tuning.tile)
    }
    return .signs(rows: try queue.buffer(rows), columns: try queue.buffer(columns))
  }

  /// Words [row / tile][column / 32][row % tile] of bytes [column / 8][row], for padded numbers of
  /// rows and columns.
  private static func words(
    rows: Int, columns: Int, _ bytes: [UInt8], _ paddedRows: Int, _ paddedColumns: Int,
    tile: Int
  ) -> [UInt32] {
    var words = [UInt32](repeating: 0, count: paddedRows * paddedColumns / 32)
    for group in 0..<SignMatrix.groups(of: columns) {
      for row in 0..<rows {
        let start = row / tile * tile * (paddedColumns / 32) + group / 4 * tile
        words[start + row % tile] |= UInt32(bytes[group * rows + row]) << UInt32(group % 4 * 8)
      }
    }
    return words
  }

  static func dense(
    _ batch: DiagonalNetworkBatch, _ tuning: DiagonalNetworkTuning, _ queue: Queue
  ) throws -> Self {
    let needsColumns = batch.method != .labelNoise
    let (n, d) = (batch.samples, batch.features)
    let (width, height, tile) = (tuning.paddedFeatures, tuning.paddedSamples, tuning.tile)
    var rows = [S](repeating: 0, count: batch.problems.count * n * width)
    var columns = [S](
      repeating: 0, count: needsColumns ? batch.problems.count * width * height : 1)
    for (index, problem) in batch.problems.enumerated() {
      let matrix = problem.features.dense
      for i in 0..<n {
        for k in 0..<d {
          let value = S(matrix.values[i * d + k])
          rows[(index * width + k / tile * tile) * n + i * tile + k % tile] = value
          if needsColumns { columns[(index * width + k) * height + i] = value }
        }
      }
    }
    return .dense(rows: try queue.buffer(rows), columns: try queue.buffer(columns))
  }

  func set(_ arguments: inout ArgumentList) throws {
    switch self {
    case .signs(let rows, let columns):
      try arguments.set(rows)
      try arguments.set(columns)
    case .dense(let rows, let columns):
      try arguments.set(rows)
      try arguments.set(columns)
    }
  }
}
