// This file tests null-space constants and coherences against their definitions.

import BatchNumerics
import Experiments
import Testing
import Theory

@Suite struct NullSpaceTests {
  private struct Sample {
    let x: DenseMatrix
    let support: [Int]

    init(seed: UInt32) {
      var stream = RandomStream(seed: seed, purpose: .measurements)
      let n = 8 + Int(stream.uniform() * 9)
      let rows = n / 2 + Int(stream.uniform() * Double(n / 2))
      x = DenseMatrix(rows: rows, columns: n, values: stream.normals(rows * n))
      support = Array(stream.permutation(n).prefix(1 + Int(stream.uniform() * 4))).sorted()
    }

    func on(_ u: [Double]) -> Double { support.reduce(0) { $0 + abs(u[$1]) } }
  }

  /// rho in the kernel, rho with tau everywhere, and the inequality of l1 distances.
  @Test func inequalitiesHoldForRandomVectors() throws {
    var (check, closest, below) = (BoundCheck(), 0.0, 0)
    for seed in 0..<100 as Range<UInt32> {
      let sample = Sample(seed: seed)
      let property = try NullSpaceProperty(sample.x, support: sample.support)
      let spectrum = MeasurementSpectrum(
        sample.x, observations: [Double](repeating: 0, count: sample.x.rows))
      var stream = RandomStream(seed: seed, purpose: .noise)
      below += property.rho < 1 ? 1 : 0
      for _ in 0..<100 {
        let u = stream.normals(sample.x.columns)
        let kernel = zip(u, spectrum.projection(u)).map { $0 - $1 }
        let rest = l1Norm(kernel) - sample.on(kernel)
        if euclideanNorm(kernel) > 1e-9 {
          check.expect(sample.on(kernel), atMost: property.rho * rest, "\(seed): kernel")
          closest = max(closest, sample.on(kernel) / (property.rho * rest))
        }
        let image = euclideanNorm(sample.x.multiplied(by: u))
        check.expect(
          sample.on(u), atMost: property.rho * (l1Norm(u) - sample.on(u)) + property.tau * image,
          "\(seed): robust")
        let v = zip(u, stream.normals(u.count)).map { $0 + 0.3 * $1 }
        let change = zip(v, u).map { $0 - $1 }
        let bound = property.distanceBound(
          excess: l1Norm(v) - l1Norm(u), tail: l1Norm(u) - sample.on(u),
          residual: euclideanNorm(sample.x.multiplied(by: change)))
        check.expect(l1Norm(change), atMost: bound, "\(seed): distance")
      }
    }
    #expect(check.violations == [])
    #expect(below > 20 && closest > 0.6, "\(below), \(closest)")
  }

  /// A kernel of one vector says what rho is.
  @Test func aLineHasAKnownConstant() throws {
    let x = DenseMatrix(rows: 2, columns: 3, values: [1, 0, -2, 0, 1, -3])  // kernel (2, 3, 1)
    for (support, rho) in [([0], 2.0 / 4), ([1], 1), ([2], 0.2), ([0, 1], 5), ([1, 2], 2)] {
      #expect(abs(try NullSpaceProperty(x, support: support).rho - rho) < 1e-9)
    }
    #expect(try NullSpaceProperty(.identity(3), support: [1]).rho == 0)
    let blind = DenseMatrix(rows: 1, columns: 2, values: [1, 0])
    #expect(try NullSpaceProperty(blind, support: [1]).rho == .infinity)
    for support in [[], [0, 0], [3], Array(0..<11)] {
      #expect(throws: ConvexError.self) { try NullSpaceProperty(x, support: support) }
    }
  }

