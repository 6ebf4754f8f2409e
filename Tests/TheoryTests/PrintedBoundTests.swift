// This file shows where bounds as the papers print them fail, and that what we check in their place is
// kept by the same runs.

import BatchNumerics
import Experiments
import Foundation
import Testing
import Theory

@Suite struct PrintedBoundTests {
  /// One number seen, the others free to follow their signs.
  private func oneSeen(
    n: Int, start: Double, rate: Double, l1: Double, method: RecoveryMethod
  ) -> VectorSample {
    let last = (0..<n).map { $0 == n - 1 ? 1.0 : 0 }
    let x = DenseMatrix(rows: 1, columns: n, values: last)
    return VectorSample(
      SparseRecoveryProblem(
        measurements: x, observations: [1], target: last, pseudoInverse: x.transposed),
      SparseRecoveryRun(
        problem: 0, learningRate: rate, l1: l1, l2: 0,
        initial: [Double](repeating: start, count: n), steps: 0), method)
  }

  /// Theorem 3.1 (i) is printed for the whole distance, which must grow where N < n.
  @Test func theWholeDistanceLeavesTheBound() throws {
    var left = 0
    for seed in 0..<20 as Range<UInt32> {
      let sample = VectorSample(seed: seed, method: .subgradient, isNoisy: false)
      let theory = sample.theory
      let bound = try #require(theory.rowSpaceBound)
      var a = sample.run.initial
      for _ in 0..<20_000 { a = sample.next(a, sample.slope(a)) }
      if distance(a, theory.leastSquares) > 2 * bound { left += 1 }
      #expect(
        distance(theory.spectrum.projection(a), theory.leastSquares) <= bound * (1 + 1e-9))
    }
    #expect(left > 0)
  }

  /// Theorem 3.1 (ii) is printed as "if and only if t2 >= t1 + |a_t1 - a*|^2 / (alpha beta eta)": a single
  /// number that nothing holds comes down in |a_t1 - a*| / (alpha beta) steps.
  @Test func theDelayIsNotNecessary() {
    let sample = oneSeen(n: 2, start: 1, rate: 0.1, l1: 0.01, method: .projected)
    let excess = 0.01
    let delay = 1 / (0.1 * 0.01 * excess)
    var (a, steps) = (sample.next(sample.run.initial, []), 1)
    while l1Norm(a) - 1 > excess / 2, steps < 2_000_000 {
      a = sample.next(a, [])
      steps += 1
    }
    #expect(Double(steps) < delay / 50)
  }

  /// The rate of ISTA is printed with a distance that is not squared: in larger units it fails.
  @Test func theRateOfISTANeedsTheSquare() {
    let sample = oneSeen(n: 1, start: 101, rate: 0.5, l1: 1e-6, method: .proximal)
    let a = sample.next(sample.run.initial, sample.slope(sample.run.initial))
    let excess = sample.objective(a) - sample.objective([1])
    func bound(_ distance: Double) -> Double {
      LatePhaseBounds.proximalExcess(squaredDistance: distance, learningRate: 0.5, steps: 1)
    }
    #expect(excess > bound(100) && excess <= bound(100 * 100))
  }

  /// The bound of projected steps is printed without n: numbers that swing between +-alpha beta / 2 stay
  /// where the right one is met, (n - 1) of n numbers being free.
  @Test func projectedStepsNeedTheirNumber() {
    let sample = oneSeen(n: 9, start: 0.05, rate: 0.1, l1: 1, method: .projected)
    var a = sample.next(sample.run.initial, [])
    let squared = squaredNorm(zip(a, sample.problem.target).map { $0 - $1 })
    var least = Double.infinity
    for _ in 0..<10_000 {
      least = min(least, l1Norm(a) - 1)
      a = sample.next(a, [])
    }
    func bound(_ n: Double) -> Double {
      LatePhaseBounds.projectedExcess(
        squaredDistance: squared, threshold: 0.1, subgradientNorm: n.squareRoot(), steps: 10_000)
    }
    #expect(least > 7 * bound(1) && least <= bound(9))
  }

  /// The rate under a Polyak-Lojasiewicz inequality is printed as (mu/L)^t where alpha is 1/L.
  @Test func gradientDescentIsSlowerThanPrinted() {
    let x = DenseMatrix(rows: 2, columns: 2, values: [1, 0, 0, 0.1])
    let sample = VectorSample(
      SparseRecoveryProblem(measurements: x, observations: [0, 0], target: [0, 0]),
      SparseRecoveryRun(
        problem: 0, learningRate: 1, l1: 0, l2: 0, initial: [0, 1], steps: 0), .subgradient)
    let spectrum = sample.theory.spectrum
    let next = sample.next([0, 1], sample.slope([0, 1]))
    let factor = sample.loss(next) / sample.loss([0, 1])
    let rate = DescentRate(
      smallestEigenvalue: spectrum.smallest, largestEigenvalue: spectrum.largest, learningRate: 1)
    #expect(factor > spectrum.smallest / spectrum.largest)
    #expect(factor <= rate.factor ?? 0)
  }
}
