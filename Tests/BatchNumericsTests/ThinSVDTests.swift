// This file tests the reference's singular value decomposition and what is built on it.

import BatchNumerics
import Testing
import _TestSupport

@Suite struct ThinSVDTests {
  static let shapes = [
    (1, 1), (1, 7), (7, 1), (7, 7), (8, 9), (9, 8), (10, 10), (10, 20), (20, 10), (31, 33),
    (64, 64), (93, 17), (127, 129),
  ]

  /// The numbers of a sample in a precision, and their decomposition.
  private func decomposition<S: RunScalar>(
    _ sample: MatrixSample, _ type: S.Type
  ) -> (rounded: DenseMatrix, left: DenseMatrix, values: [Double], right: DenseMatrix) {
    let (rows, columns) = (sample.matrix.rows, sample.matrix.columns)
    let svd = ThinSVD<S>(rows: rows, columns: columns)
    let numbers = sample.matrix.values.map { S($0) }
    numbers.withUnsafeBufferPointer { entries in
      guard let start = entries.baseAddress else { return }
      for _ in 0..<2 { svd.factor(start) }
    }
    let parts = svd.decomposition()
    return (
      DenseMatrix(rows: rows, columns: columns, values: numbers.map { Double($0) }),
      DenseMatrix(rows: rows, columns: svd.count, values: parts.left.map { Double($0) }),
      parts.values.map { Double($0) },
      DenseMatrix(rows: columns, columns: svd.count, values: parts.right.map { Double($0) })
    )
  }

  /// In double against the values that matrices were made with.
  @Test(arguments: shapes) func double(rows: Int, columns: Int) {
    for sample in MatrixSample.all(rows, columns) {
      let found = decomposition(sample, Double.self)
      let errors = DecompositionErrors(
        found.rounded, left: found.left, values: found.values, right: found.right, expected: nil,
        .f64)
      expectNone(errors.complaint(count: min(rows, columns)), "\(sample)")
      guard let expected = sample.values else { continue }
      // Making the matrix rounds its entries, too.
      let rule = Tolerance.factorization(size: max(rows, columns), norm: expected.first ?? 0)
      expectNone(rule.mismatch(found.values, expected), "\(sample)")
    }
  }

  /// In single precision against double, which knows the singular values to all digits that count.
  @Test(arguments: shapes) func single(rows: Int, columns: Int) {
    for sample in MatrixSample.all(rows, columns) {
      let found = decomposition(sample, Float.self)
      let exact = SingularValueDecomposition(found.rounded).values
      let errors = DecompositionErrors(
        found.rounded, left: found.left, values: found.values, right: found.right,
        expected: exact, .f32)
      expectNone(errors.complaint(count: min(rows, columns)), "\(sample)")
    }
  }

  /// NumPy's values: LAPACK's errors are a few eps of the largest, as are ours.
  @Test func goldens() {
    let formulas: [String: (Int, Int) -> Double] = [
      "quotient": { i, j in 1 / Double(1 << ((i + 2 * j) % 5)) + Double((i * j) % 3) },
      "sawtooth": { i, j in Double((7 * i + 3 * j + i * j) % 11) - 5 },
      "graded": { i, j in
        (0..<(2 * j)).reduce(Double((5 * i + 3 * j) % 7) - 3) { value, _ in value / 2 }
      },
    ]
    for golden in singularValueGoldens {
      var matrix = DenseMatrix(rows: golden.rows, columns: golden.columns)
      for i in 0..<golden.rows {
        for j in 0..<golden.columns { matrix[i, j] = formulas[golden.formula]?(i, j) ?? .nan }
      }
      let rule = Tolerance.lapack(largest: golden.values[0])
      let found = SingularValueDecomposition(matrix).values
      expectNone(rule.mismatch(found, golden.values), "\(golden.formula) \(golden.rows)")
    }
  }

  /// sigma^2 are the roots of x^2 - 50 x + 225.
  @Test func handMade() {
    let svd = SingularValueDecomposition(
      DenseMatrix(rows: 2, columns: 2, values: [3, 0, 4, 5]))
    let rule = Tolerance.lapack(largest: 7)
    expectNone(rule.mismatch(svd.values, [45, 5].map { Double($0).squareRoot() }))
  }

