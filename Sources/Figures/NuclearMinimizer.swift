import BatchNumerics

/// The minimiser of c/2 |W_Omega - y|^2 + gamma |W|_*, the convex problem that weight decay on
/// factors of W ends at.
///
/// Accelerated proximal gradient descent: steps of 1/c on the observed entries, each followed by
/// soft-thresholding of the singular values; it starts with a large gamma and comes down to the
/// one that is asked for, and restarts its momentum when that points uphill. It shares no step with
/// the training whose end it judges.
///
/// Sources: Cai, Candes, Shen, "A singular value thresholding algorithm for matrix completion" (SIAM
/// J. Optim. 20, 2010); Beck, Teboulle, "A fast iterative shrinkage-thresholding algorithm" (SIAM J.
/// Imaging Sci. 2, 2009); O'Donoghue, Candes, "Adaptive restart for accelerated gradient schemes"
/// (Found. Comput. Math. 15, 2015).
package struct NuclearMinimizer {
  package let matrix: DenseMatrix
  /// c/2 |W_Omega - y|^2
  package let loss: Double
  package let nuclearNorm: Double
  /// |c P_Omega(W - y)|_2 / gamma: 1 at the minimiser, and more where W could gain.
  package let dualNorm: Double

  /// - Parameters:
  ///   - weight: c; the mean of squares over N entries has 2/N.
  ///   - isSymmetric: over symmetric W only.
  ///   - tolerance: of the last relative change of W in a step.
  package init(
    _ problem: MatrixRecoveryProblem, weight: Double, gamma: Double, isSymmetric: Bool = false,
    tolerance: Double = 1e-7, limit: Int = 20_000
  ) {
    let (rows, columns) = (problem.target.rows, problem.target.columns)
    let size = rows * columns
    let svd = ThinSVD<Double>(rows: rows, columns: columns)
    /// P_Omega(W - y), symmetrised if W is.
    func residual(_ values: [Double]) -> [Double] {
      let full = problem.gradient(
        of: DenseMatrix(rows: rows, columns: columns, values: values)
      ).gradient
      guard isSymmetric else { return full.values }
      return zip(full.values, full.transposed.values).map { ($0 + $1) / 2 }
    }
    var current = [Double](repeating: 0, count: size)
    let start = DenseMatrix(rows: rows, columns: columns, values: residual(current))
    var level = (SingularValueDecomposition(start).values.first ?? 0) / 2
    let last = gamma / weight
    repeat {
      level = max(last, min(level, level / 4))
      let goal = level > last ? max(tolerance, 1e-4) : tolerance
      var (previous, momentum) = (current, 1.0)
      for _ in 0..<limit {
        let next = (1 + (1 + 4 * momentum * momentum).squareRoot()) / 2
        let share = (momentum - 1) / next
        let ahead = zip(current, previous).map { $0 + share * ($0 - $1) }
        let moved = zip(ahead, residual(ahead)).map { $0 - $1 }
        previous = current
        current = Self.threshold(moved, level, svd)
        momentum = next
        var (uphill, change, norm) = (0.0, 0.0, 0.0)
        for i in 0..<size {
          let step = current[i] - previous[i]
          uphill += (ahead[i] - current[i]) * step
          change += step * step
          norm += current[i] * current[i]
        }
        if uphill > 0 { momentum = 1 }
        if change <= goal * goal * norm { break }
      }
    } while level > last
    matrix = DenseMatrix(rows: rows, columns: columns, values: current)
    loss = weight / 2 * problem.gradient(of: matrix).squaredResidual
    nuclearNorm = SingularValueDecomposition(matrix).values.reduce(0, +)
    let slope = DenseMatrix(rows: rows, columns: columns, values: residual(current))
    dualNorm = weight * (SingularValueDecomposition(slope).values.first ?? 0) / gamma
  }

  private static func threshold(
    _ values: [Double], _ level: Double, _ svd: ThinSVD<Double>
  ) -> [Double] {
    values.withUnsafeBufferPointer { entries in
      if let start = entries.baseAddress { svd.factor(start) }
    }
    return [Double](unsafeUninitializedCapacity: values.count) { result, count in
      if let start = result.baseAddress { svd.softThreshold(level, into: start) }
      count = values.count
    }
  }
}
