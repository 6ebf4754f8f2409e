// This file tests statements of Notsawo et al. 2025 that need no code of their own, on random problems.

import BatchNumerics
import Experiments
import Foundation
import Testing
import Theory
import _TestSupport

@Suite struct PaperStatementTests {
  private func gaussian(_ rows: Int, _ n: Int, seed: UInt32) -> DenseMatrix {
    var stream = RandomStream(seed: seed, purpose: .measurements)
    return DenseMatrix(rows: rows, columns: n, values: stream.normals(rows * n))
  }

  /// E |(I - P) a*|^2 = (1 - N/n) |a*|^2 for Gaussian X: what least squares miss (section 3.2).
  @Test(arguments: [5, 12, 20]) func leastSquaresMissTheirShare(rows: Int) {
    let (n, draws) = (24, 400)
    var shares: [Double] = []
    for seed in 0..<UInt32(draws) {
      let x = gaussian(rows, n, seed: seed)
      var target = [Double](repeating: 0, count: n)
      (target[3], target[7]) = (1, -0.5)
      let seen = SingularValueDecomposition(x).pseudoInverse
        .multiplied(by: x.multiplied(by: target))
      let missed = zip(seen, target).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      shares.append(missed / 1.25)
    }
    let mean = shares.reduce(0, +) / Double(draws)
    let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(draws - 1)
    // Four deviations of the mean.
    #expect(
      abs(mean - (1 - Double(rows) / Double(n))) < 4 * (variance / Double(draws)).squareRoot())
  }

  /// g(a_LS) <= |xi|^2 / 2, and 0 where N <= n.
  @Test func leastSquaresFitTheNoise() {
    var (check, closest) = (BoundCheck(), 0.0)
    for seed in 0..<200 as Range<UInt32> {
      var stream = RandomStream(seed: seed, purpose: .noise)
      let n = 4 + Int(stream.uniform() * 12)
      let x = gaussian(2 + Int(stream.uniform() * 30), n, seed: seed)
      let noise = stream.normals(x.rows)
      let target = stream.normals(n)
      let y = zip(x.multiplied(by: target), noise).map { $0 + $1 }
      let solution = SingularValueDecomposition(x).pseudoInverse.multiplied(by: y)
      let residual = euclideanNorm(zip(x.multiplied(by: solution), y).map { $0 - $1 })
      let size = euclideanNorm(noise)
      check.expect(residual * residual / 2, atMost: size * size / 2, "\(seed)")
      if x.rows <= n { #expect(residual < 1e-9) }
      closest = max(closest, residual / size)
    }
    #expect(check.violations == [])
    #expect(closest > 0.7, "\(closest)")
  }

  /// Lemma C.33: where beta sqrt(n) is far above the gradient of the loss, signs decide, and nothing is
  /// learnt: with beta = 1 the train error of the authors' run never falls below 1, with 1e-3 it does.
  @Test(arguments: [(1.0, true), (1e-3, false)])
  func aStrongPenaltyOscillates(beta: Double, isStrong: Bool) throws {
    var values: [String: ParameterValue] = [:]
    let family = SparseRecovery()
    for definition in family.parameters { values[definition.key] = definition.defaultValue }
    let changes: [String: ParameterValue] = [
      "experiment": .text(family.name), "regularizer.l1": .number(beta),
      "learning_rate": .number(0.1), "problem.generator": .text("mt19937"),
      "problem.snr": .number(1e8), "seed": .integer(1),
    ]
    values.merge(changes) { $1 }
    let run = try family.prepare(ResolvedParameters(values), instance: nil)
    let batch = try family.batch(of: [run], instance: nil)
    let sample = VectorSample(batch.problems[0], batch.runs[0], .subgradient)
    let scale = euclideanNorm(batch.problems[0].observations)
    var a = batch.runs[0].initial
    let slope = sample.slope(a)
    #expect((beta * Double(sample.n).squareRoot() > 10 * euclideanNorm(slope)) == isStrong)
    var errors: [Double] = []
    for _ in 0..<500 {
      a = sample.next(a, sample.slope(a))
      errors.append(euclideanNorm(sample.residual(a)) / scale)
    }
    #expect((errors.min() ?? 0 > 1) == isStrong, "\(errors.min() ?? .nan)")
    #expect(errors.allSatisfy { $0.isFinite })
  }
}
