import BatchNumerics

/// M: A -> y, the linear measurements of a matrix A [n1, n2] that the nuclear-norm references share.
struct NuclearMeasurements {
  let (rows, columns): (Int, Int)
  /// y; with entries one number for each place, the mean if it was observed repeatedly.
  let observations: [Double]
  private let kind: Kind

  private enum Kind {
    case entries([ObservedEntry])
    /// M_i as the rows of a matrix [N, n1 n2].
    case dense(WorkVector)
  }

  init(_ measurements: MatrixMeasurements, rows: Int, columns: Int) throws(ConvexError) {
    guard rows > 0, columns > 0 else { throw .shape("the matrix is \(rows) by \(columns)") }
    (self.rows, self.columns) = (rows, columns)
    switch measurements {
    case .entries(let entries):
      for entry in entries {
        guard (0..<rows).contains(entry.row), (0..<columns).contains(entry.column) else {
          throw .shape("no entry (\(entry.row), \(entry.column)) in \(rows) by \(columns)")
        }
      }
      guard Set(entries.map { $0.row * columns + $0.column }).count == entries.count else {
        throw .shape("a place is listed twice")
      }
      try ConvexError.check(finite: entries.flatMap { [$0.value, $0.weight] }, "entries")
      guard entries.allSatisfy({ $0.weight > 0 }) else { throw .value("weights must be above 0") }
      observations = entries.map(\.value)
      kind = .entries(entries)
    case .dense(let matrices, let values):
      guard matrices.columns == rows * columns else {
        throw .shape("measurements of \(matrices.columns) entries, but \(rows) by \(columns)")
      }
      guard matrices.rows == values.count else {
        throw .shape("\(matrices.rows) measurements, but \(values.count) observations")
      }
      try ConvexError.check(finite: matrices.values, "the measurements")
      try ConvexError.check(finite: values, "the observations")
      observations = values
      let store = WorkVector(matrices.values.count)
      store.assign(matrices.values)
      kind = .dense(store)
    }
  }

  var size: Int { rows * columns }
  var count: Int { observations.count }

  /// How much each observation counts in least squares.
  var weights: [Double] {
    switch kind {
    case .entries(let entries): entries.map(\.weight)
    case .dense: [Double](repeating: 1, count: count)
    }
  }

  /// M(A)
  func apply(_ matrix: WorkVector, into result: WorkVector) {
    switch kind {
    case .entries(let entries):
      for (i, entry) in entries.enumerated() {
        result[i] = matrix[entry.row * columns + entry.column]
      }
    case .dense(let store):
      ConvexLoops.products(
        store.start, matrix.start, length: size, count: count, into: result.start)
    }
  }

  /// M^T(v) = sum_i v_i M_i
  func transposed(_ v: WorkVector, into result: WorkVector) {
    result.fill(0)
    switch kind {
    case .entries(let entries):
      for (i, entry) in entries.enumerated() { result[entry.row * columns + entry.column] = v[i] }
    case .dense(let store):
      for i in 0..<count {
        ConvexLoops.axpy(v[i], store.start + i * size, into: result.start, size)
      }
    }
  }

  /// Solves M M^T v = b; measurements that depend on others have v_i = 0.
  ///
  /// Returns nil for entries, where M M^T is the identity.
  func kernel() -> ActiveFactor? {
    guard case .dense(let store) = kind else { return nil }
    let factor = ActiveFactor(store.start, length: size, capacity: min(count, size))
    for i in 0..<count { _ = factor.append(i) }
    return factor
  }

  /// A bound of |M^T W M|_2, at most 1.1 times it: by power iteration from a fixed start.
  func lipschitzBound() -> Double {
    guard case .dense = kind else { return weights.max() ?? 0 }
    var source = RandomStream(seed: 1, purpose: .inputs)
    let (v, image) = (WorkVector(size), WorkVector(count))
    v.assign(source.normals(size))
    var bound = 0.0
    for _ in 0..<100 {
      let norm = v.squared.squareRoot()
      guard norm > 0 else { return 0 }
      v.scale(1 / norm)
      apply(v, into: image)
      transposed(image, into: v)
      bound = v.squared.squareRoot()
    }
    return 1.1 * bound
  }
}

extension MatrixMeasurements {
  /// y_i = l_i^T A r_i, with l_i and r_i as rows of [N, n1] and [N, n2].
  ///
  /// - Precondition: as many rows in both as there are observations.
  public static func rankOne(
    left: DenseMatrix, right: DenseMatrix, observations: [Double]
  ) -> MatrixMeasurements {
    precondition(left.rows == right.rows, "a left and a right factor per measurement")
    var matrices = DenseMatrix(rows: left.rows, columns: left.columns * right.columns)
    for i in 0..<left.rows {
      for p in 0..<left.columns {
        for q in 0..<right.columns {
          matrices[i, p * right.columns + q] = left[i, p] * right[i, q]
        }
      }
    }
    return .dense(matrices, observations: observations)
  }
}

/// A minimiser that a nuclear norm is part of, with the dual point that vouches for it.
///
/// By weak duality no matrix is better than `dualObjective`, so `objective` is at most `gap` from the
/// least one.
public struct NuclearSolution: Sendable {
  public enum Method: String, Sendable {
    /// Douglas-Rachford splitting.
    case splitting
    /// Accelerated proximal gradient descent.
    case descent
    /// Douglas-Rachford splitting of a batch on a device, certified on the host.
    case batch
  }

  /// A
  public let matrix: DenseMatrix
  public let nuclearNorm: Double
  /// nu, one number per measurement, feasible for the dual problem.
  public let dual: [Double]
  /// |M^T(nu)|_2 as a part of the largest it may be: 1 at a minimiser that is not 0.
  public let dualNorm: Double
  public let objective: Double
  public let dualObjective: Double
  /// |M(A) - y|_2
  public let residual: Double
  public let iterations: Int
  public let method: Method
  /// Whether the gap is within the tolerance.
  public let isCertified: Bool

  public var gap: Double { objective - dualObjective }
  /// gap / objective.
  public var relativeGap: Double { gap / max(abs(objective), .leastNormalMagnitude) }
}

/// Singular values of matrices of one shape, for proximal steps and certificates.
final class NuclearWork {
  private let warm: ThinSVD<Double>
  private let cold: ThinSVD<Double>

  init(rows: Int, columns: Int) {
    warm = ThinSVD(rows: rows, columns: columns)
    cold = ThinSVD(rows: rows, columns: columns)
  }

  /// U max(diag(s) - level, 0) V^T; fast when called with slowly changing matrices.
  func shrink(_ matrix: WorkVector, _ level: Double, into result: WorkVector) {
    warm.factor(matrix.start)
    warm.softThreshold(level, into: result.start)
  }

  func singularValues(_ matrix: WorkVector) -> [Double] {
    cold.factor(matrix.start, valuesOnly: true)
    return cold.values
  }
}
