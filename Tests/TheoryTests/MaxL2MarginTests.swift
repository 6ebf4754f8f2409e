// This file tests the largest L2 margin: known cases, optimality, and where gradient flow leads.

import BatchNumerics
import Experiments
import Foundation
import Testing
import Theory
import _TestSupport

@Suite struct MaxL2MarginTests {
  private func solve(_ rows: [[Double]], _ labels: [Double]) -> MaxL2Margin {
    MaxL2Margin(
      .dense(
        DenseMatrix(rows: rows.count, columns: rows[0].count, values: rows.flatMap { $0 })),
      labels)
  }

  @Test func oneSampleIsItsOwnDirection() {
    let margin = solve([[3, -4]], [-1])
    #expect(Tolerance.sum(.f64, terms: 2).mismatch(margin.direction, [-0.6, 0.8]) == nil)
    #expect(abs(margin.margin - 5) < 1e-12)
  }

  /// Two points on one side: the nearer one decides, or the foot of the perpendicular between them.
  @Test func nearestPointOfTheHull() {
    #expect(abs(solve([[1, 0], [5, 0]], [1, 1]).margin - 1) < 1e-9)
    let between = solve([[2, 1], [2, -1]], [1, 1])
    #expect(abs(between.margin - 2) < 1e-9)
    #expect(abs(between.direction[1]) < 1e-9)
  }

  @Test func whatCannotBeSeparatedIsSaidSo() {
    let margin = solve([[1], [1]], [1, -1])
    #expect(!margin.isSeparable && margin.direction == [0] && margin.upperBound == 0)
    #expect(!solve([[0, 0], [1, 0]], [1, 1]).isSeparable)
  }

  /// Primal and dual meet, and nothing beats the margin.
  @Test(arguments: [(1, 1), (3, 7), (7, 7), (12, 40), (33, 64)])
  func randomSamples(size: (Int, Int)) {
    let (n, d) = size
    var stream = RandomStream(seed: UInt32(n * d), purpose: .inputs)
    let x = DenseMatrix(rows: n, columns: d, values: stream.normals(n * d))
    let teacher = stream.normals(d)
    let labels = x.multiplied(by: teacher).map { $0 < 0 ? -1.0 : 1 }
    let best = MaxL2Margin(.dense(x), labels)
    #expect(best.isSeparable)
    #expect(abs(best.margin - best.upperBound) < 1e-7 * best.upperBound)
    #expect(abs(euclideanNorm(best.direction) - 1) < 1e-12)
    for trial in [teacher]
      + (0..<50).map({ _ in
        zip(best.direction, stream.normals(d)).map { $0 + 0.05 * $1 }
      })
    {
      let norm = euclideanNorm(trial)
      let margin = zip(x.multiplied(by: trial), labels).map { $0 * $1 / norm }.min() ?? 0
      #expect(margin <= best.upperBound * (1 + 1e-9))
    }
  }

  /// Corollary 3.6: with a large start, exponential loss and little decay, u^2 - v^2 first points where
  /// the L2 margin is largest.
  @Test func theKernelPhaseLeadsThere() throws {
    let (n, d) = (6, 40)
    var stream = RandomStream(seed: 8, purpose: .inputs)
    let x = DenseMatrix(rows: n, columns: d, values: stream.normals(n * d))
    let labels = (0..<n).map { $0 % 2 == 0 ? 1.0 : -1 }
    let best = MaxL2Margin(.dense(x), labels)
    let problem = DiagonalProblem(features: .dense(x), targets: labels)
    let cosines = try [1e2, 1e4].map { alpha in
      let decay = 1 / alpha
      var flow = try ReducedFlow(
        problem: problem, parameterization: .difference(depth: 2), loss: .exponential,
        weight: 1 / Double(n), weightDecay: decay,
        initial: [Double](repeating: alpha, count: 2 * d))
      // T = (1 - c) ln(alpha) / lambda with c = 0.3.
      try flow.advance(to: 0.7 * log(alpha) / decay)
      let w = DiagonalParameterization.difference(depth: 2).predictor(flow.state)
      return zip(w, best.direction).reduce(0) { $0 + $1.0 * $1.1 } / euclideanNorm(w)
    }
    #expect(cosines[0] > 0.98 && cosines[1] > cosines[0], "\(cosines)")
  }
}
