import BatchNumerics

/// Nuclear-norm regularised least squares: min 1/2 |M(A) - y|^2 + beta |A|_*, for observed entries or
/// any linear measurements; entries observed repeatedly count by their weight.
///
/// The dual problem is max 1/2 |y|^2 - 1/2 |y - nu|^2 subject to |M^T(nu)|_2 <= beta. The certificate
/// is the residual y - M(A), scaled until it is feasible, and the gap between both objectives.
///
/// Accelerated proximal gradient descent with steps of 1/L, L >= |M^T M|_2; beta comes down to the
/// one asked for, and the momentum restarts when it points uphill.
///
/// Sources: Cai, Candes, Shen, SIAM J. Optim. 20 (2010); Beck, Teboulle, SIAM J. Imaging Sci. 2 (2009);
/// O'Donoghue, Candes, Found. Comput. Math. 15 (2015).
public enum NuclearNormLeastSquares {
  /// One problem.
  public struct Instance: Sendable {
    public let measurements: MatrixMeasurements
    /// Of the matrix that is sought.
    public let (rows, columns): (Int, Int)
    public let beta: Double

    public init(measurements: MatrixMeasurements, rows: Int, columns: Int, beta: Double) {
      self.measurements = measurements
      (self.rows, self.columns) = (rows, columns)
      self.beta = beta
    }
  }

  /// - Parameter tolerance: of the gap, as a part of the objective.
  public static func solve(
    _ measurements: MatrixMeasurements, rows: Int, columns: Int, beta: Double,
    tolerance: Double = 1e-9, limit: Int = 50_000
  ) throws(ConvexError) -> NuclearSolution {
    try ConvexError.check(beta, atLeastZero: "beta")
    guard beta > 0 else { throw .value("beta must be above 0") }
    let problem = try NuclearMeasurements(measurements, rows: rows, columns: columns)
    let run = Run(problem)
    var level = run.largestLevel()
    while true {
      level = max(beta, level / 4)
      let found = run.descend(level, limit, level > beta ? max(tolerance, 1e-3) : tolerance)
      if level <= beta { return found ?? run.solution(beta, tolerance) }
    }
  }

  /// Many problems on all cores; each has the same result as by itself, to the bit.
  public static func solve(
    _ instances: [Instance], tolerance: Double = 1e-9
  ) -> [Result<NuclearSolution, ConvexError>] {
    mapOnAllCores(instances.count) { index in attempt(instances[index], tolerance) }
  }

  static func attempt(
    _ instance: Instance, _ tolerance: Double
  ) -> Result<NuclearSolution, ConvexError> {
    Result { () throws(ConvexError) in
      try solve(
        instance.measurements, rows: instance.rows, columns: instance.columns,
        beta: instance.beta, tolerance: tolerance)
    }
  }

  final class Run {
    let problem: NuclearMeasurements
    let work: NuclearWork
    let lipschitz: Double
    let weights: [Double]
    let (observations, residual): (WorkVector, WorkVector)
    let (current, previous, ahead, slope): (WorkVector, WorkVector, WorkVector, WorkVector)
    var momentum = 1.0
    /// Iterations so far.
    var count = 0

    init(_ problem: NuclearMeasurements) {
      self.problem = problem
      work = NuclearWork(rows: problem.rows, columns: problem.columns)
      lipschitz = problem.lipschitzBound()
      weights = problem.weights
      (observations, residual) = (WorkVector(problem.count), WorkVector(problem.count))
      observations.assign(problem.observations)
      let size = problem.size
      (current, previous) = (WorkVector(size), WorkVector(size))
      (ahead, slope) = (WorkVector(size), WorkVector(size))
    }

    /// slope = M^T W (y - M(A)), and the residual without the weights.
    private func descent(at matrix: WorkVector) {
      problem.apply(matrix, into: residual)
      residual.scale(-1)
      residual.add(1, observations)
      let weighted = WorkVector(problem.count)
      for i in 0..<problem.count { weighted[i] = weights[i] * residual[i] }
      problem.transposed(weighted, into: slope)
    }

    /// The least beta whose minimiser is 0.
    func largestLevel() -> Double {
      descent(at: current)
      return work.singularValues(slope).first ?? 0
    }

    func restart() {
      momentum = 1
      previous.assign(current)
    }

    func step(_ level: Double) {
      guard lipschitz > 0 else { return }
      let next = (1 + (1 + 4 * momentum * momentum).squareRoot()) / 2
      let share = (momentum - 1) / next
      ahead.assign(current)
      ahead.scale(1 + share)
      ahead.add(-share, previous)
      descent(at: ahead)
      slope.scale(1 / lipschitz)
      slope.add(1, ahead)
      previous.assign(current)
      work.shrink(slope, level / lipschitz, into: current)
      var uphill = 0.0
      for i in 0..<problem.size {
        uphill += (ahead[i] - current[i]) * (current[i] - previous[i])
      }
      momentum = uphill > 0 ? 1 : next
    }

    /// Descends at one level until the gap is within the tolerance.
    func descend(_ level: Double, _ limit: Int, _ tolerance: Double) -> NuclearSolution? {
      restart()
      for _ in 0..<limit {
        if count % 10 == 0 {
          let found = solution(level, tolerance)
          if found.isCertified { return found }
        }
        step(level)
        count += 1
      }
      return nil
    }

    func solution(
      _ beta: Double, _ tolerance: Double, _ method: NuclearSolution.Method = .descent
    ) -> NuclearSolution {
      descent(at: current)
      let norm = work.singularValues(slope).first ?? 0
      let scale = min(1, beta / max(norm, .leastNormalMagnitude))
      var (squares, inner) = (0.0, 0.0)
      for i in 0..<problem.count {
        squares += weights[i] * residual[i] * residual[i]
        inner += weights[i] * residual[i] * observations[i]
      }
      let nuclear = work.singularValues(current).reduce(0, +)
      let objective = squares / 2 + beta * nuclear
      let bound = scale * inner - scale * scale * squares / 2
      return NuclearSolution(
        matrix: DenseMatrix(rows: problem.rows, columns: problem.columns, values: current.values),
        nuclearNorm: nuclear, dual: zip(residual.values, weights).map { scale * $0 * $1 },
        dualNorm: min(1, norm / beta), objective: objective, dualObjective: bound,
        residual: residual.squared.squareRoot(), iterations: count,
        method: method, isCertified: abs(objective - bound) <= tolerance * objective)
    }
  }
}
