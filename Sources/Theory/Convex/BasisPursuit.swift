import BatchNumerics

/// Basis pursuit: min |a|_1 subject to |X a - y|_2 <= epsilon, where epsilon = 0 means X a = y.
///
/// The dual problem is max <y, nu> - epsilon |nu|_2 subject to |X^T nu|_inf <= 1. A solution has a
/// feasible nu and the gap between both objectives, which is 0 at the minimiser: there X^T nu has
/// the sign of a on its support, and y - X a = epsilon nu / |nu|_2.
///
/// The lasso's path is followed to where the constraint is met (`LassoPath`), and Newton's steps on
/// its support take rounding away. Where columns tie or depend on each other this may end beside the
/// minimiser: the gap shows it, and splitting (`BasisPursuitSplitting`) takes over.
///
/// Source: Chen, Donoho, Saunders, "Atomic decomposition by basis pursuit" (SIAM J. Sci. Comput. 20,
/// 1998).
public enum BasisPursuit {
  /// One problem.
  public struct Instance: Sendable {
    /// X [N, n].
    public let matrix: DenseMatrix
    /// y [N].
    public let observations: [Double]
    /// epsilon.
    public let noise: Double

    public init(matrix: DenseMatrix, observations: [Double], noise: Double = 0) {
      self.matrix = matrix
      self.observations = observations
      self.noise = noise
    }
  }

  /// - Parameters:
  ///   - tolerance: of the gap, as a part of the objective, and of the primal residual, as a part of
  ///     |y|_2.
  ///   - method: `.splitting` leaves the path out.
  public static func solve(
    _ x: DenseMatrix, _ y: [Double], noise: Double = 0, tolerance: Double = 1e-9,
    method: SparseSolution.Method = .path
  ) throws(ConvexError) -> SparseSolution {
    let instance = Instance(matrix: x, observations: y, noise: noise)
    var workspace: LassoPath?
    return try solve(instance, tolerance, method, &workspace)
  }

  public static func solve(
    _ instance: Instance, tolerance: Double = 1e-9
  ) throws(ConvexError) -> SparseSolution {
    var workspace: LassoPath?
    return try solve(instance, tolerance, .path, &workspace)
  }

  /// Many problems on all cores; each has the same result as by itself, to the bit.
  public static func solve(
    _ instances: [Instance], tolerance: Double = 1e-9
  ) -> [Result<SparseSolution, ConvexError>] {
    mapOnAllCores(instances.count, workspace: LassoPath.self) { index, workspace in
      attempt(instances[index], tolerance, &workspace)
    }
  }

  static func attempt(
    _ instance: Instance, _ tolerance: Double, _ workspace: inout LassoPath?
  ) -> Result<SparseSolution, ConvexError> {
    do throws(ConvexError) {
      return .success(try solve(instance, tolerance, .path, &workspace))
    } catch {
      return .failure(error)
    }
  }

  // MARK: - One problem

  private static func solve(
    _ instance: Instance, _ tolerance: Double, _ method: SparseSolution.Method,
    _ workspace: inout LassoPath?
  ) throws(ConvexError) -> SparseSolution {
    let (x, y) = (instance.matrix, instance.observations)
    try ConvexError.check(x, y)
    try ConvexError.check(instance.noise, atLeastZero: "epsilon")
    let size = euclideanNorm(y)
    guard size > instance.noise else {
      return SparseSolution(
        coefficients: [Double](repeating: 0, count: x.columns),
        dual: [Double](repeating: 0, count: x.rows), objective: 0, dualObjective: 0,
        primalResidual: 0, iterations: 0, method: .zero, isCertified: true)
    }
    let path = LassoPath.suiting(x, &workspace)
    path.load(x, y)
    let end: PathEnd = instance.noise > 0 ? .residual(instance.noise) : .level(0)
    let steps = path.follow(to: end)
    path.settle(to: end)
    let judge = Judge(noise: instance.noise, size: size, tolerance: tolerance)
    let dual = judge.dual(of: path, guess: nil)
    let found = judge.solution(path, dual, steps, .path)
    guard !found.isCertified || method == .splitting else { return found }
    let distance = leastDistance(x, y)
    guard distance <= instance.noise + 1e-8 * size else { throw .infeasible(distance: distance) }
    let split = BasisPursuitSplitting(path, judge).run(after: steps)
    if split.isCertified || method == .splitting { return split }
    return split.gap < found.gap ? split : found
  }

  /// min |X a - y|_2
  private static func leastDistance(_ x: DenseMatrix, _ y: [Double]) -> Double {
    let svd = SingularValueDecomposition(x)
    var rest = y
    for _ in 0..<2 {
      for k in 0..<svd.rank {
        var inner = 0.0
        for i in 0..<x.rows { inner += svd.left[i, k] * rest[i] }
        for i in 0..<x.rows { rest[i] -= inner * svd.left[i, k] }
      }
    }
    return euclideanNorm(rest)
  }
}

extension BasisPursuit {
  /// Measures what a workspace holds against the dual problem.
  struct Judge {
    let noise: Double
    /// |y|_2
    let size: Double
    let tolerance: Double

    /// nu where X^T nu = sign(a_S): the residual over lambda; without noise the guess, corrected,
    /// and the direction u if there is none.
    func dual(of path: LassoPath, guess: WorkVector?) -> WorkVector {
      let dual = WorkVector(path.samples)
      if noise > 0, path.level > 0 {
        dual.assign(path.residual)
        dual.scale(1 / path.level)
      } else {
        if let guess { dual.assign(guess) }
        path.settle(dual: dual)
        path.settle(dual: dual)
      }
      return dual
    }

    /// Scales nu until |X^T nu|_inf <= 1 and takes the gap. The path's residual must be that of its
    /// coefficients; its slopes are overwritten.
    func solution(
      _ path: LassoPath, _ dual: WorkVector, _ iterations: Int, _ method: SparseSolution.Method
    ) -> SparseSolution {
      path.transposedProduct(dual, into: path.slopes)
      dual.scale(1 / max(1, path.slopes.largest))
      let coefficients = path.coefficients.values
      let objective = coefficients.reduce(0) { $0 + abs($1) }
      let bound = path.observations.dot(dual) - noise * dual.squared.squareRoot()
      let outside = max(0, path.residual.squared.squareRoot() - noise)
      let isCertified =
        abs(objective - bound) <= tolerance * objective && outside <= tolerance * size
      return SparseSolution(
        coefficients: coefficients, dual: dual.values, objective: objective, dualObjective: bound,
        primalResidual: outside, iterations: iterations, method: method, isCertified: isCertified)
    }
  }
}
