import BatchNumerics

/// The two loops that nearly all of the reference's time is spent in, over contiguous numbers.
///
/// Products and sums are rounded separately: `addingProduct` without hardware FMA is a library call.
enum VectorLoops {
  /// sum of x_i y_i, in sixteen interleaved partial sums that are added pairwise at the end.
  @inline(__always)
  static func dot<S: RunScalar>(
    _ x: UnsafePointer<S>, _ y: UnsafePointer<S>, _ count: Int
  ) -> S {
    var even = SIMD8<S>(repeating: 0)
    var odd = SIMD8<S>(repeating: 0)
    var i = 0
    while i + 16 <= count {
      even += load(x + i) * load(y + i)
      odd += load(x + i + 8) * load(y + i + 8)
      i += 16
    }
    if i + 8 <= count {
      even += load(x + i) * load(y + i)
      i += 8
    }
    let quarters = (even + odd).lowHalf + (even + odd).highHalf
    let halves = quarters.lowHalf + quarters.highHalf
    var sum = halves.x + halves.y
    while i < count {
      sum += x[i] * y[i]
      i += 1
    }
    return sum
  }

  /// y += alpha x
  @inline(__always)
  static func axpy<S: RunScalar>(
    _ alpha: S, _ x: UnsafePointer<S>, into y: UnsafeMutablePointer<S>, _ count: Int
  ) {
    var i = 0
    while i + 8 <= count {
      store(load(UnsafePointer(y + i)) + load(x + i) * alpha, y + i)
      i += 8
    }
    while i < count {
      y[i] += alpha * x[i]
      i += 1
    }
  }

  @inline(__always)
  private static func load<S: RunScalar>(_ pointer: UnsafePointer<S>) -> SIMD8<S> {
    UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<S>.self)
  }

  @inline(__always)
  private static func store<S: RunScalar>(_ value: SIMD8<S>, _ pointer: UnsafeMutablePointer<S>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: value, as: SIMD8<S>.self)
  }
}

/// sign(x) with sign(0) = 0; NaN stays NaN.
@inline(__always)
func signOf<S: RunScalar>(_ x: S) -> S {
  x > 0 ? 1 : (x < 0 ? -1 : x)
}

/// S_gamma(x) = sign(x) max(|x| - gamma, 0), written so that NaN stays NaN.
@inline(__always)
func softThreshold<S: RunScalar>(_ x: S, _ gamma: S) -> S {
  x > gamma ? x - gamma : (x < -gamma ? x + gamma : x * 0)
}
