// This file implements batches of matrix-recovery runs that many suites share.

import BatchNumerics

/// A small batch of matrix-recovery runs, described by what matters for a test.
public struct MatrixRecoveryCase: Sendable, CustomStringConvertible {
  public var parameterization = MatrixParameterization.product
  public var method = RecoveryMethod.subgradient
  public var depth = 1
  public var isDense = false
  public var precision = Precision.f64
  public var rows = 7
  public var columns = 5
  public var width = 4
  public var count = 19
  public var problems = 2
  public var runs = 5
  public var nuclear = 1e-2
  public var l1 = 1e-3
  public var l2 = 1e-2
  public var recordsAll = true

  public init() {}

  public init(
    _ parameterization: MatrixParameterization, _ method: RecoveryMethod = .subgradient,
    depth: Int = 1, isDense: Bool = false, nuclear: Double = 0
  ) {
    self.parameterization = parameterization
    self.method = method
    self.depth = parameterization == .product ? depth : 2
    self.isDense = isDense
    self.nuclear = nuclear
    if parameterization == .difference { columns = rows }
  }

  public var description: String {
    "\(parameterization) depth \(depth) \(method) \(isDense ? "dense" : "entries") "
      + "\(rows)x\(columns) \(precision)\(nuclear > 0 ? " nuclear" : "") runs \(runs)/\(problems)"
  }

  /// Every parameterisation, method and kind of measurement.
  public static let all: [MatrixRecoveryCase] = [false, true].flatMap { isDense in
    [
      MatrixRecoveryCase(.product, .subgradient, isDense: isDense, nuclear: 1e-2),
      MatrixRecoveryCase(.product, .projected, isDense: isDense, nuclear: 1e-2),
      MatrixRecoveryCase(.product, .proximal, isDense: isDense, nuclear: 1e-2),
      MatrixRecoveryCase(.product, .subgradient, isDense: isDense),
      MatrixRecoveryCase(.product, .subgradient, depth: 2, isDense: isDense),
      MatrixRecoveryCase(.product, .subgradient, depth: 2, isDense: isDense, nuclear: 1e-2),
      MatrixRecoveryCase(.product, .subgradient, depth: 3, isDense: isDense),
      MatrixRecoveryCase(.factors, isDense: isDense),
      MatrixRecoveryCase(.difference, isDense: isDense),
    ]
  }

  public func with(_ change: (inout MatrixRecoveryCase) -> Void) -> MatrixRecoveryCase {
    var copy = self
    change(&copy)
    return copy
  }

  /// The batch; runs differ in learning rate, penalties, start and, in turn, problem.
  public func makeBatch(steps: Int = 300) -> MatrixRecoveryBatch {
    var source = RandomStream(seed: 7, purpose: .measurements)
    let data = (0..<problems).map { _ in makeProblem(&source) }
    let shapes = MatrixRecoveryBatch.factorShapes(
      parameterization, depth: depth, rows: rows, columns: columns, width: width)
    let size = shapes.reduce(0) { $0 + $1.rows * $1.columns }
    // Stable: a step must not amplify rounding errors.
    let rate = depth == 1 ? 0.05 : 0.01
    let members = (0..<runs).map { run in
      let weight = 1 + 0.25 * Double(run % 5)
      return MatrixRecoveryRun(
        problem: run % problems, learningRate: rate * weight, nuclear: nuclear * weight,
        l1: l1 * weight, l2: l2 * weight, initial: source.normals(size).map { 0.3 * $0 },
        steps: steps)
    }
    return MatrixRecoveryBatch(
      rows: rows, columns: columns, measurementCount: count, parameterization: parameterization,
      depth: depth, width: width, method: method, precision: precision,
      recordsSingularValues: recordsAll, recordsAngles: recordsAll, problems: data, runs: members)
  }

  /// A rank-one target with observations that are not quite its own. One entry was observed twice, a
  /// diagonal one is among them, and in square problems both (0, 1) and (1, 0).
  private func makeProblem(_ source: inout RandomStream) -> MatrixRecoveryProblem {
    let (left, right) = (source.normals(rows), source.normals(columns))
    let target = DenseMatrix(
      rows: rows, columns: columns, values: left.flatMap { a in right.map { 0.5 * a * $0 } })
    guard isDense else {
      let size = rows * columns
      let fixed = size > 2 && columns > 1 ? [0, 1, 1, columns].filter { $0 < size } : [0]
      let others = source.permutation(size).filter { !fixed.contains($0) }
      let places = Array((fixed + others).prefix(count))
      let noise = source.normals(places.count)
      return MatrixRecoveryProblem(
        rows: places.map { $0 / columns }, columns: places.map { $0 % columns },
        observations: zip(places, noise).map { target.values[$0] + 0.05 * $1 }, target: target)
    }
    let scale = 1 / Double(count).squareRoot()
    let matrices = DenseMatrix(
      rows: count, columns: rows * columns,
      values: source.normals(count * rows * columns).map { scale * $0 })
    let noise = source.normals(count)
    let clean = matrices.multiplied(by: target.values)
    return MatrixRecoveryProblem(
      matrices: matrices, observations: zip(clean, noise).map { $0 + 0.05 * $1 }, target: target,
      pseudoInverse: SingularValueDecomposition(matrices).pseudoInverse)
  }
}

extension MatrixRecoveryBatch {
  public func with(
    problems: [MatrixRecoveryProblem]? = nil, runs: [MatrixRecoveryRun]
  ) -> MatrixRecoveryBatch {
    MatrixRecoveryBatch(
      rows: rows, columns: columns, measurementCount: measurementCount,
      parameterization: parameterization, depth: depth, width: width, method: method,
      precision: precision, recordsSingularValues: recordsSingularValues,
      recordsAngles: recordsAngles, problems: problems ?? self.problems, runs: runs)
  }

  /// One run by itself, with its own problem only.
  public func solo(_ index: Int) -> MatrixRecoveryBatch {
    let run = runs[index]
    return with(
      problems: [problems[run.problem]],
      runs: [
        MatrixRecoveryRun(
          problem: 0, learningRate: run.learningRate, nuclear: run.nuclear, l1: run.l1,
          l2: run.l2, initial: run.initial, steps: run.steps)
      ])
  }

  /// The batch of some of the runs, in the order named, with all problems.
  public func selecting(_ indices: [Int]) -> MatrixRecoveryBatch {
    with(runs: indices.map { runs[$0] })
  }
}
