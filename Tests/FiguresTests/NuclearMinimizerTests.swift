// This file tests the convex solver that end points are compared with.

import BatchNumerics
import Figures
import Testing

@Suite struct NuclearMinimizerTests {
  /// A rank-2 matrix of which every place that `isObserved` says is known.
  private func problem(
    _ rows: Int, _ columns: Int, isSymmetric: Bool = false,
    _ isObserved: (Int, Int) -> Bool
  ) -> MatrixRecoveryProblem {
    var source = RandomStream(seed: 5, purpose: .leftFactor)
    let left = DenseMatrix(rows: rows, columns: 2, values: source.normals(2 * rows))
    let right = DenseMatrix(rows: columns, columns: 2, values: source.normals(2 * columns))
    let target = left.multiplied(by: (isSymmetric ? left : right).transposed)
    let places = (0..<(rows * columns)).filter { isObserved($0 / columns, $0 % columns) }
    return MatrixRecoveryProblem(
      rows: places.map { $0 / columns }, columns: places.map { $0 % columns },
      observations: places.map { target.values[$0] }, target: target)
  }

  private func scattered(_ i: Int, _ j: Int) -> Bool { (7 * i + 3 * j + i * j) % 5 < 3 }

  /// With every entry observed the minimiser is the target with its singular values shrunk.
  @Test func allEntriesGiveSoftThresholding() {
    let problem = problem(8, 6) { _, _ in true }
    let sizes = SingularValueDecomposition(problem.target).values
    let minimizer = NuclearMinimizer(problem, weight: 2, gamma: 0.5)
    let expected = sizes.map { max(0, $0 - 0.25) }
    #expect(abs(minimizer.nuclearNorm - expected.reduce(0, +)) < 1e-9)
    #expect(abs(minimizer.loss - 2 * 0.25 * 0.25) < 1e-9)
    #expect(abs(minimizer.dualNorm - 1) < 1e-9)
  }

  /// A gamma of at least |c y|_2 leaves nothing.
  @Test func aLargeGammaGivesZero() {
    let problem = problem(6, 6, scattered)
    let minimizer = NuclearMinimizer(problem, weight: 1, gamma: 1e3)
    #expect(minimizer.nuclearNorm == 0)
    #expect(minimizer.dualNorm < 1)
  }

  /// At the minimiser the gradient -G is gamma times a subgradient of the nuclear norm: of spectral
  /// norm 1, with <-G, W> = gamma |W|_*.
  @Test(arguments: [(1e-1, false), (1e-3, false), (1e-1, true), (1e-3, true)])
  func theOptimalityConditionsHold(gamma: Double, isSymmetric: Bool) {
    let problem = problem(9, 9, isSymmetric: isSymmetric, scattered)
    let minimizer = NuclearMinimizer(
      problem, weight: 2, gamma: gamma, isSymmetric: isSymmetric, tolerance: 1e-10)
    #expect(abs(minimizer.dualNorm - 1) < 1e-4, "\(minimizer.dualNorm)")
    let slope = problem.gradient(of: minimizer.matrix).gradient
    let product = -2 * zip(slope.values, minimizer.matrix.values).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(product / (gamma * minimizer.nuclearNorm) - 1) < 1e-4)
    if isSymmetric {
      let transposed = minimizer.matrix.transposed.values
      #expect(zip(minimizer.matrix.values, transposed).allSatisfy { abs($0 - $1) < 1e-9 })
    }
  }
}
