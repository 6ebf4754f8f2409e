// This file tests single steps of the reference: by hand, and its gradients by finite differences.

import BatchNumerics
import Experiments
import Testing
import _TestSupport

@Suite struct SparseRecoveryStepTests {
  /// A run with lr = 0.1, l1 = 0.5, l2 = 0.2 of one measurement `row` with observation `y`.
  static func batch(
    _ method: RecoveryMethod, row: [Double], y: Double, factors: [[Double]],
    target: [Double]? = nil
  ) -> SparseRecoveryBatch {
    let matrix = DenseMatrix(rows: 1, columns: row.count, values: row)
    let problem = SparseRecoveryProblem(
      measurements: matrix, observations: [y], target: target ?? row.map { _ in 1 },
      pseudoInverse: SingularValueDecomposition(matrix).pseudoInverse)
    return SparseRecoveryBatch(
      columns: row.count, rows: 1, depth: factors.count, method: method, precision: .f64,
      recordsTrace: true, recordsSupportNorms: true, problems: [problem],
      runs: [
        SparseRecoveryRun(
          problem: 0, learningRate: 0.1, l1: 0.5, l2: 0.2, initial: factors.flatMap { $0 },
          steps: 1)
      ])
  }

  /// All factors after one step of the reference.
  static func step(_ batch: SparseRecoveryBatch) throws -> [Double] {
    let session = try referenceSession(batch)
    _ = try session.train(runs: 1, steps: 1, evaluations: [])
    let tensors = try session.parameters(of: [0])[0]
    return tensors.last?.values ?? []
  }

  typealias Expectation = (method: RecoveryMethod, values: [Double])

  /// X = [1 2 -1 0.1], y = 1, a = (1, -1, 0, 0): residual -2, G = (-2, -4, 2, -0.2).
  static let shallowSteps: [Expectation] = [
    // a - lr (G + l2 a + l1 sign a); sign(0) = 0
    (.subgradient, [1.13, -0.53, -0.2, 0.02]),
    // a - lr (G + l2 a) = (1.18, -0.58, -0.2, 0.02), shrunk by 0.05
    (.proximal, [1.13, -0.53, -0.15, 0]),
    // z = (0.93, -0.93, 0, 0) leaves -1.93, taken off along X^T / 6.01
    (.projected, [0.93 + 1.93 / 6.01, -0.93 + 3.86 / 6.01, -1.93 / 6.01, 0.193 / 6.01]),
  ]

  @Test(arguments: shallowSteps)
  func oneStepByHand(_ method: RecoveryMethod, _ expected: [Double]) throws {
    let batch = Self.batch(method, row: [1, 2, -1, 0.1], y: 1, factors: [[1, -1, 0, 0]])
    let rule = Tolerance.sum(.f64, terms: 8)
    #expect(rule.mismatch(try Self.step(batch), expected) == nil)
  }

  /// X = [1 0], y = 1, A_1 = (1, 0.04), A_2 = (2, 3): G = (1, 0), slopes (2, 0) and (1, 0), both
  /// from old values.
  static let deepSteps: [Expectation] = [
    (.subgradient, [0.73, -0.0108, 1.81, 2.89]), (.proximal, [0.73, 0, 1.81, 2.89]),
  ]

  @Test(arguments: deepSteps)
  func oneStepOfTwoFactors(_ method: RecoveryMethod, _ expected: [Double]) throws {
    let batch = Self.batch(method, row: [1, 0], y: 1, factors: [[1, 0.04], [2, 3]])
    let rule = Tolerance.sum(.f64, terms: 8)
    #expect(rule.mismatch(try Self.step(batch), expected) == nil)
  }

  /// X = [1], y = 0, A = 1, 2, -1: G = -2, slopes 4, 2, -4.
  @Test func oneStepOfThreeFactors() throws {
    let batch = Self.batch(.subgradient, row: [1], y: 0, factors: [[1], [2], [-1]])
    let rule = Tolerance.sum(.f64, terms: 8)
    #expect(rule.mismatch(try Self.step(batch), [0.53, 1.71, -0.53]) == nil)
  }

  /// The state of `oneStepByHand` before its step, with a* = (2, 0, 0, 0).
  @Test func metricsByHand() throws {
    let batch = Self.batch(
      .subgradient, row: [1, 2, -1, 0.1], y: 1, factors: [[1, -1, 0, 0]], target: [2, 0, 0, 0])
    let session = try referenceSession(batch)
    let block = try session.train(runs: 1, steps: 0, evaluations: [0])
    #expect(
      session.metricNames == [
        "train_error", "test_error", "l1_norm", "l2_norm", "gradient_ratio", "support_norm",
        "off_support_norm", "a_0", "a_1", "a_2", "a_3",
      ])
    let root = 2.0.squareRoot()
    let expected = [2, root / 2, 2, root, 24.04.squareRoot() / (0.7 * root), 1, 1, 1, -1, 0, 0]
    #expect(Tolerance.sum(.f64, terms: 8).mismatch(block.values, expected) == nil)
  }

  @Test func gradientRatioWithoutRegularisationIsInfinite() throws {
    var small = SparseRecoveryCase()
    (small.l1, small.l2) = (0, 0)
    let session = try referenceSession(small.makeBatch())
    let block = try session.train(runs: small.runs, steps: 0, evaluations: [0])
    let index = try #require(session.metricNames.firstIndex(of: "gradient_ratio"))
    #expect(block[0, index, 0] == .infinity)
  }

  /// With lr = 1 a step is minus the gradient of 1/2 |X a - y|^2 + sum (l2/2 |A|^2 + l1 |A|_1),
  /// which is smooth away from zero entries.
  @Test(arguments: [1, 2, 3], [(0.0, 0.0), (0.3, 0.7)])
  func stepIsTheGradientOfTheObjective(depth: Int, weights: (l1: Double, l2: Double)) throws {
    let batch = SparseRecoveryCase(.subgradient, depth: depth).makeBatch()
    let (run, problem) = (batch.runs[0], batch.problems[batch.runs[0].problem])
    let single = SparseRecoveryBatch(
      columns: batch.columns, rows: batch.rows, depth: depth, method: .subgradient,
      precision: .f64, problems: [problem],
      runs: [
        SparseRecoveryRun(
          problem: 0, learningRate: 1, l1: weights.l1, l2: weights.l2, initial: run.initial,
          steps: 1)
      ])
    let gradient = zip(run.initial, try Self.step(single)).map { $0 - $1 }
    let numerical = FiniteDifferences.gradient(at: run.initial) { factors in
      var residual = -0.0
      var product = [Double](repeating: 1, count: batch.columns)
      for (i, factor) in factors.enumerated() { product[i % batch.columns] *= factor }
      for (value, y) in zip(problem.measurements.multiplied(by: product), problem.observations) {
        residual += (value - y) * (value - y) / 2
      }
      return factors.reduce(residual) {
        $0 + weights.l2 / 2 * $1 * $1 + weights.l1 * abs($1)
      }
    }
    // The objective and its third derivatives are of size ten here.
    #expect(Tolerance.centralDifference(curvature: 10).mismatch(gradient, numerical) == nil)
  }
}
