/// Judges a stretch t1 ... t2 of the subgradient method, a_t+1 = a_t - alpha F_t with F_t a subgradient
/// of a convex f at a_t: against any point z,
///
/// min over the stretch of f(a_t) - f(z) <= (|a_t1 - z|^2 + alpha^2 sum |F_t|^2) / (2 alpha (t2 - t1 + 1)).
///
/// Source: Notsawo et al. 2025 (arXiv 2506.05718), Lemma C.12, which is the part of Theorems 3.1 (ii)
/// and 3.4 (ii) that is proven; their "if and only if t2 >= t1 + Delta t" is not: the bound is met
/// earlier too.
public struct SubgradientJudgement: Sendable {
  /// alpha
  public let learningRate: Double
  /// |a_t1 - z|^2
  public let squaredDistance: Double
  /// f(z)
  public let reference: Double
  /// t2 - t1 + 1
  public private(set) var count = 0
  /// min f(a_t) - f(z) so far
  public private(set) var leastExcess = Double.infinity
  private var squares = 0.0

  public init(learningRate: Double, squaredDistance: Double, reference: Double) {
    self.learningRate = learningRate
    self.squaredDistance = squaredDistance
    self.reference = reference
  }

  /// Adds a state: f(a_t) and |F_t|^2 of the step that leaves it.
  public mutating func add(objective: Double, squaredSubgradient: Double) {
    count += 1
    squares += squaredSubgradient
    leastExcess = min(leastExcess, objective - reference)
  }

  /// What `leastExcess` does not exceed; infinite before the first state.
  public var bound: Double {
    guard count > 0 else { return .infinity }
    return (squaredDistance + learningRate * learningRate * squares)
      / (2 * learningRate * Double(count))
  }

  public var isKept: Bool { leastExcess <= bound }
}
