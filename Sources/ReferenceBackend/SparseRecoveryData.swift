import BatchNumerics

/// A problem's matrices in the precision of the run, and the products with them.
final class SparseRecoveryData<S: RunScalar>: Sendable {
  private let rows: Int
  private let columns: Int
  /// X [N][n]
  private let measurements: WorkArray<S>
  /// y [N]
  private let observations: WorkArray<S>
  /// The pseudo-inverse transposed, [N][n]; empty unless the method projects.
  private let projection: WorkArray<S>
  /// a* [n]
  let target: WorkArray<S>

  init(_ problem: SparseRecoveryProblem) {
    rows = problem.measurements.rows
    columns = problem.measurements.columns
    measurements = WorkArray(problem.measurements.values)
    observations = WorkArray(problem.observations)
    projection = WorkArray(problem.pseudoInverse?.transposed.values ?? [])
    target = WorkArray(problem.target)
  }

  /// residual = X a - y
  func computeResidual(_ a: WorkArray<S>, into residual: WorkArray<S>) {
    let x = measurements.start
    for i in stride(from: 0, to: rows, by: 2) {
      let k = min(i + 1, rows - 1)
      let sums = VectorLoops.dotPair(x + i * columns, x + k * columns, a.start, columns)
      residual[i] = sums.0 - observations[i]
      residual[k] = sums.1 - observations[k]
    }
  }

  /// gradient = X^T residual
  func computeGradient(_ residual: WorkArray<S>, into gradient: WorkArray<S>) {
    gradient.start.update(repeating: 0, count: columns)
    addRows(of: measurements, weights: residual, sign: 1, to: gradient)
  }

  /// a -= X^+ residual
  func project(_ a: WorkArray<S>, residual: WorkArray<S>) {
    addRows(of: projection, weights: residual, sign: -1, to: a)
  }

  /// result += sign * sum of weight_i row_i
  private func addRows(
    of matrix: WorkArray<S>, weights: WorkArray<S>, sign: S, to result: WorkArray<S>
  ) {
    for i in stride(from: 0, to: rows, by: 2) {
      // A last odd row is its own partner, with no weight.
      let k = min(i + 1, rows - 1)
      VectorLoops.axpyPair(
        sign * weights[i], matrix.start + i * columns, i == k ? 0 : sign * weights[k],
        matrix.start + k * columns, into: result.start, columns)
    }
  }
}
