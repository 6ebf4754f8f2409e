import BatchNumerics

/// Draws matrix-recovery problems.
///
/// Sources: Notsawo et al. 2025, section 3.4 and appendix G.2; Lyu et al. 2023, section 3.3 and Fig.
/// 3; Boursier et al. 2025, section 5. Where a paper and its code differ, `target_scale`,
/// `row_variance`, `sensing_factors` and `coherent_rows` choose; `sensing_factors` and
/// `row_variance` start from what works, as the authors' checked-in setting cannot recover anything.
struct MatrixRecoveryGenerator {
  let kind: MatrixRecovery.ProblemKind
  let rows: Int
  let columns: Int
  let rank: Int
  let count: Int
  let tau: Double
  let target: MatrixRecovery.Target
  let scale: MatrixRecovery.TargetScale
  let signalToNoise: Double
  let observations: MatrixRecovery.Observations
  let rowVariance: (left: Double, right: Double)
  let factors: MatrixRecovery.SensingFactors
  let coherentRows: MatrixRecovery.CoherentRows
  let targetSeed: UInt32
  let measurementSeed: UInt32

  init(_ parameters: ResolvedParameters) throws {
    kind = try parameters.choice("problem.kind")
    rows = try parameters.integer("problem.n1")
    columns = try parameters.integer("problem.n2")
    rank = try parameters.integer("problem.r")
    count = try parameters.integer("problem.N")
    tau = try parameters.number("problem.tau")
    target = try parameters.choice("problem.target")
    scale = try parameters.choice("problem.target_scale")
    signalToNoise = try parameters.number("problem.snr")
    observations = try parameters.choice("problem.observations")
    factors = try parameters.choice("problem.sensing_factors")
    coherentRows = try parameters.choice("problem.coherent_rows")
    let (n1, n2, n) = (Double(rows), Double(columns), Double(count))
    switch parameters["problem.row_variance"] {
    case .text("1/N"): rowVariance = (1 / n, 1 / n)
    case .text: rowVariance = (1 / n1, 1 / n2)
    default:
      let variance = try parameters.number("problem.row_variance")
      rowVariance = (variance, variance)
    }
    let seed = try parameters.integer("seed")
    func seedValue(_ key: String) throws -> UInt32 {
      UInt32(parameters[key] == .null ? seed : try parameters.integer(key))
    }
    targetSeed = try seedValue("problem.target_seed")
    measurementSeed = try seedValue("problem.measurement_seed")
    try check()
  }

  private func check() throws {
    guard rank <= min(rows, columns) else {
      throw SpecError(
        key: "problem.r", value: "\(rank)", "must be at most min(n1, n2) = \(min(rows, columns))")
    }
    guard rows * columns <= 1 << 24 else {
      throw SpecError(
        key: "problem.n2", value: "\(columns)", "n1 n2 must be at most \(1 << 24) entries")
    }
    if kind == .completion {
      guard count <= rows * columns else {
        throw SpecError(
          key: "problem.N", value: "\(count)", "must be at most n1 n2 = \(rows * columns)")
      }
    } else {
      guard count * rows * columns <= 1 << 27 else {
        throw SpecError(
          key: "problem.N", value: "\(count)", "N n1 n2 must be at most \(1 << 27) for sensing")
      }
      guard factors == .independent || rows == columns else {
        throw SpecError(
          key: "problem.sensing_factors", value: "shared", "needs n1 = n2")
      }
    }
    guard observations == .uniform || (kind == .completion && rows == columns) else {
      throw SpecError(
        key: "problem.observations", value: "symmetric", "needs completion with n1 = n2")
    }
  }

  /// Identifies the problem: runs with equal keys share their data.
  var key: String {
    "\(kind) \(rows) \(columns) \(rank) \(count) \(tau) \(target) \(scale) \(signalToNoise) "
      + "\(observations) \(rowVariance) \(factors) \(coherentRows) \(targetSeed) \(measurementSeed)"
  }

  func makeTensors() throws -> MatrixRecoveryTensors {
    let target = makeTarget()
    let measurements: MatrixRecoveryTensors.Measurements
    var values: [Double]
    switch kind {
    case .completion:
      let places = try chosenPlaces(target)
      values = places.map { target.values[$0] }
      measurements = .entries(
        rows: places.map { $0 / columns }, columns: places.map { $0 % columns })
    case .sensing:
      let (left, right) = sensingFactors(target)
      let images = left.multiplied(by: target)
      values = (0..<count).map { i in
        (0..<columns).reduce(0) { $0 + images[i, $1] * right[i, $1] }
      }
      measurements = .rankOne(left, right)
    }
    if signalToNoise.isFinite {
      let energy = target.values.reduce(0) { $0 + $1 * $1 }
      let deviation = (energy / (Double(count) * signalToNoise)).squareRoot()
      var source = RandomStream(seed: measurementSeed, purpose: .noise)
      for i in values.indices { values[i] += deviation * source.normal() }
    }
    return MatrixRecoveryTensors(
      measurements: measurements, observations: values, target: target)
  }

  // MARK: - Target

