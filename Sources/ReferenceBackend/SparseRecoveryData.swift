import BatchNumerics

/// A problem's matrices in the precision of the run, and the products with them.
final class SparseRecoveryData<S: RunScalar>: Sendable {
  private let rows: Int
  private let columns: Int
  /// X [N][n]
  private let measurements: [S]
  /// y [N]
  private let observations: [S]
  /// The pseudo-inverse transposed, [N][n]; empty unless the method projects.
  private let projection: [S]
  /// a* [n]
  let target: [S]

  init(_ problem: SparseRecoveryProblem) {
    rows = problem.measurements.rows
    columns = problem.measurements.columns
    measurements = problem.measurements.values.map { S($0) }
    observations = problem.observations.map { S($0) }
    projection = (problem.pseudoInverse?.transposed.values ?? []).map { S($0) }
    target = problem.target.map { S($0) }
  }

  /// residual = X a - y
  func computeResidual(_ a: [S], into residual: inout [S]) {
    measurements.withUnsafeBufferPointer { x in
      a.withUnsafeBufferPointer { a in
        guard let x = x.baseAddress, let a = a.baseAddress else { return }
        for i in 0..<rows {
          residual[i] = VectorLoops.dot(x + i * columns, a, columns) - observations[i]
        }
      }
    }
  }

  /// gradient = X^T residual
  func computeGradient(_ residual: [S], into gradient: inout [S]) {
    for j in gradient.indices { gradient[j] = 0 }
    addRows(of: measurements, weights: residual, sign: 1, to: &gradient)
  }

  /// a -= X^+ residual
  func project(_ a: inout [S], residual: [S]) {
    addRows(of: projection, weights: residual, sign: -1, to: &a)
  }

  private func addRows(of matrix: [S], weights: [S], sign: S, to result: inout [S]) {
    matrix.withUnsafeBufferPointer { matrix in
      result.withUnsafeMutableBufferPointer { result in
        guard let matrix = matrix.baseAddress, let result = result.baseAddress else { return }
        for i in 0..<rows {
          VectorLoops.axpy(sign * weights[i], matrix + i * columns, into: result, columns)
        }
      }
    }
  }
}
