// This file tests the generated problems and starts of sparse recovery.

import BatchNumerics
import Experiments
import Testing
import _TestSupport

@Suite struct SparseRecoveryProblemTests {
  // MARK: - The authors' instance (notsawo.md, section 1.1)

  static let authors: [String: ParameterValue] = [
    "problem.n": .integer(100), "problem.N": .integer(30), "problem.s": .integer(5),
    "problem.generator": .text("mt19937"), "seed": .integer(1),
  ]

  @Test func authorsSignal() throws {
    let target = try Points.problem(Self.authors).target
    #expect(target.indices.filter { target[$0] != 0 } == [33, 80, 81, 84, 93])
    let expected = [0.09596368, 0.01080866, -0.01273031, 0.10152629, 0.06985542]
    let rule = Tolerance.printed(decimals: 8)
    #expect(rule.mismatch([33, 80, 81, 84, 93].map { target[$0] }, expected) == nil)
    #expect(rule.mismatch(euclideanNorm(target), 0.15708368) == nil)
    #expect(rule.mismatch(target.map { abs($0) }.reduce(0, +), 0.29088436) == nil)
  }

  @Test func authorsSignalWithOneComponent() throws {
    let changes = Self.authors.merging(["problem.s": .integer(1)]) { $1 }
    let target = try Points.problem(changes).target
    #expect(target.indices.filter { target[$0] != 0 } == [80])
    #expect(Tolerance.printed(decimals: 8).mismatch(target[80], 0.01080866) == nil)
  }

  @Test func authorsMeasurements() throws {
    let problem = try Points.problem(Self.authors)
    let corner = (0..<4).map { problem.measurements[0, $0] }
    let expected = [0.29656353, -0.11169093, -0.09643053, -0.19589637]
    #expect(Tolerance.printed(decimals: 8).mismatch(corner, expected) == nil)
    let svd = SingularValueDecomposition(problem.measurements)
    let analysis = SparseRecoveryAnalysis(problem)
    let rule = Tolerance.printed(decimals: 6)
    #expect(rule.mismatch(euclideanNorm(problem.measurements.values), 9.950113) == nil)
    // sigma_k are the eigenvalues of X^T X.
    #expect(rule.mismatch(analysis.largestEigenvalue, 7.119564) == nil)
    let smallest = svd.values[29]
    #expect(rule.mismatch(smallest * smallest, 0.733534) == nil)
    #expect(rule.mismatch(analysis.largestLearningRate(l2: 0), 0.280916) == nil)
    #expect(rule.mismatch(analysis.gap, 0.069548) == nil)
    let error = zip(analysis.leastSquares, problem.target).map { $0 - $1 }
    let relative = euclideanNorm(error) / euclideanNorm(problem.target)
    #expect(Tolerance.printed(decimals: 5).mismatch(relative, 0.84495) == nil)
    let back = problem.measurements.transposed.multiplied(by: problem.observations)
    let largest = back.map { abs($0) }.max() ?? 0
    #expect(Tolerance.printed(decimals: 5).mismatch(largest, 0.09264) == nil)
  }

  /// numpy.random: seed(3), choice(100, 3, replace=False), randn(27, 100) / sqrt(30).
  @Test func authorsCoherentMeasurements() throws {
    let changes: [String: ParameterValue] = [
      "problem.tau": .number(0.1), "problem.measurement_seed": .integer(3),
    ]
    let matrix = try Points.problem(Self.authors.merging(changes) { $1 }).measurements
    #expect(ones(matrix, 3) == [93, 67, 6])
    let rule = Tolerance.printed(decimals: 8)
    let drawn = (0..<3).map { matrix[3, $0] } + (97..<100).map { matrix[29, $0] }
    let expected = [-0.03604282, 0.32400437, -0.12318783, 0.24632857, -0.13879776, 0.14161857]
    #expect(rule.mismatch(drawn, expected) == nil)
    // Without coherent rows the draws are those of the whole matrix; the signal is always the same.
    let none = try Points.problem(Self.authors.merging(["problem.tau": .number(0.03)]) { $1 })
    #expect(none.measurements == (try Points.problem(Self.authors).measurements))
  }

  // MARK: - The package's own stream

  @Test func signalHasSComponents() throws {
    for s in [1, 3, 20] {
      let target = try Points.problem(["problem.s": .integer(s)]).target
      #expect(target.count == 20 && target.count { $0 != 0 } == s)
    }
  }

  @Test func observationsWithoutNoiseAreExact() throws {
    let problem = try Points.problem()
    #expect(problem.observations == problem.measurements.multiplied(by: problem.target))
  }

  @Test func rowVarianceScalesTheSameDraws() throws {
    let perRow = try Points.problem().measurements.values
    let cases: [(ParameterValue, Double)] = [(.text("1/n"), 0.05), (.number(4), 4)]
    for (value, variance) in cases {
      let scaled = try Points.problem([
        "problem.row_variance": value, "unsafe_step": .boolean(true),
      ]).measurements.values
      let factor = (variance / 0.1).squareRoot()
      let rule = Tolerance.sum(.f64, terms: 2)
      #expect(rule.mismatch(scaled, perRow.map { $0 * factor }) == nil)
    }
    let squares = perRow.map { $0 * $0 }.reduce(0, +) / 200
    let rule = Tolerance.mean(of: 200, deviation: 0.1 * 2.0.squareRoot())
    #expect(rule.mismatch(squares, 0.1) == nil)
  }

