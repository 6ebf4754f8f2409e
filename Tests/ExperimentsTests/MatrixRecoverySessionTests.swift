// This file tests training by the reference: steps, both of its ways, batches, invariants.

import BatchNumerics
import Experiments
import Foundation
import Testing
import _TestSupport

@Suite struct MatrixRecoverySessionTests {
  static let both = MatrixRecoveryCase.all.flatMap { test in
    Precision.allCases.map { precision in test.with { $0.precision = precision } }
  }

  /// The loop and the batched operations, over curves and parameters.
  @Test(arguments: both) func loopAndStepwise(test: MatrixRecoveryCase) throws {
    let batch = test.makeBatch()
    let (loop, stepwise) = (try batch.referenceSession(), try batch.stepwiseSession())
    let evaluations = [0, 1, 2, 40]
    let expected = try loop.train(runs: 5, steps: 40, evaluations: evaluations)
    let found = try stepwise.train(runs: 5, steps: 40, evaluations: evaluations)
    #expect(loop.metricNames == stepwise.metricNames)
    let rule = Tolerance.matrixTrajectory(test.precision, steps: 41)
    expectNone(rule.mismatch(found.curvesWithoutRatios, expected.curvesWithoutRatios))
    for (own, other) in zip(
      try stepwise.parameters(of: [0, 4]), try loop.parameters(of: [0, 4]))
    {
      #expect(own.map(\.name) == other.map(\.name))
      expectNone(rule.mismatch(own.flatMap(\.values), other.flatMap(\.values)))
    }
  }

  /// One step of every method from its formula.
  @Test(arguments: MatrixRecoveryCase.all) func oneStep(test: MatrixRecoveryCase) throws {
    let batch = test.makeBatch()
    let run = batch.runs[1]
    let problem = batch.problems[run.problem]
    let factors = batch.factors(run.initial)
    var gradient = problem.gradient(of: batch.learned(factors)).gradient
    for i in gradient.values.indices { gradient.values[i] *= batch.dataWeight }
    let slopes = batch.slopes(factors, gradient)
    var expected: [Double] = []
    for (factor, slope) in zip(factors, slopes) {
      let svd = SingularValueDecomposition(factor)
      var next = factor
      for i in next.values.indices {
        let a = factor.values[i]
        let data = test.method == .projected ? 0 : slope.values[i]
        let penalty = run.l2 * a + run.l1 * (a > 0 ? 1 : a < 0 ? -1 : 0)
        next.values[i] = a - run.learningRate * (data + penalty)
      }
      if test.method != .proximal {
        for p in svd.values.indices where run.nuclear > 0 {
          for i in 0..<next.rows {
            for j in 0..<next.columns {
              next[i, j] -= run.learningRate * run.nuclear * svd.left[i, p] * svd.right[j, p]
            }
          }
        }
      } else {
        let shrunk = SingularValueDecomposition(next)
        var result = DenseMatrix(rows: next.rows, columns: next.columns)
        for p in shrunk.values.indices {
          let kept = max(shrunk.values[p] - run.learningRate * run.nuclear, 0)
          for i in 0..<next.rows {
            for j in 0..<next.columns {
              result[i, j] += kept * shrunk.left[i, p] * shrunk.right[j, p]
            }
          }
        }
        next = result
      }
      if test.method == .projected { project(&next, problem) }
      expected += next.values
    }
    let session = try batch.referenceSession()
    _ = try session.train(runs: 5, steps: 1, evaluations: [])
    let found = try session.parameters(of: [1])[0].filter { factors.count == 1 || $0.name != "A" }
    let rule = Tolerance.factorization(size: 35, norm: 10)
    expectNone(rule.mismatch(found.flatMap(\.values), expected))
  }

  private func project(_ matrix: inout DenseMatrix, _ problem: MatrixRecoveryProblem) {
    switch problem.measurements {
    case .entries(let entries):
      for entry in entries { matrix[entry.row, entry.column] = entry.value }
    case .dense(let matrices, let y):
      let residual = zip(matrices.multiplied(by: matrix.values), y).map { $0 - $1 }
      let inverse = SingularValueDecomposition(matrices).pseudoInverse
      for (i, change) in inverse.multiplied(by: residual).enumerated() {
        matrix.values[i] -= change
      }
    }
  }

  // MARK: - Batches

