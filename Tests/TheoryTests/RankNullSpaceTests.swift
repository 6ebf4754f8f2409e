// This file tests the rank null-space property where the kernel of the measurements is a line, so that its
// constant is known: Notsawo et al. 2025, Theorem 3.5 and appendix C; Foucart and Rauhut 2013, exercise 4.19.

import BatchNumerics
import Testing
import Theory

@Suite struct RankNullSpaceTests {
  /// All measurements of a matrix of three rows and four columns but one direction K.
  private struct Line {
    let kernel: DenseMatrix
    let measurements: DenseMatrix
    /// sum of the first r singular values of K over that of the others, r = 1.
    let rho: Double

    init(seed: UInt32, spread: Double) {
      var stream = RandomStream(seed: seed, purpose: .measurements)
      // Singular values that are alike make rho small.
      let svd = SingularValueDecomposition(
        DenseMatrix(rows: 3, columns: 4, values: stream.normals(12)))
      let sizes = [1, 1 - spread * stream.uniform(), 1 - spread * stream.uniform()]
      var k = DenseMatrix(rows: 3, columns: 4)
      for i in 0..<3 {
        for j in 0..<4 {
          k[i, j] = (0..<3).reduce(0) { $0 + svd.left[i, $1] * sizes[$1] * svd.right[j, $1] }
        }
      }
      kernel = k
      let values = SingularValueDecomposition(k).values
      rho = values[0] / (values[1] + values[2])
      // The right singular vectors of vec(K)^T at right angles to it.
      let full = SingularValueDecomposition(
        DenseMatrix(
          rows: 12, columns: 12,
          values: (0..<144).map { k.values[$0 / 12] * k.values[$0 % 12] }))
      var rows = DenseMatrix(rows: 11, columns: 12)
      for i in 0..<11 { for j in 0..<12 { rows[i, j] = full.right[j, i + 1] } }
      measurements = rows
    }

    func image(_ a: DenseMatrix) -> MatrixMeasurements {
      .dense(measurements, observations: measurements.multiplied(by: a.values))
    }
  }

  private func nuclearNorm(_ a: DenseMatrix) -> Double {
    SingularValueDecomposition(a).values.reduce(0, +)
  }

  private func rankOne(_ seed: UInt32) -> DenseMatrix {
    var stream = RandomStream(seed: seed, purpose: .signal)
    let (left, right) = (stream.normals(3), stream.normals(4))
    return DenseMatrix(rows: 3, columns: 4, values: left.flatMap { l in right.map { l * $0 } })
  }

  @Test func measurementsLeaveOneDirection() {
    let line = Line(seed: 1, spread: 0.5)
    #expect(euclideanNorm(line.measurements.multiplied(by: line.kernel.values)) < 1e-12)
    #expect(SingularValueDecomposition(line.measurements).rank == 11)
  }

  /// rho < 1: every matrix of rank one is the one of least nuclear norm with its measurements.
  @Test func belowOneAllAreRecovered() throws {
    for seed in 0..<20 as Range<UInt32> {
      let line = Line(seed: seed, spread: 0.4)
      #expect(line.rho < 0.9)
      let target = rankOne(seed)
      let found = try NuclearNormInterpolation.solve(line.image(target), rows: 3, columns: 4)
      let off = zip(found.matrix.values, target.values).map { $0 - $1 }
      #expect(euclideanNorm(off) < 1e-5 * euclideanNorm(target.values), "\(seed)")
    }
  }

  /// rho > 1: the first part of K is a matrix of rank one with a smaller one beside it.
  @Test func aboveOneOneIsMissed() throws {
    var count = 0
    for seed in 0..<60 as Range<UInt32> {
      let line = Line(seed: seed, spread: 1)
      guard line.rho > 1.05 else { continue }
      count += 1
      let svd = SingularValueDecomposition(line.kernel)
      var first = DenseMatrix(rows: 3, columns: 4)
      for i in 0..<3 {
        for j in 0..<4 { first[i, j] = svd.values[0] * svd.left[i, 0] * svd.right[j, 0] }
      }
      let found = try NuclearNormInterpolation.solve(line.image(first), rows: 3, columns: 4)
      #expect(found.nuclearNorm < 0.999 * svd.values[0], "\(seed)")
    }
    #expect(count > 5, "\(count)")
  }

  /// |B - A|_* <= (1 + rho)/(1 - rho) (|B|_* - |A|_* + 2 sum of A's other singular values) where both have
  /// the same measurements.
  @Test func distancesAreBounded() {
    var (check, closest) = (BoundCheck(), 0.0)
    for seed in 0..<40 as Range<UInt32> {
      let line = Line(seed: seed, spread: 0.5)
      var stream = RandomStream(seed: seed, purpose: .noise)
      for trial in 0..<50 as Range<UInt32> {
        var a = rankOne(1000 * seed + trial)
        let noise = 0.2 * stream.uniform()
        for i in a.values.indices { a.values[i] += noise * stream.normal() }
        let tail = SingularValueDecomposition(a).values.dropFirst().reduce(0, +)
        let step = stream.normal()
        var b = a
        for i in b.values.indices { b.values[i] += step * line.kernel.values[i] }
        let bound =
          (1 + line.rho) / (1 - line.rho) * (nuclearNorm(b) - nuclearNorm(a) + 2 * tail)
        let distance = abs(step) * nuclearNorm(line.kernel)
        check.expect(distance, atMost: bound, "\(seed), \(trial)")
        closest = max(closest, distance / bound)
      }
    }
    #expect(check.violations == [])
    #expect(closest > 0.1, "\(closest)")
  }
}
