// This file tests the nuclear-norm references: certificates, recovery, awkward data.

import BatchNumerics
import Testing
import Theory

@Suite struct NuclearNormTests {
  private func lowRank(_ rows: Int, _ columns: Int, rank: Int, seed: UInt32 = 5) -> DenseMatrix {
    var source = RandomStream(seed: seed, purpose: .leftFactor)
    let left = DenseMatrix(rows: rows, columns: rank, values: source.normals(rank * rows))
    let right = DenseMatrix(rows: rank, columns: columns, values: source.normals(rank * columns))
    return left.multiplied(by: right)
  }

  /// About `part` of the entries of a matrix.
  private func entries(_ matrix: DenseMatrix, part: Double, seed: UInt32 = 5) -> MatrixMeasurements
  {
    var source = RandomStream(seed: seed, purpose: .inputs)
    let places = matrix.values.indices.filter { _ in source.uniform() < part }
    return .entries(
      places.map {
        ObservedEntry(
          row: $0 / matrix.columns, column: $0 % matrix.columns, value: matrix.values[$0])
      })
  }

  private func rankOne(_ matrix: DenseMatrix, _ count: Int, seed: UInt32 = 5) -> MatrixMeasurements
  {
    var source = RandomStream(seed: seed, purpose: .inputs)
    let left = DenseMatrix(
      rows: count, columns: matrix.rows, values: source.normals(count * matrix.rows))
    let right = DenseMatrix(
      rows: count, columns: matrix.columns, values: source.normals(count * matrix.columns))
    let images = left.multiplied(by: matrix)
    let y = (0..<count).map { i in
      (0..<matrix.columns).reduce(0.0) { $0 + images[i, $1] * right[i, $1] }
    }
    return .rankOne(left: left, right: right, observations: y)
  }

  private func observations(_ measurements: MatrixMeasurements) -> [Double] {
    switch measurements {
    case .entries(let entries): entries.map(\.value)
    case .dense(_, let y): y
    }
  }

  /// M^T(v)
  private func transposed(
    _ measurements: MatrixMeasurements, _ v: [Double], _ rows: Int, _ columns: Int
  ) -> DenseMatrix {
    var result = DenseMatrix(rows: rows, columns: columns)
    switch measurements {
    case .entries(let entries):
      for (entry, value) in zip(entries, v) { result[entry.row, entry.column] = value }
    case .dense(let matrices, _):
      result.values = matrices.transposed.multiplied(by: v)
    }
    return result
  }

  private func apply(_ measurements: MatrixMeasurements, _ matrix: DenseMatrix) -> [Double] {
    switch measurements {
    case .entries(let entries): entries.map { matrix[$0.row, $0.column] }
    case .dense(let matrices, _): matrices.multiplied(by: matrix.values)
    }
  }

