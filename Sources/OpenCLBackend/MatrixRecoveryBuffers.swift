import BatchNumerics
import OpenCLHost

/// State and data of a matrix-recovery batch on the device, in the order of the kernels' arguments.
struct MatrixRecoveryBuffers<S: RunScalar & KernelScalar> {
  /// Buffers of the running state: the factors, and for the matrix family the bases.
  let states: [Buffer<S>]
  /// Index arrays of the factored family: bounds, neighbours, entries, ends.
  let graph: [Buffer<Int32>]
  /// The other data: for the matrix family weights or X, inverses and y; weights and y otherwise.
  let data: [Buffer<S>]
  /// The problem of each group.
  let problems: Buffer<Int32>
  /// [group][4][width]
  let hypers: Buffer<S>
  /// Bytes of all of them.
  let byteCount: Int

  init(
    _ batch: MatrixRecoveryBatch, _ tuning: MatrixRecoveryTuning, _ layout: RunLayout,
    _ queue: Queue
  ) throws {
    let maker = BufferMaker<S>(batch, tuning, layout, queue)
    let form = MatrixForm(batch)
    let states = [try maker.perLane(batch.parameterCount) { form.pack(batch.runs[$0].initial) }]
    switch tuning.family {
    case .matrix:
      let k = min(batch.rows, batch.columns)
      let identity = DenseMatrix.identity(k).values
      self.states = states + [try maker.perLane(k * k) { _ in identity }]
      graph = []
      data = try Self.matrixData(batch, form, maker)
      hypers = try maker.perLane(4) { run in
        let run = batch.runs[run]
        return [run.learningRate, run.nuclear, run.l1, run.l2]
      }
    case .factored:
      self.states = states
      let graphs = Self.graphs(batch)
      graph = try [\ObservedGraph.bounds, \.neighbours, \.entries, \.ends].map { path in
        try queue.buffer(graphs.flatMap { $0[keyPath: path] })
      }
      data = try [\ObservedEntry.weight, \.value].map { path in
        try queue.buffer(
          graphs.flatMap { graph in
            graph.observed.map { $0[keyPath: path] }.padded(to: tuning.paddedEntries)
              .map { S($0) }
          })
      }
      hypers = try maker.perLane(4) { run in
        let run = batch.runs[run]
        return [run.learningRate, run.l1, run.l2, batch.dataWeight]
      }
    }
    problems = try queue.buffer(
      layout.groups.map { tuning.sharesData ? Int32(batch.runs[$0[0]].problem) : 0 })
    try queue.finish()
    byteCount =
      (self.states + data + [hypers]).reduce(0) { $0 + $1.byteCount }
      + (graph + [problems]).reduce(0) { $0 + $1.byteCount }
  }

  /// Weights and values of every entry, or X, then the inverse where the method projects, then y.
  private static func matrixData(
    _ batch: MatrixRecoveryBatch, _ form: MatrixForm, _ maker: BufferMaker<S>
  ) throws -> [Buffer<S>] {
    let size = batch.rows * batch.columns
    guard case .dense = batch.problems[0].measurements else {
      func spread(_ path: KeyPath<ObservedEntry, Double> & Sendable) throws -> Buffer<S> {
        try maker.perProblem(size) { problem in
          var dense = [Double](repeating: 0, count: size)
          for entry in problem.observedEntries {
            dense[entry.row * batch.columns + entry.column] = entry[keyPath: path]
          }
          return form.pack(dense)
        }
      }
      let weights = try spread(\.weight)
      return [weights, weights, try spread(\.value)]
    }
    let count = batch.measurementCount
    let matrices = try maker.perProblem(count * size) { form.packRows($0.denseMatrices.0) }
    let inverses =
      batch.method == .projected
      ? try maker.perProblem(count * size) {
        form.packRows($0.pseudoInverse?.transposed.values ?? [])
      } : matrices
    return [matrices, inverses, try maker.perProblem(count) { $0.denseMatrices.1 }]
  }

  private static func graphs(_ batch: MatrixRecoveryBatch) -> [ObservedGraph] {
    let capacity = batch.mostEntries
    return batch.problems.map {
      ObservedGraph(
        $0.observedEntries, rows: batch.rows, columns: batch.columns,
        isDifference: batch.parameterization == .difference, capacity: capacity)
    }
  }
}

