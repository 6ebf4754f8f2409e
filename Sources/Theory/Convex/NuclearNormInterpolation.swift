import BatchNumerics

/// Nuclear-norm interpolation: min |A|_* subject to M(A) = y, for observed entries (completion) or any
/// linear measurements, of which `MatrixMeasurements.rankOne` makes l_i^T A r_i = y_i.
///
/// The dual problem is max <y, nu> subject to |M^T(nu)|_2 <= 1. A solution has a feasible nu and the
/// gap between both objectives; where it is 0, M^T(nu) = U V^T + W with the singular vectors of A and
/// W at right angles to them.
///
/// Douglas-Rachford splitting (as ADMM): A by soft-thresholding of singular values, B by projection
/// onto M(B) = y, with a step that balances both residuals. The matrix reported is B, which meets
/// the constraint.
///
/// Sources: Candes, Recht, "Exact matrix completion via convex optimization" (Found. Comput. Math. 9,
/// 2009); Recht, Fazel, Parrilo, SIAM Rev. 52 (2010) for the dual; Boyd et al., "Distributed
/// optimization and statistical learning via the alternating direction method of multipliers" (2011).
public enum NuclearNormInterpolation {
  /// One problem.
  public struct Instance: Sendable {
    public let measurements: MatrixMeasurements
    /// Of the matrix that is sought.
    public let (rows, columns): (Int, Int)

    public init(measurements: MatrixMeasurements, rows: Int, columns: Int) {
      self.measurements = measurements
      (self.rows, self.columns) = (rows, columns)
    }
  }

  /// - Parameter tolerance: of the gap, as a part of the nuclear norm.
  public static func solve(
    _ measurements: MatrixMeasurements, rows: Int, columns: Int, tolerance: Double = 1e-9,
    limit: Int = 50_000
  ) throws(ConvexError) -> NuclearSolution {
    let problem = try NuclearMeasurements(measurements, rows: rows, columns: columns)
    let run = Run(problem, tolerance)
    // Projecting 0 gives the interpolant of least Frobenius norm.
    run.project()
    let distance = run.distance
    guard distance <= run.slack else { throw .infeasible(distance: distance) }
    run.start()
    return run.iterate(limit)
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
        tolerance: tolerance)
    }
  }

  final class Run {
    let problem: NuclearMeasurements
    let tolerance: Double
    let kernel: ActiveFactor?
    let work: NuclearWork
    let observations: WorkVector
    /// A, B and U, the scaled dual: -U / reach tends to M^T(nu).
    let (shrunk, feasible, dual): (WorkVector, WorkVector, WorkVector)
    let (moved, image, multiplier): (WorkVector, WorkVector, WorkVector)
    var reach = 1.0

    init(_ problem: NuclearMeasurements, _ tolerance: Double) {
      self.problem = problem
      self.tolerance = tolerance
      kernel = problem.kernel()
      work = NuclearWork(rows: problem.rows, columns: problem.columns)
      observations = WorkVector(problem.count)
      observations.assign(problem.observations)
      let size = problem.size
      (shrunk, feasible, dual) = (WorkVector(size), WorkVector(size), WorkVector(size))
      (moved, image, multiplier) = (
        WorkVector(size), WorkVector(problem.count), WorkVector(problem.count)
      )
    }

    func start() {
      reach = max((work.singularValues(feasible).first ?? 0) / 2, .leastNormalMagnitude)
    }

    /// Continues from where a device has come to; M^T(nu) tends to its slope.
    func adopt(_ point: SplittingPoint) {
      feasible.assign(point.fitting)
      project()
      dual.assign(point.slope)
      dual.scale(-point.step)
      reach = point.step
    }

    /// - Parameter earlier: iterations that led here.
    func iterate(_ limit: Int, after earlier: Int = 0) -> NuclearSolution {
      var iteration = 0
      while iteration < limit {
        let (primal, dual) = step()
        iteration += 1
        let isDue = iteration % (iteration < 200 ? 10 : 50) == 0
        if isDue, iteration <= 10_000 { balance(primal, dual) }
        guard iteration % 25 == 0 else { continue }
        let found = solution(earlier + iteration)
        if found.isCertified { return found }
      }
      return solution(earlier + iteration)
    }

    /// |M(B) - y|_2
    var distance: Double {
      problem.apply(feasible, into: image)
      image.add(-1, observations)
      return image.squared.squareRoot()
    }

    /// The distance that rounding may leave.
    var slack: Double { 1e-8 * observations.squared.squareRoot() }

    /// multiplier = (M M^T)^-1 image; what depends on other measurements gets 0.
    private func solveKernel() {
      guard let kernel else { return multiplier.assign(image) }
      let packed = WorkVector(kernel.count)
      for (i, member) in kernel.members.enumerated() { packed[i] = image[member] }
      kernel.solve(packed.start)
      multiplier.fill(0)
      for (i, member) in kernel.members.enumerated() { multiplier[member] = packed[i] }
    }

    /// Projects B onto M(B) = y, twice: the second takes away what rounding left.
    func project() {
      for _ in 0..<(kernel == nil ? 1 : 2) {
        problem.apply(feasible, into: image)
        image.scale(-1)
        image.add(1, observations)
        solveKernel()
        problem.transposed(multiplier, into: moved)
        feasible.add(1, moved)
      }
    }

    /// One iteration; returns |A - B| and how far B moved.
    func step() -> (primal: Double, dual: Double) {
      moved.assign(feasible)
      moved.add(-1, dual)
      work.shrink(moved, reach, into: shrunk)
      let old = feasible.values
      feasible.assign(shrunk)
      feasible.add(1, dual)
      project()
      var (primal, change) = (0.0, 0.0)
      for i in 0..<problem.size {
        let apart = shrunk[i] - feasible[i]
        dual[i] += apart
        primal += apart * apart
        change += (feasible[i] - old[i]) * (feasible[i] - old[i])
      }
      return (primal.squareRoot(), change.squareRoot())
    }

    func balance(_ primal: Double, _ change: Double) {
      let factor = primal > 1.5 * change ? 0.8 : change > 1.5 * primal ? 1.25 : 1
      reach *= factor
      dual.scale(factor)
    }

    func solution(
      _ iterations: Int, _ method: NuclearSolution.Method = .splitting
    ) -> NuclearSolution {
      // nu is the part of -U / reach that the measurements see, scaled until it is feasible.
      problem.apply(dual, into: image)
      image.scale(-1 / reach)
      solveKernel()
      problem.transposed(multiplier, into: moved)
      let norm = work.singularValues(moved).first ?? 0
      multiplier.scale(1 / max(1, norm))
      let nuclear = work.singularValues(feasible).reduce(0, +)
      let bound = observations.dot(multiplier)
      return NuclearSolution(
        matrix: DenseMatrix(rows: problem.rows, columns: problem.columns, values: feasible.values),
        nuclearNorm: nuclear, dual: multiplier.values, dualNorm: min(1, norm), objective: nuclear,
        dualObjective: bound, residual: distance, iterations: iterations,
        method: method, isCertified: abs(nuclear - bound) <= tolerance * nuclear)
    }
  }
}
