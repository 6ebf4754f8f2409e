import BatchNumerics

/// Trains one run of W = A_1 ... A_L: the plain loop that every other implementation is checked
/// against.
///
/// Source: Notsawo et al. 2025, appendix D.2 (L = 1) and F.2 (products; the gradient of A_k is
/// (A_1 ... A_{k-1})^T G (A_{k+1} ... A_L)^T, which their code gets wrong for L > 2).
final class MatrixProductTrainer<S: RunScalar>: RunTrainer {
  private let data: MatrixRecoveryData<S>
  private let method: RecoveryMethod
  private let shapes: [(rows: Int, columns: Int)]
  private let (rate, nuclear, l1, l2): (S, S, S, S)
  let factors: [WorkArray<S>]
  private let slopes: [WorkArray<S>]
  /// Empty without nuclear norm.
  let decompositions: [ThinSVD<S>]
  private let polar: WorkArray<S>
  /// W, and G = X^T (X W - y), [n1][n2].
  private let learned: WorkArray<S>
  private let gradient: WorkArray<S>
  /// W and G at the data's places.
  private let seen: WorkArray<S>
  private let pulled: WorkArray<S>

  init(data: MatrixRecoveryData<S>, batch: MatrixRecoveryBatch, run: MatrixRecoveryRun) {
    self.data = data
    method = batch.method
    shapes = batch.factorShapes.map { ($0.rows, $0.columns) }
    (rate, nuclear, l1, l2) = (S(run.learningRate), S(run.nuclear), S(run.l1), S(run.l2))
    factors = batch.factors(run.initial).map { WorkArray($0.values) }
    slopes = factors.map { WorkArray(zeros: $0.count) }
    decompositions =
      run.nuclear > 0
      ? batch.factorShapes.map { ThinSVD(rows: $0.rows, columns: $0.columns) } : []
    polar = WorkArray(zeros: factors.map(\.count).max() ?? 0)
    learned = WorkArray(zeros: batch.rows * batch.columns)
    gradient = WorkArray(zeros: batch.rows * batch.columns)
    seen = WorkArray(zeros: data.places.count)
    pulled = WorkArray(zeros: data.places.count)
  }

  func step() {
    if method != .projected { computeSlopes() }
    for k in factors.indices {
      let (a, slope) = (factors[k], slopes[k])
      if method != .proximal, !decompositions.isEmpty {
        decompositions[k].factor(a.start)
        decompositions[k].polarFactor(into: polar.start)
      }
      for i in a.indices {
        var pull = slope[i] + l2 * a[i] + l1 * signOf(a[i])
        if method != .proximal, !decompositions.isEmpty { pull += nuclear * polar[i] }
        a[i] -= rate * pull
      }
      if method == .proximal, !decompositions.isEmpty {
        decompositions[k].factor(a.start)
        decompositions[k].softThreshold(rate * nuclear, into: polar.start)
        a.start.update(from: polar.start, count: a.count)
      }
    }
    if method == .projected { project() }
  }

  private func project() {
    let a = factors[0]
    for (e, place) in data.places.enumerated() { seen[e] = a[place] }
    data.project(seen)
    for (e, place) in data.places.enumerated() { a[place] = seen[e] }
  }

  /// slopes[k] from the factors as they stand.
  private func computeSlopes() {
    let product = factors.count == 1 ? factors[0] : learned
    if factors.count > 1 { multiplyFactors() }
    for (e, place) in data.places.enumerated() { seen[e] = product[place] }
    data.gradient(seen, into: pulled)
    let target = factors.count == 1 ? slopes[0] : gradient
    for (e, place) in data.places.enumerated() { target[place] = pulled[e] }
    if factors.count > 1 { distributeGradient() }
  }

  private func multiplyFactors() {
    var product = matrix(factors[0], shapes[0])
    for k in 1..<factors.count { product = product.times(matrix(factors[k], shapes[k])) }
    for i in learned.indices { learned[i] = product.values[i] }
  }

  private func distributeGradient() {
    let all = factors.indices.map { matrix(factors[$0], shapes[$0]) }
    let whole = matrix(gradient, (shapes[0].rows, shapes[shapes.count - 1].columns))
    for k in factors.indices {
      let right = all[(k + 1)...].reversed().reduce(whole) { $0.times($1.transposed) }
      let slope = all[..<k].reduce(right) { $1.transposed.times($0) }
      for i in slopes[k].indices { slopes[k][i] = slope.values[i] }
    }
  }

  private func matrix(_ array: WorkArray<S>, _ shape: (rows: Int, columns: Int)) -> SmallMatrix<S> {
    SmallMatrix(
      rows: shape.rows, columns: shape.columns, values: array.indices.map { array[$0] })
  }
}

/// A row-major matrix in the precision of the run.
private struct SmallMatrix<S: RunScalar> {
  let rows: Int
  let columns: Int
  let values: [S]

  var transposed: SmallMatrix {
    SmallMatrix(
      rows: columns, columns: rows,
      values: (0..<(rows * columns)).map { values[$0 % rows * columns + $0 / rows] })
  }

  func times(_ other: SmallMatrix) -> SmallMatrix {
    var result = [S](repeating: 0, count: rows * other.columns)
    for i in 0..<rows {
      for k in 0..<columns {
        let factor = values[i * columns + k]
        for j in 0..<other.columns {
          result[i * other.columns + j] += factor * other.values[k * other.columns + j]
        }
      }
    }
    return SmallMatrix(rows: rows, columns: other.columns, values: result)
  }
}
