// This file compares the convex references with minimisers that cvxpy found (tools/theory-goldens).

import BatchNumerics
import Testing
import Theory

@Suite struct ConvexGoldenTests {
  @Test(arguments: ["pursuit-sparse", "pursuit-dense", "pursuit-noisy"])
  func basisPursuit(name: String) throws {
    let golden = try ConvexGolden(name)
    let found = try BasisPursuit.solve(golden.design, golden.observations, noise: golden.level)
    #expect(found.isCertified)
    golden.expectSame(found.objective, found.coefficients)
  }

  @Test func lasso() throws {
    let golden = try ConvexGolden("lasso")
    let found = try Lasso.solve(golden.design, golden.observations, gamma: golden.level)
    #expect(found.isCertified)
    golden.expectSame(found.objective, found.coefficients)
  }

  @Test(arguments: ["completion", "rank-one"])
  func nuclearInterpolation(name: String) throws {
    let golden = try ConvexGolden(name)
    let found = try NuclearNormInterpolation.solve(
      golden.measurements, rows: golden.rows, columns: golden.columns, tolerance: 1e-12)
    #expect(found.isCertified, "\(found.relativeGap) after \(found.iterations)")
    golden.expectSame(found.objective, found.matrix.values)
  }

  @Test func nuclearLeastSquares() throws {
    let golden = try ConvexGolden("regularised")
    let found = try NuclearNormLeastSquares.solve(
      golden.measurements, rows: golden.rows, columns: golden.columns, beta: golden.level,
      tolerance: 1e-12)
    #expect(found.isCertified, "\(found.relativeGap) after \(found.iterations)")
    golden.expectSame(found.objective, found.matrix.values)
  }
}