/// Fills device buffers per lane or per problem.
private struct BufferMaker<S: RunScalar & KernelScalar> {
  private let batch: MatrixRecoveryBatch
  private let tuning: MatrixRecoveryTuning
  private let layout: RunLayout
  private let queue: Queue

  init(
    _ batch: MatrixRecoveryBatch, _ tuning: MatrixRecoveryTuning, _ layout: RunLayout,
    _ queue: Queue
  ) {
    (self.batch, self.tuning, self.layout, self.queue) = (batch, tuning, layout, queue)
  }

  /// Allocates first: a device's limits are met before the numbers are made.
  private func buffer(_ count: Int, _ values: () -> [S]) throws -> Buffer<S> {
    let buffer = try Buffer<S>(queue.context, count: count)
    try queue.write(values(), to: buffer)
    return buffer
  }

  /// [group][number][width]
  func perLane(_ count: Int, _ values: (Int) -> [Double]) throws -> Buffer<S> {
    try buffer(layout.groups.count * tuning.width * count) { layout.interleave(count, values) }
  }

  /// One copy per problem, or one per lane where the runs of a group do not share it.
  func perProblem(
    _ count: Int, _ values: (MatrixRecoveryProblem) -> [Double]
  ) throws -> Buffer<S> {
    guard !tuning.sharesData else {
      return try buffer(batch.problems.count * count) {
        batch.problems.flatMap { values($0).map { S($0) } }
      }
    }
    let perProblem = batch.problems.map(values)
    return try perLane(count) { perProblem[batch.runs[$0].problem] }
  }
}

/// How the numbers of a run lie on the device: wide matrices are trained as their transposes, and
/// the second factor of a product as that of U V^T.
struct MatrixForm {
  private let batch: MatrixRecoveryBatch

  init(_ batch: MatrixRecoveryBatch) {
    self.batch = batch
  }

  private var isMatrix: Bool { batch.parameterization == .product && batch.depth == 1 }

  /// Parameters, or a matrix of entries, in the kernel's order.
  func pack(_ values: [Double]) -> [Double] {
    if isMatrix {
      return batch.rows >= batch.columns
        ? values : Self.transposed(values[...], rows: batch.rows, columns: batch.columns)
    }
    guard batch.parameterization == .product else { return values }
    let first = batch.rows * batch.width
    return Array(values[..<first])
      + Self.transposed(values[first...], rows: batch.width, columns: batch.columns)
  }

  /// The inverse of `pack`.
  func unpack(_ values: [Double]) -> [Double] {
    if isMatrix {
      return batch.rows >= batch.columns
        ? values : Self.transposed(values[...], rows: batch.columns, columns: batch.rows)
    }
    guard batch.parameterization == .product else { return values }
    let first = batch.rows * batch.width
    return Array(values[..<first])
      + Self.transposed(values[first...], rows: batch.columns, columns: batch.width)
  }

  /// Rows that are matrices of entries each.
  func packRows(_ values: [Double]) -> [Double] {
    let size = batch.rows * batch.columns
    guard batch.rows < batch.columns else { return values }
    return stride(from: 0, to: values.count, by: size).flatMap {
      Self.transposed(values[$0..<($0 + size)], rows: batch.rows, columns: batch.columns)
    }
  }

  private static func transposed(
    _ values: ArraySlice<Double>, rows: Int, columns: Int
  ) -> [Double] {
    (0..<(rows * columns)).map { values[values.startIndex + $0 % rows * columns + $0 / rows] }
  }
}

extension MatrixRecoveryProblem {
  /// The observed entries; none where measurements are dense.
  var observedEntries: [ObservedEntry] {
    if case .entries(let entries) = measurements { entries } else { [] }
  }

  /// X [N, n1 n2] and y of dense measurements.
  var denseMatrices: ([Double], [Double]) {
    if case .dense(let matrices, let observations) = measurements {
      (matrices.values, observations)
    } else {
      ([], [])
    }
  }
}

extension MatrixRecoveryBatch {
  /// The most distinct entries of any problem.
  var mostEntries: Int { problems.map(\.observedEntries.count).max() ?? 0 }
}
