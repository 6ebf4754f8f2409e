// This file tests the problems that matrix recovery draws.

import BatchNumerics
import Experiments
import Testing
import _TestSupport

@Suite struct MatrixRecoveryDrawTests {
  /// Of the square of a standard normal number.
  private static let squareDeviation = Double(2).squareRoot()

  private func target(_ changes: [String: ParameterValue]) throws -> DenseMatrix {
    let tensor = try #require(try MatrixPoints.tensors(changes)["target"])
    return DenseMatrix(rows: tensor.shape[0], columns: tensor.shape[1], values: tensor.values)
  }

  private func places(_ changes: [String: ParameterValue]) throws -> [(Int, Int)] {
    let tensors = try MatrixPoints.tensors(changes)
    let (rows, columns) = (try #require(tensors["rows"]), try #require(tensors["cols"]))
    #expect(rows.isIndex && columns.isIndex)
    return zip(rows.values, columns.values).map { (Int($0), Int($1)) }
  }

  @Test func targetScales() throws {
    let size = try SingularValueDecomposition(target(["problem.r": .integer(2)]))
    let rule = Tolerance.factorization(size: 6, norm: 6)
    expectNone(rule.mismatch(euclideanNorm(size.values), 6))
    #expect(size.numericalRank == 2)
    let unit = try SingularValueDecomposition(
      target(["problem.r": .integer(3), "problem.target_scale": .text("unit-spectrum")]))
    expectNone(
      rule.mismatch(
        Array(unit.values.prefix(3)), [Double](repeating: (1.0 / 3).squareRoot(), count: 3)))
    #expect(unit.numericalRank == 3)
    let plain = try target(["problem.target_scale": .text("none")])
    let scaled = try target([:])
    let factor = euclideanNorm(plain.values) / 6
    expectNone(rule.mismatch(scaled.values.map { $0 * factor }, plain.values))
    let table = try target(["problem.target": .text("multiplication-table")])
    #expect(table[5, 4] == 20.0 / 36)
  }

  @Test func entriesAreDistinctAndSeeded() throws {
    let first = try places([:])
    #expect(first.count == 20)
    #expect(Set(first.map { $0.0 * 6 + $0.1 }).count == 20)
    #expect(try places([:]).map { $0.0 * 6 + $0.1 } == first.map { $0.0 * 6 + $0.1 })
    let other = try places(["problem.measurement_seed": .integer(9)])
    #expect(other.map { $0.0 * 6 + $0.1 } != first.map { $0.0 * 6 + $0.1 })
    #expect(
      try target(["problem.measurement_seed": .integer(9)]).values == target([:]).values)
  }

  /// tau takes the entries with the largest mu_i + nu_j; local coherences have mean 1.
  @Test func coherentEntries() throws {
    let changes: [String: ParameterValue] = ["problem.tau": .number(0.5)]
    let coherence = LocalCoherence(try target(changes))
    let rule = Tolerance.factorization(size: 6, norm: 6)
    for side in [coherence.rows, coherence.columns] {
      expectNone(rule.mismatch(side.reduce(0, +) / 6, 1))
    }
    func score(_ place: Int) -> Double {
      coherence.rows[place / 6] + coherence.columns[place % 6]
    }
    let chosen = Set(try places(changes).map { $0.0 * 6 + $0.1 })
    #expect(chosen.count == 20)
    let best = (0..<36).sorted { score($0) > score($1) }.prefix(10)
    #expect(chosen.isSuperset(of: best))
    let block = LocalCoherence(
      DenseMatrix(rows: 2, columns: 2, values: [5, 0, 0, 0]))
    #expect(block.rows == [2, 0] && block.columns == [2, 0])
  }

  @Test(arguments: [19, 20, 36]) func symmetricEntries(count: Int) throws {
    let chosen = try places([
      "problem.observations": .text("symmetric"), "problem.N": .integer(count),
    ])
    let set = Set(chosen.map { $0.0 * 6 + $0.1 })
    #expect(set.count == count)
    #expect(chosen.allSatisfy { set.contains($0.1 * 6 + $0.0) })
  }

