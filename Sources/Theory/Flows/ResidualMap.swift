import BatchNumerics

/// A residual r: R^p -> R^m of training, whose objective is F = weight * |r|^2.
///
/// On M = {r = 0}, where the rank of J = dr/dw is constant, Hess F = 2 weight J^T J, so that
/// P_Ker(Hess F) = I - J^T (J J^T)^+ J.
///
/// Source: Boursier et al. 2025 (arXiv 2505.20172), section 3.1, for residuals in place of a general F.
public protocol ResidualMap: Sendable {
  /// p
  var parameterCount: Int { get }
  /// m
  var constraintCount: Int { get }
  /// L where r = f - y with f(c w) = c^L f(w); then J w = L f(w). nil otherwise.
  var degree: Int? { get }
  /// y [m]
  var targets: [Double] { get }

  /// r(w) [m]
  func value(_ w: [Double]) -> [Double]
  /// J(w) v [m]
  func differential(at w: [Double], _ v: [Double]) -> [Double]
  /// J(w)^T mu [p]
  func adjoint(at w: [Double], _ mu: [Double]) -> [Double]
  /// K = J(w) J(w)^T [m, m]
  func gram(at w: [Double]) -> DenseMatrix
}

extension ResidualMap {
  /// J(w) [m, p], row by row.
  public func jacobian(at w: [Double]) -> DenseMatrix {
    var result = DenseMatrix(rows: constraintCount, columns: parameterCount)
    var unit = [Double](repeating: 0, count: constraintCount)
    for i in 0..<constraintCount {
      unit[i] = 1
      for (k, entry) in adjoint(at: w, unit).enumerated() { result[i, k] = entry }
      unit[i] = 0
    }
    return result
  }

  /// What |r| is measured by: max(1, |y|).
  var residualScale: Double { max(1, euclideanNorm(targets)) }

  /// The parts of w: J^T mu with mu = K^+ J w, in the range of J^T, and P_Ker w, the rest.
  public func split(_ w: [Double]) -> TangentSplit {
    split(w, GramSolver(gram(at: w)))
  }

  func split(_ w: [Double], _ solver: GramSolver) -> TangentSplit {
    let image = differential(at: w, w)
    let mu = solver.solve(image)
    let normal = adjoint(at: w, mu)
    return TangentSplit(
      multipliers: mu, normal: normal, tangent: zip(w, normal).map { $0 - $1 },
      normalSquare: zip(image, mu).reduce(0) { $0 + $1.0 * $1.1 })
  }

  /// The Gauss-Newton correction w - J^T K^+ r(w).
  public func corrected(_ w: [Double]) -> [Double] {
    let step = adjoint(at: w, GramSolver(gram(at: w)).solve(value(w)))
    return zip(w, step).map { $0 - $1 }
  }

  func check(_ w: [Double]) throws {
    guard w.count == parameterCount else {
      throw FlowError.mismatch("\(w.count) values for \(parameterCount) parameters")
    }
    guard w.allSatisfy(\.isFinite) else { throw FlowError.notFinite("the start") }
  }
}

/// w = J^T mu + P_Ker w.
public struct TangentSplit: Sendable {
  /// mu = K^+ J w [m]
  public let multipliers: [Double]
  /// J^T mu [p]
  public let normal: [Double]
  /// P_Ker w [p]
  public let tangent: [Double]
  /// (J w)^T K^+ (J w) = |J^T mu|^2, which is L^2 y^T K^+ y on {r = 0} for degree L.
  public let normalSquare: Double
}
