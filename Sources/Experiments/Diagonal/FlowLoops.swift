import Dispatch

/// The inner loops of the reduced flow, over eight doubles at a time.
enum FlowLoops {
  @inline(__always)
  private static func load(_ x: UnsafePointer<Double>, _ index: Int) -> SIMD8<Double> {
    UnsafeRawPointer(x + index).loadUnaligned(as: SIMD8<Double>.self)
  }

  /// y += factor x
  static func axpy(
    _ factor: Double, _ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    let vectors = count & ~7
    for i in stride(from: 0, to: vectors, by: 8) {
      UnsafeMutableRawPointer(y + i).storeBytes(
        of: load(y, i) + factor * load(x, i), as: SIMD8<Double>.self)
    }
    for i in vectors..<max(vectors, count) { y[i] += factor * x[i] }
  }

  static func dot(
    _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ count: Int
  ) -> Double {
    var sums = SIMD8<Double>(repeating: 0)
    let vectors = count & ~7
    for i in stride(from: 0, to: vectors, by: 8) { sums += load(x, i) * load(y, i) }
    var sum = sums.sum()
    for i in vectors..<max(vectors, count) { sum += x[i] * y[i] }
    return sum
  }

  static func dot(_ x: [Double], _ y: [Double]) -> Double {
    zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// result_j += <x, row_j> for j < rows, the rows `stride` apart; four at a time, so that x is read
  /// a quarter as often.
  static func dots(
    _ x: UnsafePointer<Double>, _ matrix: UnsafePointer<Double>, rows: Int, stride: Int,
    _ count: Int, into result: UnsafeMutablePointer<Double>
  ) {
    let (vectors, quads) = (count & ~7, rows & ~3)
    for j in Swift.stride(from: 0, to: quads, by: 4) {
      let (r0, r1) = (matrix + j * stride, matrix + (j + 1) * stride)
      let (r2, r3) = (matrix + (j + 2) * stride, matrix + (j + 3) * stride)
      var (s0, s1) = (SIMD4<Double>(repeating: 0), SIMD4<Double>(repeating: 0))
      var (s2, s3) = (s0, s1)
      for i in Swift.stride(from: 0, to: vectors, by: 4) {
        let v = UnsafeRawPointer(x + i).loadUnaligned(as: SIMD4<Double>.self)
        s0 += v * UnsafeRawPointer(r0 + i).loadUnaligned(as: SIMD4<Double>.self)
        s1 += v * UnsafeRawPointer(r1 + i).loadUnaligned(as: SIMD4<Double>.self)
        s2 += v * UnsafeRawPointer(r2 + i).loadUnaligned(as: SIMD4<Double>.self)
        s3 += v * UnsafeRawPointer(r3 + i).loadUnaligned(as: SIMD4<Double>.self)
      }
      var sums = SIMD4(s0.sum(), s1.sum(), s2.sum(), s3.sum())
      for i in vectors..<max(vectors, count) {
        sums += x[i] * SIMD4(r0[i], r1[i], r2[i], r3[i])
      }
      for k in 0..<4 { result[j + k] += sums[k] }
    }
    for j in quads..<max(quads, rows) { result[j] += dot(x, matrix + j * stride, count) }
  }

  /// table[b] = sum_j (bit j of b ? -x_j : x_j) over up to eight numbers: every sum of the first four
  /// plus every sum of the last four.
  static func makeTable(
    _ x: UnsafePointer<Double>, _ count: Int, _ table: UnsafeMutablePointer<Double>
  ) {
    let low = signedSums(x, min(4, count))
    let high = signedSums(x + 4, max(0, count - 4))
    for b in 0..<16 {
      UnsafeMutableRawPointer(table + 16 * b).storeBytes(
        of: low + high[b], as: SIMD16<Double>.self)
    }
  }

  /// The sums of up to four numbers with all signs.
  @inline(__always)
  private static func signedSums(_ x: UnsafePointer<Double>, _ count: Int) -> SIMD16<Double> {
    var result = SIMD16<Double>(repeating: 0)
    if count > 0 { result += x[0] * signs.0 }
    if count > 1 { result += x[1] * signs.1 }
    if count > 2 { result += x[2] * signs.2 }
    if count > 3 { result += x[3] * signs.3 }
    return result
  }

  /// 1, or -1 where bit j of the index is set.
  @inline(__always)
  private static var signs: (SIMD16<Double>, SIMD16<Double>, SIMD16<Double>, SIMD16<Double>) {
    (
      SIMD16(1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1),
      SIMD16(1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1),
      SIMD16(1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1),
      SIMD16(1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1)
    )
  }

  /// y_i += sum over `count` numbers of +-x by the sign bits [group][stride] of row i; four groups of
  /// eight at a time (the method of four Russians, as in `SignMatrix`).
  static func addSigned(
    _ bytes: UnsafePointer<UInt8>, stride: Int, _ x: UnsafePointer<Double>, _ count: Int,
    rows: Int, into y: UnsafeMutablePointer<Double>, tables: UnsafeMutablePointer<Double>
  ) {
    let groups = (count + 7) / 8
    for first in Swift.stride(from: 0, to: groups, by: 4) {
      let size = min(4, groups - first)
      for k in 0..<size {
        let start = 8 * (first + k)
        makeTable(x + start, min(8, count - start), tables + 256 * k)
      }
      if size == 4 {
        let b0 = bytes + first * stride
        let (b1, b2, b3) = (b0 + stride, b0 + 2 * stride, b0 + 3 * stride)
        for i in 0..<rows {
          let low = tables[Int(b0[i])] + tables[256 + Int(b1[i])]
          let high = tables[512 + Int(b2[i])] + tables[768 + Int(b3[i])]
          y[i] += low + high
        }
      } else {
        for k in 0..<size {
          let group = bytes + (first + k) * stride
          for i in 0..<rows { y[i] += tables[256 * k + Int(group[i])] }
        }
      }
    }
  }

  /// Calls `body` for every index, on all cores where the work is worth it.
  static func forEach(_ count: Int, inParallel: Bool, _ body: @Sendable (Int) -> Void) {
    if inParallel && count > 1 {
      DispatchQueue.concurrentPerform(iterations: count, execute: body)
    } else {
      for index in 0..<count { body(index) }
    }
  }
}
