// This file tests singular values without vectors against the full decomposition.

import BatchNumerics
import Foundation
import Testing
import _TestSupport

@Suite struct BidiagonalValuesTests {
  static let shapes = [
    (1, 1), (1, 7), (7, 1), (2, 2), (3, 2), (5, 5), (8, 9), (10, 10), (12, 8), (8, 12), (31, 33),
    (64, 17),
  ]

  /// Both are off by a few eps of the largest value, times the root of the size.
  @Test(arguments: shapes) func agreesWithTheDecomposition(rows: Int, columns: Int) {
    for sample in MatrixSample.all(rows, columns) {
      let found = SingularValues.values(sample.matrix)
      let exact = sample.values ?? SingularValueDecomposition(sample.matrix).values
      #expect(found.count == min(rows, columns) && found == found.sorted(by: >))
      #expect(found.allSatisfy { $0 >= 0 })
      let rule = Tolerance(
        absolute: Tolerance.factorization(size: max(rows, columns), norm: exact[0]).absolute,
        relative: 0)
      expectNone(rule.mismatch(found, exact), "\(sample)")
      let sum = Tolerance(absolute: rule.absolute * Double(found.count), relative: 0)
      expectNone(sum.mismatch(SingularValues.sum(sample.matrix), exact.reduce(0, +)), "\(sample)")
    }
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity]) func notFinite(_ value: Double) {
    for place in 0..<6 {
      var values = [1.0, 2, 3, 4, 5, 6]
      values[place] = value
      let matrix = DenseMatrix(rows: 2, columns: 3, values: values)
      #expect(SingularValues.values(matrix).map(\.isNaN) == [true, true])
      #expect(SingularValues.sum(matrix).isNaN)
    }
  }

  @Test func knownValues() {
    let rule = Tolerance.factorization(size: 3, norm: 10)
    let roots = [45.0, 5].map { $0.squareRoot() }
    func values(_ rows: Int, _ columns: Int, _ entries: [Double]) -> [Double] {
      SingularValues.values(DenseMatrix(rows: rows, columns: columns, values: entries))
    }
    expectNone(rule.mismatch(values(2, 2, [3, 0, 4, 5]), roots))
    expectNone(rule.mismatch(values(3, 3, [0, 0, -2, 7, 0, 0, 0, 0, 0]), [7, 2, 0]))
    #expect(values(1, 1, [-4]) == [4] && values(2, 3, [0, 0, 0, 0, 0, 0]) == [0, 0])
    expectNone(rule.mismatch(values(1, 2, [3, 4]), [5]))
    // An upper bidiagonal matrix with zeros on its diagonal: blocks come apart.
    expectNone(
      rule.mismatch(values(3, 3, [0, 3, 0, 0, 0, 4, 0, 0, 0]), [4, 3, 0]))
  }

  /// Squares of the entries leave the normal numbers' range long before the entries do.
  @Test(arguments: [1e-200, 1e-120, 1e120, 1e200]) func scaleDoesNotMatter(_ scale: Double) {
    let matrix = MatrixSample.all(7, 5)[10].matrix
    let scaled = DenseMatrix(rows: 7, columns: 5, values: matrix.values.map { $0 * scale })
    let expected = SingularValues.values(matrix)
    expectNone(
      Tolerance.factorization(size: 7, norm: expected[0]).mismatch(
        SingularValues.values(scaled).map { $0 / scale }, expected))
  }
}
