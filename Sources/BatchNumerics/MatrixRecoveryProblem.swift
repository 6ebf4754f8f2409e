/// An observed entry of a matrix.
public struct ObservedEntry: Sendable, Equatable {
  public let row: Int
  public let column: Int
  /// How often it was observed.
  public let weight: Double
  /// The mean of what was observed there.
  public let value: Double

  public init(row: Int, column: Int, weight: Double = 1, value: Double) {
    self.row = row
    self.column = column
    self.weight = weight
    self.value = value
  }
}

/// What is known of the matrix that is sought.
public enum MatrixMeasurements: Sendable {
  /// Single entries: no position twice, in ascending order of row and column.
  case entries([ObservedEntry])
  /// y_i = <X_i, A>: the matrices X_i as rows [N, n1 n2], and y.
  case dense(DenseMatrix, observations: [Double])
}

/// The data of a matrix-recovery problem: find the low-rank `target` [n1, n2] from measurements.
public struct MatrixRecoveryProblem: Sendable {
  public let measurements: MatrixMeasurements
  public let target: DenseMatrix
  /// N, repeated observations of an entry included.
  public let count: Int
  /// |y|_2 of all observations.
  public let observationNorm: Double
  /// The part of |X A - y|^2 that no A takes away: the spread of repeated observations of entries.
  public let residualFloor: Double
  /// X^+ [n1 n2, N]; needed by the projected method with dense measurements only.
  public let pseudoInverse: DenseMatrix?

  /// Single entries; positions may repeat.
  public init(
    rows: [Int], columns: [Int], observations: [Double], target: DenseMatrix
  ) {
    var values: [Int: [Double]] = [:]
    for (index, y) in observations.enumerated() {
      values[rows[index] * target.columns + columns[index], default: []].append(y)
    }
    var floor = 0.0
    let entries = values.sorted { $0.key < $1.key }.map { place, values in
      // The mean of equal values is that value, exactly.
      let mean = values[0] + values.reduce(0) { $0 + ($1 - values[0]) } / Double(values.count)
      floor += values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return ObservedEntry(
        row: place / target.columns, column: place % target.columns,
        weight: Double(values.count), value: mean)
    }
    measurements = .entries(entries)
    self.target = target
    count = observations.count
    observationNorm = euclideanNorm(observations)
    residualFloor = floor
    pseudoInverse = nil
  }

  /// Measurement matrices X_i as the rows of X [N, n1 n2].
  public init(
    matrices: DenseMatrix, observations: [Double], target: DenseMatrix,
    pseudoInverse: DenseMatrix? = nil
  ) {
    measurements = .dense(matrices, observations: observations)
    self.target = target
    count = observations.count
    observationNorm = euclideanNorm(observations)
    residualFloor = 0
    self.pseudoInverse = pseudoInverse
  }

  /// The data gradient X^T (X A - y) [n1, n2] of 1/2 |X A - y|^2, and |X A - y|^2, in double.
  public func gradient(of learned: DenseMatrix) -> (gradient: DenseMatrix, squaredResidual: Double)
  {
    var gradient = DenseMatrix(rows: target.rows, columns: target.columns)
    var sum = residualFloor
    switch measurements {
    case .entries(let entries):
      for entry in entries {
        let residual = learned[entry.row, entry.column] - entry.value
        sum += entry.weight * residual * residual
        gradient[entry.row, entry.column] = entry.weight * residual
      }
    case .dense(let matrices, let observations):
      let width = matrices.columns
      for (i, y) in observations.enumerated() {
        let residual = matrices.dot(row: i, learned.values) - y
        sum += residual * residual
        for j in 0..<width { gradient.values[j] += matrices.values[i * width + j] * residual }
      }
    }
    return (gradient, sum)
  }

  /// Whether entry (i, j) of the matrix, at index i n2 + j, was observed by itself.
  public var isObserved: [Bool] {
    var flags = [Bool](repeating: false, count: target.values.count)
    if case .entries(let entries) = measurements {
      for entry in entries { flags[entry.row * target.columns + entry.column] = true }
    }
    return flags
  }
}

extension DenseMatrix {
  /// The inner product of a row with a vector.
  fileprivate func dot(row: Int, _ vector: [Double]) -> Double {
    values.withUnsafeBufferPointer { entries in
      vector.withUnsafeBufferPointer { other in
        guard let x = entries.baseAddress, let y = other.baseAddress else { return 0 }
        return JacobiLoops.dot(x + row * columns, y, columns)
      }
    }
  }
}
