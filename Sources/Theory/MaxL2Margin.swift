import BatchNumerics

/// The direction that separates +-1 labels with the largest margin, max over |w|_2 = 1 of
/// min_i y_i <w, x_i>: where the kernel phase of a diagonal net leads (Lyu et al. 2023, arXiv
/// 2311.18817, Theorem 3.4 and Corollary 3.6).
///
/// The dual, max over a >= 0 of sum a - 1/2 |sum_i a_i y_i x_i|^2, by coordinate ascent on the Gram
/// matrix (Hsieh et al., ICML 2008, without their bound); w is sum_i a_i y_i x_i.
public struct MaxL2Margin: Sendable {
  /// of unit length; zeros where the samples cannot be separated
  public let direction: [Double]
  /// the smallest y_i <w, x_i> of `direction`
  public let margin: Double
  /// 1 / |w| of the dual's w, which no direction's margin exceeds but for rounding
  public let upperBound: Double
  /// the dual's weights a_i; those above 0 belong to support vectors
  public let weights: [Double]
  public let isSeparable: Bool

  /// - Parameter tolerance: of the margins' distance from 1 at support vectors.
  public init(
    _ features: FeatureMatrix, _ labels: [Double], tolerance: Double = 1e-10, sweeps: Int = 200_000
  ) {
    let x = features.dense
    let (n, d) = (x.rows, x.columns)
    let gram = Self.gram(x, labels)
    var a = [Double](repeating: 0, count: n)
    var margins = [Double](repeating: 0, count: n)  // K a
    var violation = Double.infinity
    for _ in 0..<sweeps where violation > tolerance {
      violation = 0
      for i in 0..<n where gram[i, i] > 0 {
        let slope = 1 - margins[i]
        violation = max(violation, a[i] > 0 ? abs(slope) : max(0, slope))
        let next = max(0, a[i] + slope / gram[i, i])
        let step = next - a[i]
        guard step != 0 else { continue }
        a[i] = next
        for j in 0..<n { margins[j] += gram[i, j] * step }
      }
      // Duals grow without end where the samples cannot be separated.
      if a.reduce(0, +) > 1e12 { break }
    }
    var w = [Double](repeating: 0, count: d)
    for i in 0..<n where a[i] > 0 {
      for k in 0..<d { w[k] += a[i] * labels[i] * x.values[i * d + k] }
    }
    let norm = euclideanNorm(w)
    // A sample at 0 is on no side.
    let isSeparable = violation <= 1e-6 && norm > 0 && (0..<n).allSatisfy { gram[$0, $0] > 0 }
    self.isSeparable = isSeparable
    weights = a
    direction = isSeparable ? w.map { $0 / norm } : [Double](repeating: 0, count: d)
    upperBound = isSeparable ? 1 / norm : 0
    let outputs = x.multiplied(by: direction)
    margin = zip(outputs, labels).map { $0 * $1 }.min() ?? 0
  }

  /// The same for features all multiplied by a number above 0.
  func scaled(by factor: Double) -> MaxL2Margin {
    MaxL2Margin(
      direction: direction, margin: factor * margin, upperBound: factor * upperBound,
      weights: weights.map { $0 / (factor * factor) }, isSeparable: isSeparable)
  }

  private init(
    direction: [Double], margin: Double, upperBound: Double, weights: [Double], isSeparable: Bool
  ) {
    (self.direction, self.margin, self.upperBound) = (direction, margin, upperBound)
    (self.weights, self.isSeparable) = (weights, isSeparable)
  }

  /// y_i y_j <x_i, x_j>
  private static func gram(_ x: DenseMatrix, _ y: [Double]) -> DenseMatrix {
    var result = DenseMatrix(rows: x.rows, columns: x.rows)
    x.values.withUnsafeBufferPointer { values in
      guard let start = values.baseAddress else { return }
      for i in 0..<x.rows {
        for j in 0...i {
          let product =
            y[i] * y[j]
            * ConvexLoops.dot(
              start + i * x.columns, start + j * x.columns, x.columns)
          result[i, j] = product
          result[j, i] = product
        }
      }
    }
    return result
  }
}
