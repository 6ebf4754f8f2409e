import BatchNumerics
import Foundation
import OpenCLHost

/// An OpenCL device as a training backend: one context, resident kernels for the hot families,
/// batched operations for everything else.
public struct OpenCLTrainingBackend: TrainingBackend {
  private let context: Context
  private let avoidsDouble: Bool
  private let placement: WorkGroupPlacement?
  private let product: ProductRoutine?
  private let diagonal: DiagonalNetworkForcing?

  /// The environment variable `GROKCL_MEMORY_LIMIT` may hold bytes beyond which allocations fail, as
  /// the driver of a smaller device would have it; batches are planned for the device as it is.
  ///
  /// - Throws: `OpenCLError` where no context can be made.
  public init(_ device: Device) throws {
    let limit = ProcessInfo.processInfo.environment["GROKCL_MEMORY_LIMIT"]
    try self.init(device, avoidsDouble: false, memoryLimit: limit.flatMap { Int($0) })
  }

  /// For tests.
  ///
  /// - Parameters:
  ///   - avoidsDouble: accumulates metrics of f32 runs in compensated floats even where there are
  ///     doubles, as on devices without.
  ///   - placement: where the work-group mapping reads X, instead of where it is best.
  ///   - product: how matrix products are formed, instead of what is fastest.
  ///   - diagonal: how diagonal networks are laid out, instead of what is fastest.
  ///   - memoryLimit: bytes beyond which allocations fail.
  package init(
    _ device: Device, avoidsDouble: Bool = false, placement: WorkGroupPlacement? = nil,
    product: ProductRoutine? = nil, diagonal: DiagonalNetworkForcing? = nil,
    memoryLimit: Int? = nil
  ) throws {
    context = try Context(device, memoryLimit: memoryLimit)
    self.avoidsDouble = avoidsDouble
    self.placement = placement
    self.product = product
    self.diagonal = diagonal
  }

  public var deviceName: String { "opencl:\(context.device.index) (\(context.device.name))" }

  /// Half of the device's memory, as drivers and other users need theirs, and no more than one
  /// allocation may have.
  public var memoryLimit: Int {
    let device = context.device.capabilities
    return min(device.globalMemoryBytes / 2, device.maxAllocationBytes)
  }

  /// Memory that batches hold and held at most.
  public var memory: MemoryUse { context.memory }

  public func operations(_ precision: Precision) throws -> any Backend {
    try operations(precision, product)
  }

  /// Without CLBlast where the recorded session had none of it. Where it had, the choice that this
  /// machine keeps says for which products.
  public func operations(
    _ precision: Precision, mapping: MappingChoice
  ) throws -> any Backend {
    guard let name = mapping.recordedName else { return try operations(precision) }
    switch name.variant {
    case "":
      let own: ProductRoutine = context.device.capabilities.kind == .cpu ? .vectors : .tiles
      return try operations(precision, product ?? own)
    case ProductRoutine.libraryVariant where CLBlast.isAvailable:
      return try operations(precision)
    default: throw MappingError(mapping, "there is no \(name.variant.dropFirst()) here")
    }
  }

  private func operations(
    _ precision: Precision, _ product: ProductRoutine?
  ) throws -> any Backend {
    switch precision {
    case .f32: try OpenCLOperations<Float>(context, avoidsDouble: avoidsDouble, product: product)
    case .f64: try OpenCLOperations<Double>(context, avoidsDouble: false, product: product)
    }
  }

  public func settled(
    _ mapping: MappingChoice, for batch: SparseRecoveryBatch
  ) throws -> MappingChoice {
    guard mapping == .automatic else { return mapping }
    let planner = SparseRecoveryPlanner(batch, context.device.capabilities, placement: placement)
    return .recorded(try planner.tuning(mapping).name)
  }

  public func settled(
    _ mapping: MappingChoice, for batch: MatrixRecoveryBatch
  ) throws -> MappingChoice {
    guard mapping == .automatic else { return mapping }
    let planner = MatrixRecoveryPlanner(batch, context.device.capabilities)
    return try planner.tuning(mapping).map { .recorded($0.name) } ?? mapping
  }

  public func session(
    for batch: SparseRecoveryBatch, mapping: MappingChoice
  ) throws -> any TrainingSession {
    let capabilities = context.device.capabilities
    try capabilities.require(batch.precision)
    let tuning = try SparseRecoveryPlanner(batch, capabilities, placement: placement).tuning(
      mapping)
    switch batch.precision {
    case .f32:
      return try ResidentSparseRecovery<Float>(
        batch, context, tuning, avoidsDouble: avoidsDouble)
    case .f64:
      return try ResidentSparseRecovery<Double>(batch, context, tuning, avoidsDouble: false)
    }
  }

  public func session(
    for batch: MatrixRecoveryBatch, mapping: MappingChoice
  ) throws -> (any TrainingSession)? {
    let capabilities = context.device.capabilities
    try capabilities.require(batch.precision)
    guard let tuning = try MatrixRecoveryPlanner(batch, capabilities).tuning(mapping) else {
      return nil
    }
    switch batch.precision {
    case .f32: return try ResidentMatrixRecovery<Float>(batch, context, tuning)
    case .f64: return try ResidentMatrixRecovery<Double>(batch, context, tuning)
    }
  }

  public func session(
    for batch: NetworkBatch, mapping: MappingChoice
  ) throws -> (any TrainingSession)? {
    let capabilities = context.device.capabilities
    try capabilities.require(batch.precision)
    let kind = mapping.kind
    guard kind == .automatic || kind == .lanes else {
      throw MappingError(mapping, "networks have auto, stepwise and, of one variable, lanes")
    }
    let samples = batch.problems.first?.train.count ?? 0
    guard let network = ScalarNetwork(batch), samples <= ResidentScalarNetwork<Float>.mostSamples,
      kind == .lanes || capabilities.kind == .cpu
    else {
      guard kind == .automatic else {
        throw MappingError(mapping, "is for networks of one variable trained by gd")
      }
      return nil
    }
    try mapping.require(MappingChoice.lanes.rawValue)
    switch batch.precision {
    case .f32: return try ResidentScalarNetwork<Float>(batch, network, context)
    case .f64: return try ResidentScalarNetwork<Double>(batch, network, context)
    }
  }

  public func session(
    for batch: DiagonalNetworkBatch, mapping: MappingChoice
  ) throws -> any TrainingSession {
    let capabilities = context.device.capabilities
    try capabilities.require(batch.precision)
    let tuning = try DiagonalNetworkTuning(batch, capabilities, mapping, forcing: diagonal)
    switch batch.precision {
    case .f32:
      return try ResidentDiagonalNetwork<Float>(
        batch, context, tuning, avoidsDouble: avoidsDouble)
    case .f64:
      return try ResidentDiagonalNetwork<Double>(batch, context, tuning, avoidsDouble: false)
    }
  }
}
