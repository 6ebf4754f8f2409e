/// The thin singular value decomposition A = U diag(s) V^T of small matrices of one shape, in the
/// precision of a run, and what training builds on it: the polar factor and the soft-thresholding
/// of singular values.
///
/// The plain counterpart of the kernels in `Kernels/svd`. An instance keeps its last basis, so that
/// a slowly changing matrix is factored in one or two sweeps; results do not depend on that beyond
/// rounding. Matrices of any scale and rank are factored; one with entries that are not finite has
/// results that are NaN.
///
/// `@unchecked Sendable` is not claimed: an instance belongs to the task that steps its run.
public final class ThinSVD<S: RunScalar> {
  public let rows: Int
  public let columns: Int
  /// k = min(rows, columns).
  @inlinable public var count: Int { work.count }
  @usableFromInline let isTall: Bool
  @usableFromInline let work: JacobiColumns<S>
  @usableFromInline let scratch: UnsafeMutablePointer<S>
  /// |b_p| of the last matrix, still multiplied by `scale`.
  @usableFromInline let lengths: UnsafeMutablePointer<S>
  /// The power of two that the last matrix was multiplied by.
  @usableFromInline var scale: S = 1
  /// Whether the basis is the identity.
  @usableFromInline var isFresh = true

  @inlinable
  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    isTall = rows >= columns
    work = JacobiColumns(length: max(rows, columns), count: min(rows, columns))
    scratch = .allocate(capacity: max(1, work.count * max(work.length, work.count)))
    scratch.initialize(repeating: 0, count: max(1, work.count * max(work.length, work.count)))
    lengths = .allocate(capacity: max(1, work.count))
    lengths.initialize(repeating: 0, count: max(1, work.count))
  }

  @inlinable
  deinit {
    work.start.deallocate()
    lengths.deallocate()
    scratch.deallocate()
  }

  /// Forgets the last basis: the next matrix is factored from scratch.
  @inlinable
  public func reset() {
    work.resetBasis()
    isFresh = true
  }

  /// The accumulated rotation [k, k], row-major: column p is the right singular vector v_p of the
  /// taller orientation, in no particular order. What a warm start needs.
  @inlinable
  public var basis: [S] {
    get {
      (0..<count * count).map { work.basis($0 % count)[$0 / count] }
    }
    set {
      for (index, value) in newValue.enumerated() {
        work.basis(index % count)[index / count] = value
      }
      isFresh = false
    }
  }

  /// Factors a matrix, row-major [rows, columns].
  ///
  /// - Parameter valuesOnly: finds singular values only, from scratch; no other result may be asked
  ///   for.
  @inlinable
  public func factor(_ matrix: UnsafePointer<S>, valuesOnly: Bool = false) {
    if valuesOnly { reset() }
    // Scaled by a power of two: squares of large and small columns stay in range.
    var largest: S = 0
    for i in 0..<(rows * columns) { largest = max(largest, abs(matrix[i])) }
    scale = 1
    if largest > 0, largest.isFinite {
      let limit = S.greatestFiniteMagnitude.exponent - 8
      let shift = S.greatestFiniteMagnitude.exponent / 4 - largest.exponent
      scale = S(sign: .plus, exponent: max(-limit, min(limit, shift)), significand: 1)
    }
    if !isFresh { work.polishBasis(scratch) }
    for p in 0..<count {
      let column = work.column(p)
      column.update(repeating: 0, count: work.length)
      for q in 0..<count { addColumn(q, of: matrix, times: work.basis(p)[q], into: column) }
    }
    work.orthogonalize(keepsBasis: !valuesOnly)
    isFresh = valuesOnly
    for p in 0..<count {
      lengths[p] = JacobiLoops.length(work.column(p), work.length)
    }
  }

  /// column += factor * scale * a_q, with a_q column q of the taller orientation.
  @inlinable @inline(__always)
  func addColumn(
    _ q: Int, of matrix: UnsafePointer<S>, times factor: S, into column: UnsafeMutablePointer<S>
  ) {
    guard factor != 0 else { return }
    let weight = factor * scale
    if isTall {
      for i in 0..<rows { column[i] += weight * matrix[i * columns + q] }
    } else {
      JacobiLoops.axpy(weight, matrix + q * columns, into: column, columns)
    }
  }

  // MARK: - Results of the last matrix

  /// The singular values, descending; after a factorisation with vectors to a few eps of the largest.
  @inlinable
  public var values: [S] { (0..<count).map { singularValue($0) }.sorted(by: >) }

  /// Rotations stretch b_p and v_p by the same rounding errors: their ratio is free of them.
  @inlinable
  func singularValue(_ p: Int) -> S {
    lengths[p] / (scale * JacobiLoops.length(work.basis(p), count))
  }

  /// Writes sum_p f(s_p) u_p v_p^T, row-major; directions whose s_p counts as zero contribute nothing.
  @inlinable @inline(__always)
  func compose(into result: UnsafeMutablePointer<S>, _ weight: (S) -> S) {
    for i in 0..<(rows * columns) { result[i] = 0 }
    let floor = work.negligible
    for p in 0..<count {
      guard !(lengths[p] <= floor) else { continue }
      let factor = weight(lengths[p] / scale) / lengths[p]
      guard factor != 0 || !lengths[p].isFinite else { continue }
      let (column, direction) = (work.column(p), work.basis(p))
      let (left, right) = isTall ? (column, direction) : (direction, column)
      for i in 0..<rows {
        JacobiLoops.axpy(factor * left[i], right, into: result + i * columns, columns)
      }
    }
  }

  /// The polar factor U V^T over all k directions: the subgradient of the nuclear norm that the
  /// authors use.
  ///
  /// Source: Notsawo et al. 2025 (arXiv 2506.05718), appendix D.2. A direction whose singular value
  /// counts as zero is left out, where their library picks an arbitrary one.
  @inlinable
  public func polarFactor(into result: UnsafeMutablePointer<S>) {
    compose(into: result) { _ in 1 }
  }

  /// U max(diag(s) - gamma, 0) V^T.
  @inlinable
  public func softThreshold(_ gamma: S, into result: UnsafeMutablePointer<S>) {
    compose(into: result) { s in s > gamma ? s - gamma : s * 0 }
  }

  /// U [rows, k], s [k], V [columns, k] with orthonormal columns, also for singular values of zero.
  @inlinable
  public func decomposition() -> (left: [S], values: [S], right: [S]) {
    let values = (0..<count).map { singularValue($0) }
    let order = (0..<count).sorted { values[$0] > values[$1] }
    work.polishBasis(scratch)
    var image: [[S]] = []
    let floor = work.negligible
    for p in order where !(lengths[p] <= floor) {
      image.append((0..<work.length).map { work.column(p)[$0] / lengths[p] })
    }
    complete(&image)
    let domain = order.map { p in (0..<count).map { work.basis(p)[$0] } }
    let (left, right) = isTall ? (image, domain) : (domain, image)
    return (
      (0..<(rows * count)).map { left[$0 % count][$0 / count] }, order.map { values[$0] },
      (0..<(columns * count)).map { right[$0 % count][$0 / count] }
    )
  }

  /// Adds unit vectors, made orthogonal to the others, until there are k.
  @inlinable
  func complete(_ vectors: inout [[S]]) {
    var axis = 0
    while vectors.count < count, axis < work.length {
      var candidate = [S](repeating: 0, count: work.length)
      candidate[axis] = 1
      axis += 1
      for _ in 0..<2 {
        for vector in vectors {
          let inner = zip(candidate, vector).reduce(S(0)) { $0 + $1.0 * $1.1 }
          for i in candidate.indices { candidate[i] -= inner * vector[i] }
        }
      }
      let norm = candidate.withUnsafeBufferPointer { entries in
        entries.baseAddress.map { JacobiLoops.length($0, work.length) } ?? 0
      }
      // Among n - r axes at least one keeps a length of 1/sqrt(n) outside the span of r vectors.
      guard norm > 1 / (2 * S(work.length).squareRoot()) else { continue }
      vectors.append(candidate.map { $0 / norm })
    }
    // Beside columns that are not finite nothing is orthogonal.
    while vectors.count < count { vectors.append([S](repeating: .nan, count: work.length)) }
  }
}
