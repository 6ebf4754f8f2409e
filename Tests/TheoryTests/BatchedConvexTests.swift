// This file tests batches of convex problems on the reference and on devices: cvxpy's minimisers,
// the host's own, batches against single problems, awkward data.

import BatchNumerics
import Testing
import Theory

@Suite struct BatchedConvexTests {
  // MARK: - Minimisers of cvxpy

  @Test(arguments: ConvexBackend.all, ["pursuit-sparse", "pursuit-dense", "pursuit-noisy"])
  func basisPursuitMatchesGoldens(backend: ConvexBackend, name: String) throws {
    let golden = try ConvexGolden(name)
    let problem = try BasisPursuit.Instance(
      matrix: golden.design, observations: golden.observations, noise: golden.level)
    let found = try BasisPursuit.solve([problem], on: backend.operations())
    let solution = try #require(try found.first?.get())
    #expect(solution.isCertified && solution.method == .batch)
    golden.expectSame(solution.objective, solution.coefficients)
  }

  @Test(arguments: ConvexBackend.all) func lassoMatchesGoldens(backend: ConvexBackend) throws {
    let golden = try ConvexGolden("lasso")
    let problem = try Lasso.Instance(
      matrix: golden.design, observations: golden.observations, gamma: golden.level)
    let found = try Lasso.solve([problem], on: backend.operations())
    let solution = try #require(try found.first?.get())
    #expect(solution.isCertified && solution.method == .batch)
    golden.expectSame(solution.objective, solution.coefficients)
  }

  @Test(arguments: ConvexBackend.all, ["completion", "rank-one"])
  func nuclearInterpolationMatchesGoldens(backend: ConvexBackend, name: String) throws {
    let golden = try ConvexGolden(name)
    let problem = try NuclearNormInterpolation.Instance(
      measurements: golden.measurements, rows: golden.rows, columns: golden.columns)
    let found = try NuclearNormInterpolation.solve(
      [problem], on: backend.operations(), tolerance: 1e-11)
    let solution = try #require(try found.first?.get())
    #expect(solution.isCertified)
    #expect(solution.method == (backend.precision == .f64 ? .batch : .splitting))
    golden.expectSame(solution.objective, solution.matrix.values)
  }

  @Test(arguments: ConvexBackend.all)
  func nuclearLeastSquaresMatchesGoldens(backend: ConvexBackend) throws {
    let golden = try ConvexGolden("regularised")
    let problem = try NuclearNormLeastSquares.Instance(
      measurements: golden.measurements, rows: golden.rows, columns: golden.columns,
      beta: golden.level)
    let found = try NuclearNormLeastSquares.solve(
      [problem], on: backend.operations(), tolerance: 1e-11)
    let solution = try #require(try found.first?.get())
    #expect(solution.isCertified)
    #expect(solution.method == (backend.precision == .f64 ? .batch : .descent))
    golden.expectSame(solution.objective, solution.matrix.values)
  }

  // MARK: - Minimisers of the host

  @Test(arguments: ConvexBackend.all) func pursuitsMatchTheHost(backend: ConvexBackend) throws {
    let problems = ConvexSamples.pursuits(65)
    let found = try BasisPursuit.solve(problems, on: backend.operations())
    expectSame(found, BasisPursuit.solve(problems))
    let methods = found.compactMap { try? $0.get().method }
    #expect(methods.filter { $0 == .batch }.count > 50, "\(methods)")
  }

  @Test(arguments: ConvexBackend.all) func lassosMatchTheHost(backend: ConvexBackend) throws {
    let problems = ConvexSamples.lassos(33)
    let found = try Lasso.solve(problems, on: backend.operations())
    expectSame(found, Lasso.solve(problems))
    let methods = found.compactMap { try? $0.get().method }
    #expect(methods.filter { $0 == .batch }.count > 25, "\(methods)")
  }

