import BatchNumerics

/// The features X [n, d] of a problem as the reference multiplies with them: dense, or +-1 as bits.
///
/// Columns go in blocks of a fixed size, which cores share; the blocks' sums are added in order, so
/// results do not depend on the number of cores.
final class DiagonalFeatures<S: RunScalar>: Sendable {
  let samples: Int
  let count: Int
  private let dense: WorkArray<S>?
  private let signs: (rows: SignMatrix, columns: SignMatrix)?
  private let block = 8192

  init(_ matrix: FeatureMatrix) {
    samples = matrix.rows
    count = matrix.columns
    switch matrix {
    case .dense(let matrix): (dense, signs) = (WorkArray(matrix.values), nil)
    case .signs(let matrix): (dense, signs) = (nil, (matrix, matrix.transposed))
    }
  }

  var byteCount: Int {
    (dense?.count ?? 0) * MemoryLayout<S>.size
      + (signs.map { $0.rows.bytes.count + $0.columns.bytes.count } ?? 0)
  }

  var blocks: Int { (count + block - 1) / block }

  /// Column range of a block.
  private func range(_ index: Int) -> Range<Int> {
    index * block..<min(count, (index + 1) * block)
  }

  /// q = X w; `partials` [blocks][n] is scratch.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func multiply(_ w: WorkArray<S>, into q: WorkArray<S>, partials: WorkArray<S>) {
    let samples = samples
    forEachInParallel(blocks) { index in
      let sums = partials.start + index * samples
      for i in 0..<samples { sums[i] = 0 }
      self.addProducts(w, range(index), to: sums)
    }
    for i in 0..<samples {
      var sum: S = 0
      for index in 0..<blocks { sum += partials.start[index * samples + i] }
      q.start[i] = sum
    }
  }

  @inline(__always)
  private func addProducts(_ w: WorkArray<S>, _ range: Range<Int>, to sums: UnsafeMutablePointer<S>)
  {
    if let signs {
      signs.rows.addProduct(w.start, columns: range, to: sums, results: 0..<samples)
    } else if let dense {
      let x = w.start + range.lowerBound
      for i in stride(from: 0, to: samples, by: 2) {
        let row = dense.start + i * count + range.lowerBound
        let next = i + 1 < samples ? row + count : row
        let pair = VectorLoops.dotPair(row, next, x, range.count)
        sums[i] = pair.0
        if i + 1 < samples { sums[i + 1] = pair.1 }
      }
    }
  }

  /// g = X^T r
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func multiplyTransposed(_ r: WorkArray<S>, into g: WorkArray<S>) {
    forEachInParallel(blocks) { index in
      let range = range(index)
      for k in range { g.start[k] = 0 }
      if let signs {
        signs.columns.addProduct(r.start, columns: 0..<samples, to: g.start, results: range)
      } else if let dense {
        for i in stride(from: 0, to: samples, by: 2) {
          let row = dense.start + i * count + range.lowerBound
          let isPair = i + 1 < samples
          VectorLoops.axpyPair(
            r.start[i], row, isPair ? r.start[i + 1] : 0, isPair ? row + count : row,
            into: g.start + range.lowerBound, range.count)
        }
      }
    }
  }

  /// <x_i, w>
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func product(ofSample i: Int, _ w: WorkArray<S>) -> S {
    var sum: S = 0
    for k in 0..<count { sum += entry(i, k) * w.start[k] }
    return sum
  }

  /// g = r x_i
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func scale(sample i: Int, by r: S, into g: WorkArray<S>) {
    for k in 0..<count { g.start[k] = r * entry(i, k) }
  }

  @inline(__always)
  private func entry(_ i: Int, _ k: Int) -> S {
    if let dense { return dense.start[i * count + k] }
    return signs.map { S($0.rows[i, k]) } ?? 0
  }
}
