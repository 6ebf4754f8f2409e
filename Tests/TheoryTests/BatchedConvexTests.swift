// This file tests batches of convex problems on devices.

import BatchNumerics
import Testing
import Theory

@Suite struct BatchedConvexTests {
  private static let pursuits = ["pursuit-sparse", "pursuit-dense", "pursuit-noisy"]

  @Test(arguments: ConvexBackend.all, pursuits)
  func basisPursuit(backend: ConvexBackend, name: String) throws {
    let golden = try ConvexGolden(name)
    let found = try BasisPursuit.solve(
      [
        .init(
          matrix: golden.design, observations: golden.observations, noise: golden.level)
      ], on: backend.operations())
    let solution = try #require(try found.first?.get())
    #expect(solution.isCertified && solution.method == .batch, "\(solution.method)")
    golden.expectSame(solution.objective, solution.coefficients)
    print(backend.testDescription, name, solution.iterations, solution.relativeGap)
  }

  @Test(arguments: ConvexBackend.all) func lasso(backend: ConvexBackend) throws {
    let golden = try ConvexGolden("lasso")
    let found = try Lasso.solve(
      [
        .init(
          matrix: golden.design, observations: golden.observations, gamma: golden.level)
      ], on: backend.operations())
    let solution = try #require(try found.first?.get())
    #expect(solution.isCertified && solution.method == .batch, "\(solution.method)")
    golden.expectSame(solution.objective, solution.coefficients)
    print(backend.testDescription, "lasso", solution.iterations, solution.relativeGap)
  }

  @Test(arguments: ConvexBackend.all, ["completion", "rank-one"])
  func nuclearInterpolation(backend: ConvexBackend, name: String) throws {
    let golden = try ConvexGolden(name)
    let found = try NuclearNormInterpolation.solve(
      [
        .init(
          measurements: golden.measurements, rows: golden.rows, columns: golden.columns)
      ], on: backend.operations(), tolerance: 1e-12)
    let solution = try #require(try found.first?.get())
    #expect(solution.isCertified)
    #expect(solution.method == (backend.precision == .f64 ? .batch : .splitting))
    golden.expectSame(solution.objective, solution.matrix.values)
    print(backend.testDescription, name, solution.iterations, solution.relativeGap)
  }

  @Test(arguments: ConvexBackend.all) func nuclearLeastSquares(backend: ConvexBackend) throws {
    let golden = try ConvexGolden("regularised")
    let found = try NuclearNormLeastSquares.solve(
      [
        .init(
          measurements: golden.measurements, rows: golden.rows, columns: golden.columns,
          beta: golden.level)
      ], on: backend.operations(), tolerance: 1e-12)
    let solution = try #require(try found.first?.get())
    #expect(solution.isCertified)
    #expect(solution.method == (backend.precision == .f64 ? .batch : .descent))
    golden.expectSame(solution.objective, solution.matrix.values)
    print(backend.testDescription, "regularised", solution.iterations, solution.relativeGap)
  }
}
