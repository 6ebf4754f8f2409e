// This file implements the matrices that decompositions are tested on.

import BatchNumerics

/// A matrix with a name, and its singular values where its making tells them.
public struct MatrixSample: Sendable, CustomStringConvertible {
  public let name: String
  public let matrix: DenseMatrix
  public let values: [Double]?

  public var description: String { "\(name) \(matrix.rows)x\(matrix.columns)" }

  /// Random and adversarial matrices of a shape.
  public static func all(_ rows: Int, _ columns: Int) -> [MatrixSample] {
    var source = RandomStream(seed: UInt32(rows * 1000 + columns), purpose: .measurements)
    let k = min(rows, columns)
    let left = DenseMatrix.haar(rows, from: &source)
    let right = DenseMatrix.haar(columns, from: &source)
    func known(_ name: String, _ values: [Double]) -> MatrixSample {
      var result = DenseMatrix(rows: rows, columns: columns)
      for (p, value) in values.enumerated() {
        for i in 0..<rows {
          for j in 0..<columns { result[i, j] += left[i, p] * value * right[j, p] }
        }
      }
      return MatrixSample(name: name, matrix: result, values: values.sorted(by: >))
    }
    func entries(_ name: String, _ value: (Int, Int) -> Double) -> MatrixSample {
      var result = DenseMatrix(rows: rows, columns: columns)
      for i in 0..<rows {
        for j in 0..<columns { result[i, j] = value(i, j) }
      }
      return MatrixSample(name: name, matrix: result, values: nil)
    }
    let normals = source.normals(rows * columns)
    return [
      known("zero", [Double](repeating: 0, count: k)),
      known("rank one", [2] + [Double](repeating: 0, count: k - 1)),
      known("deficient", (0..<k).map { $0 < (k + 1) / 2 ? 3 - Double($0) / Double(k) : 0 }),
      known("repeated", (0..<k).map { $0 < k / 2 ? 3 : 1 }),
      known("geometric", (0..<k).map { p in (0..<(3 * p)).reduce(1.0) { value, _ in value / 10 } }),
      known("tiny", (0..<k).map { 1e-30 * Double($0 + 1) }),
      known("huge", (0..<k).map { 1e30 * Double($0 + 1) }),
      entries("identity") { $0 == $1 ? 1 : 0 },
      entries("ones") { _, _ in 1 },
      entries("Hilbert") { 1 / Double($0 + $1 + 1) },
      entries("random") { normals[$0 * columns + $1] },
      entries("graded") { i, j in
        normals[i * columns + j] * (0..<j).reduce(1.0) { value, _ in value / 8 }
      },
      entries("zero column") { i, j in j == columns / 2 ? 0 : normals[i * columns + j] },
    ]
  }
}

/// How good a decomposition is, in units of the precision's eps.
public struct DecompositionErrors {
  /// Largest |s - expected| / s_max; 0 where nothing is expected.
  public let values: Double
  /// Largest entry of |U^T U - 1| and |V^T V - 1|.
  public let orthogonality: Double
  /// Largest entry of |U diag(s) V^T - A| / s_max.
  public let reconstruction: Double
  public let isDescending: Bool

  public init(
    _ matrix: DenseMatrix, left: DenseMatrix, values: [Double], right: DenseMatrix,
    expected: [Double]?, _ precision: Precision
  ) {
    let eps = precision.epsilon
    let top = max(values.first ?? 0, .leastNormalMagnitude)
    self.values =
      zip(values, expected ?? values).map { abs($0 - $1) }.reduce(0, worse) / top / eps
    func defect(_ basis: DenseMatrix) -> Double {
      var largest = 0.0
      for p in 0..<basis.columns {
        for q in 0...p {
          let inner = carefulSum(basis.rows) { basis[$0, p] * basis[$0, q] }
          largest = worse(largest, abs(inner - (p == q ? 1 : 0)))
        }
      }
      return largest
    }
    orthogonality = worse(defect(left), defect(right)) / eps
    var scaled = left
    for i in 0..<left.rows {
      for p in values.indices { scaled[i, p] *= values[p] / top }
    }
    let product = scaled.multiplied(by: right.transposed)
    reconstruction =
      zip(product.values, matrix.values).map { abs($0 - $1 / top) }.reduce(0, worse) / eps
    isDescending = zip(values, values.dropFirst()).allSatisfy { $0 >= $1 }
  }

  /// What exceeds the project's bar, in words, or nil: singular values to 4 eps of the largest,
  /// orthogonality to 10 eps; the product has the errors of both, over k directions.
  public func complaint(count: Int) -> String? {
    let bound = 8 * Double(count).squareRoot() + 8
    if values <= 4, orthogonality <= 10, reconstruction <= bound, isDescending { return nil }
    return "values \(values) eps, orthogonality \(orthogonality) eps, reconstruction "
      + "\(reconstruction) of \(bound) eps, descending \(isDescending)"
  }
}

/// A sum with the rounding errors of its additions: those of many equal terms would add up.
private func carefulSum(_ count: Int, _ term: (Int) -> Double) -> Double {
  var (sum, rest) = (0.0, 0.0)
  for i in 0..<count {
    let next = sum + term(i)
    let part = next - sum
    rest += (sum - (next - part)) + (term(i) - part)
    sum = next
  }
  return sum + rest
}

/// The larger one; NaN if either is.
private func worse(_ x: Double, _ y: Double) -> Double { x.isNaN || y.isNaN ? .nan : max(x, y) }
