import BatchNumerics

/// The lasso: min weight |X a - y|^2 + gamma |a|_1; weight 1/2 is the usual form, where gamma is
/// called beta. It is the convex problem that weight decay on a diagonal net ends at.
///
/// The dual problem, of r = y - X a, is max weight (|y|^2 - |y - nu|^2) subject to
/// 2 weight |X^T nu|_inf <= gamma. The certificate is r, scaled until it is feasible, and the gap.
///
/// The path (`LassoPath`) is followed to gamma / (2 weight) and polished. Where columns tie and its
/// gap is not within the tolerance, coordinate descent takes over, with gamma coming down to the one
/// asked for. Neither shares a step with the training it judges.
///
/// Source: Friedman, Hastie, Tibshirani, J. Stat. Softw. 33 (2010), and those of the path.
public enum Lasso {
  /// One problem.
  public struct Instance: Sendable {
    /// X [N, n].
    public let matrix: DenseMatrix
    /// y [N].
    public let observations: [Double]
    public let weight: Double
    public let gamma: Double

    public init(matrix: DenseMatrix, observations: [Double], weight: Double = 0.5, gamma: Double) {
      self.matrix = matrix
      self.observations = observations
      self.weight = weight
      self.gamma = gamma
    }
  }

  public static func solve(
    _ instance: Instance, tolerance: Double = 1e-10
  ) throws(ConvexError) -> SparseSolution {
    try solve(
      instance.matrix, instance.observations, weight: instance.weight, gamma: instance.gamma,
      tolerance: tolerance)
  }

  /// Many problems on all cores; each has the same result as by itself, to the bit.
  public static func solve(
    _ instances: [Instance], tolerance: Double = 1e-10
  ) -> [Result<SparseSolution, ConvexError>] {
    mapOnAllCores(instances.count) { index in attempt(instances[index], tolerance) }
  }

  static func attempt(
    _ instance: Instance, _ tolerance: Double
  ) -> Result<SparseSolution, ConvexError> {
    Result { () throws(ConvexError) in try solve(instance, tolerance: tolerance) }
  }

  /// - Parameters:
  ///   - tolerance: of the gap, as a part of the objective.
  ///   - method: `.descent` leaves the path and the polishing out.
  ///   - sweeps: at each level of coordinate descent, at most.
  public static func solve(
    _ x: DenseMatrix, _ y: [Double], weight: Double = 0.5, gamma: Double, tolerance: Double = 1e-10,
    method: SparseSolution.Method = .path, sweeps: Int = 200_000
  ) throws(ConvexError) -> SparseSolution {
    let instance = Instance(matrix: x, observations: y, weight: weight, gamma: gamma)
    try instance.check()
    var workspace: LassoPath?
    let problem = Problem(instance, tolerance, &workspace)
    let (path, beta) = (problem.path, problem.beta)
    if method == .descent { return problem.descend(sweeps, after: 0) }
    let steps = path.follow(to: .level(beta))
    if !path.factor.members.isEmpty { path.settle(to: .level(beta)) }
    let found = problem.solution(steps, steps == 0 ? .zero : .path)
    guard !found.isCertified else { return found }
    let descended = problem.descend(sweeps, after: steps)
    path.adopt(descended.coefficients)
    path.settle(to: .level(beta))
    let polished = problem.solution(descended.iterations, .descent)
    let candidates = [found, descended, polished]
    return candidates.min { $0.objective < $1.objective } ?? found
  }

  struct Problem {
    let path: LassoPath
    let weight: Double
    let beta: Double
    let tolerance: Double

    init(path: LassoPath, weight: Double, beta: Double, tolerance: Double) {
      (self.path, self.weight, self.beta, self.tolerance) = (path, weight, beta, tolerance)
    }

    init(_ instance: Instance, _ tolerance: Double, _ workspace: inout LassoPath?) {
      path = LassoPath.suiting(instance.matrix, &workspace)
      path.load(instance.matrix, instance.observations)
      (weight, beta) = (instance.weight, instance.beta)
      // The residual of size beta is a difference of numbers of the size of y.
      path.transposedProduct(path.observations, into: path.slopes)
      let rounding = 16 * Double.ulpOfOne * path.slopes.largest / beta
      self.tolerance = max(tolerance, rounding)
    }

    /// The gap of the path's coefficients, whose residual must be up to date.
    func solution(_ iterations: Int, _ method: SparseSolution.Method) -> SparseSolution {
      path.updateResidual()
      path.transposedProduct(path.residual, into: path.slopes)
      let scale = min(1, beta / max(path.slopes.largest, .leastNormalMagnitude))
      let squares = path.residual.squared
      let coefficients = path.coefficients.values
      let norm = coefficients.reduce(0) { $0 + abs($1) }
      let objective = weight * squares + 2 * weight * beta * norm
      let inner = path.residual.dot(path.observations)
      let bound = weight * (2 * scale * inner - scale * scale * squares)
      return SparseSolution(
        coefficients: coefficients, dual: path.residual.values.map { scale * $0 },
        objective: objective, dualObjective: bound, primalResidual: 0, iterations: iterations,
        method: method, isCertified: abs(objective - bound) <= tolerance * objective)
    }

    /// One entry of a at a time, each to its minimum with the others fixed.
    func descend(_ sweeps: Int, after steps: Int) -> SparseSolution {
      let (n, d) = (path.samples, path.features)
      let squares = (0..<d).map { j in
        ConvexLoops.dot(path.columns.start + j * n, path.columns.start + j * n, n)
      }
      path.coefficients.fill(0)
      path.updateResidual()
      path.transposedProduct(path.residual, into: path.slopes)
      var level = path.slopes.largest
      var count = steps
      var last = solution(count, .descent)
      repeat {
        level = max(beta, level / 2)
        let stage = Problem(
          path: path, weight: weight, beta: level,
          tolerance: level > beta ? max(1e-4, tolerance) : tolerance)
        for sweep in 0..<sweeps {
          stage.sweep(squares)
          count += 1
          guard sweep % 10 == 9 || sweep == sweeps - 1 else { continue }
          last = stage.solution(count, .descent)
          if last.isCertified { break }
        }
      } while level > beta && level > 0
      return last
    }

    private func sweep(_ squares: [Double]) {
      let n = path.samples
      for j in 0..<path.features where squares[j] > 0 {
        let column = path.columns.start + j * n
        let old = path.coefficients[j]
        let free = old + ConvexLoops.dot(column, path.residual.start, n) / squares[j]
        let bound = beta / squares[j]
        let next = free > bound ? free - bound : free < -bound ? free + bound : 0
        guard next != old else { continue }
        ConvexLoops.axpy(old - next, column, into: path.residual.start, n)
        path.coefficients[j] = next
      }
    }
  }
}

extension Lasso.Instance {
  /// gamma / (2 weight)
  var beta: Double { gamma / (2 * weight) }

  func check() throws(ConvexError) {
    try ConvexError.check(matrix, observations)
    try ConvexError.check(gamma, atLeastZero: "gamma")
    try ConvexError.check(weight, atLeastZero: "the weight")
    guard gamma > 0, weight > 0 else { throw .value("gamma and the weight must be above 0") }
  }
}
