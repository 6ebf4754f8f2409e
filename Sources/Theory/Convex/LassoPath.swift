import BatchNumerics

/// Where a path of lasso minimisers is left.
enum PathEnd {
  /// At this beta; 0 is the interpolant of least l1 norm.
  case level(Double)
  /// Where |X a - y|_2 has come down to this.
  case residual(Double)
}

/// The minimisers of 1/2 |X a - y|^2 + lambda |a|_1 as lambda comes down from |X^T y|_inf, where a is 0.
///
/// On the path X_S^T (y - X a) = lambda sign(a_S) on the support S, and |<x_j, y - X a>| <= lambda
/// off it, so a_S moves along (X_S^T X_S)^-1 sign(a_S) until a further column reaches lambda or an
/// entry of a reaches 0. A path costs some N steps of one product with X^T each, and ends at the
/// minimiser up to rounding. It may fail where columns tie; whoever uses it checks the duality gap.
///
/// An instance is a workspace for problems of one shape, and belongs to one task.
///
/// Sources: Osborne, Presnell, Turlach, IMA J. Numer. Anal. 20 (2000); Efron, Hastie, Johnstone,
/// Tibshirani, Ann. Stat. 32 (2004); Donoho, Tsaig, IEEE Trans. Inf. Theory 54 (2008).
final class LassoPath {
  let (samples, features): (Int, Int)
  /// x_j, one column of X after the other.
  let columns: WorkVector
  let observations: WorkVector
  let coefficients: WorkVector
  /// y - X a.
  let residual: WorkVector
  /// X^T of the residual.
  let slopes: WorkVector
  /// u = X_S (X_S^T X_S)^-1 sign(a_S), which the residual shrinks along.
  let direction: WorkVector
  /// X^T u.
  let slopeChanges: WorkVector
  /// lambda.
  var level = 0.0
  let factor: ActiveFactor
  /// In the order of the factor's members: signs, and their change per unit of lambda.
  var signs: [Double] = []
  let changes: WorkVector
  private var isActive: [Bool]
  /// Columns that depend on the support.
  private var isBlocked: [Bool]

  init(samples: Int, features: Int) {
    (self.samples, self.features) = (samples, features)
    columns = WorkVector(samples * features)
    observations = WorkVector(samples)
    coefficients = WorkVector(features)
    residual = WorkVector(samples)
    slopes = WorkVector(features)
    direction = WorkVector(samples)
    slopeChanges = WorkVector(features)
    let limit = min(samples, features)
    changes = WorkVector(limit)
    factor = ActiveFactor(columns.start, length: samples, capacity: limit)
    isActive = [Bool](repeating: false, count: features)
    isBlocked = isActive
  }

  /// The workspace if it has the shape of X, otherwise a new one in its place.
  static func suiting(_ x: DenseMatrix, _ workspace: inout LassoPath?) -> LassoPath {
    if let known = workspace, known.samples == x.rows, known.features == x.columns { return known }
    let path = LassoPath(samples: x.rows, features: x.columns)
    workspace = path
    return path
  }

  func load(_ x: DenseMatrix, _ y: [Double]) {
    x.values.withUnsafeBufferPointer { entries in
      for i in 0..<samples {
        for j in 0..<features { columns.start[j * samples + i] = entries[i * features + j] }
      }
    }
    observations.assign(y)
  }

  /// result = X^T v
  func transposedProduct(_ v: WorkVector, into result: WorkVector) {
    ConvexLoops.products(
      columns.start, v.start, length: samples, count: features, into: result.start)
  }

  /// residual = y - X a
  func updateResidual() {
    residual.assign(observations)
    for j in 0..<features where coefficients[j] != 0 {
      ConvexLoops.axpy(
        -coefficients[j], columns.start + j * samples, into: residual.start, samples)
    }
  }

  // MARK: - The path

  private enum Event {
    case end
    case enter(Int)
    case leave(Int)
  }

  /// Follows the path to its end or for as many steps as one in general position may take, and
  /// returns how many it took.
  func follow(to end: PathEnd) -> Int {
    restart()
    let start = level
    guard start > 0, let first = (0..<features).first(where: { abs(slopes[$0]) == start }),
      remaining(end) > 0
    else { return 0 }
    enter(first)
    let limit = 100 + 10 * (samples + features)
    var left: Int?
    for step in 1...limit {
      findDirection()
      let (length, event) = next(end, leftLast: left, start: start)
      advance(length)
      left = nil
      switch event {
      case .end: return step
      case .enter(let j): enter(j)
      case .leave(let p): left = leave(p)
      }
      // What remains is rounding.
      if level <= 1e-12 * start { return step }
    }
    return limit
  }

  private func restart() {
    coefficients.fill(0)
    residual.assign(observations)
    transposedProduct(residual, into: slopes)
    level = slopes.largest
    factor.removeAll()
    signs.removeAll(keepingCapacity: true)
    for j in 0..<features { (isActive[j], isBlocked[j]) = (false, false) }
  }