  @Test(arguments: MatrixRecoveryCase.all)
  func aRunAloneAndInABatch(test: MatrixRecoveryCase) throws {
    let batch = test.makeBatch()
    let evaluations = [0, 7, 30]
    for make in [{ try $0.referenceSession() }, { try $0.stepwiseSession() }]
      as [(MatrixRecoveryBatch) throws -> any TrainingSession]
    {
      let whole = try make(batch).train(runs: 5, steps: 30, evaluations: evaluations)
      let alone = try make(batch.solo(3)).train(runs: 1, steps: 30, evaluations: evaluations)
      #expect(bits(alone.values(ofRun: 0)) == bits(whole.values(ofRun: 3)))
      let order = [4, 2, 0, 3, 1]
      let permuted = try make(batch.selecting(order)).train(
        runs: 5, steps: 30, evaluations: evaluations)
      for (place, run) in order.enumerated() {
        #expect(bits(permuted.values(ofRun: place)) == bits(whole.values(ofRun: run)))
      }
      let session = try make(batch)
      for end in [1, 8, 9] {
        _ = try session.advance(
          Launch(
            start: end == 1 ? 0 : end == 8 ? 1 : 8, end: end, evaluations: [],
            runs: Array(0..<5)))
      }
      let rest = try session.advance(
        Launch(start: 9, end: 30, evaluations: [30], runs: Array(0..<5)))
      let last = whole.values(ofRun: 2).suffix(whole.metricCount)
      #expect(bits(rest.values(ofRun: 2)) == bits(last))
    }
  }

  @Test func aDivergingRunHarmsNobody() throws {
    let batch = MatrixRecoveryCase(.product, nuclear: 1e-2).makeBatch()
    let wild = batch.runs.enumerated().map { index, run in
      index != 2
        ? run
        : MatrixRecoveryRun(
          problem: run.problem, learningRate: 1e200, nuclear: run.nuclear, l1: run.l1, l2: run.l2,
          initial: run.initial, steps: run.steps)
    }
    let evaluations = [0, 20]
    let expected = try batch.referenceSession().train(runs: 5, steps: 20, evaluations: evaluations)
    let found = try batch.with(runs: wild).referenceSession().train(
      runs: 5, steps: 20, evaluations: evaluations)
    for run in [0, 1, 3, 4] {
      #expect(bits(found.values(ofRun: run)) == bits(expected.values(ofRun: run)))
    }
    let norm = try #require(try batch.referenceSession().metricNames.firstIndex(of: "l2_norm"))
    #expect(!found[1, norm, 2].isFinite)
  }

  // MARK: - Invariants

  /// Under gradient flow U^T V (difference) and U^T U - V^T V (factors) decay as e^{-2 lambda t}
  /// exactly; descent leaves that by an amount proportional to lr, and reaches it as lr shrinks.
  ///
  /// Source: Lyu et al. 2023 and Boursier et al. 2025 (catalogue, section 6.2).
  @Test(arguments: [MatrixParameterization.difference, .factors])
  func invariantsDecay(form: MatrixParameterization) throws {
    let test = MatrixRecoveryCase(form).with { ($0.l1, $0.l2, $0.runs) = (0, 0.2, 1) }
    func defect(_ rate: Double) throws -> Double {
      let base = test.makeBatch()
      let run = base.runs[0]
      let batch = base.with(runs: [
        MatrixRecoveryRun(
          problem: 0, learningRate: rate, nuclear: 0, l1: 0, l2: 0.2, initial: run.initial,
          steps: 1)
      ])
      func invariant(_ factors: [DenseMatrix]) -> [Double] {
        let (u, v) = (factors[0], factors[1])
        guard form == .factors else { return u.transposed.multiplied(by: v).values }
        let (first, second) = (
          u.transposed.multiplied(by: u).values, v.transposed.multiplied(by: v).values
        )
        return zip(first, second).map { $0 - $1 }
      }
      let session = try batch.referenceSession()
      let steps = Int((0.8 / rate).rounded())
      _ = try session.train(runs: 1, steps: steps, evaluations: [])
      let end = try session.parameters(of: [0])[0].filter { $0.name != "A" }
      let factors = batch.factors(end.flatMap(\.values))
      let decay = exp(-2 * 0.2 * 0.8)
      let start = invariant(batch.factors(run.initial))
      return zip(invariant(factors), start).map { abs($0 - decay * $1) }.max() ?? .nan
    }
    let (coarse, fine) = (try defect(2e-3), try defect(1e-3))
    #expect(fine < 1e-2)
    #expect((1.8...2.2).contains(coarse / fine), "\(coarse) \(fine)")
  }
}

extension EvaluationBlock {
  /// The values without those of `gradient_ratio` (metric 7): the ratio of two small numbers.
  var curvesWithoutRatios: [Double] {
    values.enumerated().filter { $0.offset / runs.count % metricCount != 7 }.map(\.element)
  }
}
