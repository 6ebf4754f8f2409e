// This file loads the curves that `tools/make_instance_golden.py` trained in NumPy.

import BatchNumerics
import Foundation

/// What NumPy's own double-precision loop recorded on one of the golden instances.
public struct GoldenCurves: Decodable, Sendable, CustomStringConvertible {
  public let name: String
  /// File of the instance, beside the JSON file.
  public let instance: String
  public let method: String
  public let depth: Int
  public let learningRate: Double
  public let l1: Double
  public let l2: Double
  public let steps: [Int]
  /// train_error, test_error, l1_norm, l2_norm at `steps`.
  public let metrics: [String: [Double]]
  /// The learned vector after the last step.
  public let learned: [Double]

  public var description: String { name }

  /// The instance's path.
  public var path: String { Self.folder + "/" + instance }

  /// A spec that trains what NumPy trained.
  public func spec(precision: Precision = .f64) -> String {
    """
    experiment: sparse-recovery
    method: \(method)
    depth: \(depth)
    learning_rate: \(learningRate)
    regularizer: {l1: \(l1), l2: \(l2)}
    steps: \(steps.last ?? 0)
    evaluate: {at: \(steps)}
    precision: \(precision)
    """
  }

  public static func all() throws -> [GoldenCurves] {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/instance.json"))
    return try JSONDecoder().decode(File.self, from: data).cases
  }

  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("SweepsTests/Goldens").path

  private struct File: Decodable {
    let cases: [GoldenCurves]
  }

  private enum CodingKeys: String, CodingKey {
    case name, instance, method, depth, l1, l2, steps, metrics, learned
    case learningRate = "learning_rate"
  }
}