  private func findDirection() {
    for (i, sign) in signs.enumerated() { changes[i] = sign }
    factor.solve(changes.start)
    factor.combine(changes.start, into: direction)
    transposedProduct(direction, into: slopeChanges)
  }

  /// How far lambda may fall by the end alone, along the present direction.
  private func remaining(_ end: PathEnd) -> Double {
    switch end {
    case .level(let beta): return level - beta
    case .residual(let epsilon):
      let excess = residual.squared - epsilon * epsilon
      guard excess > 0 else { return 0 }
      let (inner, square) = (residual.dot(direction), direction.squared)
      let rest = inner * inner - square * excess
      guard !factor.members.isEmpty, rest >= 0, inner > 0 else { return level }
      return min(level, excess / (inner + rest.squareRoot()))
    }
  }

  /// The first thing that happens as lambda falls.
  private func next(_ end: PathEnd, leftLast: Int?, start: Double) -> (Double, Event) {
    var length = remaining(end)
    var event = Event.end
    // At lambda = 0 all slopes are 0 together, and so are entries that the sparsest support lacks:
    // no column enters or leaves there.
    let last = level - 1e-10 * start
    var bound = min(length, last)
    for j in 0..<features where !isActive[j] && !isBlocked[j] {
      let (slope, change) = (slopes.start[j], slopeChanges.start[j])
      // A column that has just left moves away from the bound that it was at.
      let skipsUpper = j == leftLast && slope > 0
      let skipsLower = j == leftLast && slope < 0
      if !skipsUpper, change < 1, level - slope < bound * (1 - change) {
        bound = max(0, (level - slope) / (1 - change))
        (length, event) = (bound, .enter(j))
      }
      if !skipsLower, change > -1, level + slope < bound * (1 + change) {
        bound = max(0, (level + slope) / (1 + change))
        (length, event) = (bound, .enter(j))
      }
    }
    for (i, j) in factor.members.enumerated() where changes[i] * signs[i] < 0 {
      let reach = max(0, -coefficients[j] / changes[i])
      if reach < min(length, last) { (length, event) = (reach, .leave(i)) }
    }
    return (length, event)
  }

  private func advance(_ length: Double) {
    guard length > 0 else { return }
    for (i, j) in factor.members.enumerated() { coefficients[j] += length * changes[i] }
    residual.add(-length, direction)
    slopes.add(-length, slopeChanges)
    level -= length
  }

  private func enter(_ j: Int) {
    guard factor.append(j) else {
      isBlocked[j] = true
      return
    }
    isActive[j] = true
    signs.append(slopes[j] < 0 ? -1 : 1)
  }

  private func leave(_ p: Int) -> Int {
    let j = factor.members[p]
    factor.remove(at: p)
    signs.remove(at: p)
    coefficients[j] = 0
    isActive[j] = false
    for i in 0..<features { isBlocked[i] = false }
    return j
  }

  // MARK: - Polishing

  /// Takes the support and signs of given coefficients; those of columns that depend on the others
  /// of the support keep their values.
  func adopt(_ values: [Double]) {
    coefficients.assign(values)
    factor.removeAll()
    signs.removeAll(keepingCapacity: true)
    let order = (0..<features).filter { values[$0] != 0 }.sorted {
      abs(values[$0]) > abs(values[$1])
    }
    for j in order where factor.append(j) { signs.append(values[j] < 0 ? -1 : 1) }
    findDirection()
  }

  /// Newton's steps to X_S^T (y - X a) = lambda sign(a_S) on the support, where lambda is given by
  /// the end; twice or more, as each takes away but the digits that the factor holds.
  func settle(to end: PathEnd, steps: Int = 3) {
    findDirection()
    let square = direction.squared
    for step in 0...steps {
      updateResidual()
      switch end {
      case .level(let beta): level = beta
      case .residual(let epsilon):
        // The residual is lambda u and a part at right angles to all of X_S.
        let share = square > 0 ? residual.dot(direction) / square : 0
        let rest = max(0, residual.squared - share * share * square)
        level = square > 0 ? (max(0, epsilon * epsilon - rest) / square).squareRoot() : 0
      }
      guard step < steps else { break }
      factor.products(residual, into: changes.start)
      for (i, sign) in signs.enumerated() { changes[i] -= level * sign }
      factor.solve(changes.start)
      for (i, j) in factor.members.enumerated() { coefficients[j] += changes[i] }
    }
    dropRounding()
  }

  /// Entries of the support that are nothing but rounding become 0.
  private func dropRounding() {
    let least = 1e-13 * coefficients.largest
    for j in factor.members where abs(coefficients[j]) <= least { coefficients[j] = 0 }
    updateResidual()
  }

  /// v += X_S (X_S^T X_S)^-1 (sign(a_S) - X_S^T v): the closest v to have the slopes of the signs.
  func settle(dual v: WorkVector) {
    factor.products(v, into: changes.start)
    for (i, sign) in signs.enumerated() { changes[i] = sign - changes[i] }
    factor.solve(changes.start)
    factor.combine(changes.start, into: direction)
    v.add(1, direction)
  }
}
