import BatchNumerics
import Foundation

/// Linear regression F = weight * |X w - y|^2 with weight decay in closed form.
///
/// With X = U S V^T and z = V^T w, every component goes its own way. Under gradient flow
/// z_i(t) = z_inf + e^(-a_i t) (z_i(0) - z_inf), a_i = 2 weight s_i^2 + lambda,
/// z_inf = (2 weight s_i^2 / a_i) z*_i, z*_i = (U^T y)_i / s_i; what is orthogonal to the rows of X falls
/// as e^(-lambda t). Gradient descent has (1 - lr a_i)^k for e^(-a_i t).
///
/// Source: Boursier et al. 2025 (arXiv 2505.20172), appendix C, Eqs. 23 and 24, which as printed have
/// s_i^2 for 2 s_i^2 and so belong to F = |X w - y|^2 / 2.
public struct LinearRegressionFlow: Sendable {
  /// V [d, k]
  private let basis: DenseMatrix
  /// a_i - lambda
  private let stiffnesses: [Double]
  private let weightDecay: Double
  /// V^T w(0), z_inf
  private let (start, limit): ([Double], [Double])
  /// w(0) - V V^T w(0)
  private let outside: [Double]

  /// - Throws: `ReducedFlowError.mismatch`.
  public init(
    problem: DiagonalProblem, weight: Double, weightDecay: Double, initial: [Double]
  ) throws {
    let x = problem.features.dense
    guard initial.count == x.columns else {
      throw ReducedFlowError.mismatch("\(initial.count) initial values for \(x.columns) features")
    }
    guard problem.targets.count == x.rows else {
      throw ReducedFlowError.mismatch("\(problem.targets.count) targets for \(x.rows) samples")
    }
    let svd = SingularValueDecomposition(x)
    let (rank, d) = (svd.rank, x.columns)
    let right = svd.right
    var basis = DenseMatrix(rows: d, columns: rank)
    for k in 0..<d { for i in 0..<rank { basis[k, i] = right[k, i] } }
    let turned = basis.transposed
    let start = turned.multiplied(by: initial)
    let inside = basis.multiplied(by: start)
    let image = svd.left.transposed.multiplied(by: problem.targets)
    stiffnesses = svd.values.prefix(rank).map { 2 * weight * $0 * $0 }
    limit = (0..<rank).map { i in
      let s = svd.values[i]
      return 2 * weight * s * image[i] / (2 * weight * s * s + weightDecay)
    }
    (self.basis, self.start, self.weightDecay) = (basis, start, weightDecay)
    outside = zip(initial, inside).map { $0 - $1 }
  }

  /// Sparse recovery with one factor and without l1: 1/2 |X a - y|^2 + l2/2 |a|^2.
  ///
  /// - Throws: `ReducedFlowError.mismatch`.
  public init(_ problem: SparseRecoveryProblem, l2: Double, initial: [Double]) throws {
    try self.init(
      problem: DiagonalProblem(
        features: .dense(problem.measurements), targets: problem.observations),
      weight: 0.5, weightDecay: l2, initial: initial)
  }

  /// w at a time of gradient flow.
  public func predictor(at time: Double) -> [Double] {
    combine { exp(-$0 * time) }
  }

  /// w after `steps` steps of gradient descent, exact but for rounding.
  public func predictor(afterSteps steps: Int, learningRate: Double) -> [Double] {
    combine { rate in
      let share = learningRate * rate
      // 1 - share loses digits that a great many steps would show.
      return share < 0.5 ? exp(Double(steps) * log1p(-share)) : pow(1 - share, Double(steps))
    }
  }

  /// The limit for t to infinity: V z_inf, and w(0) outside of the rows of X if nothing decays.
  public var limitPredictor: [Double] { combine { $0 > 0 ? 0 : 1 } }

  /// - Parameter remainder: the share of a deviation that is left, by its rate.
  private func combine(_ remainder: (Double) -> Double) -> [Double] {
    let z = start.indices.map { i in
      limit[i] + remainder(stiffnesses[i] + weightDecay) * (start[i] - limit[i])
    }
    let rest = remainder(weightDecay)
    return zip(basis.multiplied(by: z), outside).map { $0 + rest * $1 }
  }
}
