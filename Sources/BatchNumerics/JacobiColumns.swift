/// The loops of one-sided Jacobi over contiguous numbers: inner product and rotation.
///
/// `@inlinable`, so that other modules get them for their own scalar type.
@usableFromInline
enum JacobiLoops {
  /// The sum of x_i y_i in eight interleaved partial sums.
  @inlinable @inline(__always)
  static func dot<S: RunScalar>(
    _ x: UnsafePointer<S>, _ y: UnsafePointer<S>, _ count: Int
  ) -> S {
    var sums = SIMD8<S>(repeating: 0)
    var i = 0
    while i + 8 <= count {
      sums += load(x + i) * load(y + i)
      i += 8
    }
    let quarters = sums.lowHalf + sums.highHalf
    let halves = quarters.lowHalf + quarters.highHalf
    var sum = halves.x + halves.y
    while i < count {
      sum += x[i] * y[i]
      i += 1
    }
    return sum
  }

  /// The square root of the sum of x_i^2, with the rounding errors of the sum: long sums of equal
  /// numbers round the same way every time.
  @inlinable
  static func length<S: RunScalar>(_ x: UnsafePointer<S>, _ count: Int) -> S {
    var (sum, rest) = (S(0), S(0))
    for i in 0..<count {
      let square = x[i] * x[i]
      let next = sum + square
      rest += (sum - next) + square
      sum = next
    }
    return (rest == rest ? sum + rest : sum).squareRoot()
  }

  /// (x, y) <- (cosine x - sine y, sine x + cosine y)
  @inlinable @inline(__always)
  static func rotate<S: RunScalar>(
    _ x: UnsafeMutablePointer<S>, _ y: UnsafeMutablePointer<S>, _ count: Int, cosine: S, sine: S
  ) {
    var i = 0
    while i + 8 <= count {
      let (p, q) = (load(x + i), load(y + i))
      store(p * cosine - q * sine, x + i)
      store(p * sine + q * cosine, y + i)
      i += 8
    }
    while i < count {
      let (p, q) = (x[i], y[i])
      x[i] = cosine * p - sine * q
      y[i] = sine * p + cosine * q
      i += 1
    }
  }

  /// y += alpha x
  @inlinable @inline(__always)
  static func axpy<S: RunScalar>(
    _ alpha: S, _ x: UnsafePointer<S>, into y: UnsafeMutablePointer<S>, _ count: Int
  ) {
    var i = 0
    while i + 8 <= count {
      store(load(y + i) + load(x + i) * alpha, y + i)
      i += 8
    }
    while i < count {
      y[i] += alpha * x[i]
      i += 1
    }
  }

  @inlinable @inline(__always)
  static func load<S: RunScalar>(_ pointer: UnsafePointer<S>) -> SIMD8<S> {
    UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<S>.self)
  }

  @inlinable @inline(__always)
  static func store<S: RunScalar>(_ value: SIMD8<S>, _ pointer: UnsafeMutablePointer<S>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: value, as: SIMD8<S>.self)
  }
}

/// Columns b_p of a matrix that are rotated against each other until they are orthogonal, each with
/// the rotation v_p that made it: B = A V at any time.
///
/// One-sided Jacobi finds even tiny singular values accurately relative to the columns that make
/// them. Every pair with a cosine above 4 eps is rotated by the smaller of the two angles, until a
/// whole sweep finds none.
///
/// Source: Demmel, Veselic, "Jacobi's method is more accurate than QR" (SIAM J. Matrix Anal. 13,
/// 1992).
@usableFromInline
struct JacobiColumns<S: RunScalar> {
  /// Numbers of a column b_p.
  @usableFromInline let length: Int
  @usableFromInline let count: Int
  /// [count][b_p: length, v_p: count]
  @usableFromInline let start: UnsafeMutablePointer<S>

  @inlinable
  init(length: Int, count: Int) {
    self.length = length
    self.count = count
    start = .allocate(capacity: max(1, count * (length + count)))
    start.initialize(repeating: 0, count: count * (length + count))
    resetBasis()
  }

  @inlinable
  func column(_ p: Int) -> UnsafeMutablePointer<S> { start + p * (length + count) }

  @inlinable
  func basis(_ p: Int) -> UnsafeMutablePointer<S> { column(p) + length }

  @inlinable
  func resetBasis() {
    for p in 0..<count {
      for q in 0..<count { basis(p)[q] = p == q ? 1 : 0 }
    }
  }

  /// Columns below eps^2 of the largest count as zero: they are rounding errors of rounding errors,
  /// which would take many sweeps to part.
  @inlinable
  var negligible: S {
    var largest: S = 0
    for p in 0..<count { largest = max(largest, JacobiLoops.length(column(p), length)) }
    return largest.isFinite ? largest * S.ulpOfOne * S.ulpOfOne : 0
  }

  /// Sweeps until the columns are orthogonal.
  ///
  /// - Parameter keepsBasis: whether the v_p are rotated along.
  @inlinable
  func orthogonalize(keepsBasis: Bool = true) {
    let tolerance = 4 * S.ulpOfOne
    let height = keepsBasis ? length + count : length
    let floor = negligible * negligible
    for _ in 0..<60 {
      var isDone = true
      for p in 0..<count {
        for q in (p + 1)..<max(count, p + 1) where rotate(p, q, height, tolerance, floor) {
          isDone = false
        }
      }
      if isDone { return }
    }
  }

  /// Makes two columns orthogonal; false if they were.
  @inlinable @inline(__always)
  func rotate(_ p: Int, _ q: Int, _ height: Int, _ tolerance: S, _ floor: S) -> Bool {
    let (x, y) = (column(p), column(q))
    let gamma = JacobiLoops.dot(x, y, length)
    guard gamma != 0 else { return false }
    let alpha = JacobiLoops.dot(x, x, length)
    let beta = JacobiLoops.dot(y, y, length)
    guard min(alpha, beta) >= floor else { return false }
    guard abs(gamma) > tolerance * (alpha.squareRoot() * beta.squareRoot()) else { return false }
    let zeta = (beta - alpha) / (2 * gamma)
    let magnitude = abs(zeta)
    let root = magnitude < 1 / S.ulpOfOne ? (1 + zeta * zeta).squareRoot() : magnitude
    let tangent = (zeta < 0 ? -1 : 1) / (magnitude + root)
    let cosine = 1 / (1 + tangent * tangent).squareRoot()
    JacobiLoops.rotate(x, y, height, cosine: cosine, sine: cosine * tangent)
    return true
  }

  /// V <- V (3/2 - 1/2 V^T V): one Newton-Schulz step takes the rounding errors of many rotations
  /// out of a nearly orthogonal V.
  @inlinable
  func polishBasis(_ scratch: UnsafeMutablePointer<S>) {
    for p in 0..<count {
      let row = scratch + p * count
      for i in 0..<count { row[i] = basis(p)[i] * 1.5 }
      for q in 0..<count {
        let inner = JacobiLoops.dot(basis(p), basis(q), count)
        JacobiLoops.axpy(-inner / 2, basis(q), into: row, count)
      }
    }
    for p in 0..<count { basis(p).update(from: scratch + p * count, count: count) }
  }
}
