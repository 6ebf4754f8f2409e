import BatchNumerics
import Experiments
import Foundation

/// The convex problems that runs of sparse and matrix recovery with one factor approach, solved for
/// all runs of a sweep together: interpolation with the least norm, which training tends to as beta
/// falls, and the penalised least squares that training at this beta ends near.
///
/// Source: Notsawo et al. 2025 (arXiv 2506.05718), appendix E: (P1) for vectors, (P4) for matrices, here
/// with equality.
public enum ConvexReferences {
  /// What was solved, and how long it took without drawing the problems.
  public struct Report: Sendable {
    /// In the order of the runs; empty for families without such a problem.
    public let predictions: [[Prediction]]
    public let problems: Int
    public let seconds: Double
  }

  /// - Parameter operations: the device to solve on; nil for all cores of the host.
  /// - Throws: the family's `SpecError` for a run that cannot be built; the device's error.
  public static func solve(
    _ runs: [PreparedRun], instance: TensorFile? = nil, on operations: (any Backend)? = nil
  ) throws -> Report {
    var references = ReferenceProblems()
    for (index, run) in runs.enumerated() {
      switch try run.parameters.text("experiment") {
      case SparseRecovery().name:
        let batch = try SparseRecovery().batch(of: [run], instance: instance)
        if batch.depth == 1 { references.add(index, batch.problems[0], batch.runs[0]) }
      case MatrixRecovery().name:
        let batch = try MatrixRecovery().batch(of: [run], instance: instance)
        if batch.depth == 1, batch.parameterization == .product {
          references.add(index, batch.problems[0], batch.runs[0])
        }
      default: break
      }
    }
    let clock = ContinuousClock()
    let start = clock.now
    let found = try references.solve(on: operations)
    let seconds = (clock.now - start) / .seconds(1)
    var predictions = [[Prediction]](repeating: [], count: runs.count)
    for (index, values) in found { predictions[index] += values }
    return Report(predictions: predictions, problems: found.count, seconds: seconds)
  }
}

/// The problems of a sweep, by kind, each with the run it belongs to.
private struct ReferenceProblems {
  private struct Vector<Instance> {
    let run: Int
    let instance: Instance
    let target: [Double]
  }

  private var pursuits: [Vector<BasisPursuit.Instance>] = []
  private var lassos: [Vector<Lasso.Instance>] = []
  private var completions: [Vector<NuclearNormInterpolation.Instance>] = []
  private var fits: [Vector<NuclearNormLeastSquares.Instance>] = []

  mutating func add(_ index: Int, _ problem: SparseRecoveryProblem, _ run: SparseRecoveryRun) {
    let (x, y) = (problem.measurements, problem.observations)
    pursuits.append(
      Vector(
        run: index, instance: BasisPursuit.Instance(matrix: x, observations: y),
        target: problem.target))
    guard run.l1 > 0, run.l2 == 0 else { return }
    lassos.append(
      Vector(
        run: index, instance: Lasso.Instance(matrix: x, observations: y, gamma: run.l1),
        target: problem.target))
  }

  mutating func add(_ index: Int, _ problem: MatrixRecoveryProblem, _ run: MatrixRecoveryRun) {
    let (rows, columns) = (problem.target.rows, problem.target.columns)
    completions.append(
      Vector(
        run: index,
        instance: NuclearNormInterpolation.Instance(
          measurements: problem.measurements, rows: rows, columns: columns),
        target: problem.target.values))
    guard run.nuclear > 0, run.l1 == 0, run.l2 == 0 else { return }
    fits.append(
      Vector(
        run: index,
        instance: NuclearNormLeastSquares.Instance(
          measurements: problem.measurements, rows: rows, columns: columns, beta: run.nuclear),
        target: problem.target.values))
  }

  func solve(on operations: (any Backend)?) throws -> [(run: Int, predictions: [Prediction])] {
    let pursued = pursuits.map(\.instance)
    let lassoed = lassos.map(\.instance)
    let completed = completions.map(\.instance)
    let fitted = fits.map(\.instance)
    let sparse = [
      Self.results(
        pursuits,
        try operations.map { try BasisPursuit.solve(pursued, on: $0) }
          ?? BasisPursuit.solve(pursued), "basis pursuit, min |a|_1 with X a = y", Self.sparse),
      Self.results(
        lassos, try operations.map { try Lasso.solve(lassoed, on: $0) } ?? Lasso.solve(lassoed),
        "the lasso at this l1", Self.sparse),
    ]
    let nuclear = [
      Self.results(
        completions,
        try operations.map { try NuclearNormInterpolation.solve(completed, on: $0) }
          ?? NuclearNormInterpolation.solve(completed),
        "the least |A|_* that interpolates", Self.nuclear),
      Self.results(
        fits,
        try operations.map { try NuclearNormLeastSquares.solve(fitted, on: $0) }
          ?? NuclearNormLeastSquares.solve(fitted),
        "nuclear-norm least squares at this beta", Self.nuclear),
    ]
    return sparse.flatMap { $0 } + nuclear.flatMap { $0 }
  }

  /// What of a solution is reported.
  private struct Summary {
    let values: [Double]
    let norm: Double
    let gap: Double
    let isCertified: Bool
  }

  private static func sparse(_ solution: SparseSolution) -> Summary {
    Summary(
      values: solution.coefficients, norm: solution.l1Norm, gap: solution.relativeGap,
      isCertified: solution.isCertified)
  }

  private static func nuclear(_ solution: NuclearSolution) -> Summary {
    Summary(
      values: solution.matrix.values, norm: solution.nuclearNorm, gap: solution.relativeGap,
      isCertified: solution.isCertified)
  }

  private static func results<Instance, Solution>(
    _ problems: [Vector<Instance>], _ solutions: [Result<Solution, ConvexError>], _ name: String,
    _ summarize: (Solution) -> Summary
  ) -> [(run: Int, predictions: [Prediction])] {
    zip(problems, solutions).map { problem, solution in
      let source = "Notsawo et al. 2025, appendix E, solved here"
      switch solution {
      case .failure(let error):
        let isSolvable = Prediction.Condition("\(error)", false)
        return (
          problem.run,
          [Prediction("test error of \(name)", nil, .exact, source, conditions: [isSolvable])]
        )
      case .success(let solution):
        let found = summarize(solution)
        let certified = Prediction.Condition(
          "duality gap within the tolerance", found.isCertified)
        let distance = euclideanNorm(zip(found.values, problem.target).map { $0 - $1 })
        func prediction(_ what: String, _ value: Double) -> Prediction {
          Prediction("\(what) of \(name)", value, .exact, source, conditions: [certified])
        }
        return (
          problem.run,
          [
            prediction("test error", distance / euclideanNorm(problem.target)),
            prediction("norm", found.norm), prediction("relative duality gap", found.gap),
          ]
        )
      }
    }
  }
}
