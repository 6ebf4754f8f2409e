/// The samples of a fused pass.
public struct FusedSamples<Tensor: BatchTensor, Indices: BatchTensor> {
  public enum Inputs {
    /// [run or shared][N, features]
    case dense(Tensor)
    /// [run or shared][N, 2]
    case tokens(Indices)
  }

  public enum Targets {
    /// [run or shared][N, 1]
    case labels(Indices)
    /// [run or shared][N, outputs]
    case values(Tensor)
  }

  public let inputs: Inputs
  public let targets: Targets
  /// The samples that the pass takes, [run][count, 1]; nil: all.
  public let order: Indices?
  public let count: Int

  public init(inputs: Inputs, targets: Targets, order: Indices?, count: Int) {
    self.inputs = inputs
    self.targets = targets
    self.order = order
    self.count = count
  }
}

/// Forward and backward pass of a network in one launch, as a specialisation of the batched
/// operations that a device may have.
public protocol FusedNetwork<Tensor, Indices>: AnyObject {
  associatedtype Tensor: BatchTensor
  associatedtype Indices: BatchTensor

  /// Bytes of device memory that it holds.
  var byteCount: Int { get }

  /// The gradients of the loss with respect to all parameters, in the order of
  /// `NetworkModel.parameters`.
  func computeGradients(
    _ parameters: [Tensor], _ samples: FusedSamples<Tensor, Indices>, into gradients: [Tensor]
  ) throws
}
