import BatchNumerics

/// Draws sparse-recovery problems: y = X a* + noise with X = M Phi.
///
/// Source: Notsawo et al. 2025, section 3.3 and appendix D.1. Where the paper and its code differ,
/// `row_variance`, `coherent_rows`, `init.kind` and `generator` choose; defaults follow the code.
struct SparseRecoveryGenerator {
  let columns: Int
  let rows: Int
  let sparsity: Int
  let tau: Double
  let signalToNoise: Double
  let rowVariance: Double
  let basis: SparseRecovery.Basis
  let coherentRows: SparseRecovery.CoherentRows
  let generator: SparseRecovery.Generator
  let signalSeed: UInt32
  let measurementSeed: UInt32

  init(_ parameters: ResolvedParameters) throws {
    columns = try parameters.integer("problem.n")
    rows = try parameters.integer("problem.N")
    sparsity = try parameters.integer("problem.s")
    tau = try parameters.number("problem.tau")
    signalToNoise = try parameters.number("problem.snr")
    basis = try parameters.choice("problem.basis")
    coherentRows = try parameters.choice("problem.coherent_rows")
    generator = try parameters.choice("problem.generator")
    switch parameters["problem.row_variance"] {
    case .text("1/n"): rowVariance = 1 / Double(columns)
    case .text: rowVariance = 1 / Double(rows)
    default: rowVariance = try parameters.number("problem.row_variance")
    }
    let seed = try parameters.integer("seed")
    func seedValue(_ key: String) throws -> UInt32 {
      UInt32(parameters[key] == .null ? seed : try parameters.integer(key))
    }
    signalSeed = try seedValue("problem.signal_seed")
    measurementSeed = try seedValue("problem.measurement_seed")
    guard sparsity <= columns else {
      throw SpecError(
        key: "problem.s", value: "\(sparsity)", "must be at most problem.n = \(columns)")
    }
    guard rows * columns <= 1 << 27 else {
      throw SpecError(
        key: "problem.N", value: "\(rows)", "n * N must be at most \(1 << 27) entries")
    }
  }

  /// Identifies the problem: runs with equal keys share their data.
  var key: String {
    "\(columns) \(rows) \(sparsity) \(tau) \(signalToNoise) \(rowVariance) \(basis.rawValue) "
      + "\(coherentRows.rawValue) \(generator.rawValue) \(signalSeed) \(measurementSeed)"
  }

  func makeProblem() -> SparseRecoveryProblem {
    let target = makeTarget()
    let measurements = makeMeasurements()
    var observations = measurements.multiplied(by: target)
    if signalToNoise.isFinite {
      // E |a*|^2 = s / n; the authors estimate it from 10,000 drawn signals.
      let energy = Double(sparsity) / Double(columns)
      let deviation = (energy / (Double(rows) * signalToNoise)).squareRoot()
      var source = source(measurementSeed, .noise)
      for i in 0..<rows { observations[i] += deviation * source.normal() }
    }
    return SparseRecoveryProblem(
      measurements: measurements, observations: observations, target: target)
  }

  /// s entries of N(0, 1/n) at random positions.
  private func makeTarget() -> [Double] {
    var target = [Double](repeating: 0, count: columns)
    var source = source(signalSeed, .support)
    let support = source.permutation(columns).prefix(sparsity)
    if generator == .philox { source = self.source(signalSeed, .signal) }
    for position in support {
      target[position] = source.normal() / Double(columns).squareRoot()
    }
    return target
  }

  /// X = M Phi: M is Gaussian, and int(tau N) of its rows are columns of the basis Phi.
  private func makeMeasurements() -> DenseMatrix {
    let (coherent, normals) = drawMeasurements()
    let deviation = rowVariance.squareRoot()
    var mixing = DenseMatrix(rows: rows, columns: columns, values: normals.map { deviation * $0 })
    var basisSource = self.source(measurementSeed, .basis)
    let frame =
      basis == .haar
      ? DenseMatrix.haar(columns, from: &basisSource) : DenseMatrix.identity(columns)
    for (row, column) in coherent.enumerated() {
      for j in 0..<columns { mixing[row, j] = frame[j, column] }
    }
    return basis == .haar ? mixing.multiplied(by: frame) : mixing
  }

  /// The coherent columns and a standard normal number for each entry of M.
  ///
  /// Philox draws them from streams of their own, so that tau does not change the other rows. The
  /// authors draw the columns first, then the rows that are left.
  private func drawMeasurements() -> (coherent: [Int], normals: [Double]) {
    var source = source(measurementSeed, .measurements)
    switch generator {
    case .philox:
      var columnSource = self.source(measurementSeed, .coherentRows)
      return (coherentColumns(&columnSource), source.normals(rows * columns))
    case .mt19937:
      let coherent = coherentColumns(&source)
      let replaced = [Double](repeating: 0, count: coherent.count * columns)
      return (coherent, replaced + source.normals(rows * columns - replaced.count))
    }
  }

  /// The basis columns that replace the first rows of M.
  private func coherentColumns(_ source: inout any RandomSource) -> [Int] {
    let count = Int(tau * Double(rows))
    guard count > 0 else { return [] }
    switch coherentRows {
    case .first:
      return Array(0..<min(count, columns))
    case .random:
      var chosen = Array(source.permutation(columns).prefix(count))
      // More coherent rows than columns: all columns, then more with replacement.
      while chosen.count < count { chosen.append(source.permutation(columns)[0]) }
      return chosen
    }
  }

  private func source(_ seed: UInt32, _ purpose: RandomPurpose) -> any RandomSource {
    switch generator {
    case .philox: RandomStream(seed: seed, purpose: purpose)
    case .mt19937: MersenneTwister(seed: seed)
    }
  }
}
