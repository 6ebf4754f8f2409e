// This file implements the problems that batches of convex references are tested on.

import BatchNumerics
import Theory

enum ConvexSamples {
  /// N and n of the linear models, odd and tiny ones among them.
  private static let shapes = [(1, 1), (1, 7), (7, 33), (15, 30), (9, 4), (25, 60)]

  private static func linear(_ count: Int) -> [(DenseMatrix, [Double])] {
    (0..<count).map { index in
      let (rows, columns) = shapes[index % shapes.count]
      let x = BasisPursuitTests.design(rows, columns, seed: UInt32(index + 1))
      let target = BasisPursuitTests.numbers(columns, seed: UInt32(index + 1))
      // Sparse targets, and full ones, whose minimisers are as dense as they get.
      let kept = index % 2 == 0 ? columns : 3
      return (x, x.multiplied(by: target.enumerated().map { $0 < kept ? $1 : 0 }))
    }
  }

  /// Basis pursuits of several shapes, one in three with a noise bound.
  static func pursuits(_ count: Int) -> [BasisPursuit.Instance] {
    linear(count).enumerated().map { index, data in
      BasisPursuit.Instance(
        matrix: data.0, observations: data.1,
        noise: index % 3 == 0 ? 0.1 * euclideanNorm(data.1) : 0)
    }
  }

  static func lassos(_ count: Int) -> [Lasso.Instance] {
    linear(count).enumerated().map { index, data in
      Lasso.Instance(
        matrix: data.0, observations: data.1, gamma: [0.01, 0.5, 5][index % 3])
    }
  }

  private static func measurements(_ count: Int) -> [(MatrixMeasurements, Int, Int)] {
    let shapes = [(1, 1), (7, 5), (6, 6), (1, 6), (8, 9)]
    return (0..<count).map { index in
      let ((rows, columns), seed) = (shapes[index % shapes.count], UInt32(index + 1))
      let left = BasisPursuitTests.design(rows, 1, seed: seed)
      let target = left.multiplied(by: BasisPursuitTests.design(1, columns, seed: seed + 50))
      guard index % 3 == 2 else {
        let entries = target.values.enumerated().filter { ($0.offset * 7 + index) % 10 < 7 }
        return (
          .entries(
            entries.map {
              ObservedEntry(
                row: $0.offset / columns, column: $0.offset % columns,
                weight: Double(1 + $0.offset % 2), value: $0.element)
            }), rows, columns
        )
      }
      let size = rows * columns
      let matrices = BasisPursuitTests.design((2 * size + 2) / 3, size, seed: seed)
      return (
        .dense(matrices, observations: matrices.multiplied(by: target.values)), rows, columns
      )
    }
  }

  /// Entries and dense measurements of matrices of several shapes.
  static func completions(_ count: Int) -> [NuclearNormInterpolation.Instance] {
    measurements(count).map {
      NuclearNormInterpolation.Instance(measurements: $0, rows: $1, columns: $2)
    }
  }

  static func regularised(_ count: Int) -> [NuclearNormLeastSquares.Instance] {
    measurements(count).enumerated().map { index, data in
      NuclearNormLeastSquares.Instance(
        measurements: data.0, rows: data.1, columns: data.2, beta: [0.05, 0.3][index % 2])
    }
  }
}
