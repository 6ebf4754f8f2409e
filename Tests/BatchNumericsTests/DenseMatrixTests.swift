// This file tests host matrices, the scaled norm and Haar-distributed orthogonal matrices.

import BatchNumerics
import Testing
import _TestSupport

@Suite struct DenseMatrixTests {
  static let matrix = DenseMatrix(rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 6])

  @Test func products() {
    let other = DenseMatrix(rows: 3, columns: 2, values: [1, -1, 0, 2, 3, 0])
    #expect(Self.matrix.multiplied(by: other).values == [10, 3, 22, 6])
    #expect(Self.matrix.multiplied(by: [1, 0, -1]) == [-2, -2])
    #expect(Self.matrix.transposed.values == [1, 4, 2, 5, 3, 6])
    #expect(Self.matrix.multiplied(by: .identity(3)) == Self.matrix)
    #expect(Self.matrix[1, 0] == 4)
  }

  @Test func euclideanNormNeitherOverflowsNorUnderflows() {
    let rule = Tolerance.sum(.f64, terms: 3, magnitude: 0)
    #expect(euclideanNorm([]) == 0)
    #expect(euclideanNorm([0, 0]) == 0)
    #expect(rule.mismatch(euclideanNorm([3, 0, -4]), 5) == nil)
    #expect(rule.mismatch(euclideanNorm([3e-200, 4e-200]), 5e-200) == nil)
    #expect(rule.mismatch(euclideanNorm([3e200, 4e200]), 5e200) == nil)
    #expect(euclideanNorm([1, .nan, 2]).isNaN)
    #expect(euclideanNorm([.infinity, 1]) == .infinity)
  }

  @Test(arguments: [1, 2, 7, 40]) func haarMatricesAreOrthogonal(_ size: Int) {
    var source = RandomStream(seed: 2, purpose: .basis)
    let frame = DenseMatrix.haar(size, from: &source)
    let rule = Tolerance.factorization(size: size, norm: 1)
    let gram = frame.transposed.multiplied(by: frame)
    #expect(rule.mismatch(gram.values, DenseMatrix.identity(size).values) == nil)
  }

  /// Under Haar measure every entry has mean 0 and variance 1/size, whatever its place; QR without
  /// the sign rule would make the diagonal of one sign.
  @Test func haarEntriesAreUnbiased() {
    let (size, repetitions) = (3, 4000)
    var source = RandomStream(seed: 8, purpose: .basis)
    var sums = [Double](repeating: 0, count: size * size)
    var squares = sums
    let rule = Tolerance.factorization(size: size, norm: 1)
    for _ in 0..<repetitions {
      let frame = DenseMatrix.haar(size, from: &source)
      // Nearly dependent draws occur among so many: they need the re-orthogonalisation.
      let gram = frame.transposed.multiplied(by: frame)
      #expect(rule.mismatch(gram.values, DenseMatrix.identity(size).values) == nil)
      for (i, value) in frame.values.enumerated() {
        sums[i] += value / Double(repetitions)
        squares[i] += value * value / Double(repetitions)
      }
    }
    let mean = Tolerance.mean(of: repetitions, deviation: (1 / Double(size)).squareRoot())
    #expect(mean.mismatch(sums, sums.map { _ in 0 }) == nil)
    // q^2 lies in [0, 1], so its deviation is at most 1/2.
    let variance = Tolerance.mean(of: repetitions, deviation: 0.5)
    #expect(variance.mismatch(squares, squares.map { _ in 1 / Double(size) }) == nil)
  }
}
