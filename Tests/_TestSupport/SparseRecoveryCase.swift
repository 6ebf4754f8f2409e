// This file describes small sparse-recovery batches that every backend is tested with.

import BatchNumerics

/// A batch with `runs` runs over `problems` random problems; all from a seed.
public struct SparseRecoveryCase: Sendable, CustomStringConvertible {
  public var method = RecoveryMethod.subgradient
  public var depth = 1
  public var precision = Precision.f64
  /// n and N: no multiples of a vector width, so that tails are exercised.
  public var columns = 21
  public var rows = 13
  public var problems = 2
  public var runs = 5
  public var l1 = 1e-3
  public var l2 = 1e-2
  public var seed: UInt32 = 1

  public init() {}

  public init(_ method: RecoveryMethod, depth: Int, _ precision: Precision = .f64) {
    self.method = method
    self.depth = depth
    self.precision = precision
  }

  public var description: String { "\(method) depth \(depth) \(precision)" }

  /// Every method with every depth it is defined for, up to 3.
  public static let methodsAndDepths: [SparseRecoveryCase] = [
    SparseRecoveryCase(.subgradient, depth: 1), SparseRecoveryCase(.subgradient, depth: 2),
    SparseRecoveryCase(.subgradient, depth: 3), SparseRecoveryCase(.proximal, depth: 1),
    SparseRecoveryCase(.proximal, depth: 2), SparseRecoveryCase(.proximal, depth: 3),
    SparseRecoveryCase(.projected, depth: 1),
  ]

  /// The same in both precisions.
  public static let all: [SparseRecoveryCase] = Precision.allCases.flatMap { precision in
    methodsAndDepths.map { SparseRecoveryCase($0.method, depth: $0.depth, precision) }
  }

  /// The batch; runs differ in learning rate, l1, l2, start and, in turn, problem.
  public func makeBatch(steps: Int = 300) -> SparseRecoveryBatch {
    var source = RandomStream(seed: seed, purpose: .measurements)
    let data = (0..<problems).map { _ in makeProblem(&source) }
    let members = (0..<runs).map { run in
      let weight = 1 + 0.25 * Double(run)
      return SparseRecoveryRun(
        problem: run % problems, learningRate: 0.05 * weight, l1: l1 * weight, l2: l2 * weight,
        initial: source.normals(depth * columns).map { 0.3 * $0 }, steps: steps)
    }
    return SparseRecoveryBatch(
      columns: columns, rows: rows, depth: depth, method: method, precision: precision,
      recordsTrace: true, recordsSupportNorms: true, problems: data, runs: members)
  }

  /// Gaussian X with entries of variance 1/N, a target with three entries, and a little noise.
  private func makeProblem(_ source: inout RandomStream) -> SparseRecoveryProblem {
    let scale = 1 / Double(rows).squareRoot()
    let measurements = DenseMatrix(
      rows: rows, columns: columns, values: source.normals(rows * columns).map { scale * $0 })
    var target = [Double](repeating: 0, count: columns)
    for position in source.permutation(columns).prefix(3) { target[position] = source.normal() }
    let clean = measurements.multiplied(by: target)
    return SparseRecoveryProblem(
      measurements: measurements, observations: clean.map { $0 + 0.01 * source.normal() },
      target: target,
      pseudoInverse: SingularValueDecomposition(measurements).pseudoInverse)
  }
}

extension SparseRecoveryBatch {
  /// The batch of some of the runs, in the order named, with all problems.
  public func selecting(_ indices: [Int]) -> SparseRecoveryBatch {
    SparseRecoveryBatch(
      columns: columns, rows: rows, depth: depth, method: method, precision: precision,
      recordsTrace: recordsTrace, recordsSupportNorms: recordsSupportNorms, problems: problems,
      runs: indices.map { runs[$0] })
  }
}

extension TrainingSession {
  /// Trains all of `runs` runs from the start to `steps` in one launch.
  public func train(runs: Int, steps: Int, evaluations: [Int]) throws -> EvaluationBlock {
    try advance(
      Launch(start: 0, end: steps, evaluations: evaluations, runs: Array(0..<runs)))
  }
}

extension EvaluationBlock {
  /// The metrics of one run, evaluation after evaluation.
  public func values(ofRun run: Int) -> [Double] {
    steps.indices.flatMap { step in (0..<metricCount).map { self[step, $0, run] } }
  }
}