  /// E |noise|^2 = E |a*|^2 / snr = s / (n snr), over all N entries together.
  @Test func noiseHasTheEnergyOfTheRatio() throws {
    let repetitions = 300
    let expected = 3.0 / 20 / 4
    var sum = 0.0
    for seed in 0..<repetitions {
      let problem = try Points.problem(["problem.snr": .number(4), "seed": .integer(seed)])
      let clean = problem.measurements.multiplied(by: problem.target)
      sum += zip(problem.observations, clean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    let rule = Tolerance.mean(of: repetitions, deviation: expected * 0.2.squareRoot())
    #expect(rule.mismatch(sum / Double(repetitions), expected) == nil)
  }

  @Test func seedsOfSignalAndMeasurementsAreIndependent() throws {
    let base = try Points.problem()
    let signal = try Points.problem(["problem.signal_seed": .integer(9)])
    #expect(signal.measurements == base.measurements && signal.target != base.target)
    let measured = try Points.problem(["problem.measurement_seed": .integer(9)])
    #expect(measured.measurements != base.measurements && measured.target == base.target)
    let explicit = try Points.problem([
      "problem.signal_seed": .integer(1), "problem.measurement_seed": .integer(1),
    ])
    #expect(explicit.measurements == base.measurements && explicit.target == base.target)
  }

  // MARK: - Coherence

  /// Column of the single one in each of the first `count` rows.
  func ones(_ matrix: DenseMatrix, _ count: Int) -> [Int?] {
    (0..<count).map { row in
      let entries = (0..<matrix.columns).filter { abs(matrix[row, $0]) > 0.5 }
      return entries.count == 1 ? entries[0] : nil
    }
  }

  @Test func tauTakesColumnsOfTheBasis() throws {
    let random = try Points.problem(["problem.tau": .number(0.5)]).measurements
    let columns = ones(random, 10).prefix(5).compactMap { $0 }
    #expect(Set(columns).count == 5)
    #expect((5..<10).allSatisfy { row in (0..<20).allSatisfy { random[row, $0] != 0 } })
    let first = try Points.problem([
      "problem.tau": .number(0.5), "problem.coherent_rows": .text("first"),
    ]).measurements
    #expect(ones(first, 5) == [0, 1, 2, 3, 4])
    let none = try Points.problem(["problem.tau": .number(0.09)]).measurements
    #expect(none == (try Points.problem().measurements))
  }

  @Test func moreCoherentRowsThanColumnsTakeAllColumns() throws {
    let matrix = try Points.problem([
      "problem.tau": .number(1), "problem.N": .integer(30),
    ]).measurements
    let columns = ones(matrix, 30).compactMap { $0 }
    #expect(columns.count == 30 && Set(columns.prefix(20)).count == 20)
  }

  /// X = M Phi: a row of M that is a column of Phi becomes a row of the identity, and the others
  /// keep their norms.
  @Test func haarBasisTurnsTheMeasurements() throws {
    let changes: [String: ParameterValue] = [
      "problem.tau": .number(0.3), "problem.coherent_rows": .text("first"),
      "problem.basis": .text("haar"),
    ]
    let turned = try Points.problem(changes).measurements
    let plain = try Points.problem(changes.merging(["problem.basis": .text("identity")]) { $1 })
      .measurements
    let rule = Tolerance.factorization(size: 20, norm: 1)
    for row in 0..<10 {
      let (x, m) = ((0..<20).map { turned[row, $0] }, (0..<20).map { plain[row, $0] })
      #expect(rule.mismatch(euclideanNorm(x), euclideanNorm(m)) == nil)
      if row < 3 { #expect(rule.mismatch(x, m) == nil) } else { #expect(x != m) }
    }
  }

  // MARK: - Starts

  func start(_ kind: String, depth: Int, scale: Double = 0.5) throws -> [Double] {
    let batch = try Points.batch([
      "init.kind": .text(kind), "init.scale": .number(scale), "depth": .integer(depth),
    ])
    return batch.runs[0].initial
  }

  @Test func constantStarts() throws {
    #expect(try start("ones", depth: 2) == [Double](repeating: 0.5, count: 40))
    let neutral = try start("sign-neutral", depth: 3)
    #expect(neutral[..<40].allSatisfy { $0 == 0.5 } && neutral[40...].allSatisfy { $0 == 0 })
    #expect(neutral.count == 60)
    #expect(try start("sign-neutral", depth: 1) == [Double](repeating: 0, count: 20))
  }

  @Test func normalStartHasVarianceScaleSquaredOverN() throws {
    let start = try Points.batch([
      "init.kind": .text("normal"), "init.scale": .number(0.5), "depth": .integer(8),
      "problem.n": .integer(500),
    ]).runs[0].initial
    #expect(start.count == 4000)
    let scaled = start.map { $0 * $0 * 500 / 0.25 }
    let mean = scaled.reduce(0, +) / 4000
    let rule = Tolerance.mean(of: 4000, deviation: 2.0.squareRoot())
    #expect(rule.mismatch(mean, 1) == nil)
  }

  @Test(arguments: [1, 2, 3]) func leastSquaresStartMultipliesToTheSolution(_ depth: Int) throws {
    let factors = try start("least-squares", depth: depth)
    let solution = SparseRecoveryAnalysis(try Points.problem()).leastSquares
    let product = (0..<20).map { j in
      (0..<depth).reduce(1.0) { $0 * factors[$1 * 20 + j] }
    }
    let rule = Tolerance.sum(.f64, terms: 8)
    #expect(rule.mismatch(product, solution.map { 0.5 * $0 }) == nil)
  }
}