  /// y_i = X1_i^T A X2_i; independent or shared factors; their variance; coherent rows.
  @Test func sensing() throws {
    let changes: [String: ParameterValue] = [
      "problem.kind": .text("sensing"), "problem.N": .integer(30), "problem.tau": .number(0.2),
    ]
    let tensors = try MatrixPoints.tensors(changes)
    let (left, right) = (try #require(tensors["X1"]), try #require(tensors["X2"]))
    let target = try target(changes)
    let y = try #require(tensors["y"]).values
    let rule = Tolerance.sum(.f64, terms: 36, magnitude: 10)
    for i in 0..<30 {
      var sum = 0.0
      for p in 0..<6 {
        for q in 0..<6 { sum += left.values[i * 6 + p] * target[p, q] * right.values[i * 6 + q] }
      }
      expectNone(rule.mismatch(y[i], sum))
    }
    #expect(left.values != right.values)
    // The first int(tau N) = 6 rows are the six left singular vectors in some order.
    let rows = DenseMatrix(rows: 6, columns: 6, values: Array(left.values.prefix(36)))
    let defect = rows.multiplied(by: rows.transposed).values
    expectNone(
      Tolerance.factorization(size: 6, norm: 1).mismatch(defect, DenseMatrix.identity(6).values))
    let shared = try MatrixPoints.tensors(
      changes.merging(["problem.sensing_factors": .text("shared"), "problem.tau": .number(0)]) {
        $1
      })
    #expect(shared["X1"]?.values == shared["X2"]?.values)
    func spread(_ variance: ParameterValue) throws -> Double {
      let tensors = try MatrixPoints.tensors([
        "problem.kind": .text("sensing"), "problem.N": .integer(2000),
        "problem.row_variance": variance, "unsafe_step": .boolean(true),
      ])
      let values = try #require(tensors["X1"]).values
      return values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
    }
    let mean = Tolerance.mean(of: 12_000, deviation: Self.squareDeviation)
    expectNone(mean.mismatch(try spread(.text("1/n")) * 6, 1))
    expectNone(mean.mismatch(try spread(.text("1/N")) * 2000, 1))
    expectNone(mean.mismatch(try spread(.number(0.3)) / 0.3, 1))
  }

  @Test func noise() throws {
    let changes: [String: ParameterValue] = [
      "problem.n1": .integer(40), "problem.n2": .integer(50), "problem.N": .integer(2000),
    ]
    let clean = try #require(try MatrixPoints.tensors(changes)["y"]).values
    let noisy = try #require(
      try MatrixPoints.tensors(changes.merging(["problem.snr": .number(4)]) { $1 })["y"]
    ).values
    let energy = zip(clean, noisy).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    // |A*|^2 = 2000 over the signal-to-noise ratio.
    let mean = Tolerance.mean(of: 2000, deviation: Self.squareDeviation)
    expectNone(mean.mismatch(energy / 500, 1))
  }

  @Test func analysis() throws {
    let batch = try MatrixPoints.batch(["problem.kind": .text("sensing")])
    let problem = batch.problems[0]
    let analysis = MatrixRecoveryAnalysis(problem)
    guard case .dense(let matrices, let y) = problem.measurements else {
      Issue.record("dense measurements expected")
      return
    }
    let solution = try #require(analysis.leastSquares)
    let rule = Tolerance.factorization(size: 36, norm: 10)
    expectNone(rule.mismatch(matrices.multiplied(by: solution.values), y))
    let largest = SingularValueDecomposition(matrices).values[0]
    expectNone(rule.mismatch(analysis.largestEigenvalue, largest * largest))
    let entries = MatrixRecoveryAnalysis(try MatrixPoints.batch().problems[0])
    #expect(entries.largestEigenvalue == 1)
    #expect(entries.largestLearningRate(l2: 0) == 2)
  }
}
