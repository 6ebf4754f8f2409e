import BatchNumerics

/// X [n, d] of a reduced flow, with products by blocks of its columns.
///
/// A pass z = X^T p, x = f(z), q = X x goes through the columns block by block, so that z never leaves
/// the cache; the parts of q are added in the order of the blocks. Blocks do not depend on the number
/// of cores, and so no result does.
final class FlowMatrix: Sendable {
  let rows: Int
  let columns: Int
  let blockSize: Int
  var blockCount: Int { (columns + blockSize - 1) / blockSize }
  /// Whether a pass takes long enough for more than one core.
  let isLarge: Bool
  /// Whether X D X^T is formed in every step; products with it are formed otherwise.
  let isDirect: Bool
  /// X X^T [n, n], lower half, unless `isDirect`.
  let gram: [Double]
  private let storage: Storage

  private enum Storage {
    case dense(DenseMatrix)
    case signs(SignMatrix, transposed: SignMatrix)
  }

  /// - Parameter isDirect: nil chooses by cost: some 25 products with X D X^T are needed in a step.
  init(_ features: FeatureMatrix, isDirect: Bool? = nil) {
    let (n, d) = (features.rows, features.columns)
    (rows, columns) = (n, d)
    let prefersDirect = n <= (features.isSigns ? 24 : 96)
    self.isDirect = isDirect ?? (prefersDirect || (n <= 512 && n * n * d <= 4_000_000))
    switch features {
    case .signs(let signs) where !self.isDirect:
      storage = .signs(signs, transposed: signs.transposed)
      blockSize = 4096
      isLarge = n * d > 500_000
      gram = Self.gram(signs)
    default:
      let matrix = features.dense
      storage = .dense(matrix)
      blockSize = 2048
      isLarge = n * d > 50_000
      gram = self.isDirect ? [] : Self.weightedGram(matrix, nil)
    }
  }

  var byteCount: Int {
    switch storage {
    case .dense(let matrix): 8 * (matrix.values.count + gram.count)
    case .signs(let signs, let turned):
      signs.bytes.count + turned.bytes.count + 8 * gram.count
    }
  }

  // MARK: - A pass

  /// q = X x, where `body` makes the block x of z = X^T p in place and returns sums of its own.
  ///
  /// - Parameter body: gets the block's first column, its size, and z.
  /// - Returns: q and the sums over all columns.
  func pass(
    _ p: [Double], needsImage: Bool = true,
    _ body: @Sendable (Int, Int, UnsafeMutablePointer<Double>) -> SIMD4<Double>
  ) -> (image: [Double], sums: SIMD4<Double>) {
    let blocks = blockCount
    var parts = [Double](repeating: 0, count: needsImage ? blocks * rows : 0)
    var sums = [SIMD4<Double>](repeating: .zero, count: blocks)
    parts.withUnsafeMutableBufferPointer { parts in
      sums.withUnsafeMutableBufferPointer { sums in
        p.withUnsafeBufferPointer { p in
          nonisolated(unsafe) let (parts, sums) = (parts.baseAddress, sums.baseAddress)
          nonisolated(unsafe) let p = p.baseAddress
          FlowLoops.forEach(blocks, inParallel: isLarge) { block in
            let first = block * blockSize
            let size = min(blockSize, columns - first)
            withUnsafeTemporaryAllocation(of: Double.self, capacity: blockSize + 1024) { space in
              guard let z = space.baseAddress, let p, let sums else { return }
              z.update(repeating: 0, count: size)
              addTransposed(p, first, size, into: z, tables: z + blockSize)
              sums[block] = body(first, size, z)
              guard needsImage, let parts else { return }
              addImage(z, first, size, into: parts + block * rows, tables: z + blockSize)
            }
          }
        }
      }
    }
    var image = [Double](repeating: 0, count: needsImage ? rows : 0)
    for block in 0..<blocks where needsImage {
      for i in 0..<rows { image[i] += parts[block * rows + i] }
    }
    return (image, sums.reduce(.zero, +))
  }

  /// X diag(weights) X^T p
  func weighted(_ weights: [Double], _ p: [Double]) -> [Double] {
    weights.withUnsafeBufferPointer { weights in
      nonisolated(unsafe) let weights = weights
      return pass(p) { first, size, z in
        for k in 0..<size { z[k] *= weights[first + k] }
        return .zero
      }.image
    }
  }

