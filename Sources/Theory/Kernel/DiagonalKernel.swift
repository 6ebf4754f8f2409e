import BatchNumerics

/// The tangent kernel of a diagonal net at its start theta_0: features grad f_i = (L u^(L-1) x_i,
/// -L v^(L-1) x_i) of u^L - v^L, (v x_i, u x_i) of u v, whose products are K = X D X^T.
///
/// A start alpha theta_bar need not be split: with theta_bar = theta_0 and alpha = 1, of Lyu et al. 2023
/// (arXiv 2311.18817) nothing changes but that A = alpha^(2(L-1)) / lambda is 1 / lambda.
///
/// Source: section 3 and appendices C and D there.
public struct DiagonalKernel: Sendable {
  /// L
  public let degree: Int
  /// D [d]: L^2 (u^(2L-2) + v^(2L-2)), or u^2 + v^2
  public let weights: [Double]
  /// Whether f(theta_0) is 0, as the theorems suppose.
  public let startsAtZero: Bool
  let features: FeatureMatrix

  /// Nil for linear predictors, and for depths below 2, which have no slow change of kernel.
  public init?(
    _ features: FeatureMatrix, _ parameterization: DiagonalParameterization, initial: [Double]
  ) {
    let d = features.columns
    let slopes: (Double) -> Double
    switch parameterization {
    case .linear: return nil
    case .product: (degree, slopes) = (2, { $0 })
    case .difference(let depth):
      guard depth >= 2 else { return nil }
      degree = depth
      slopes = { x in (1..<depth).reduce(Double(depth)) { value, _ in value * x } }
    }
    guard initial.count == 2 * d else { return nil }
    let weights = (0..<d).map { k in
      slopes(initial[k]) * slopes(initial[k]) + slopes(initial[d + k]) * slopes(initial[d + k])
    }
    self.weights = weights
    self.features = features
    let predictor = parameterization.predictor(initial)
    let largest = initial.reduce(0) { max($0, abs($1)) }
    let size = (0..<degree).reduce(1.0) { value, _ in value * largest }
    startsAtZero = predictor.allSatisfy { abs($0) <= 1e-12 * size }
  }

  /// x_ik sqrt(D_k), of which K is the Gram matrix
  public var scaledFeatures: DenseMatrix {
    var result = features.dense
    let roots = weights.map { $0.squareRoot() }
    for i in 0..<result.rows {
      for k in 0..<result.columns { result.values[i * result.columns + k] *= roots[k] }
    }
    return result
  }

  /// K [n, n]
  public var gram: DenseMatrix {
    let x = scaledFeatures
    var result = DenseMatrix(rows: x.rows, columns: x.rows)
    x.values.withUnsafeBufferPointer { values in
      guard let start = values.baseAddress else { return }
      for i in 0..<x.rows {
        for j in 0...i {
          let product = ConvexLoops.dot(start + i * x.columns, start + j * x.columns, x.columns)
          (result[i, j], result[j, i]) = (product, product)
        }
      }
    }
    return result
  }

  /// nu, the least eigenvalue of K
  public var leastEigenvalue: Double { SingularValueDecomposition(gram).values.last ?? 0 }
}
