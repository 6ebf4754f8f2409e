import BatchNumerics

/// r = X f(w) - y for the predictors of linear regression, f = w, and of the diagonal nets of degree
/// two, f = u^2 - v^2 or u v, entry by entry; w = (u, v).
///
/// K is X X^T, 4 X diag(u^2 + v^2) X^T, or X diag(u^2 + v^2) X^T.
///
/// Sources: Boursier et al. 2025 (arXiv 2505.20172), appendices C and D and Proposition 5; Lyu et al.
/// 2023 (arXiv 2311.18817), section 3.2.
public struct DiagonalResidual: ResidualMap {
  /// X [n, d]
  public let features: DenseMatrix
  public let targets: [Double]
  public let parameterization: DiagonalParameterization

  /// - Throws: `FlowError` for sizes that do not fit, numbers that are not finite, and depths other
  ///   than two.
  public init(
    _ parameterization: DiagonalParameterization, features: DenseMatrix, targets: [Double]
  ) throws {
    if case .difference(let depth) = parameterization, depth != 2 {
      throw FlowError.setting("depth \(depth): the slow flow is known for depth 2")
    }
    guard targets.count == features.rows, features.rows > 0, features.columns > 0 else {
      throw FlowError.mismatch("\(targets.count) targets for \(features.rows) samples")
    }
    guard features.values.allSatisfy(\.isFinite) else { throw FlowError.notFinite("a feature") }
    guard targets.allSatisfy(\.isFinite) else { throw FlowError.notFinite("a target") }
    (self.features, self.targets) = (features, targets)
    self.parameterization = parameterization
  }

  public var parameterCount: Int { parameterization.factorCount * features.columns }
  public var constraintCount: Int { features.rows }
  public var degree: Int? { parameterization.factorCount }

  public func value(_ w: [Double]) -> [Double] {
    zip(features.multiplied(by: parameterization.predictor(w)), targets).map { $0 - $1 }
  }

  public func differential(at w: [Double], _ v: [Double]) -> [Double] {
    let d = features.columns
    switch parameterization {
    case .linear: return features.multiplied(by: v)
    case .product:
      return features.multiplied(by: (0..<d).map { w[d + $0] * v[$0] + w[$0] * v[d + $0] })
    case .difference:
      return features.multiplied(by: (0..<d).map { 2 * (w[$0] * v[$0] - w[d + $0] * v[d + $0]) })
    }
  }

  public func adjoint(at w: [Double], _ mu: [Double]) -> [Double] {
    let d = features.columns
    var g = [Double](repeating: 0, count: d)
    for i in 0..<features.rows {
      for k in 0..<d { g[k] += features.values[i * d + k] * mu[i] }
    }
    switch parameterization {
    case .linear: return g
    case .product: return (0..<(2 * d)).map { $0 < d ? w[d + $0] * g[$0] : w[$0 - d] * g[$0 - d] }
    case .difference:
      return (0..<(2 * d)).map { $0 < d ? 2 * w[$0] * g[$0] : -2 * w[$0] * g[$0 - d] }
    }
  }

  public func gram(at w: [Double]) -> DenseMatrix {
    let (n, d) = (features.rows, features.columns)
    let scale: Double = if case .difference = parameterization { 4 } else { 1 }
    let weights = (0..<d).map { k in
      parameterization == .linear ? 1 : scale * (w[k] * w[k] + w[d + k] * w[d + k])
    }
    var result = DenseMatrix(rows: n, columns: n)
    for i in 0..<n {
      for j in 0...i {
        var sum = 0.0
        for k in 0..<d { sum += features[i, k] * weights[k] * features[j, k] }
        (result[i, j], result[j, i]) = (sum, sum)
      }
    }
    return result
  }
}
