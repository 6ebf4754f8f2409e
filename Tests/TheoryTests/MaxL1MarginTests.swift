// This file tests the largest L1 margin: known cases, optimality, and where weight decay leads.

import BatchNumerics
import Experiments
import Testing
import Theory
import _TestSupport

@Suite struct MaxL1MarginTests {
  private func solve(_ rows: [[Double]], _ labels: [Double]) -> MaxL1Margin {
    MaxL1Margin(
      .dense(
        DenseMatrix(rows: rows.count, columns: rows[0].count, values: rows.flatMap { $0 })),
      labels)
  }

  @Test func oneSampleTakesItsLargestFeature() {
    let margin = solve([[3, -4, 1]], [-1])
    #expect(margin.direction == [0, 1, 0] && abs(margin.margin - 4) < 1e-12)
  }

  /// Two samples that no single feature serves: (1, 1) / 2.
  @Test func featuresAreCombined() {
    let margin = solve([[1, 0], [0, 1]], [1, 1])
    #expect(Tolerance.sum(.f64, terms: 2).mismatch(margin.direction, [0.5, 0.5]) == nil)
    #expect(abs(margin.margin - 0.5) < 1e-12 && abs(margin.upperBound - 0.5) < 1e-7)
  }

  @Test func whatCannotBeSeparatedIsSaidSo() {
    #expect(!solve([[1], [1]], [1, -1]).isSolved)
    #expect(!solve([[0, 0], [1, 0]], [1, 1]).isSolved)
  }

  /// Primal and dual meet: no direction can be better.
  @Test(arguments: [(1, 1), (3, 7), (7, 93), (12, 40), (33, 64), (40, 500)])
  func randomSamples(size: (Int, Int)) {
    let (n, d) = size
    var stream = RandomStream(seed: UInt32(n * d), purpose: .inputs)
    let x = DenseMatrix(rows: n, columns: d, values: stream.normals(n * d))
    let teacher = stream.normals(d)
    let labels = x.multiplied(by: teacher).map { $0 < 0 ? -1.0 : 1 }
    let best = MaxL1Margin(.dense(x), labels)
    #expect(best.isSolved)
    #expect(abs(best.direction.reduce(0) { $0 + abs($1) } - 1) < 1e-12)
    #expect(abs(best.margin - best.upperBound) < 1e-7 * best.upperBound, "\(best.margin)")
    #expect(best.direction.count { $0 != 0 } <= n)
    // The L2 direction has a smaller one.
    let other = MaxL2Margin(.dense(x), labels)
    let norm = other.direction.reduce(0) { $0 + abs($1) }
    #expect(other.margin / norm <= best.upperBound * (1 + 1e-9))
  }

  /// Signs with a teacher of three: at least 1/3 (Lyu et al. 2023, Fig. 1a), and the flow with decay
  /// ends near it.
  @Test func signsReachAThirdAndDecayLeadsThere() throws {
    var stream = RandomStream(seed: 4, purpose: .inputs)
    let (n, d) = (60, 300)
    let x = DenseMatrix(
      rows: n, columns: d, values: (0..<(n * d)).map { _ in stream.uniform() < 0.5 ? -1 : 1 })
    let labels = (0..<n).map { x[$0, 0] + x[$0, 1] + x[$0, 2] > 0 ? 1.0 : -1 }
    let best = MaxL1Margin(.dense(x), labels)
    #expect(best.margin >= 1 / 3.0 - 1e-9)
    var flow = try ReducedFlow(
      problem: DiagonalProblem(features: .dense(x), targets: labels),
      parameterization: .difference(depth: 2), loss: .logistic, weight: 1 / Double(n),
      weightDecay: 1e-4, initial: [Double](repeating: 1, count: 2 * d))
    try flow.advance(to: 30 / 1e-4)
    let w = DiagonalParameterization.difference(depth: 2).predictor(flow.state)
    let margin = zip(x.multiplied(by: w), labels).map { $0 * $1 }.min() ?? 0
    let reached = margin / w.reduce(0) { $0 + abs($1) }
    #expect(reached <= best.upperBound * (1 + 1e-9))
    #expect(reached > 0.85 * best.margin, "\(reached) of \(best.margin)")
  }
}
