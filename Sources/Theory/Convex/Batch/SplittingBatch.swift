import BatchNumerics

/// Which norm a splitting shrinks.
enum SplittingNorm: Sendable, Hashable {
  /// |a|_1
  case l1
  /// |A|_* of a as a matrix.
  case nuclear
}

/// Douglas-Rachford splitting of a batch of problems min f(a) + penalty |a| on a device, where f says
/// how a fits the data (`FitSpectrum`) and |a| is an l1 or a nuclear norm.
///
/// With h = V (e - d * V^T z), one iteration is
///
///     u = prox(z + 2h, gamma penalty),  z += 1.8 (u - z - h),
///
/// where prox shrinks entries or singular values. At the end x = z + h = u, and h / gamma is a
/// subgradient of the penalised norm. Within a noise bound the fit has a second unknown, rho, which is
/// kept in its ball: a projection is what shrinking by the radius takes away, and shrinking a vector
/// is shrinking the singular value of a matrix of one column.
///
/// Sources: Lions, Mercier, SIAM J. Numer. Anal. 16 (1979); Eckstein, Bertsekas, Math. Prog. 55
/// (1992); Parikh, Boyd, "Proximal algorithms" (2014), for the projection.
final class SplittingBatch<B: Backend> {
  private let operations: B
  private let shape: SplittingShape
  private let norm: SplittingNorm
  /// What the runs that are left are called.
  private(set) var runs: [Int]
  private(set) var spectra: [FitSpectrum]
  private var penalties: [Double]
  /// What X and y were divided by before their spectra were made.
  private var scales: [(matrix: Double, observations: Double)]
  /// gamma
  private(set) var steps: [Double]
  /// U [N, k], where X^T nu = h / gamma is to be solved for nu.
  private var left: B.Tensor?
  /// V [n, k]; nil where it is the identity.
  private var right: B.Tensor?
  /// Of a, [n1, n2] per run.
  private var iterate: Iterate
  private var basis: B.Tensor?
  /// V^T of z, and what V then brings back, [k] per run.
  private var inner: B.Tensor
  private var (weights, offsets, thresholds): (B.Tensor, B.Tensor, B.Tensor)
  private var ball: Ball?
  /// Shared numbers: the factors of z, u and h in an iteration among them.
  private let (one, two, minusOne): (B.Tensor, B.Tensor, B.Tensor)
  private let (rest, relaxation, negative): (B.Tensor, B.Tensor, B.Tensor)

  /// z, h and u of one of the unknowns, and room for what z and u were.
  private struct Iterate {
    var (z, h, u, lastZ, lastU): (B.Tensor, B.Tensor, B.Tensor, B.Tensor, B.Tensor)

    init(_ make: (KeyPath<Iterate, B.Tensor>) throws -> B.Tensor) rethrows {
      (z, h, u) = (try make(\.z), try make(\.h), try make(\.u))
      (lastZ, lastU) = (try make(\.lastZ), try make(\.lastU))
    }
  }

  /// What moves rho, [k] per run.
  private struct Ball {
    var iterate: Iterate
    var (weights, inverse, radii, basis): (B.Tensor, B.Tensor, B.Tensor, B.Tensor)
    var pull: B.Tensor
  }

  private static var relaxationFactor: Double { 1.8 }

