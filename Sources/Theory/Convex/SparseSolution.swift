/// A minimiser that an l1 norm is part of, with the dual point that vouches for it.
///
/// By weak duality no point is better than `dualObjective`, so `objective` is at most `gap` from the
/// least one, whatever way the solution was found.
public struct SparseSolution: Sendable, Equatable {
  public enum Method: String, Sendable {
    /// a = 0 is within the constraint.
    case zero
    /// The lasso's path.
    case path
    /// Douglas-Rachford splitting.
    case splitting
    /// Coordinate descent.
    case descent
    /// Douglas-Rachford splitting of a batch on a device, polished on the host.
    case batch
  }

  /// a
  public let coefficients: [Double]
  /// nu, feasible for the dual problem.
  public let dual: [Double]
  public let objective: Double
  public let dualObjective: Double
  /// How far outside the constraint a is: |X a - y|_2 - epsilon, at least 0.
  public let primalResidual: Double
  /// Steps of the path, and of what came after it.
  public let iterations: Int
  public let method: Method
  /// Whether gap and primal residual are within the tolerance.
  public let isCertified: Bool

  public var l1Norm: Double { coefficients.reduce(0) { $0 + abs($1) } }
  public var gap: Double { objective - dualObjective }
  /// gap / objective.
  public var relativeGap: Double { gap / max(abs(objective), .leastNormalMagnitude) }
}
