// This file tests basis pursuit: certificates, recovery, awkward data, and batches.

import BatchNumerics
import Testing
import Theory

@Suite struct BasisPursuitTests {
  static func design(_ rows: Int, _ columns: Int, seed: UInt32 = 3) -> DenseMatrix {
    var source = RandomStream(seed: seed, purpose: .inputs)
    return DenseMatrix(rows: rows, columns: columns, values: source.normals(rows * columns))
  }

  static func numbers(_ count: Int, seed: UInt32 = 3) -> [Double] {
    var source = RandomStream(seed: seed, purpose: .signal)
    return source.normals(count)
  }

  private func sparse(_ count: Int, _ support: Int, seed: UInt32 = 3) -> [Double] {
    var source = RandomStream(seed: seed, purpose: .signal)
    let places = Set(source.permutation(count).prefix(support))
    let values = source.normals(count)
    return (0..<count).map { places.contains($0) ? values[$0] : 0 }
  }

  /// What makes a solution one, from nothing but the data: a within the constraint, nu feasible,
  /// and objectives that agree.
  private func expectOptimal(
    _ found: SparseSolution, _ x: DenseMatrix, _ y: [Double], noise: Double = 0
  ) {
    let size = euclideanNorm(y)
    let residual = zip(x.multiplied(by: found.coefficients), y).map { $0 - $1 }
    #expect(euclideanNorm(residual) <= noise + 1e-8 * size)
    let slopes = x.transposed.multiplied(by: found.dual)
    #expect((slopes.map(abs).max() ?? 0) <= 1 + 1e-12)
    let dual = zip(y, found.dual).reduce(0) { $0 + $1.0 * $1.1 } - noise * euclideanNorm(found.dual)
    let primal = found.coefficients.reduce(0) { $0 + abs($1) }
    #expect(abs(primal - dual) <= 1e-8 * primal, "\(found.method) \(primal) \(dual)")
    for (value, slope) in zip(found.coefficients, slopes) where abs(value) > 1e-6 * primal {
      #expect(abs(slope - (value < 0 ? -1 : 1)) < 1e-5)
    }
    #expect(found.isCertified, "\(found.method) \(found.iterations) \(found.relativeGap)")
  }

  static let shapes = [
    (1, 1), (1, 7), (2, 3), (5, 5), (7, 33), (15, 30), (9, 1), (20, 8), (31, 64), (50, 100),
  ]

  @Test(arguments: shapes)
  func randomObservationsHaveACertificate(rows: Int, columns: Int) throws {
    for seed in 1...UInt32(20) {
      let x = Self.design(rows, columns, seed: seed)
      let target = Self.numbers(columns, seed: seed)
      let y = rows < columns ? Self.numbers(rows, seed: seed) : x.multiplied(by: target)
      let found = try BasisPursuit.solve(x, y)
      expectOptimal(found, x, y)
      #expect(found.method == .path)
    }
  }

  @Test(arguments: shapes, [0.01, 0.3, 0.9])
  func noisyObservationsHaveACertificate(shape: (Int, Int), part: Double) throws {
    for seed in 1...UInt32(5) {
      let x = Self.design(shape.0, shape.1, seed: seed)
      let y = x.multiplied(by: Self.numbers(shape.1, seed: seed))
      let noise = part * euclideanNorm(y)
      expectOptimal(try BasisPursuit.solve(x, y, noise: noise), x, y, noise: noise)
    }
  }

  @Test func sparseTargetsAreRecovered() throws {
    for seed in 1...UInt32(20) {
      let (x, target) = (Self.design(50, 100, seed: seed), sparse(100, 8, seed: seed))
      let y = x.multiplied(by: target)
      let found = try BasisPursuit.solve(x, y)
      expectOptimal(found, x, y)
      #expect(zip(found.coefficients, target).allSatisfy { abs($0 - $1) < 1e-10 })
      #expect(found.method == .path)
    }
  }