  /// What makes an interpolant one of least nuclear norm, from nothing but the data.
  private func expectOptimal(
    _ found: NuclearSolution, _ measurements: MatrixMeasurements
  ) {
    let y = observations(measurements)
    let (rows, columns) = (found.matrix.rows, found.matrix.columns)
    let residual = zip(apply(measurements, found.matrix), y).map { $0 - $1 }
    #expect(euclideanNorm(residual) <= 1e-9 * euclideanNorm(y))
    let slope = SingularValueDecomposition(transposed(measurements, found.dual, rows, columns))
    #expect((slope.values.first ?? 0) <= 1 + 1e-12)
    let primal = SingularValueDecomposition(found.matrix).values.reduce(0, +)
    let dual = zip(y, found.dual).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(primal - dual) <= 1e-8 * primal, "\(primal) \(dual) \(found.iterations)")
    #expect(found.isCertified, "\(found.relativeGap) after \(found.iterations)")
  }

  @Test(arguments: [
    (1, 1, 0.9), (1, 6, 0.5), (8, 1, 0.5), (6, 6, 0.6), (12, 7, 0.5), (20, 20, 0.6),
  ])
  func completionsHaveACertificate(rows: Int, columns: Int, part: Double) throws {
    for seed in 1...UInt32(4) {
      let target = lowRank(rows, columns, rank: min(2, rows, columns), seed: seed)
      let seen = entries(target, part: part, seed: seed)
      expectOptimal(
        try NuclearNormInterpolation.solve(seen, rows: rows, columns: columns), seen)
    }
  }

  @Test(arguments: [(1, 5, 3), (6, 6, 12), (9, 7, 30), (5, 5, 25), (4, 5, 26)])
  func rankOneMeasurementsHaveACertificate(rows: Int, columns: Int, count: Int) throws {
    for seed in 1...UInt32(3) {
      let target = lowRank(rows, columns, rank: 1, seed: seed)
      let seen = rankOne(target, count, seed: seed)
      expectOptimal(
        try NuclearNormInterpolation.solve(seen, rows: rows, columns: columns), seen)
    }
  }

  @Test func enoughEntriesRecoverTheTarget() throws {
    let target = lowRank(20, 20, rank: 1)
    for seen in [entries(target, part: 0.6), rankOne(target, 150)] {
      let found = try NuclearNormInterpolation.solve(seen, rows: 20, columns: 20)
      #expect(zip(found.matrix.values, target.values).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }

  /// With every entry observed the minimiser is the target with its singular values shrunk.
  @Test func allEntriesGiveSoftThresholding() throws {
    let target = lowRank(8, 6, rank: 2)
    let found = try NuclearNormLeastSquares.solve(
      entries(target, part: 2), rows: 8, columns: 6, beta: 0.25)
    let sizes = SingularValueDecomposition(target).values
    #expect(abs(found.nuclearNorm - sizes.map { max(0, $0 - 0.25) }.reduce(0, +)) < 1e-8)
    #expect(abs(found.residual - (2 * 0.25 * 0.25).squareRoot()) < 1e-8)
    #expect(found.isCertified && abs(found.dualNorm - 1) < 1e-8)
  }

  /// -G = M^T(y - M(A)) is beta times a subgradient: of spectral norm beta, <-G, A> = beta |A|_*.
  @Test(arguments: [(1, 1), (1, 6), (8, 1), (9, 9), (12, 7)], [10, 1, 0.05])
  func leastSquaresHaveACertificate(shape: (Int, Int), beta: Double) throws {
    let target = lowRank(shape.0, shape.1, rank: 1)
    let size = shape.0 * shape.1
    for seen in [entries(target, part: 0.6), rankOne(target, max(1, size / 2))] {
      let found = try NuclearNormLeastSquares.solve(
        seen, rows: shape.0, columns: shape.1, beta: beta, tolerance: 1e-10)
      #expect(found.isCertified, "\(found.relativeGap) after \(found.iterations)")
      let residual = zip(observations(seen), apply(seen, found.matrix)).map { $0 - $1 }
      let slope = transposed(seen, residual, shape.0, shape.1)
      let norm = SingularValueDecomposition(slope).values.first ?? 0
      #expect(norm <= beta * (1 + 1e-4))
      let inner = zip(slope.values, found.matrix.values).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(inner - beta * found.nuclearNorm) <= 1e-4 * beta * found.nuclearNorm + 1e-12)
    }
  }

  /// An entry seen three times counts as three observations.
  @Test func weightsCount() throws {
    let seen = MatrixMeasurements.entries([ObservedEntry(row: 0, column: 0, weight: 3, value: 2)])
    let found = try NuclearNormLeastSquares.solve(seen, rows: 1, columns: 1, beta: 1.5)
    #expect(abs(found.matrix[0, 0] - 1.5) < 1e-8)
    #expect(found.isCertified)
  }

  @Test func nothingSeenOrAllZeroGivesZero() throws {
    for seen in [
      MatrixMeasurements.entries([]), entries(DenseMatrix(rows: 4, columns: 5), part: 2),
    ] {
      let least = try NuclearNormInterpolation.solve(seen, rows: 4, columns: 5)
      let squares = try NuclearNormLeastSquares.solve(seen, rows: 4, columns: 5, beta: 1)
      for found in [least, squares] {
        #expect(found.objective == 0 && found.gap == 0 && found.isCertified)
        #expect(found.matrix == DenseMatrix(rows: 4, columns: 5))
      }
    }
  }

  @Test func unusableDataGivesTypedErrors() {
    let one = MatrixMeasurements.entries([ObservedEntry(row: 0, column: 0, value: .nan)])
    #expect(throws: ConvexError.value("entries must be finite")) {
      try NuclearNormInterpolation.solve(one, rows: 2, columns: 2)
    }
    let far = MatrixMeasurements.entries([ObservedEntry(row: 2, column: 0, value: 1)])
    #expect(throws: ConvexError.self) {
      try NuclearNormInterpolation.solve(far, rows: 2, columns: 2)
    }
    let twice = MatrixMeasurements.entries([
      ObservedEntry(row: 0, column: 0, value: 1), ObservedEntry(row: 0, column: 0, value: 1),
    ])
    #expect(throws: ConvexError.self) {
      try NuclearNormLeastSquares.solve(twice, rows: 2, columns: 2, beta: 1)
    }
    let clash = MatrixMeasurements.dense(
      DenseMatrix(rows: 2, columns: 4, values: [1, 2, 3, 4, 1, 2, 3, 4]), observations: [1, 2])
    #expect {
      try NuclearNormInterpolation.solve(clash, rows: 2, columns: 2)
    } throws: { error in
      guard case .infeasible = error as? ConvexError else { return false }
      return true
    }
    #expect(throws: ConvexError.self) {
      try NuclearNormLeastSquares.solve(clash, rows: 2, columns: 3, beta: 1)
    }
    #expect(throws: ConvexError.self) {
      try NuclearNormLeastSquares.solve(clash, rows: 2, columns: 2, beta: 0)
    }
  }
}
