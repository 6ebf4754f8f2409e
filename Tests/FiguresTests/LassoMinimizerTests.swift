// This file tests the convex solver that the ends of diagonal nets are compared with.

import BatchNumerics
import Figures
import Testing

@Suite struct LassoMinimizerTests {
  private func design(_ rows: Int, _ columns: Int) -> DenseMatrix {
    var source = RandomStream(seed: 3, purpose: .inputs)
    return DenseMatrix(rows: rows, columns: columns, values: source.normals(rows * columns))
  }

  private func targets(_ count: Int) -> [Double] {
    var source = RandomStream(seed: 3, purpose: .signal)
    return source.normals(count)
  }

  private func objective(
    _ x: DenseMatrix, _ y: [Double], _ w: [Double], _ weight: Double, _ gamma: Double
  ) -> Double {
    let squares = zip(x.multiplied(by: w), y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return weight * squares + gamma * w.reduce(0) { $0 + abs($1) }
  }

  /// Columns at right angles: X^T y shrunk by gamma / (2 weight), over the squared lengths.
  @Test(arguments: [(0.5, 0.3), (0.5, 1e-6), (2, 0.4)])
  func anOrthogonalDesignGivesSoftThresholding(weight: Double, gamma: Double) {
    var x = SingularValueDecomposition(design(9, 6)).left
    for i in 0..<9 { for k in 0..<6 { x[i, k] *= Double(k + 1) } }
    let y = targets(9)
    let minimizer = LassoMinimizer(x, y, weight: weight, gamma: gamma)
    for (k, inner) in x.transposed.multiplied(by: y).enumerated() {
      let size = max(0, abs(inner) - gamma / (2 * weight)) / Double((k + 1) * (k + 1))
      let expected = inner < 0 ? -size : size
      #expect(abs(minimizer.predictor[k] - expected) < 1e-7, "\(k)")
    }
    #expect(minimizer.gap < 1e-10)
    let sum = minimizer.predictor.reduce(0) { $0 + abs($1) }
    #expect(minimizer.l1Norm == sum)
  }

  /// With r = X w - y: 2 weight <x_k, r> is -gamma sign(w_k) where w_k is not zero, else at most gamma.
  @Test(arguments: [(20, 8, 1.0), (8, 20, 1), (8, 20, 1e-3), (12, 60, 0.1), (12, 60, 1e-4)])
  func theOptimalityConditionsHold(rows: Int, columns: Int, gamma: Double) {
    let (x, y, weight) = (design(rows, columns), targets(rows), 0.5 / Double(rows))
    let minimizer = LassoMinimizer(x, y, weight: weight, gamma: gamma, tolerance: 1e-11)
    let w = minimizer.predictor
    let residual = zip(x.multiplied(by: w), y).map { $0 - $1 }
    let slopes = x.transposed.multiplied(by: residual).map { 2 * weight * $0 }
    for (slope, value) in zip(slopes, w) {
      if abs(value) > 1e-9 {
        #expect(abs(slope / gamma + (value < 0 ? -1 : 1)) < 1e-5, "\(value)")
      } else {
        #expect(abs(slope) < gamma * (1 + 1e-5))
      }
    }
    #expect(minimizer.gap < 1e-11 && minimizer.gap > -1e-12, "\(minimizer.gap)")
  }

  /// As many as there are samples at most, if the minimiser is unique.
  @Test func theMinimiserIsSparse() {
    let (x, y) = (design(12, 60), targets(12))
    let minimizer = LassoMinimizer(x, y, weight: 1, gamma: 1e-3)
    #expect(minimizer.predictor.count { $0 != 0 } <= 12)
  }

  @Test func aLargeGammaGivesZero() {
    let (x, y) = (design(8, 20), targets(8))
    let largest = x.transposed.multiplied(by: y).map { 2 * abs($0) }.max() ?? 0
    #expect(LassoMinimizer(x, y, weight: 1, gamma: 1.001 * largest).l1Norm == 0)
    #expect(LassoMinimizer(x, y, weight: 1, gamma: 0.99 * largest).l1Norm > 0)
  }

  /// One sample: all weight goes to the largest feature, (|x| |y| - gamma / (2 weight)) / x^2.
  @Test func oneSampleUsesItsLargestFeature() {
    let x = DenseMatrix(rows: 1, columns: 4, values: [1, -3, 2, 0])
    let minimizer = LassoMinimizer(x, [6], weight: 0.5, gamma: 1.5)
    #expect(minimizer.predictor[0] == 0 && minimizer.predictor[2] == 0)
    #expect(minimizer.predictor[3] == 0)
    #expect(abs(minimizer.predictor[1] + (3 * 6 - 1.5) / 9) < 1e-9)
  }

  /// A tiny gamma gives the interpolant of least l1 norm: the sparse target where samples suffice.
  @Test func aTinyGammaFindsASparseTarget() {
    let x = design(15, 30)
    let target = [1, -1] + [Double](repeating: 0, count: 28)
    let minimizer = LassoMinimizer(
      x, x.multiplied(by: target), weight: 0.5, gamma: 1e-7, tolerance: 1e-9)
    #expect(zip(minimizer.predictor, target).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(minimizer.l1Norm < 2)
  }

  /// Stopped early, the gap is an upper bound of how far the objective is from the least one.
  @Test func theGapBoundsTheExcess() {
    let (x, y, gamma) = (design(12, 60), targets(12), 1e-3)
    let best = LassoMinimizer(x, y, weight: 1, gamma: gamma, tolerance: 1e-13)
    let rough = LassoMinimizer(x, y, weight: 1, gamma: gamma, sweeps: 10)
    let (least, value) = (
      objective(x, y, best.predictor, 1, gamma), objective(x, y, rough.predictor, 1, gamma)
    )
    #expect(value > least * (1 + 1e-6))
    #expect(rough.gap >= (value - least) / value)
    #expect(best.gap < 1e-12 && rough.gap > 1e-6)
  }
}