  /// Signs as data: inner products are small integers, so that many columns tie.
  @Test(arguments: [(8, 20), (16, 40), (30, 60)])
  func tiesAreResolved(rows: Int, columns: Int) throws {
    for seed in 1...UInt32(10) {
      var x = Self.design(rows, columns, seed: seed)
      x.values = x.values.map { $0 < 0 ? -1 : 1 }
      let target = sparse(columns, 4, seed: seed).map { $0 == 0 ? 0 : $0 < 0 ? -1.0 : 1 }
      let y = x.multiplied(by: target)
      expectOptimal(try BasisPursuit.solve(x, y), x, y)
    }
  }

  @Test(arguments: [0, 0.2])
  func dependentRowsAndColumns(part: Double) throws {
    for seed in 1...UInt32(10) {
      let x = Self.design(12, 4, seed: seed).multiplied(by: Self.design(4, 25, seed: seed + 100))
      let y = x.multiplied(by: sparse(25, 6, seed: seed))
      let noise = part * euclideanNorm(y)
      expectOptimal(try BasisPursuit.solve(x, y, noise: noise), x, y, noise: noise)
      // Every column twice, once of opposite sign.
      let half = Self.design(10, 12, seed: seed)
      var twice = DenseMatrix(rows: 10, columns: 24)
      for i in 0..<10 {
        for j in 0..<12 { (twice[i, j], twice[i, j + 12]) = (half[i, j], -half[i, j]) }
      }
      let z = Self.numbers(10, seed: seed)
      let level = part * euclideanNorm(z)
      expectOptimal(try BasisPursuit.solve(twice, z, noise: level), twice, z, noise: level)
    }
  }

  /// Columns of one length that all tie at the start, as in an orthonormal basis and its double.
  @Test func structuredTies() throws {
    var x = DenseMatrix(rows: 6, columns: 12)
    for i in 0..<6 { (x[i, i], x[i, i + 6]) = (1, i % 2 == 0 ? 1 : -1) }
    let y = [Double](repeating: 1, count: 6)
    let found = try BasisPursuit.solve(x, y)
    expectOptimal(found, x, y)
    #expect(abs(found.objective - 6) < 1e-9)
  }

  /// Splitting, which shares only the polishing with the path, ends at the same minimiser.
  @Test(arguments: [(1, 7), (5, 5), (15, 30), (20, 8), (25, 60)], [0, 0.2])
  func splittingAgreesWithThePath(shape: (Int, Int), part: Double) throws {
    for seed in 1...UInt32(5) {
      let x = Self.design(shape.0, shape.1, seed: seed)
      let y = x.multiplied(by: Self.numbers(shape.1, seed: seed))
      let noise = part * euclideanNorm(y)
      let path = try BasisPursuit.solve(x, y, noise: noise)
      let found = try BasisPursuit.solve(x, y, noise: noise, method: .splitting)
      expectOptimal(found, x, y, noise: noise)
      #expect(path.method == .path && found.method == .splitting)
      #expect(zip(found.coefficients, path.coefficients).allSatisfy { abs($0 - $1) < 1e-7 })
    }
  }

  @Test(arguments: [0, 0.2])
  func splittingResolvesTiesAndDependence(part: Double) throws {
    for seed in 1...UInt32(5) {
      var signs = Self.design(16, 40, seed: seed)
      signs.values = signs.values.map { $0 < 0 ? -1 : 1 }
      let low = Self.design(12, 4, seed: seed).multiplied(by: Self.design(4, 25, seed: seed + 9))
      for x in [signs, low] {
        let y = x.multiplied(by: sparse(x.columns, 4, seed: seed))
        let noise = part * euclideanNorm(y)
        let found = try BasisPursuit.solve(x, y, noise: noise, method: .splitting)
        expectOptimal(found, x, y, noise: noise)
      }
    }
  }

