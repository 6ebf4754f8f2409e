// This file compares the convex references with minimisers that cvxpy found (tools/theory-goldens).

import BatchNumerics
import Foundation
import Testing
import Theory

@Suite struct ConvexGoldenTests {
  private struct Golden: Decodable {
    let rows: Int
    let columns: Int
    let matrix: [Double]?
    let places: [Int]?
    let left: [Double]?
    let right: [Double]?
    let observations: [Double]
    /// epsilon or beta.
    let level: Double
    let objective: Double
    let solution: [Double]

    init(_ name: String) throws {
      let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Goldens/\(name).json")
      self = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    }

    var design: DenseMatrix {
      get throws {
        DenseMatrix(rows: rows, columns: columns, values: try #require(matrix))
      }
    }

    var measurements: MatrixMeasurements {
      get throws {
        if let places {
          return .entries(
            zip(places, observations).map {
              ObservedEntry(row: $0 / columns, column: $0 % columns, value: $1)
            })
        }
        let count = observations.count
        return .rankOne(
          left: DenseMatrix(rows: count, columns: rows, values: try #require(left)),
          right: DenseMatrix(rows: count, columns: columns, values: try #require(right)),
          observations: observations)
      }
    }
  }

  private func expectSame(_ golden: Golden, _ objective: Double, _ solution: [Double]) {
    #expect(abs(objective - golden.objective) < 1e-6 * golden.objective)
    let apart = zip(solution, golden.solution).map { abs($0 - $1) }.max() ?? .infinity
    #expect(apart < 1e-5 && solution.count == golden.solution.count, "\(apart)")
  }

  @Test(arguments: ["pursuit-sparse", "pursuit-dense", "pursuit-noisy"])
  func basisPursuit(name: String) throws {
    let golden = try Golden(name)
    let found = try BasisPursuit.solve(golden.design, golden.observations, noise: golden.level)
    #expect(found.isCertified)
    expectSame(golden, found.objective, found.coefficients)
  }

  @Test func lasso() throws {
    let golden = try Golden("lasso")
    let found = try Lasso.solve(golden.design, golden.observations, gamma: golden.level)
    #expect(found.isCertified)
    expectSame(golden, found.objective, found.coefficients)
  }

  @Test(arguments: ["completion", "rank-one"])
  func nuclearInterpolation(name: String) throws {
    let golden = try Golden(name)
    let found = try NuclearNormInterpolation.solve(
      golden.measurements, rows: golden.rows, columns: golden.columns, tolerance: 1e-12)
    #expect(found.isCertified, "\(found.relativeGap) after \(found.iterations)")
    expectSame(golden, found.objective, found.matrix.values)
  }

  @Test func nuclearLeastSquares() throws {
    let golden = try Golden("regularised")
    let found = try NuclearNormLeastSquares.solve(
      golden.measurements, rows: golden.rows, columns: golden.columns, beta: golden.level,
      tolerance: 1e-12)
    #expect(found.isCertified, "\(found.relativeGap) after \(found.iterations)")
    expectSame(golden, found.objective, found.matrix.values)
  }
}
