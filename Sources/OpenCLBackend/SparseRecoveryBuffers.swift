import BatchNumerics
import OpenCLHost

/// State and data of a sparse-recovery batch on the device.
struct SparseRecoveryBuffers<S: RunScalar & KernelScalar> {
  /// [group][L][n][width]
  let states: Buffer<S>
  /// X: [problem][N][n], or [group][N][n][width] where lanes do not share data
  let measurements: Buffer<S>
  /// X^T: [problem][n][N]; X itself where the kernel does not read it
  let transposes: Buffer<S>
  /// (X^+)^T, laid out as X; X itself unless the method projects
  let inverses: Buffer<S>
  /// y, one per problem or one per lane, as X
  let observations: Buffer<S>
  /// a*, likewise
  let targets: Buffer<S>
  /// The problem of each group.
  let problems: Buffer<Int32>
  /// [group][learning rate, l1, l2][width]
  let hypers: Buffer<S>
  /// Bytes of all of them.
  let byteCount: Int

  init(
    _ batch: SparseRecoveryBatch, _ tuning: SparseRecoveryTuning, _ layout: RunLayout,
    _ queue: Queue
  ) throws {
    let (n, rows) = (tuning.paddedColumns, tuning.paddedRows)
    let entries = batch.rows * n
    /// Allocates first: a device's limits are met before the numbers are made.
    func buffer(_ count: Int, _ values: () -> [S]) throws -> Buffer<S> {
      let buffer = try Buffer<S>(queue.context, count: count)
      try queue.write(values(), to: buffer)
      return buffer
    }
    let lanes = layout.groups.count * tuning.width
    func perLane(_ count: Int, _ values: (Int) -> [Double]) throws -> Buffer<S> {
      try buffer(lanes * count) { layout.interleave(count, values) }
    }
    /// One copy per problem, or one per lane.
    func data(_ count: Int, _ values: (SparseRecoveryProblem) -> [Double]) throws -> Buffer<S> {
      guard !tuning.sharesData else {
        return try buffer(batch.problems.count * count) {
          batch.problems.flatMap { values($0).map { S($0) } }
        }
      }
      return try buffer(lanes * count) {
        let perProblem = batch.problems.map(values)
        return layout.interleave(count) { run in perProblem[batch.runs[run].problem] }
      }
    }
    states = try perLane(batch.depth * n) { run in
      DenseMatrix(
        rows: batch.depth, columns: batch.columns, values: batch.runs[run].initial
      ).padded(toColumns: n)
    }
    measurements = try data(entries) { $0.measurements.padded(toColumns: n) }
    transposes =
      tuning.readsTranspose
      ? try data(batch.columns * rows) { $0.measurements.transposed.padded(toColumns: rows) }
      : measurements
    inverses =
      batch.method == .projected
      ? try data(entries) { ($0.pseudoInverse?.transposed.padded(toColumns: n)) ?? [] }
      : measurements
    observations = try data(rows) { $0.observations.padded(to: rows) }
    targets = try data(n) { $0.target.padded(to: n) }
    problems = try queue.buffer(
      layout.groups.map { tuning.sharesData ? Int32(batch.runs[$0[0]].problem) : 0 })
    hypers = try perLane(3) { run in
      let run = batch.runs[run]
      return [run.learningRate, run.l1, run.l2]
    }
    try queue.finish()
    byteCount =
      states.byteCount + measurements.byteCount + observations.byteCount + targets.byteCount
      + problems.byteCount + hypers.byteCount
      + (tuning.readsTranspose ? transposes.byteCount : 0)
      + (batch.method == .projected ? inverses.byteCount : 0)
  }
}