  /// - Parameters:
  ///   - spectra: of the runs, all of one kind.
  ///   - penalties: of the norm, of the problems divided by their sizes.
  ///   - vectors: U and V of the runs; nil where both are the identity.
  ///   - scales: what X and y were divided by before their spectra were made.
  init(
    _ operations: B, _ shape: SplittingShape, _ norm: SplittingNorm, runs: [Int],
    spectra: [FitSpectrum], penalties: [Double], vectors: (left: B.Tensor, right: B.Tensor)?,
    scales: [(matrix: Double, observations: Double)]
  ) throws {
    (self.operations, self.shape, self.norm, self.runs) = (operations, shape, norm, runs)
    (self.spectra, self.penalties, self.scales) = (spectra, penalties, scales)
    right = vectors?.right
    left = norm == .l1 && spectra.first?.kind == .equality ? vectors?.left : nil
    steps = zip(spectra, penalties).map { $0.firstStep(penalty: $1) }
    let count = runs.count
    func tensor(_ rows: Int, _ columns: Int = 1, _ values: [Double]? = nil) throws -> B.Tensor {
      try operations.tensor(BatchShape(runs: count, rows: rows, columns: columns), values)
    }
    func scalar(_ value: Double) throws -> B.Tensor {
      try operations.tensor(BatchShape(runs: 1, rows: 1), [value])
    }
    let (rows, columns) = (shape.rows, shape.columns)
    iterate = try Iterate { _ in try tensor(rows, columns) }
    let width = spectra.first?.inverse.count ?? 1
    inner = try tensor(1, width)
    let pairs = Array(zip(spectra, steps))
    weights = try tensor(1, width, pairs.flatMap { $0.weights(step: $1).map { -$0 } })
    offsets = try tensor(1, width, pairs.flatMap { $0.offsets(step: $1) })
    thresholds = try tensor(1)
    func rotation(_ size: Int) throws -> B.Tensor {
      let identity = (0..<size * size).map { $0 % (size + 1) == 0 ? 1.0 : 0 }
      return try tensor(size, size, (0..<count).flatMap { _ in identity })
    }
    if norm == .nuclear { basis = try rotation(min(rows, columns)) }
    if spectra.first?.kind == .ball {
      ball = Ball(
        iterate: try Iterate { _ in try tensor(1, width) },
        weights: try tensor(1, width, spectra.flatMap { $0.residualWeights.map { -$0 } }),
        inverse: try tensor(1, width, spectra.flatMap(\.residualInverse)),
        radii: try tensor(1, 1, spectra.map(\.radius)), basis: try rotation(1),
        pull: try tensor(1, width))
    }
    one = try scalar(1)
    two = try scalar(2)
    minusOne = try scalar(-1)
    relaxation = try scalar(Self.relaxationFactor)
    rest = try scalar(1 - Self.relaxationFactor)
    negative = try scalar(-Self.relaxationFactor)
    try writeSteps()
  }

  private func writeSteps() throws {
    let pairs = Array(zip(spectra, steps))
    if spectra.first?.kind == .squares {
      try operations.write(pairs.flatMap { $0.weights(step: $1).map { -$0 } }, into: weights)
      try operations.write(pairs.flatMap { $0.offsets(step: $1) }, into: offsets)
    }
    try operations.write(zip(steps, penalties).map { $0 * $1 }, into: thresholds)
  }

  // MARK: - Iterating

  func advance(_ count: Int) throws {
    for _ in 0..<count {
      try pull()
      try shrink()
      for x in iterates { try relax(x) }
    }
  }

  private var iterates: [Iterate] { [iterate] + (ball.map { [$0.iterate] } ?? []) }

  /// h = V (e - d * V^T z)
  private func pull() throws {
    let size = shape.rows * shape.columns
    if let right {
      try operations.matmul(
        MatrixOperand(flat(iterate.z, 1, size)), MatrixOperand(right), into: inner)
    } else {
      try operations.copy(iterate.z, into: inner)
    }
    try operations.hadamard(inner, weights, into: inner)
    try operations.axpy(one, offsets, into: inner)
    if let ball {
      try operations.hadamard(ball.weights, ball.iterate.z, into: ball.pull)
      try operations.axpy(one, ball.pull, into: inner)
      try operations.hadamard(ball.inverse, inner, into: ball.iterate.h)
    }
    if let right {
      try operations.matmul(
        MatrixOperand(right), MatrixOperand(flat(inner, inner.shape.columns, 1)),
        into: flat(iterate.h, size, 1))
    } else {
      try operations.copy(inner, into: iterate.h)
    }
  }

  /// u = prox(z + 2h)
  private func shrink() throws {
    for x in iterates {
      try operations.copy(x.z, into: x.u)
      try operations.axpy(two, x.h, into: x.u)
    }
    if let basis {
      try operations.singularValueThreshold(thresholds, iterate.u, basis: basis)
    } else {
      try operations.softThreshold(thresholds, iterate.u)
    }
    guard let ball else { return }
    try operations.copy(ball.iterate.u, into: ball.pull)
    try operations.singularValueThreshold(ball.radii, ball.pull, basis: ball.basis)
    try operations.axpy(minusOne, ball.pull, into: ball.iterate.u)
  }

  /// z += 1.8 (u - z - h)
  private func relax(_ x: Iterate) throws {
    try operations.scale(rest, x.z)
    try operations.axpy(relaxation, x.u, into: x.z)
    try operations.axpy(negative, x.h, into: x.z)
  }

  private func flat(_ x: B.Tensor, _ rows: Int, _ columns: Int) throws -> B.Tensor {
    try operations.view(x, BatchShape(runs: x.shape.runs, rows: rows, columns: columns))
  }

  // MARK: - Between blocks of iterations

