import BatchNumerics

/// r_e = sqrt(s_e) (<U_i, V_j> - y_e) over the observed entries e = (i, j) of U V^T, each observed
/// s_e times, so that |r|^2 is the sum of squares over all observations; w = (U, V), row by row.
///
/// K_ee' = sqrt(s_e s_e') (d_ii' <V_j, V_j'> + d_jj' <U_i, U_i'>).
///
/// Source: Boursier et al. 2025 (arXiv 2505.20172), section 5.
public struct AsymmetricFactorResidual: ResidualMap {
  public let (rows, columns, width): (Int, Int, Int)
  public let targets: [Double]
  private let entries: [FactorEntry]

  /// - Parameters:
  ///   - width: columns of U [rows, width] and V [columns, width].
  ///   - entries: positions in any order; none twice.
  /// - Throws: `FlowError` for positions outside of the matrix and numbers that are not finite.
  public init(rows: Int, columns: Int, width: Int, entries: [ObservedEntry]) throws {
    self.entries = try FactorEntry.checked(entries, rows: rows, columns: columns, width: width)
    (self.rows, self.columns, self.width) = (rows, columns, width)
    targets = self.entries.map(\.target)
  }

  public var parameterCount: Int { (rows + columns) * width }
  public var constraintCount: Int { entries.count }
  public var degree: Int? { 2 }

  public func value(_ w: [Double]) -> [Double] {
    let offset = rows * width
    return entries.map { e in
      e.scale * inner(w, e.row * width, w, offset + e.column * width, width) - e.target
    }
  }

  public func differential(at w: [Double], _ v: [Double]) -> [Double] {
    let offset = rows * width
    return entries.map { e in
      let (i, j) = (e.row * width, offset + e.column * width)
      return e.scale * (inner(v, i, w, j, width) + inner(w, i, v, j, width))
    }
  }

  public func adjoint(at w: [Double], _ mu: [Double]) -> [Double] {
    let offset = rows * width
    var result = [Double](repeating: 0, count: w.count)
    for (e, factor) in zip(entries, mu) {
      let (i, j) = (e.row * width, offset + e.column * width)
      for k in 0..<width {
        result[i + k] += e.scale * factor * w[j + k]
        result[j + k] += e.scale * factor * w[i + k]
      }
    }
    return result
  }

  public func gram(at w: [Double]) -> DenseMatrix {
    let offset = rows * width
    return symmetric(entries) { e, f in
      var sum = 0.0
      if e.row == f.row {
        sum += inner(w, offset + e.column * width, w, offset + f.column * width, width)
      }
      if e.column == f.column { sum += inner(w, e.row * width, w, f.row * width, width) }
      return sum
    }
  }
}

/// r_e = sqrt(s_e) (<U_i, U_j> - <V_i, V_j> - y_e) over the unordered pairs e = {i, j} among the
/// observed entries of W = U U^T - V V^T; s_e counts the observations of (i, j) and of (j, i), and
/// |r|^2 is the sum of squares over all of them. w = (U, V), row by row.
///
/// With B = U U^T + V V^T, K_ee' = sqrt(s_e s_e') (d_ii' B_jj' + d_ij' B_ji' + d_ji' B_ij' + d_jj' B_ii').
///
/// Source: Lyu et al. 2023 (arXiv 2311.18817), section 3.3.3 and appendix F.
public struct SymmetricFactorResidual: ResidualMap {
  public let (size, width): (Int, Int)
  public let targets: [Double]
  private let entries: [FactorEntry]

  /// - Parameters:
  ///   - width: columns of U and of V [size, width].
  ///   - entries: of ordered pairs, in any order; none twice.
  /// - Throws: `FlowError`, also where (i, j) and (j, i) have unlike values: no W has both.
  public init(size: Int, width: Int, entries: [ObservedEntry]) throws {
    var pairs: [Int: ObservedEntry] = [:]
    _ = try FactorEntry.checked(entries, rows: size, columns: size, width: width)
    for entry in entries {
      let (i, j) = (min(entry.row, entry.column), max(entry.row, entry.column))
      let known = pairs[i * size + j]
      if let known, known.value != entry.value {
        throw FlowError.mismatch("entry (\(i), \(j)) and its mirror image differ")
      }
      pairs[i * size + j] = ObservedEntry(
        row: i, column: j, weight: entry.weight + (known?.weight ?? 0), value: entry.value)
    }
    let distinct = pairs.sorted { $0.key < $1.key }.map(\.value)
    self.entries = try FactorEntry.checked(distinct, rows: size, columns: size, width: width)
    (self.size, self.width) = (size, width)
    targets = self.entries.map(\.target)
  }

