// This file tests the data and the calculus of matrix recovery: losses, gradients, metrics.

import BatchNumerics
import Testing
import _TestSupport

@Suite struct MatrixRecoveryProblemTests {
  /// Repeated observations: weight, mean, and the part of |X A - y|^2 that no A takes away.
  @Test func repeatedEntries() {
    let target = DenseMatrix(rows: 2, columns: 2, values: [1, 2, 3, 4])
    let problem = MatrixRecoveryProblem(
      rows: [1, 0, 1], columns: [0, 1, 0], observations: [5, 7, 9], target: target)
    guard case .entries(let entries) = problem.measurements else {
      Issue.record("entries expected")
      return
    }
    #expect(
      entries == [
        ObservedEntry(row: 0, column: 1, weight: 1, value: 7),
        ObservedEntry(row: 1, column: 0, weight: 2, value: 7),
      ])
    #expect(problem.residualFloor == 8)
    let (gradient, square) = problem.gradient(of: target)
    // (3 - 5)^2 + (2 - 7)^2 + (3 - 9)^2
    #expect(square == 65)
    #expect(gradient.values == [0, -5, -8, 0])
    #expect(problem.isObserved == [false, true, true, false])
    #expect(problem.count == 3)
  }

  /// Every gradient against finite differences of c/2 |X W - y|^2.
  @Test(arguments: MatrixRecoveryCase.all) func gradients(test: MatrixRecoveryCase) {
    let batch = test.makeBatch()
    let problem = batch.problems[0]
    func loss(_ parameters: [Double]) -> Double {
      let learned = batch.learned(batch.factors(parameters))
      return batch.dataWeight / 2 * problem.gradient(of: learned).squaredResidual
    }
    let point = batch.runs[0].initial
    let factors = batch.factors(point)
    var gradient = problem.gradient(of: batch.learned(factors)).gradient
    for i in gradient.values.indices { gradient.values[i] *= batch.dataWeight }
    let found = batch.slopes(factors, gradient).flatMap(\.values)
    let expected = FiniteDifferences.gradient(at: point, of: loss)
    expectNone(Tolerance.centralDifference(curvature: 50).mismatch(found, expected))
  }

  @Test func lossesHaveTheFactorsOfThePapers() {
    #expect(MatrixRecoveryCase(.product).makeBatch().dataWeight == 1)
    #expect(MatrixRecoveryCase(.factors).makeBatch().dataWeight == 2)
    #expect(MatrixRecoveryCase(.difference).makeBatch().dataWeight == 2.0 / 19)
  }

  private func root(_ x: Double) -> Double { x.squareRoot() }

  /// The metrics of a state that is known in all parts.
  @Test func metrics() {
    let target = DenseMatrix(rows: 2, columns: 2, values: [2, 0, 0, 0])
    let problem = MatrixRecoveryProblem(
      rows: [0, 1], columns: [0, 1], observations: [2, 1], target: target)
    let run = MatrixRecoveryRun(
      problem: 0, learningRate: 0.1, nuclear: 0.5, l1: 0, l2: 0, initial: [3, 0, 0, -4], steps: 1)
    let batch = MatrixRecoveryBatch(
      rows: 2, columns: 2, measurementCount: 2, parameterization: .product, depth: 1, width: 2,
      method: .subgradient, precision: .f64, recordsSingularValues: true, recordsAngles: true,
      problems: [problem], runs: [run])
    let metrics = MatrixRecoveryMetrics(batch)
    let svd = ThinSVD<Double>(rows: 2, columns: 2)
    func values(_ parameters: [Double]) -> [String: Double] {
      Dictionary(
        uniqueKeysWithValues: zip(
          metrics.names, metrics.evaluate(run: 0, parameters, svd)))
    }
    let found = values([3, 0, 0, -4])
    let expected: [String: Double] = [
      "train_error": root(26) / root(5), "test_error": root(17) / 2,
      "train_loss": 13, "test_loss": 0, "nuclear_norm": 7, "l1_norm": 7, "l2_norm": 5,
      "gradient_ratio": root(26) / (0.5 * root(2)), "parameter_norm": 5,
      "sigma_1": 4, "sigma_2": 3, "left_angle": 1, "right_angle": 1,
    ]
    #expect(Set(found.keys) == Set(expected.keys))
    let rule = Tolerance.factorization(size: 2, norm: 7)
    for (name, value) in expected { expectNone(rule.mismatch(found[name] ?? .nan, value), name) }
    // The target itself, and the target turned by 0.6 on one side only.
    #expect((values([2, 0, 0, 0])["left_angle"] ?? 1) < 1e-15)
    let turned = values([1.6, 0, 1.2, 0])
    expectNone(rule.mismatch(turned["left_angle"] ?? .nan, 0.6))
    expectNone(rule.mismatch(turned["right_angle"] ?? .nan, 0))
    // Off the observed entries the loss counts as test loss.
    expectNone(rule.mismatch(values([2, 3, 1, 1])["test_loss"] ?? .nan, 5))
    #expect(values([.nan, 0, 0, 0])["l2_norm"]?.isFinite == false)
  }
}