  /// One iteration, watched.
  func measure() throws -> [SplittingProgress] {
    for x in iterates {
      try operations.copy(x.z, into: x.lastZ)
      try operations.copy(x.u, into: x.lastU)
    }
    try advance(1)
    var moves = [Double](repeating: 0, count: runs.count)
    var changes = moves
    for x in iterates {
      try operations.axpy(minusOne, x.z, into: x.lastZ)
      try operations.axpy(minusOne, x.u, into: x.lastU)
      let (move, change) = (
        try operations.dot(x.lastZ, x.lastZ), try operations.dot(x.lastU, x.lastU)
      )
      for i in runs.indices {
        moves[i] += move[i]
        changes[i] += change[i]
      }
    }
    let sizes = try operations.l2Norm(iterate.u)
    return runs.indices.map { i in
      let size = max(sizes[i], .leastNormalMagnitude)
      return SplittingProgress(
        primal: moves[i].squareRoot() / (Self.relaxationFactor * size),
        change: changes[i].squareRoot() / size)
    }
  }

  /// Multiplies the steps; x and the subgradient h / gamma stay.
  func rescale(by factors: [Double]) throws {
    try pull()
    let shares = try operations.tensor(
      BatchShape(runs: runs.count, rows: 1), factors.map { 1 - $0 })
    for x in iterates { try operations.axpy(shares, x.h, into: x.z) }
    for (i, factor) in factors.enumerated() { steps[i] *= factor }
    try writeSteps()
  }

  /// The points of the iteration that was watched last; to be asked for before anything else moves.
  func points() throws -> [SplittingPoint] {
    let us = try operations.read(iterate.u)
    let hs = try operations.read(iterate.h)
    // z has moved on by what lastZ holds.
    try operations.axpy(one, iterate.z, into: iterate.lastZ)
    let zs = try operations.read(iterate.lastZ)
    let (size, samples) = (iterate.u.shape.perRun, left?.shape.rows ?? 0)
    var multipliers: [Double]?
    if let left {
      let inverse = try operations.tensor(inner.shape, spectra.flatMap(\.inverse))
      try operations.hadamard(inverse, inner, into: inverse)
      let result = try operations.tensor(
        BatchShape(runs: runs.count, rows: samples), nil)
      try operations.matmul(
        MatrixOperand(left), MatrixOperand(flat(inverse, inverse.shape.columns, 1)), into: result)
      multipliers = try operations.read(result)
    }
    return runs.indices.map { i in
      let own = (i * size)..<((i + 1) * size)
      let (scale, step) = (scales[i], steps[i])
      let unit = spectra[i].unit * scale.observations / scale.matrix
      return SplittingPoint(
        shrunk: us[own].map { $0 * unit }, fitting: own.map { (zs[$0] + hs[$0]) * unit },
        slope: hs[own].map { $0 / step },
        multiplier: multipliers.map { values in
          values[(i * samples)..<((i + 1) * samples)].map { $0 / (step * scale.matrix) }
        },
        step: step * unit)
    }
  }

  /// Keeps some of the runs, by their places in `runs`, ascending.
  func keep(_ places: [Int]) throws {
    let rows = try operations.indices(
      BatchShape(runs: 1, rows: places.count), places.map { Int32($0) })
    func gather(_ x: B.Tensor) throws -> B.Tensor {
      let (from, size) = (x.shape, x.shape.perRun)
      let result = try operations.tensor(
        BatchShape(runs: 1, rows: places.count, columns: size), nil)
      try operations.selectRows(
        operations.view(x, BatchShape(runs: 1, rows: from.runs, columns: size)), rows,
        into: result)
      return try operations.view(
        result, BatchShape(runs: places.count, rows: from.rows, columns: from.columns))
    }
    left = try left.map(gather)
    right = try right.map(gather)
    let old = iterate
    iterate = try Iterate { try gather(old[keyPath: $0]) }
    basis = try basis.map(gather)
    inner = try gather(inner)
    (weights, offsets, thresholds) = (
      try gather(weights), try gather(offsets), try gather(thresholds)
    )
    ball = try ball.map { ball in
      Ball(
        iterate: try Iterate { try gather(ball.iterate[keyPath: $0]) },
        weights: try gather(ball.weights), inverse: try gather(ball.inverse),
        radii: try gather(ball.radii), basis: try gather(ball.basis),
        pull: try gather(ball.pull))
    }
    runs = places.map { runs[$0] }
    spectra = places.map { spectra[$0] }
    penalties = places.map { penalties[$0] }
    steps = places.map { steps[$0] }
    scales = places.map { scales[$0] }
  }
}
