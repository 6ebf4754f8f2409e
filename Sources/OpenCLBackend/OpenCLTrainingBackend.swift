import BatchNumerics
import OpenCLHost

/// An OpenCL device as a training backend: one context, resident kernels for the hot families,
/// batched operations for everything else.
public struct OpenCLTrainingBackend: TrainingBackend {
  private let context: Context
  private let avoidsDouble: Bool
  private let placement: WorkGroupPlacement?
  private let product: ProductRoutine?
  private let diagonal: DiagonalNetworkForcing?

  /// - Throws: `OpenCLError` where no context can be made.
  public init(_ device: Device) throws {
    try self.init(device, avoidsDouble: false, placement: nil, product: nil)
  }

  /// For tests.
  ///
  /// - Parameters:
  ///   - avoidsDouble: accumulates metrics of f32 runs in compensated floats even where there are
  ///     doubles, as on devices without.
  ///   - placement: where the work-group mapping reads X, instead of where it is best.
  ///   - product: how matrix products are formed, instead of what is fastest.
  ///   - diagonal: how diagonal networks are laid out, instead of what is fastest.
  package init(
    _ device: Device, avoidsDouble: Bool = false, placement: WorkGroupPlacement? = nil,
    product: ProductRoutine? = nil, diagonal: DiagonalNetworkForcing? = nil
  ) throws {
    context = try Context(device)
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
    switch precision {
    case .f32: try OpenCLOperations<Float>(context, avoidsDouble: avoidsDouble, product: product)
    case .f64: try OpenCLOperations<Double>(context, avoidsDouble: false, product: product)
    }
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
    guard mapping == .automatic || mapping == .lanes else {
      throw MappingError(mapping, "networks have auto, stepwise and, of one variable, lanes")
    }
    let samples = batch.problems.first?.train.count ?? 0
    guard let network = ScalarNetwork(batch), samples <= ResidentScalarNetwork<Float>.mostSamples,
      mapping == .lanes || capabilities.kind == .cpu
    else {
      guard mapping == .automatic else {
        throw MappingError(mapping, "is for networks of one variable trained by gd")
      }
      return nil
    }
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