  private func expectSame(
    _ found: [Result<SparseSolution, ConvexError>],
    _ expected: [Result<SparseSolution, ConvexError>]
  ) {
    #expect(found.count == expected.count)
    for (own, host) in zip(found, expected) {
      guard case (.success(let own), .success(let host)) = (own, host) else {
        #expect(own == host)
        continue
      }
      #expect(own.isCertified && abs(own.objective - host.objective) <= 1e-8 * host.objective)
      let size = 1 + host.l1Norm
      #expect(zip(own.coefficients, host.coefficients).allSatisfy { abs($0 - $1) < 1e-7 * size })
    }
  }

  @Test(arguments: ConvexBackend.all) func completionsMatchTheHost(backend: ConvexBackend) throws {
    let problems = ConvexSamples.completions(17)
    let found = try NuclearNormInterpolation.solve(problems, on: backend.operations())
    expectSame(found, NuclearNormInterpolation.solve(problems))
    let squares = ConvexSamples.regularised(17)
    let others = try NuclearNormLeastSquares.solve(squares, on: backend.operations())
    expectSame(others, NuclearNormLeastSquares.solve(squares))
    for result in backend.precision == .f64 ? found + others : [] {
      #expect(try result.get().method == .batch)
    }
  }

  private func expectSame(
    _ found: [Result<NuclearSolution, ConvexError>],
    _ expected: [Result<NuclearSolution, ConvexError>]
  ) {
    #expect(found.count == expected.count)
    for (own, host) in zip(found, expected) {
      guard case (.success(let own), .success(let host)) = (own, host) else {
        Issue.record("\(own) \(host)")
        continue
      }
      #expect(own.isCertified && abs(own.objective - host.objective) <= 1e-8 * host.objective)
      #expect(own.objective >= own.dualObjective - 1e-12 * host.objective)
    }
  }

  // MARK: - Batches

  /// A problem alone, and among others in another order, has the same bits.
  @Test(arguments: ConvexBackend.all) func pursuitsDoNotDependOnTheirBatch(
    backend: ConvexBackend
  ) throws {
    let operations = try backend.operations()
    let problems = ConvexSamples.pursuits(35)
    let found = try BasisPursuit.solve(problems, on: operations)
    let order = problems.indices.map { ($0 * 13 + 4) % problems.count }
    let shuffled = try BasisPursuit.solve(order.map { problems[$0] }, on: operations)
    #expect(shuffled == order.map { found[$0] })
    for index in stride(from: 0, to: problems.count, by: 3) {
      #expect(try BasisPursuit.solve([problems[index]], on: operations) == [found[index]])
    }
    let lassos = ConvexSamples.lassos(7)
    let together = try Lasso.solve(lassos, on: operations)
    for (lasso, result) in zip(lassos, together) {
      #expect(try Lasso.solve([lasso], on: operations) == [result])
    }
    #expect(try BasisPursuit.solve([], on: operations).isEmpty)
  }

  @Test(arguments: ConvexBackend.all) func completionsDoNotDependOnTheirBatch(
    backend: ConvexBackend
  ) throws {
    let operations = try backend.operations()
    func numbers(_ found: [Result<NuclearSolution, ConvexError>]) throws -> [[Double]] {
      try found.map { result in
        let solution = try result.get()
        return solution.matrix.values + solution.dual + [Double(solution.iterations)]
      }
    }
    let problems = ConvexSamples.completions(9)
    let found = try numbers(NuclearNormInterpolation.solve(problems, on: operations))
    let reversed = try numbers(NuclearNormInterpolation.solve(problems.reversed(), on: operations))
    #expect(reversed == found.reversed())
    let squares = ConvexSamples.regularised(9)
    let others = try numbers(NuclearNormLeastSquares.solve(squares, on: operations))
    for index in stride(from: 0, to: 9, by: 2) {
      let alone = try NuclearNormInterpolation.solve([problems[index]], on: operations)
      #expect(try numbers(alone) == [found[index]])
      let other = try NuclearNormLeastSquares.solve([squares[index]], on: operations)
      #expect(try numbers(other) == [others[index]])
    }
  }

