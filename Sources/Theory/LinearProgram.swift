/// max <c, a> over a >= 0 with A a <= b, b > 0: the primal simplex method on a dense tableau, starting at
/// a = 0. Small programs: a pivot costs rows * columns.
///
/// Entering columns by the largest reduced cost, by the first one (Bland 1977) after many steps without
/// gain, so that it ends.
struct LinearProgram {
  enum Outcome: Equatable {
    case optimal
    case unbounded
    /// more pivots than allowed
    case unfinished
  }

  let outcome: Outcome
  /// a
  let solution: [Double]
  /// one multiplier per row, at least 0
  let multipliers: [Double]

  /// - Parameter rows: of A, each with its bound.
  init(
    objective c: [Double], rows: [(coefficients: [Double], bound: Double)], limit: Int = 20_000
  ) {
    let (n, m) = (c.count, rows.count)
    let width = n + m + 1
    var table = [Double](repeating: 0, count: (m + 1) * width)
    for (i, row) in rows.enumerated() {
      for j in 0..<n { table[i * width + j] = row.coefficients[j] }
      table[i * width + n + i] = 1
      table[i * width + width - 1] = row.bound
    }
    for j in 0..<n { table[m * width + j] = -c[j] }
    var basis = (0..<m).map { n + $0 }
    let scale = max(c.map(abs).max() ?? 1, .leastNormalMagnitude)
    var (outcome, stalls) = (Outcome.unfinished, 0)
    for _ in 0..<limit {
      let costs = m * width
      var entering: Int?
      for j in 0..<(n + m) where table[costs + j] < -1e-11 * scale {
        if entering == nil || (stalls < 50 && table[costs + j] < table[costs + (entering ?? j)]) {
          entering = j
        }
      }
      guard let column = entering else {
        outcome = .optimal
        break
      }
      guard let row = Self.leavingRow(table, basis, column, m, width) else {
        outcome = .unbounded
        break
      }
      stalls = table[row * width + width - 1] > 1e-14 ? 0 : stalls + 1
      Self.pivot(&table, row, column, m, width)
      basis[row] = column
    }
    self.outcome = outcome
    var solution = [Double](repeating: 0, count: n)
    for i in 0..<m where basis[i] < n { solution[basis[i]] = table[i * width + width - 1] }
    self.solution = solution
    multipliers = (0..<m).map { max(0, table[m * width + n + $0]) }
  }

  /// The row of the least ratio, ties by the first basic variable.
  private static func leavingRow(
    _ table: [Double], _ basis: [Int], _ column: Int, _ m: Int, _ width: Int
  ) -> Int? {
    var best: (row: Int, ratio: Double)?
    for i in 0..<m {
      let entry = table[i * width + column]
      guard entry > 1e-11 else { continue }
      let ratio = table[i * width + width - 1] / entry
      guard let known = best else {
        best = (i, ratio)
        continue
      }
      if ratio < known.ratio || (ratio == known.ratio && basis[i] < basis[known.row]) {
        best = (i, ratio)
      }
    }
    return best?.row
  }

  private static func pivot(
    _ table: inout [Double], _ row: Int, _ column: Int, _ m: Int, _ width: Int
  ) {
    table.withUnsafeMutableBufferPointer { table in
      let inverse = 1 / table[row * width + column]
      for j in 0..<width { table[row * width + j] *= inverse }
      for i in 0...m where i != row {
        let factor = table[i * width + column]
        guard factor != 0 else { continue }
        for j in 0..<width { table[i * width + j] -= factor * table[row * width + j] }
        table[i * width + column] = 0
      }
    }
  }
}