  /// z = X^T p
  func transposedProduct(_ p: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: columns)
    result.withUnsafeMutableBufferPointer { result in
      nonisolated(unsafe) let result = result
      _ = pass(p, needsImage: false) { first, size, z in
        for k in 0..<size { result[first + k] = z[k] }
        return .zero
      }
    }
    return result
  }

  private func addTransposed(
    _ p: UnsafePointer<Double>, _ first: Int, _ size: Int, into z: UnsafeMutablePointer<Double>,
    tables: UnsafeMutablePointer<Double>
  ) {
    switch storage {
    case .dense(let matrix):
      matrix.values.withUnsafeBufferPointer { x in
        guard let x = x.baseAddress else { return }
        for i in 0..<rows { FlowLoops.axpy(p[i], x + i * columns + first, into: z, size) }
      }
    case .signs(_, let turned):
      turned.bytes.withUnsafeBufferPointer { bytes in
        guard let bytes = bytes.baseAddress else { return }
        FlowLoops.addSigned(
          bytes + first, stride: columns, p, rows, rows: size, into: z, tables: tables)
      }
    }
  }

  private func addImage(
    _ z: UnsafePointer<Double>, _ first: Int, _ size: Int, into q: UnsafeMutablePointer<Double>,
    tables: UnsafeMutablePointer<Double>
  ) {
    switch storage {
    case .dense(let matrix):
      matrix.values.withUnsafeBufferPointer { x in
        guard let x = x.baseAddress else { return }
        FlowLoops.dots(z, x + first, rows: rows, stride: columns, size, into: q)
      }
    case .signs(let signs, _):
      signs.bytes.withUnsafeBufferPointer { bytes in
        guard let bytes = bytes.baseAddress else { return }
        FlowLoops.addSigned(
          bytes + first / 8 * rows, stride: rows, z, size, rows: rows, into: q, tables: tables)
      }
    }
  }

  // MARK: - X D X^T

  /// X diag(weights) X^T [n, n], lower half, where X is dense.
  func weightedGram(_ weights: [Double]) -> [Double] {
    guard case .dense(let matrix) = storage else { return [] }
    return Self.weightedGram(matrix, weights)
  }

  /// base (X X^T) + sum over `chosen` of (weight_k - base) x_k x_k^T, lower half.
  func approximateGram(_ weights: [Double], _ chosen: [Int], base: Double) -> [Double] {
    var picked = DenseMatrix(rows: rows, columns: chosen.count)
    for (index, column) in chosen.enumerated() {
      for i in 0..<rows { picked[i, index] = entry(i, column) }
    }
    var result = Self.weightedGram(picked, chosen.map { weights[$0] - base })
    for i in result.indices { result[i] += base * gram[i] }
    return result
  }

  private func entry(_ row: Int, _ column: Int) -> Double {
    switch storage {
    case .dense(let matrix): matrix[row, column]
    case .signs(let signs, _): signs[row, column]
    }
  }

  /// By blocks of columns that stay in cache; the parts of up to sixteen runs of blocks are added in
  /// order.
  private static func weightedGram(_ matrix: DenseMatrix, _ weights: [Double]?) -> [Double] {
    let (n, d) = (matrix.rows, matrix.columns)
    let blockSize = max(64, min(2048, 65536 / max(1, n) / 8 * 8))
    let blocks = (d + blockSize - 1) / blockSize
    let perChunk = max(1, (blocks + 15) / 16)
    let chunks = (blocks + perChunk - 1) / perChunk
    var parts = [Double](repeating: 0, count: chunks * n * n)
    parts.withUnsafeMutableBufferPointer { parts in
      matrix.values.withUnsafeBufferPointer { x in
        nonisolated(unsafe) let (x, parts) = (x.baseAddress, parts.baseAddress)
        FlowLoops.forEach(chunks, inParallel: n * n * d > 200_000) { chunk in
          guard let x, let parts else { return }
          withUnsafeTemporaryAllocation(of: Double.self, capacity: blockSize) { scaled in
            guard let scaled = scaled.baseAddress else { return }
            for block in (chunk * perChunk)..<min(blocks, (chunk + 1) * perChunk) {
              let first = block * blockSize
              let size = min(blockSize, d - first)
              for i in 0..<n {
                let row = x + i * d + first
                for k in 0..<size { scaled[k] = row[k] * (weights?[first + k] ?? 1) }
                FlowLoops.dots(
                  scaled, x + first, rows: i + 1, stride: d, size,
                  into: parts + (chunk * n + i) * n)
              }
            }
          }
        }
      }
    }
    var result = [Double](repeating: 0, count: n * n)
    for chunk in 0..<chunks {
      for i in result.indices { result[i] += parts[chunk * n * n + i] }
    }
    return result
  }

  /// X X^T of signs: d less twice the number of unequal bits.
  private static func gram(_ signs: SignMatrix) -> [Double] {
    let (n, words) = (signs.rows, (signs.columns + 31) / 32)
    let bits = signs.rowWords(words)
    var result = [Double](repeating: 0, count: n * n)
    result.withUnsafeMutableBufferPointer { result in
      nonisolated(unsafe) let result = result
      FlowLoops.forEach(n, inParallel: true) { i in
        for j in 0...i {
          var unequal = 0
          for word in 0..<words {
            unequal += (bits[i * words + word] ^ bits[j * words + word]).nonzeroBitCount
          }
          result[i * n + j] = Double(signs.columns - 2 * unequal)
        }
      }
    }
    return result
  }
}