  /// What is unusable has its own error, and the others their solutions.
  @Test(arguments: ConvexBackend.all) func unusableProblemsHarmNoOther(
    backend: ConvexBackend
  ) throws {
    let operations = try backend.operations()
    let good = ConvexSamples.pursuits(7)
    let row = DenseMatrix(rows: 2, columns: 3, values: [1, 2, 3, 1, 2, 3])
    var broken = row
    broken[0, 1] = .nan
    let bad: [BasisPursuit.Instance] = [
      .init(matrix: row, observations: [1, 3]), .init(matrix: broken, observations: [1, 1]),
      .init(matrix: row, observations: [1, .infinity]), .init(matrix: row, observations: [1]),
      .init(matrix: row, observations: [1, 1], noise: -1),
      .init(matrix: row, observations: [1, 3], noise: 1),
    ]
    let mixed = zip(good, bad).flatMap { [$0, $1] }
    let found = try BasisPursuit.solve(mixed, on: operations)
    let alone = try BasisPursuit.solve(good, on: operations)
    for (index, problem) in bad.enumerated() {
      #expect(found[2 * index] == alone[index])
      #expect(found[2 * index + 1] == BasisPursuit.solve([problem])[0])
      guard case .failure = found[2 * index + 1] else {
        Issue.record("\(index) has a solution")
        continue
      }
    }
    let zero = BasisPursuit.Instance(matrix: row, observations: [0, 0])
    #expect(try BasisPursuit.solve([zero], on: operations)[0].get().method == .zero)
  }

  @Test(arguments: ConvexBackend.all) func unusableMatricesHarmNoOther(
    backend: ConvexBackend
  ) throws {
    let good = ConvexSamples.completions(3)
    let clash = MatrixMeasurements.dense(
      DenseMatrix(rows: 2, columns: 4, values: [1, 2, 3, 4, 1, 2, 3, 4]), observations: [1, 2])
    let far = MatrixMeasurements.entries([ObservedEntry(row: 2, column: 0, value: 1)])
    let missing = MatrixMeasurements.entries([ObservedEntry(row: 0, column: 0, value: .nan)])
    let bad = [clash, far, missing].map {
      NuclearNormInterpolation.Instance(measurements: $0, rows: 2, columns: 2)
    }
    let found = try NuclearNormInterpolation.solve(
      zip(good, bad).flatMap { [$0, $1] }, on: backend.operations())
    for (index, result) in found.enumerated() {
      switch result {
      case .success(let solution): #expect(index % 2 == 0 && solution.isCertified)
      case .failure(let error):
        #expect(index % 2 == 1)
        if index == 1, case .infeasible = error { continue }
        #expect(index > 1, "\(error)")
      }
    }
    let none = NuclearNormLeastSquares.Instance(
      measurements: .entries([]), rows: 3, columns: 4, beta: 1)
    let free = NuclearNormLeastSquares.Instance(
      measurements: far, rows: 3, columns: 1, beta: 0)
    let others = try NuclearNormLeastSquares.solve([none, free], on: backend.operations())
    #expect(try others[0].get().objective == 0)
    #expect(throws: ConvexError.self) { try others[1].get() }
  }

  /// X of any size, y of any size.
  @Test(arguments: ConvexBackend.withDouble) func scaleDoesNotMatter(
    backend: ConvexBackend
  ) throws {
    let (x, y) = (BasisPursuitTests.design(10, 25), BasisPursuitTests.numbers(10))
    let plain = try BasisPursuit.solve(x, y)
    let scales: [(Double, Double)] = [(1e-6, 1), (1e6, 1e-3), (1, 1e8)]
    let problems = scales.map { a, b in
      BasisPursuit.Instance(
        matrix: DenseMatrix(rows: 10, columns: 25, values: x.values.map { $0 * a }),
        observations: y.map { $0 * b })
    }
    let found = try BasisPursuit.solve(problems, on: backend.operations())
    for ((a, b), result) in zip(scales, found) {
      let solution = try result.get()
      #expect(solution.method == .batch)
      #expect(abs(solution.objective * a / b - plain.objective) < 1e-9 * plain.objective)
    }
  }
}