  @Test(arguments: shapes) func polarFactorAndThreshold(rows: Int, columns: Int) {
    for sample in MatrixSample.all(rows, columns) where sample.name != "tiny" {
      let known = SingularValueDecomposition(sample.matrix)
      let top = known.values.first ?? 0
      let svd = ThinSVD<Double>(rows: rows, columns: columns)
      sample.matrix.values.withUnsafeBufferPointer { svd.factor($0.baseAddress!) }
      let gamma = 0.4 * top
      func compose(_ weight: (Double) -> Double) -> [Double] {
        var result = DenseMatrix(rows: rows, columns: columns)
        for p in known.values.indices {
          for i in 0..<rows {
            for j in 0..<columns {
              result[i, j] += known.left[i, p] * weight(known.values[p]) * known.right[j, p]
            }
          }
        }
        return result.values
      }
      var found = [Double](repeating: 0, count: rows * columns)
      found.withUnsafeMutableBufferPointer { svd.softThreshold(gamma, into: $0.baseAddress!) }
      let rule = Tolerance.factorization(size: max(rows, columns), norm: max(top, 1))
      expectNone(rule.mismatch(found, compose { max($0 - gamma, 0) }), "threshold \(sample)")
      // Directions of singular values at rounding level are arbitrary.
      guard let least = known.values.last, least > 1e-2 * top else { continue }
      found.withUnsafeMutableBufferPointer { svd.polarFactor(into: $0.baseAddress!) }
      expectNone(rule.mismatch(found, compose { _ in 1 }), "polar \(sample)")
    }
  }

  @Test func zeroContributesNothingToThePolarFactor() {
    let svd = ThinSVD<Double>(rows: 2, columns: 2)
    var found = [Double](repeating: 1, count: 4)
    let matrix: [Double] = [0, 0, 0, 2]
    matrix.withUnsafeBufferPointer { svd.factor($0.baseAddress!) }
    found.withUnsafeMutableBufferPointer { svd.polarFactor(into: $0.baseAddress!) }
    #expect(found == [0, 0, 0, 1])
  }

  /// A matrix that turns slowly for 10^5 steps: the basis that is kept neither drifts nor matters.
  @Test(arguments: Precision.allCases) func noDrift(precision: Precision) {
    func check<S: RunScalar>(_ type: S.Type) {
      let svd = ThinSVD<S>(rows: 4, columns: 3)
      var source = RandomStream(seed: 3, purpose: .signal)
      let (a, b) = (source.normals(12), source.normals(12))
      for step in 0...100_000 {
        let share = Double(step) * 1e-5
        let matrix = zip(a, b).map { S((1 - share) * $0 + share * $1) }
        matrix.withUnsafeBufferPointer { svd.factor($0.baseAddress!) }
        guard step % 25_000 == 0 else { continue }
        let basis = DenseMatrix(rows: 3, columns: 3, values: svd.basis.map { Double($0) })
        let product = basis.transposed.multiplied(by: basis).values
        let defect = zip(product, DenseMatrix.identity(3).values).map { abs($0 - $1) }.max() ?? 1
        #expect(defect <= 10 * precision.epsilon, "step \(step)")
        let cold = SingularValueDecomposition(
          DenseMatrix(rows: 4, columns: 3, values: matrix.map { Double($0) })
        ).values
        let rule = Tolerance(absolute: 4 * precision.epsilon * cold[0], relative: 0)
        expectNone(rule.mismatch(svd.values.map { Double($0) }, cold), "step \(step)")
      }
    }
    precision == .f32 ? check(Float.self) : check(Double.self)
  }

  /// What is not a number stays one, everywhere; the next matrix is none the worse for it.
  @Test(arguments: [Double.nan, .infinity]) func notFinite(trouble: Double) {
    for place in 0..<4 {
      var matrix = [Double](repeating: 0, count: 4)
      matrix[place] = trouble
      let svd = ThinSVD<Double>(rows: 2, columns: 2)
      matrix.withUnsafeBufferPointer { svd.factor($0.baseAddress!) }
      let parts = svd.decomposition()
      #expect(parts.values.contains { !$0.isFinite })
      #expect(parts.left.count == 4 && parts.right.count == 4)
      var found = [Double](repeating: 0, count: 4)
      found.withUnsafeMutableBufferPointer { svd.polarFactor(into: $0.baseAddress!) }
      #expect(!found.allSatisfy { $0.isFinite })
      found.withUnsafeMutableBufferPointer { svd.softThreshold(1, into: $0.baseAddress!) }
      #expect(!found.allSatisfy { $0.isFinite })
      svd.reset()
      DenseMatrix.identity(2).values.withUnsafeBufferPointer { svd.factor($0.baseAddress!) }
      #expect(svd.values == [1, 1])
    }
  }
}
