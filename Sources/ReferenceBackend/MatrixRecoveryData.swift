import BatchNumerics

/// A matrix-recovery problem in the precision of the run.
///
/// Measurements see the learned matrix at `places` only: the observed entries, or all of them where
/// measurements are dense.
final class MatrixRecoveryData<S: RunScalar>: Sendable {
  /// Indices i n2 + j, ascending.
  let places: [Int]
  /// Entries: how often each place was observed, and its value.
  private let weights: WorkArray<S>
  private let values: WorkArray<S>
  /// Dense: X and (X^+)^T, both [N][n1 n2]; empty for entries.
  private let matrices: WorkArray<S>
  private let inverse: WorkArray<S>
  private let count: Int

  init(_ problem: MatrixRecoveryProblem) {
    let columns = problem.target.columns
    switch problem.measurements {
    case .entries(let entries):
      places = entries.map { $0.row * columns + $0.column }
      weights = WorkArray(entries.map(\.weight))
      values = WorkArray(entries.map(\.value))
      matrices = WorkArray(zeros: 0)
      inverse = WorkArray(zeros: 0)
      count = entries.count
    case .dense(let dense, let observations):
      places = Array(0..<problem.target.values.count)
      weights = WorkArray(zeros: 0)
      values = WorkArray(observations)
      matrices = WorkArray(dense.values)
      inverse = WorkArray(problem.pseudoInverse?.transposed.values ?? [])
      count = observations.count
    }
  }

  /// g = X^T (X w - y) at the places, from w there.
  func gradient(_ w: WorkArray<S>, into g: WorkArray<S>) {
    guard matrices.count > 0 else {
      for e in 0..<count { g[e] = weights[e] * (w[e] - values[e]) }
      return
    }
    g.start.update(repeating: 0, count: g.count)
    for i in 0..<count {
      let row = matrices.start + i * w.count
      let residual = VectorLoops.dotPair(row, row, w.start, w.count).0 - values[i]
      VectorLoops.axpyPair(residual, row, 0, row, into: g.start, w.count)
    }
  }

  /// w <- w - X^+ (X w - y): observed entries take their values.
  func project(_ w: WorkArray<S>) {
    guard matrices.count > 0 else {
      for e in 0..<count { w[e] = values[e] }
      return
    }
    let residuals = (0..<count).map { i in
      let row = matrices.start + i * w.count
      return VectorLoops.dotPair(row, row, w.start, w.count).0 - values[i]
    }
    for i in 0..<count {
      let row = inverse.start + i * w.count
      VectorLoops.axpyPair(-residuals[i], row, 0, row, into: w.start, w.count)
    }
  }
}
