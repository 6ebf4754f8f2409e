import BatchNumerics
import Foundation

/// Sparse-recovery data from a tensor file: X [N, n], y [N], target [n], init [L, n].
enum SparseRecoveryInstance {
  static func problem(_ file: TensorFile) throws -> SparseRecoveryProblem {
    let measurements = try InstanceReader(file: file).tensor("X", "[N, n]") {
      $0.count == 2 && !$0.contains(0)
    }
    let (rows, columns) = (measurements.shape[0], measurements.shape[1])
    let observations = try InstanceReader(file: file).tensor("y", "[\(rows)]") { $0 == [rows] }
    let target = try InstanceReader(file: file).tensor("target", "[\(columns)]") { $0 == [columns] }
    return SparseRecoveryProblem(
      measurements: DenseMatrix(rows: rows, columns: columns, values: measurements.values),
      observations: observations.values, target: target.values)
  }

  /// The initial factors, if the file has them.
  static func initial(_ file: TensorFile, columns: Int) throws -> NamedTensor? {
    guard file["init"] != nil else { return nil }
    return try InstanceReader(file: file).tensor("init", "[L, \(columns)]") {
      $0.count == 2 && $0[1] == columns && (1...8).contains($0[0])
    }
  }

  /// Factors of equal magnitude whose product is `vector`; the last carries the signs.
  static func balancedFactors(of vector: [Double], depth: Int) -> [Double] {
    let magnitudes = vector.map { pow(abs($0), 1 / Double(depth)) }
    let signed = zip(vector, magnitudes).map { $0.0 < 0 ? -$0.1 : $0.1 }
    return Array(repeating: magnitudes, count: depth - 1).flatMap { $0 } + signed
  }
}