  private func makeTarget() -> DenseMatrix {
    var result = DenseMatrix(rows: rows, columns: columns)
    guard target == .lowRank else {
      for i in 0..<rows {
        for j in 0..<columns { result[i, j] = Double(i * j) / Double(rows * columns) }
      }
      return result
    }
    var leftSource = RandomStream(seed: targetSeed, purpose: .leftFactor)
    var rightSource = RandomStream(seed: targetSeed, purpose: .rightFactor)
    let left = DenseMatrix(rows: rows, columns: rank, values: leftSource.normals(rows * rank))
    let right = DenseMatrix(
      rows: columns, columns: rank, values: rightSource.normals(columns * rank))
    result = left.multiplied(by: right.transposed)
    switch scale {
    case .none: return result
    case .sqrtSize:
      let factor = Double(rows * columns).squareRoot() / euclideanNorm(result.values)
      for i in result.values.indices { result.values[i] *= factor }
      return result
    case .unitSpectrum:
      let svd = SingularValueDecomposition(result)
      var spectrum = DenseMatrix(rows: rows, columns: columns)
      for p in 0..<rank {
        for i in 0..<rows {
          for j in 0..<columns {
            spectrum[i, j] += svd.left[i, p] * svd.right[j, p] / Double(rank).squareRoot()
          }
        }
      }
      return spectrum
    }
  }

  // MARK: - Completion

  /// The observed places i n2 + j, ascending: int(tau N) with the largest mu_i + nu_j, the others
  /// uniform among the rest.
  private func chosenPlaces(_ target: DenseMatrix) throws -> [Int] {
    var source = RandomStream(seed: measurementSeed, purpose: .entries)
    let shuffled = source.permutation(rows * columns)
    guard observations == .uniform else { return try symmetricPlaces(shuffled) }
    let coherent = Array(byCoherence(target).prefix(Int(tau * Double(count))))
    let taken = Set(coherent)
    let rest = shuffled.filter { !taken.contains($0) }.prefix(count - coherent.count)
    return (coherent + rest).sorted()
  }

  private func byCoherence(_ target: DenseMatrix) -> [Int] {
    guard tau > 0 else { return [] }
    let coherence = LocalCoherence(target)
    let scores = (0..<(rows * columns)).map {
      coherence.rows[$0 / columns] + coherence.columns[$0 % columns]
    }
    return scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
  }

  /// Pairs (i, j), (j, i) in random order until N entries are observed; a last single entry must be
  /// on the diagonal.
  private func symmetricPlaces(_ shuffled: [Int]) throws -> [Int] {
    guard tau == 0 else {
      throw SpecError(
        key: "problem.tau", value: "\(tau)", "must be 0 for symmetric observations")
    }
    var places: [Int] = []
    for place in shuffled where place / columns <= place % columns {
      let (i, j) = (place / columns, place % columns)
      let pair = i == j ? [place] : [place, j * columns + i]
      if places.count + pair.count <= count { places += pair }
    }
    guard places.count == count else {
      throw SpecError(
        key: "problem.N", value: "\(count)", "cannot be reached with symmetric observations")
    }
    return places.sorted()
  }

  // MARK: - Sensing

  /// X1 [N, n1] and X2 [N, n2]: Gaussian rows, the first int(tau N) of them left and right singular
  /// vectors of the target.
  private func sensingFactors(_ target: DenseMatrix) -> (DenseMatrix, DenseMatrix) {
    func gaussian(_ purpose: RandomPurpose, _ width: Int, _ variance: Double) -> DenseMatrix {
      var source = RandomStream(seed: measurementSeed, purpose: purpose)
      return DenseMatrix(
        rows: count, columns: width,
        values: source.normals(count * width).map { variance.squareRoot() * $0 })
    }
    let isShared = factors == .shared
    var left = gaussian(.measurements, rows, rowVariance.left)
    var right = gaussian(
      isShared ? .measurements : .secondMeasurements, columns, rowVariance.right)
    let coherent = Int(tau * Double(count))
    guard coherent > 0 else { return (left, right) }
    let bases = Self.fullBases(target)
    replaceRows(&left, coherent, bases.left, .coherentRows)
    replaceRows(&right, coherent, bases.right, isShared ? .coherentRows : .secondCoherentRows)
    return (left, right)
  }

  private func replaceRows(
    _ matrix: inout DenseMatrix, _ coherent: Int, _ basis: DenseMatrix, _ purpose: RandomPurpose
  ) {
    var source = RandomStream(seed: measurementSeed, purpose: purpose)
    var order: [Int]
    switch coherentRows {
    case .first: order = Array(0..<min(coherent, basis.columns))
    case .random:
      order = Array(source.permutation(basis.columns).prefix(coherent))
      // More coherent rows than vectors: all of them, then more with replacement.
      while order.count < coherent { order.append(source.permutation(basis.columns)[0]) }
    }
    for (row, column) in order.enumerated() {
      for j in 0..<basis.rows { matrix[row, j] = basis[j, column] }
    }
  }

  /// Full orthonormal bases of left and right singular vectors.
  private static func fullBases(_ target: DenseMatrix) -> (left: DenseMatrix, right: DenseMatrix) {
    // Zeros added up to a square: the thin decomposition is then full.
    let size = max(target.rows, target.columns)
    func full(_ matrix: DenseMatrix, _ rows: Int) -> DenseMatrix {
      var tall = DenseMatrix(rows: rows, columns: rows)
      for i in 0..<matrix.rows {
        for j in 0..<matrix.columns { tall[i, j] = matrix[i, j] }
      }
      return tall
    }
    guard target.rows != target.columns else {
      let svd = SingularValueDecomposition(target)
      return (svd.left, svd.right)
    }
    let isTall = target.rows == size
    let svd = SingularValueDecomposition(target)
    let long = SingularValueDecomposition(full(isTall ? target : target.transposed, size)).left
    return isTall ? (long, svd.right) : (svd.left, long)
  }
}
