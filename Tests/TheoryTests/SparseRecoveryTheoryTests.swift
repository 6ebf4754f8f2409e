// This file tests the predictions for sparse recovery against runs of the reference, and bounds on
// many random instances.

import BatchNumerics
import Experiments
import ReferenceBackend
import Testing
import Theory
import _TestSupport

@Suite struct SparseRecoveryTheoryTests {
  struct Instance {
    let problem: SparseRecoveryProblem
    let run: SparseRecoveryRun
    var theory: SparseRecoveryTheory { SparseRecoveryTheory(problem, run) }

    /// X ~ N(0, 1/N), a sparse target, a start near 0, a rate at a share of its limit.
    init(
      seed: UInt32, n: Int, rows: Int, rate share: Double, l1: Double = 0, l2: Double = 0,
      start: Double = 1e-3
    ) {
      var stream = RandomStream(seed: seed, purpose: .measurements)
      let deviation = 1 / Double(rows).squareRoot()
      let x = DenseMatrix(
        rows: rows, columns: n, values: stream.normals(rows * n).map { deviation * $0 })
      var target = [Double](repeating: 0, count: n)
      for k in 0..<min(3, n) { target[k] = stream.normal() }
      problem = SparseRecoveryProblem(
        measurements: x, observations: x.multiplied(by: target), target: target)
      let largest = SingularValueDecomposition(x).values[0]
      run = SparseRecoveryRun(
        problem: 0, learningRate: share * 2 / (largest * largest + l2), l1: l1, l2: l2,
        initial: (0..<n).map { _ in start * stream.normal() }, steps: 1000)
    }

    /// The state after so many steps of the reference.
    func state(_ steps: Int) throws -> [Double] {
      let batch = SparseRecoveryBatch(
        columns: problem.target.count, rows: problem.observations.count, depth: 1,
        method: .subgradient, precision: .f64, problems: [problem], runs: [run])
      let session = try ReferenceTrainingBackend().session(for: batch, mapping: .automatic)
      _ = try session.advance(Launch(start: 0, end: steps, evaluations: [], runs: [0]))
      return try session.parameters(of: [0])[0][0].values
    }
  }

  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    euclideanNorm(zip(a, b).map { $0 - $1 })
  }

  /// Gradient descent shrinks just below the limit and grows just above.
  @Test(arguments: [0, 0.3]) func theLimitOfTheLearningRateIsSharp(l2: Double) throws {
    let norms = try [0.99, 1.01].map { share in
      euclideanNorm(try Instance(seed: 1, n: 8, rows: 12, rate: share, l2: l2).state(3000))
    }
    #expect(norms[0] < 10 && norms[1] > 1e10)
  }

  /// Eq. 113 is what the reference's steps lead to.
  @Test(arguments: [(8, 5), (5, 8), (7, 7), (1, 1)], [0, 0.01])
  func fastForwardIsTheTrainedState(size: (Int, Int), l2: Double) throws {
    let instance = Instance(seed: 2, n: size.0, rows: size.1, rate: 0.4, l2: l2, start: 1)
    for steps in [0, 1, 500] {
      let expected = try instance.state(steps)
      let found = try #require(try instance.theory.fastForward(steps: steps))
      #expect(Tolerance.trajectory(.f64, steps: steps + 8).mismatch(found, expected) == nil)
    }
    #expect(
      try Instance(seed: 2, n: 3, rows: 2, rate: 0.4, l1: 0.1).theory.fastForward(steps: 1) == nil)
  }

  /// A hundred million steps of decay: what was not seen is gone by e^{-alpha l2 t}.
  @Test func aHundredMillionStepsAtOnce() throws {
    let instance = Instance(seed: 3, n: 9, rows: 4, rate: 0.5, l2: 1e-6, start: 10)
    let late = try #require(try instance.theory.fastForward(steps: 100_000_000))
    // In the row space but for what decays; ridge differs from least squares by l2.
    let least = instance.theory.leastSquares
    #expect(distance(late, least) < 1e-4 * euclideanNorm(least))
  }

  /// Theorem 3.1 (i) for the row space and Theorem 3.6, on random instances.
  @Test(arguments: 0..<40) func boundsHold(seed: Int) throws {
    let shapes = [(20, 8), (12, 12), (9, 15), (30, 5)]
    let (n, rows) = shapes[seed % 4]
    let lasso = Instance(
      seed: UInt32(100 + seed), n: n, rows: rows, rate: 0.3 + 0.01 * Double(seed), l1: 1e-4)
    let theory = lasso.theory
    let t1 = Int(try #require(theory.memorizationStep()))
    let bound = try #require(theory.rowSpaceBound)
    if t1 < 20_000 {
      for steps in [t1, t1 + 1, 2 * t1 + 50] {
        let off = zip(try lasso.state(steps), theory.leastSquares).map { $0 - $1 }
        #expect(euclideanNorm(inRowSpace(off, lasso.problem)) <= bound)
      }
    }
    let ridge = Instance(
      seed: UInt32(100 + seed), n: n, rows: rows, rate: 0.5, l2: 0.01, start: 0)
    let floor = ridge.theory.recoveryFloor
    #expect(distance(try ridge.state(200), ridge.problem.target) >= floor * (1 - 1e-12))
  }

  private func inRowSpace(_ a: [Double], _ problem: SparseRecoveryProblem) -> [Double] {
    let svd = SingularValueDecomposition(problem.measurements)
    return svd.pseudoInverse.multiplied(by: problem.measurements.multiplied(by: a))
  }

  @Test func partsOfTheTargetAddUp() {
    let instance = Instance(seed: 5, n: 11, rows: 4, rate: 0.5)
    let theory = instance.theory
    let sum = zip(theory.visible, theory.hidden).map { $0 + $1 }
    #expect(Tolerance.sum(.f64, terms: 11).mismatch(sum, instance.problem.target) == nil)
    #expect(Tolerance.sum(.f64, terms: 200).mismatch(theory.visible, theory.leastSquares) == nil)
    let unseen = instance.problem.measurements.multiplied(by: theory.hidden)
    #expect(unseen.allSatisfy { abs($0) < 1e-12 })
  }

  @Test func coherenceOfKnownMatrices() {
    let x = DenseMatrix(rows: 2, columns: 3, values: [1, 0, 1, 0, 2, 1])
    let coherence = Coherence(x)
    #expect(abs(coherence.mutual - 0.5.squareRoot()) < 1e-15)
    #expect(abs(coherence.welchBound - 0.5) < 1e-15)
    #expect(coherence.guaranteedSparsity == 1)
    #expect(Coherence(.identity(4)).mutual == 0)
    var stream = RandomStream(seed: 9, purpose: .noise)
    for _ in 0..<200 {
      let random = Coherence(DenseMatrix(rows: 5, columns: 12, values: stream.normals(60)))
      #expect(random.mutual >= random.welchBound)
    }
  }

  @Test func predictionsNameTheirConditions() throws {
    let predictions = Instance(seed: 6, n: 10, rows: 5, rate: 0.5, l1: 1e-3).theory.predictions
    #expect(Set(predictions.map(\.name)).count == predictions.count)
    let delay = try #require(predictions.first { $0.name == "delay of generalisation" })
    #expect(delay.value != nil && delay.areConditionsMet)
    let floor = try #require(predictions.first { $0.name.hasPrefix("least distance") })
    #expect(!floor.areConditionsMet)
    let wild = Instance(seed: 6, n: 10, rows: 5, rate: 1.5, l1: 1e-3).theory.predictions
    #expect(wild.filter { !$0.areConditionsMet }.count >= 4)
  }
}
