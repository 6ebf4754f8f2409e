import BatchNumerics
import OpenCLHost

/// A batched tensor in the memory of an OpenCL device.
public final class OpenCLTensor<S: RunScalar & KernelScalar>: BatchTensor {
  public let shape: BatchShape
  /// [run][row][column]
  let buffer: Buffer<S>

  /// - Precondition: the buffer has at least `shape.count` numbers.
  package init(_ shape: BatchShape, _ buffer: Buffer<S>) {
    self.shape = shape
    self.buffer = buffer
  }

  /// The distance of two runs' numbers: 0 for a tensor that all runs share.
  var stride: Int32 { shape.runs == 1 ? 0 : Int32(shape.perRun) }
}
