import BatchNumerics

/// The loops that nearly all of the reference's time is spent in, over contiguous numbers.
///
/// Two rows at a time, so that what they share is loaded once. Products and sums are rounded
/// separately: `addingProduct` without hardware FMA is a library call.
enum VectorLoops {
  /// The inner products of two rows with x, each in eight interleaved partial sums that are added
  /// pairwise at the end.
  @inline(__always)
  static func dotPair<S: RunScalar>(
    _ first: UnsafePointer<S>, _ second: UnsafePointer<S>, _ x: UnsafePointer<S>, _ count: Int
  ) -> (S, S) {
    var sums = (SIMD8<S>(repeating: 0), SIMD8<S>(repeating: 0))
    var i = 0
    while i + 8 <= count {
      let shared = load(x + i, as: SIMD8<S>.self)
      sums.0 += load(first + i, as: SIMD8<S>.self) * shared
      sums.1 += load(second + i, as: SIMD8<S>.self) * shared
      i += 8
    }
    if i + 4 <= count {
      let shared = load(x + i, as: SIMD4<S>.self)
      sums.0.lowHalf += load(first + i, as: SIMD4<S>.self) * shared
      sums.1.lowHalf += load(second + i, as: SIMD4<S>.self) * shared
      i += 4
    }
    var result = (sum(sums.0), sum(sums.1))
    while i < count {
      result.0 += first[i] * x[i]
      result.1 += second[i] * x[i]
      i += 1
    }
    return result
  }

  /// y += alpha first + beta second
  @inline(__always)
  static func axpyPair<S: RunScalar>(
    _ alpha: S, _ first: UnsafePointer<S>, _ beta: S, _ second: UnsafePointer<S>,
    into y: UnsafeMutablePointer<S>, _ count: Int
  ) {
    var i = 0
    while i + 8 <= count {
      let sum = load(y + i, as: SIMD8<S>.self) + load(first + i, as: SIMD8<S>.self) * alpha
      store(sum + load(second + i, as: SIMD8<S>.self) * beta, y + i)
      i += 8
    }
    if i + 4 <= count {
      let sum = load(y + i, as: SIMD4<S>.self) + load(first + i, as: SIMD4<S>.self) * alpha
      store(sum + load(second + i, as: SIMD4<S>.self) * beta, y + i)
      i += 4
    }
    while i < count {
      y[i] = (y[i] + alpha * first[i]) + beta * second[i]
      i += 1
    }
  }

  @inline(__always)
  private static func sum<S: RunScalar>(_ x: SIMD8<S>) -> S {
    let quarters = x.lowHalf + x.highHalf
    let halves = quarters.lowHalf + quarters.highHalf
    return halves.x + halves.y
  }

  @inline(__always)
  private static func load<V: SIMD>(
    _ pointer: UnsafePointer<V.Scalar>, as type: V.Type
  ) -> V {
    UnsafeRawPointer(pointer).loadUnaligned(as: V.self)
  }

  @inline(__always)
  private static func store<V: SIMD>(_ value: V, _ pointer: UnsafeMutablePointer<V.Scalar>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: value, as: V.self)
  }
}

/// sign(x) with sign(0) = 0; NaN stays NaN.
@inline(__always)
func signOf<S: RunScalar>(_ x: S) -> S {
  x > 0 ? 1 : (x < 0 ? -1 : x)
}

/// x, or 0 for a subnormal number: decay drives the weights of dead units there, where arithmetic is
/// a hundred times slower.
@inline(__always)
func normalOrZero<S: RunScalar>(_ x: S) -> S {
  abs(x) < S.leastNormalMagnitude ? 0 : x
}

/// S_gamma(x) = sign(x) max(|x| - gamma, 0), written so that NaN stays NaN.
@inline(__always)
func softThreshold<S: RunScalar>(_ x: S, _ gamma: S) -> S {
  x > gamma ? x - gamma : (x < -gamma ? x + gamma : x * 0)
}
