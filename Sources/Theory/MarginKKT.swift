import BatchNumerics

/// How far a diagonal net is from a KKT point of min |theta|^2 / 2 subject to y_i f_i(theta) >= 1, which
/// weight decay leads classification to (Lyu et al. 2023, arXiv 2311.18817, Theorem 3.5).
///
/// With theta_bar = theta / |theta| and multipliers mu_i = |theta|^(L-2) weight |l'_i| / lambda, a
/// stationary point of the regularised loss has theta_bar = sum_i mu_i y_i grad f_i(theta_bar); a KKT point of
/// the margin problem has in addition mu_i = 0 off the smallest margin.
public struct MarginKKT: Sendable {
  /// |theta_bar - sum_i mu_i y_i grad f_i(theta_bar)|_2
  public let stationarity: Double
  /// sum_i mu_i (m_i - m) / sum_i mu_i m_i of the margins m_i = y_i f_i(theta_bar), m the smallest; 0 where
  /// only the smallest have weight
  public let slackness: Double
  /// mu_i
  public let multipliers: [Double]
  /// m
  public let margin: Double

  /// Nil for regression, linear predictors and runs without decay.
  public init?(_ batch: DiagonalNetworkBatch, run: Int, state: [Double]) {
    let own = batch.runs[run]
    let problem = batch.problems[own.problem]
    guard batch.loss.isClassification, own.weightDecay > 0, batch.parameterization != .linear else {
      return nil
    }
    var depth = 2
    if case .difference(let value) = batch.parameterization { depth = value }
    let norm = euclideanNorm(state)
    guard norm > 0, norm.isFinite else { return nil }
    let unit = state.map { $0 / norm }
    let outputs = problem.features.product(batch.parameterization.predictor(state))
    let x = problem.features.dense
    let scale = Self.power(norm, depth - 2) * batch.weight / own.weightDecay
    let mu = zip(outputs, problem.targets).map { scale * abs(batch.loss.slope($0, $1)) }
    let pull = x.transposed.multiplied(by: zip(mu, problem.targets).map { $0 * $1 })
    let d = batch.features
    var residual = unit
    for k in 0..<d {
      let (u, v) = (unit[k], unit[d + k])
      if batch.parameterization == .product {
        residual[k] -= v * pull[k]
        residual[d + k] -= u * pull[k]
      } else {
        residual[k] -= Double(depth) * Self.power(u, depth - 1) * pull[k]
        residual[d + k] += Double(depth) * Self.power(v, depth - 1) * pull[k]
      }
    }
    stationarity = euclideanNorm(residual)
    multipliers = mu
    let margins = zip(outputs, problem.targets).map { $0 * $1 / Self.power(norm, depth) }
    let least = margins.min() ?? 0
    margin = least
    let weighted = zip(mu, margins).reduce(0) { $0 + $1.0 * $1.1 }
    let total = mu.reduce(0, +)
    slackness = weighted > 0 ? (weighted - total * least) / weighted : .infinity
  }

  /// x^n for any integer n.
  private static func power(_ x: Double, _ exponent: Int) -> Double {
    var result = 1.0
    for _ in 0..<abs(exponent) { result *= x }
    return exponent < 0 ? 1 / result : result
  }
}
