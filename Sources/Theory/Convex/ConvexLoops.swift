import BatchNumerics

/// The loops that the convex references spend their time in, over contiguous doubles.
enum ConvexLoops {
  /// The inner product, in eight interleaved partial sums.
  @inline(__always)
  static func dot(
    _ first: UnsafePointer<Double>, _ second: UnsafePointer<Double>, _ count: Int
  ) -> Double {
    var (low, high) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    var i = 0
    while i + 8 <= count {
      low += load(first + i) * load(second + i)
      high += load(first + i + 4) * load(second + i + 4)
      i += 8
    }
    if i + 4 <= count {
      low += load(first + i) * load(second + i)
      i += 4
    }
    var result = sum(low + high)
    while i < count {
      result += first[i] * second[i]
      i += 1
    }
    return result
  }

  /// y += alpha x
  @inline(__always)
  static func axpy(
    _ alpha: Double, _ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    var i = 0
    while i + 4 <= count {
      let value = load(y + i) + load(x + i) * alpha
      UnsafeMutableRawPointer(y + i).storeBytes(of: value, as: SIMD4<Double>.self)
      i += 4
    }
    while i < count {
      y[i] += alpha * x[i]
      i += 1
    }
  }

  /// result_j = <x_j, v> for `count` vectors x_j of this length, one after the other; four at a time,
  /// so that v is loaded once for them.
  static func products(
    _ x: UnsafePointer<Double>, _ v: UnsafePointer<Double>, length: Int, count: Int,
    into result: UnsafeMutablePointer<Double>
  ) {
    var j = 0
    while j + 4 <= count {
      let first = x + j * length
      var sums = (
        SIMD4<Double>.zero, SIMD4<Double>.zero, SIMD4<Double>.zero, SIMD4<Double>.zero
      )
      var i = 0
      while i + 4 <= length {
        let shared = load(v + i)
        sums.0 += load(first + i) * shared
        sums.1 += load(first + length + i) * shared
        sums.2 += load(first + 2 * length + i) * shared
        sums.3 += load(first + 3 * length + i) * shared
        i += 4
      }
      var values = SIMD4(sum(sums.0), sum(sums.1), sum(sums.2), sum(sums.3))
      while i < length {
        values +=
          v[i]
          * SIMD4(
            first[i], first[length + i], first[2 * length + i], first[3 * length + i])
        i += 1
      }
      UnsafeMutableRawPointer(result + j).storeBytes(of: values, as: SIMD4<Double>.self)
      j += 4
    }
    while j < count {
      result[j] = dot(x + j * length, v, length)
      j += 1
    }
  }

  @inline(__always)
  private static func sum(_ x: SIMD4<Double>) -> Double {
    let halves = x.lowHalf + x.highHalf
    return halves.x + halves.y
  }

  @inline(__always)
  private static func load(_ pointer: UnsafePointer<Double>) -> SIMD4<Double> {
    UnsafeRawPointer(pointer).loadUnaligned(as: SIMD4<Double>.self)
  }
}

/// A fixed number of doubles at a fixed address.
final class WorkVector {
  let start: UnsafeMutablePointer<Double>
  let count: Int

  init(_ count: Int) {
    self.count = count
    start = .allocate(capacity: max(1, count))
    start.initialize(repeating: 0, count: max(1, count))
  }

  deinit { start.deallocate() }

  @inline(__always)
  subscript(index: Int) -> Double {
    get { start[index] }
    set { start[index] = newValue }
  }

  var values: [Double] { (0..<count).map { start[$0] } }
  var squared: Double { ConvexLoops.dot(start, start, count) }
  var largest: Double { (0..<count).reduce(0) { max($0, abs(start[$1])) } }

  func fill(_ value: Double) { start.update(repeating: value, count: count) }

  func assign(_ values: [Double]) {
    for (i, value) in values.enumerated() { start[i] = value }
  }

  func assign(_ other: WorkVector) { start.update(from: other.start, count: count) }

  func dot(_ other: WorkVector) -> Double { ConvexLoops.dot(start, other.start, count) }

  /// self += alpha x
  func add(_ alpha: Double, _ x: WorkVector) {
    ConvexLoops.axpy(alpha, x.start, into: start, count)
  }

  func scale(_ factor: Double) { for i in 0..<count { start[i] *= factor } }
}
