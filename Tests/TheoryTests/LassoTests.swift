// This file tests the lasso: optimality, the gap, ties, and errors.

import BatchNumerics
import Testing
import Theory

@Suite struct LassoTests {
  private func design(_ rows: Int, _ columns: Int, seed: UInt32 = 3) -> DenseMatrix {
    BasisPursuitTests.design(rows, columns, seed: seed)
  }

  private func targets(_ count: Int) -> [Double] { BasisPursuitTests.numbers(count) }

  private func objective(
    _ x: DenseMatrix, _ y: [Double], _ w: [Double], _ weight: Double, _ gamma: Double
  ) -> Double {
    let squares = zip(x.multiplied(by: w), y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return weight * squares + gamma * w.reduce(0) { $0 + abs($1) }
  }

  /// With r = X w - y: 2 weight <x_k, r> is -gamma sign(w_k) where w_k is not zero, else at most gamma.
  private func expectOptimal(
    _ found: SparseSolution, _ x: DenseMatrix, _ y: [Double], _ weight: Double, _ gamma: Double
  ) {
    let w = found.coefficients
    let residual = zip(x.multiplied(by: w), y).map { $0 - $1 }
    let slopes = x.transposed.multiplied(by: residual).map { 2 * weight * $0 }
    for (slope, value) in zip(slopes, w) {
      if abs(value) > 1e-9 {
        #expect(abs(slope / gamma + (value < 0 ? -1 : 1)) < 1e-5, "\(value)")
      } else {
        #expect(abs(slope) < gamma * (1 + 1e-5))
      }
    }
    #expect(abs(found.objective - objective(x, y, w, weight, gamma)) <= 1e-12 * found.objective)
    #expect(abs(found.relativeGap) < 1e-9, "\(found.method) \(found.relativeGap)")
    #expect(found.isCertified)
  }

  /// Columns at right angles: X^T y shrunk by gamma / (2 weight), over the squared lengths.
  @Test(arguments: [(0.5, 0.3), (0.5, 1e-6), (2, 0.4)])
  func anOrthogonalDesignGivesSoftThresholding(weight: Double, gamma: Double) throws {
    var x = SingularValueDecomposition(design(9, 6)).left
    for i in 0..<9 { for k in 0..<6 { x[i, k] *= Double(k + 1) } }
    let y = targets(9)
    let found = try Lasso.solve(x, y, weight: weight, gamma: gamma)
    for (k, inner) in x.transposed.multiplied(by: y).enumerated() {
      let size = max(0, abs(inner) - gamma / (2 * weight)) / Double((k + 1) * (k + 1))
      #expect(abs(found.coefficients[k] - (inner < 0 ? -size : size)) < 1e-12, "\(k)")
    }
    #expect(found.isCertified)
  }

  @Test(arguments: [
    (20, 8, 1.0), (8, 20, 1), (8, 20, 1e-3), (12, 60, 0.1), (12, 60, 1e-4), (1, 1, 0.01),
    (1, 9, 0.01),
    (9, 1, 0.01), (7, 7, 0.01), (64, 200, 0.001),
  ])
  func theOptimalityConditionsHold(rows: Int, columns: Int, gamma: Double) throws {
    let (x, y, weight) = (design(rows, columns), targets(rows), 0.5 / Double(rows))
    let found = try Lasso.solve(x, y, weight: weight, gamma: gamma)
    expectOptimal(found, x, y, weight, gamma)
    #expect(found.method != .descent)
    #expect(found.coefficients.count { $0 != 0 } <= rows)
  }

  @Test(arguments: [3.0, 1, 0.1])
  func tiesAndDependence(gamma: Double) throws {
    for seed in 1...UInt32(10) {
      var signs = design(16, 40, seed: seed)
      signs.values = signs.values.map { $0 < 0 ? -1 : 1 }
      let target = (0..<40).map { $0 < 4 ? 1.0 : 0 }
      let y = signs.multiplied(by: target)
      expectOptimal(try Lasso.solve(signs, y, gamma: gamma), signs, y, 0.5, gamma)
      let low = design(12, 4, seed: seed).multiplied(by: design(4, 25, seed: seed + 100))
      let z = targets(12)
      expectOptimal(try Lasso.solve(low, z, gamma: gamma), low, z, 0.5, gamma)
    }
  }

  @Test func aLargeGammaGivesZero() throws {
    let (x, y) = (design(8, 20), targets(8))
    let largest = x.transposed.multiplied(by: y).map { 2 * abs($0) }.max() ?? 0
    let none = try Lasso.solve(x, y, weight: 1, gamma: 1.001 * largest)
    #expect(none.l1Norm == 0 && none.isCertified && none.method == .zero)
    #expect(try Lasso.solve(x, y, weight: 1, gamma: 0.99 * largest).l1Norm > 0)
    #expect(try Lasso.solve(x, [Double](repeating: 0, count: 8), gamma: 1).isCertified)
  }

  /// One sample: all weight goes to the largest feature, (|x| |y| - gamma / (2 weight)) / x^2.
  @Test func oneSampleUsesItsLargestFeature() throws {
    let x = DenseMatrix(rows: 1, columns: 4, values: [1, -3, 2, 0])
    let found = try Lasso.solve(x, [6], weight: 0.5, gamma: 1.5).coefficients
    #expect(found[0] == 0 && found[2] == 0 && found[3] == 0)
    #expect(abs(found[1] + (3 * 6 - 1.5) / 9) < 1e-12)
  }

  /// A tiny gamma gives what basis pursuit does.
  @Test func aTinyGammaFindsTheLeastInterpolant() throws {
    let (x, y) = (design(15, 30), targets(15))
    let pursuit = try BasisPursuit.solve(x, y)
    let found = try Lasso.solve(x, y, gamma: 1e-8)
    #expect(found.isCertified)
    #expect(zip(found.coefficients, pursuit.coefficients).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  /// Coordinate descent, which shares nothing with the path, ends at the same minimiser.
  @Test(arguments: [(20, 8, 1.0), (8, 20, 1), (12, 60, 0.1), (7, 7, 0.3)])
  func descentAgreesWithThePath(rows: Int, columns: Int, gamma: Double) throws {
    let (x, y) = (design(rows, columns), targets(rows))
    let path = try Lasso.solve(x, y, gamma: gamma)
    let found = try Lasso.solve(x, y, gamma: gamma, tolerance: 1e-12, method: .descent)
    expectOptimal(found, x, y, 0.5, gamma)
    #expect(path.method == .path && found.method == .descent)
    #expect(zip(found.coefficients, path.coefficients).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  /// Stopped early, the gap is an upper bound of how far the objective is from the least one.
  @Test func theGapBoundsTheExcess() throws {
    let (x, y, gamma) = (design(12, 60), targets(12), 1e-3)
    let best = try Lasso.solve(x, y, weight: 1, gamma: gamma)
    let rough = try Lasso.solve(x, y, weight: 1, gamma: gamma, method: .descent, sweeps: 10)
    #expect(rough.objective > best.objective * (1 + 1e-6))
    #expect(rough.gap >= rough.objective - best.objective)
    #expect(!rough.isCertified && best.relativeGap < 1e-10 && rough.relativeGap > 1e-6)
  }

  @Test func unusableDataGivesTypedErrors() {
    let (x, y) = (design(4, 6), targets(4))
    #expect(throws: ConvexError.self) { try Lasso.solve(x, y, gamma: 0) }
    #expect(throws: ConvexError.self) { try Lasso.solve(x, y, gamma: .nan) }
    #expect(throws: ConvexError.self) { try Lasso.solve(x, y, weight: 0, gamma: 1) }
    #expect(throws: ConvexError.self) { try Lasso.solve(x, [1, .nan, 2, 3], gamma: 1) }
    #expect(throws: ConvexError.shape("4 rows, but 1 observations")) {
      try Lasso.solve(x, [1], gamma: 1)
    }
  }
}