  public var parameterCount: Int { 2 * size * width }
  public var constraintCount: Int { entries.count }
  public var degree: Int? { 2 }

  public func value(_ w: [Double]) -> [Double] {
    let offset = size * width
    return entries.map { e in
      let (i, j) = (e.row * width, e.column * width)
      let entry = inner(w, i, w, j, width) - inner(w, offset + i, w, offset + j, width)
      return e.scale * entry - e.target
    }
  }

  public func differential(at w: [Double], _ v: [Double]) -> [Double] {
    let offset = size * width
    return entries.map { e in
      let (i, j) = (e.row * width, e.column * width)
      let first = inner(v, i, w, j, width) + inner(w, i, v, j, width)
      let second =
        inner(v, offset + i, w, offset + j, width) + inner(w, offset + i, v, offset + j, width)
      return e.scale * (first - second)
    }
  }

  public func adjoint(at w: [Double], _ mu: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: w.count)
    for (sign, offset) in [(1.0, 0), (-1.0, size * width)] {
      for (e, multiplier) in zip(entries, mu) {
        let (i, j) = (offset + e.row * width, offset + e.column * width)
        let factor = sign * e.scale * multiplier
        for k in 0..<width {
          result[i + k] += factor * w[j + k]
          result[j + k] += factor * w[i + k]
        }
      }
    }
    return result
  }

  public func gram(at w: [Double]) -> DenseMatrix {
    let offset = size * width
    func b(_ i: Int, _ j: Int) -> Double {
      inner(w, i * width, w, j * width, width)
        + inner(w, offset + i * width, w, offset + j * width, width)
    }
    return symmetric(entries) { e, f in
      var sum = 0.0
      if e.row == f.row { sum += b(e.column, f.column) }
      if e.row == f.column { sum += b(e.column, f.row) }
      if e.column == f.row { sum += b(e.row, f.column) }
      if e.column == f.column { sum += b(e.row, f.row) }
      return sum
    }
  }
}

/// A constraint on an entry of a product.
struct FactorEntry: Sendable {
  let (row, column): (Int, Int)
  /// sqrt(s_e)
  let scale: Double
  /// sqrt(s_e) y_e
  let target: Double

  static func checked(
    _ entries: [ObservedEntry], rows: Int, columns: Int, width: Int
  ) throws -> [FactorEntry] {
    guard !entries.isEmpty, width > 0 else {
      throw FlowError.mismatch("\(entries.count) entries, factors of \(width) columns")
    }
    var seen: Set<Int> = []
    return try entries.map { entry in
      guard (0..<rows).contains(entry.row), (0..<columns).contains(entry.column),
        seen.insert(entry.row * columns + entry.column).inserted
      else {
        throw FlowError.mismatch(
          "entry (\(entry.row), \(entry.column)) is twice in or outside of \(rows) x \(columns)")
      }
      guard entry.value.isFinite, entry.weight.isFinite, entry.weight > 0 else {
        throw FlowError.notFinite("entry (\(entry.row), \(entry.column))")
      }
      let scale = entry.weight.squareRoot()
      return FactorEntry(
        row: entry.row, column: entry.column, scale: scale, target: scale * entry.value)
    }
  }
}

private func inner(_ a: [Double], _ i: Int, _ b: [Double], _ j: Int, _ count: Int) -> Double {
  var sum = 0.0
  for k in 0..<count { sum += a[i + k] * b[j + k] }
  return sum
}

private func symmetric(
  _ entries: [FactorEntry], _ product: (FactorEntry, FactorEntry) -> Double
) -> DenseMatrix {
  var result = DenseMatrix(rows: entries.count, columns: entries.count)
  for (p, e) in entries.enumerated() {
    for q in 0...p {
      let value = e.scale * entries[q].scale * product(e, entries[q])
      (result[p, q], result[q, p]) = (value, value)
    }
  }
  return result
}
