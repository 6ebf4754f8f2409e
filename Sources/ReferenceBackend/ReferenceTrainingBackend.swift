import BatchNumerics
import Foundation

/// The pure-Swift backend: the truth in tests, and what runs where there is no OpenCL.
public struct ReferenceTrainingBackend: TrainingBackend {
  public init() {}

  public var deviceName: String { "cpu" }

  /// A quarter of the machine's memory.
  public var memoryLimit: Int { Int(ProcessInfo.processInfo.physicalMemory / 4) }

  public func operations(_ precision: Precision) throws -> any Backend {
    switch precision {
    case .f32: ReferenceOperations<Float>()
    case .f64: ReferenceOperations<Double>()
    }
  }

  public func session(
    for batch: SparseRecoveryBatch, mapping: MappingChoice
  ) throws -> any TrainingSession {
    guard mapping == .automatic || mapping == .recorded(LoopSession.mappingName) else {
      throw MappingError(mapping, "the cpu reference has only auto and stepwise")
    }
    switch batch.precision {
    case .f32:
      return SparseRecoveryLoop<Float>(batch).session
    case .f64:
      return SparseRecoveryLoop<Double>(batch).session
    }
  }

  public func session(
    for batch: MatrixRecoveryBatch, mapping: MappingChoice
  ) throws -> (any TrainingSession)? {
    guard mapping == .automatic || mapping == .recorded(LoopSession.mappingName) else {
      throw MappingError(mapping, "the cpu reference has only auto and stepwise")
    }
    return MatrixRecoveryReference.session(batch)
  }

  public func session(
    for batch: NetworkBatch, mapping: MappingChoice
  ) throws -> (any TrainingSession)? {
    guard mapping == .automatic || mapping == .recorded(LoopSession.mappingName) else {
      throw MappingError(mapping, "the cpu reference has only auto and stepwise")
    }
    return ScalarNetwork(batch).map { network in
      switch batch.precision {
      case .f32: ScalarNetworkLoop<Float>(batch, network).session
      case .f64: ScalarNetworkLoop<Double>(batch, network).session
      }
    }
  }

  public func session(
    for batch: DiagonalNetworkBatch, mapping: MappingChoice
  ) throws -> any TrainingSession {
    guard mapping == .automatic || mapping == .recorded(LoopSession.mappingName) else {
      throw MappingError(mapping, "the cpu reference has only auto")
    }
    switch batch.precision {
    case .f32: return DiagonalNetworkLoop<Float>(batch).session
    case .f64: return DiagonalNetworkLoop<Double>(batch).session
    }
  }
}