  /// rho below 1: l1 finds every vector on the support; above: it misses one.
  @Test func rhoDecidesRecovery() throws {
    var counts = [0, 0]
    for seed in 0..<150 as Range<UInt32> {
      let sample = Sample(seed: 500 + seed)
      let rho = try NullSpaceProperty(sample.x, support: sample.support).rho
      var stream = RandomStream(seed: seed, purpose: .signal)
      var missed = 0
      for _ in 0..<16 {
        var a = [Double](repeating: 0, count: sample.x.columns)
        for j in sample.support { a[j] = sign(stream.normal()) * (0.1 + stream.uniform()) }
        let found = try BasisPursuit.solve(sample.x, sample.x.multiplied(by: a))
        if distance(found.coefficients, a) > 1e-6 { missed += 1 }
      }
      if rho < 1 { #expect(missed == 0, "\(seed)") }
      counts[rho < 1 ? 0 : 1] += rho < 1 || missed > 0 ? 1 : 0
    }
    #expect(counts[0] > 20 && counts[1] > 5, "\(counts)")
  }

  /// Theorem 3.3's last step along runs of the subgradient method.
  @Test func distancesAlongRuns() throws {
    var check = BoundCheck()
    for seed in 0..<150 as Range<UInt32> {
      let sample = VectorSample(seed: 70_000 + seed, method: .subgradient)
      let target = sample.problem.target
      let support = target.indices.filter { target[$0] != 0 }
      let property = try NullSpaceProperty(sample.problem.measurements, support: support)
      guard property.rho < 0.999 else { continue }
      let noise = euclideanNorm(sample.residual(target))
      let phase = sample.theory.memorization
      let constants = try #require(
        RecoveryConstants(rho: property.rho, tau: property.tau, phase: phase))
      let t1 = try #require(phase.step)
      var a = sample.run.initial
      for step in 0...300 {
        let off = zip(a, target).map { $0 - $1 }
        let excess = l1Norm(a) - l1Norm(target)
        check.expect(
          l1Norm(off),
          atMost: property.distanceBound(
            excess: excess, tail: 0,
            residual: euclideanNorm(sample.problem.measurements.multiplied(by: off))),
          "\(seed), step \(step)")
        if Double(step) >= t1 {
          check.expect(
            l1Norm(off),
            atMost: constants.distance(
              eta: 2 * max(0, excess), threshold: sample.run.learningRate * sample.run.l1,
              noise: noise), "\(seed), step \(step): constants")
        }
        a = sample.next(a, sample.slope(a))
      }
    }
    #expect(check.violations == [])
    #expect(check.count > 5000, "\(check.count)")
  }

  /// delta_s, over all supports, is below mu_1(s - 1), that below (s - 1) mu.
  @Test func coherencesBoundIsometries() {
    var check = BoundCheck()
    for seed in 0..<100 as Range<UInt32> {
      var stream = RandomStream(seed: seed, purpose: .measurements)
      var x = DenseMatrix(rows: 6, columns: 8, values: stream.normals(48))
      for j in 0..<8 {
        let norm = euclideanNorm((0..<6).map { x[$0, j] })
        for i in 0..<6 { x[i, j] /= norm }
      }
      let coherence = Coherence(x)
      for mask in 1..<256 where mask.nonzeroBitCount <= 3 {
        let support = (0..<8).filter { mask >> $0 & 1 == 1 }
        var part = DenseMatrix(rows: 6, columns: support.count)
        for i in 0..<6 { for (k, j) in support.enumerated() { part[i, k] = x[i, j] } }
        let values = SingularValueDecomposition(part).values
        let delta = values.map { abs($0 * $0 - 1) }.max() ?? 0
        check.expect(delta, atMost: coherence.isometryBound(sparsity: support.count), "\(mask)")
      }
      for s in 0...7 {
        check.expect(coherence.cumulative(s), atMost: Double(s) * coherence.mutual, "\(s)")
      }
      #expect(abs(coherence.cumulative(1) - coherence.mutual) < 1e-15)
    }
    #expect(check.violations == [])
  }

  /// mu(M^T, Phi) from X alone.
  @Test func coherenceWithABasis() {
    var stream = RandomStream(seed: 4, purpose: .basis)
    let basis = SingularValueDecomposition(
      DenseMatrix(rows: 7, columns: 7, values: stream.normals(49))
    ).left
    let m = DenseMatrix(rows: 5, columns: 7, values: stream.normals(35))
    let direct = Coherence.between(m.transposed, basis)
    #expect(abs(Coherence.withBasis(m.multiplied(by: basis)) - direct) < 1e-12)
    #expect(Coherence.withBasis(.identity(3)) == 1)
  }
}
