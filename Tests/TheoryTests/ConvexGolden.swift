// This file reads minimisers that cvxpy found (tools/theory-goldens).

import BatchNumerics
import Foundation
import Testing
import Theory

struct ConvexGolden: Decodable {
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
    self = try JSONDecoder().decode(ConvexGolden.self, from: Data(contentsOf: file))
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

  /// The same objective to 1e-6 of it, and the same minimiser to 1e-5.
  func expectSame(_ objective: Double, _ solution: [Double]) {
    #expect(abs(objective - self.objective) < 1e-6 * self.objective)
    let apart = zip(solution, self.solution).map { abs($0 - $1) }.max() ?? .infinity
    #expect(apart < 1e-5 && solution.count == self.solution.count, "\(apart)")
  }
}