  @Test func scaleDoesNotMatter() throws {
    let (x, y) = (Self.design(10, 25), Self.numbers(10))
    let plain = try BasisPursuit.solve(x, y)
    for (a, b) in [(1e-6, 1.0), (1e6, 1e-3), (1, 1e8)] {
      let scaled = DenseMatrix(rows: 10, columns: 25, values: x.values.map { $0 * a })
      let found = try BasisPursuit.solve(scaled, y.map { $0 * b })
      #expect(found.isCertified)
      #expect(abs(found.objective * a / b - plain.objective) < 1e-9 * plain.objective)
    }
  }

  @Test func zeroIsTheSolutionWhereItMay() throws {
    let x = Self.design(5, 9)
    let none = try BasisPursuit.solve(x, [Double](repeating: 0, count: 5))
    #expect(none.coefficients == [Double](repeating: 0, count: 9))
    #expect(none.objective == 0 && none.gap == 0 && none.method == .zero && none.isCertified)
    let y = Self.numbers(5)
    #expect(try BasisPursuit.solve(x, y, noise: 2 * euclideanNorm(y)).objective == 0)
  }

  @Test func unusableDataGivesTypedErrors() throws {
    let (x, y) = (Self.design(4, 6), Self.numbers(4))
    var broken = x
    broken[1, 2] = .nan
    #expect(throws: ConvexError.value("the matrix must be finite")) {
      try BasisPursuit.solve(broken, y)
    }
    #expect(throws: ConvexError.value("the observations must be finite")) {
      try BasisPursuit.solve(x, [1, 2, .infinity, 4])
    }
    #expect(throws: ConvexError.shape("4 rows, but 3 observations")) {
      try BasisPursuit.solve(x, [1, 2, 3])
    }
    #expect(throws: ConvexError.self) { try BasisPursuit.solve(x, y, noise: -1) }
    #expect(throws: ConvexError.self) { try BasisPursuit.solve(x, y, noise: .nan) }
    #expect(throws: ConvexError.self) {
      try BasisPursuit.solve(DenseMatrix(rows: 4, columns: 0), y)
    }
    // Two observations of the same thing that differ: the closest is half way.
    let row = DenseMatrix(rows: 2, columns: 3, values: [1, 2, 3, 1, 2, 3])
    #expect {
      try BasisPursuit.solve(row, [1, 3])
    } throws: { error in
      guard case .infeasible(let distance) = error as? ConvexError else { return false }
      return abs(distance - 2.0.squareRoot()) < 1e-12
    }
    #expect(throws: ConvexError.self) { try BasisPursuit.solve(row, [1, 3], noise: 1.3) }
    #expect(try BasisPursuit.solve(row, [1, 3], noise: 1.5).isCertified)
    #expect(throws: ConvexError.infeasible(distance: 1)) {
      try BasisPursuit.solve(DenseMatrix(rows: 1, columns: 2), [1])
    }
  }

  /// A batch of several shapes, errors among them, gives what each gives alone.
  @Test func batchesMatchSingleSolutionsBitForBit() throws {
    var instances: [BasisPursuit.Instance] = []
    for (index, shape) in (Self.shapes + Self.shapes).enumerated() {
      let x = Self.design(shape.0, shape.1, seed: UInt32(index + 1))
      let y = Self.numbers(shape.0, seed: UInt32(index + 1))
      instances.append(.init(matrix: x, observations: y, noise: index % 3 == 0 ? 0.5 : 0))
    }
    instances.append(.init(matrix: Self.design(3, 4), observations: [1, .nan, 2]))
    let results = BasisPursuit.solve(instances)
    #expect(results.count == instances.count)
    for (instance, result) in zip(instances, results) {
      let alone = Result { () throws(ConvexError) in try BasisPursuit.solve(instance) }
      #expect(alone == result)
    }
    #expect(BasisPursuit.solve([]).isEmpty)
  }
}
