import BatchNumerics
import Experiments
import Sweeps
import Theory

/// What theory says of a run of sparse recovery without having trained it.
struct SampleSizeTheory {
  /// t1 as the authors draw it: Theorem 3.1 with alpha beta for alpha beta sqrt(n).
  let memorization: Double?
  /// |a_LS - a*|_inf / (alpha beta), their t2 but for t1.
  let delay: Double?
  /// |a - a*| / |a*| of the a of least |a|_1 with X a = y, where runs end as beta vanishes.
  let basisPursuitError: Double
  /// Whether a duality gap vouches for that a.
  let isCertified: Bool
  /// Whether no measurement sees the target: y = 0.
  let isBlind: Bool
  /// Whether every component of the target is measured by itself, so that it can be read off.
  let isSelected: Bool
  /// Whether X is a permutation matrix.
  let isPermutation: Bool

  /// Of several runs; their convex problems are solved on all cores.
  static func of(_ cells: [SampleSizeCell]) throws -> [SampleSizeTheory] {
    let batches = try cells.map {
      try SparseRecovery().batch(of: [$0.run.prepared], instance: nil)
    }
    let solutions = BasisPursuit.solve(
      batches.map {
        BasisPursuit.Instance(
          matrix: $0.problems[0].measurements, observations: $0.problems[0].observations)
      })
    return try zip(batches, solutions).map { batch, solution in
      SampleSizeTheory(batch, try solution.get())
    }
  }

  private init(_ batch: SparseRecoveryBatch, _ solution: SparseSolution) {
    let (problem, run) = (batch.problems[0], batch.runs[0])
    let theory = SparseRecoveryTheory(problem, run, method: batch.method)
    memorization = theory.memorizationStep(asCoded: true)
    delay = theory.delay
    let distance = zip(solution.coefficients, problem.target).map { $0 - $1 }
    basisPursuitError = euclideanNorm(distance) / euclideanNorm(problem.target)
    isCertified = solution.isCertified
    isBlind = problem.observations.allSatisfy { $0 == 0 }
    let x = problem.measurements
    let selected = (0..<x.rows).compactMap { row in
      let entries = (0..<x.columns).filter { x[row, $0] != 0 }
      return entries.count == 1 && x[row, entries[0]] == 1 ? entries[0] : nil
    }
    isSelected = problem.target.indices.allSatisfy {
      problem.target[$0] == 0 || selected.contains($0)
    }
    isPermutation = selected.count == x.columns && Set(selected).count == x.columns
  }
}
