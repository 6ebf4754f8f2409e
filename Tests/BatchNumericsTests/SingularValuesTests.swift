// This file tests the singular value decomposition and the pseudo-inverse.

import BatchNumerics
import Foundation
import Testing
import _TestSupport

@Suite struct SingularValuesTests {
  /// Rows, columns, rank.
  static let shapes: [(rows: Int, columns: Int, rank: Int)] = [
    (1, 1, 1), (1, 7, 1), (7, 1, 1), (2, 2, 2), (5, 5, 5), (5, 5, 2), (13, 7, 7), (7, 13, 7),
    (13, 7, 3), (7, 13, 3), (30, 31, 30), (4, 4, 1),
  ]

  static func matrix(_ rows: Int, _ columns: Int, rank: Int) -> DenseMatrix {
    var source = RandomStream(seed: UInt32(rows * 100 + columns), purpose: .measurements)
    func gaussian(_ rows: Int, _ columns: Int) -> DenseMatrix {
      DenseMatrix(rows: rows, columns: columns, values: source.normals(rows * columns))
    }
    guard rank < min(rows, columns) else { return gaussian(rows, columns) }
    return gaussian(rows, rank).multiplied(by: gaussian(rank, columns))
  }

  @Test(arguments: shapes) func factorsReconstructTheMatrix(
    rows: Int, columns: Int, rank: Int
  ) {
    let matrix = Self.matrix(rows, columns, rank: rank)
    let svd = SingularValueDecomposition(matrix)
    let count = min(rows, columns)
    #expect((svd.left.rows, svd.left.columns) == (rows, count))
    #expect((svd.right.rows, svd.right.columns) == (columns, count))
    #expect(svd.values.count == count && svd.rank == rank)
    #expect(svd.values == svd.values.sorted(by: >) && svd.values.allSatisfy { $0 >= 0 })

    let rule = Tolerance.factorization(size: max(rows, columns), norm: svd.values[0])
    var scaled = svd.left
    for i in 0..<rows {
      for k in 0..<count { scaled[i, k] *= svd.values[k] }
    }
    let product = scaled.multiplied(by: svd.right.transposed)
    #expect(rule.mismatch(product.values, matrix.values) == nil)
  }

  @Test(arguments: shapes) func singularVectorsAreOrthonormal(
    rows: Int, columns: Int, rank: Int
  ) {
    let svd = SingularValueDecomposition(Self.matrix(rows, columns, rank: rank))
    let rule = Tolerance.factorization(size: max(rows, columns), norm: 1)
    for factor in [svd.left, svd.right] {
      let gram = factor.transposed.multiplied(by: factor)
      for p in 0..<rank {
        for q in 0..<rank { #expect(rule.mismatch(gram[p, q], p == q ? 1 : 0) == nil) }
      }
    }
  }

  /// A A+ A = A, A+ A A+ = A+, and A A+ and A+ A are symmetric.
  @Test(arguments: shapes) func pseudoInverseMeetsMoorePenrose(
    rows: Int, columns: Int, rank: Int
  ) {
    let a = Self.matrix(rows, columns, rank: rank)
    let svd = SingularValueDecomposition(a)
    let inverse = svd.pseudoInverse
    #expect((inverse.rows, inverse.columns) == (columns, rows))
    let (largest, smallest) = (svd.values[0], svd.values[rank - 1])
    let condition = largest / smallest
    let size = max(rows, columns)
    let left = a.multiplied(by: inverse)
    let right = inverse.multiplied(by: a)
    let one = Tolerance.factorization(size: size, norm: condition)
    #expect(one.mismatch(left.values, left.transposed.values) == nil)
    #expect(one.mismatch(right.values, right.transposed.values) == nil)
    let forward = Tolerance.factorization(size: size, norm: condition * largest)
    #expect(forward.mismatch(left.multiplied(by: a).values, a.values) == nil)
    let backward = Tolerance.factorization(size: size, norm: condition / smallest)
    #expect(backward.mismatch(right.multiplied(by: inverse).values, inverse.values) == nil)
  }

  @Test func knownFactorisations() {
    let rule = Tolerance.factorization(size: 3, norm: 10)
    let symmetric = DenseMatrix(rows: 2, columns: 2, values: [3, 0, 4, 5])
    let values = SingularValueDecomposition(symmetric).values
    let roots = [45.0, 5.0].map { $0.squareRoot() }
    #expect(rule.mismatch(values, roots) == nil)
    let diagonal = DenseMatrix(rows: 3, columns: 3, values: [0, 0, -2, 7, 0, 0, 0, 0, 0])
    #expect(rule.mismatch(SingularValueDecomposition(diagonal).values, [7, 2, 0]) == nil)
    let row = DenseMatrix(rows: 1, columns: 2, values: [3, 4])
    #expect(rule.mismatch(SingularValueDecomposition(row).values, [5]) == nil)
    #expect(
      rule.mismatch(SingularValueDecomposition(row).pseudoInverse.values, [0.12, 0.16]) == nil)
    let scalar = SingularValueDecomposition(DenseMatrix(rows: 1, columns: 1, values: [-4]))
    #expect(scalar.values == [4] && scalar.pseudoInverse.values == [-0.25])
  }

  @Test(arguments: [(1, 1), (3, 2), (2, 3)]) func zeroMatrix(rows: Int, columns: Int) {
    let svd = SingularValueDecomposition(DenseMatrix(rows: rows, columns: columns))
    #expect(svd.rank == 0 && svd.values.allSatisfy { $0 == 0 })
    #expect(svd.pseudoInverse == DenseMatrix(rows: columns, columns: rows))
  }

  /// Squares of the entries leave the normal numbers' range long before the entries do.
  @Test(arguments: [1e-120, 1, 1e120]) func scaleDoesNotMatter(_ scale: Double) {
    let matrix = Self.matrix(5, 4, rank: 4)
    let scaled = DenseMatrix(rows: 5, columns: 4, values: matrix.values.map { $0 * scale })
    let expected = SingularValueDecomposition(matrix).values
    let values = SingularValueDecomposition(scaled).values.map { $0 / scale }
    #expect(Tolerance.factorization(size: 5, norm: expected[0]).mismatch(values, expected) == nil)
  }
}
