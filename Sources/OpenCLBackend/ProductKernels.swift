import BatchNumerics
import OpenCLHost

/// The batched matrix product on a device.
final class ProductKernels<S: RunScalar & KernelScalar> {
  private let context: Context
  private let queue: Queue
  private let kernels: OperationKernels

  init(_ context: Context, _ queue: Queue, _ kernels: OperationKernels) {
    self.context = context
    self.queue = queue
    self.kernels = kernels
  }

  func multiply(
    _ a: MatrixOperand<OpenCLTensor<S>>, _ b: MatrixOperand<OpenCLTensor<S>>,
    into c: OpenCLTensor<S>, epilogue: ProductEpilogue<OpenCLTensor<S>>
  ) throws {
    var arguments = ArgumentList(try kernels["batch_matmul"])
    try arguments.set(Int32(c.shape.rows), Int32(a.columns), Int32(c.shape.columns))
    try arguments.set(UInt64(c.shape.count))
    for operand in [a, b] {
      let width = Int32(operand.tensor.shape.columns)
      try arguments.set(operand.tensor.buffer)
      try arguments.set(operand.tensor.stride)
      try arguments.set(operand.transposed ? 1 : width, operand.transposed ? width : 1)
    }
    try arguments.set(c.buffer)
    try launch("batch_matmul", c.shape.count)
    try finish(c, epilogue)
  }

  /// The epilogue as a launch of its own, after a product by a routine that has none.
  private func finish(
    _ c: OpenCLTensor<S>, _ epilogue: ProductEpilogue<OpenCLTensor<S>>
  ) throws {
    if case .none = epilogue { return }
    var arguments = ArgumentList(try kernels["network_epilogue"])
    try arguments.set(UInt64(c.shape.count))
    try arguments.set(Int32(c.shape.perRun), Int32(c.shape.columns), epilogue.number)
    try arguments.set((epilogue.side ?? c).buffer)
    try arguments.set(epilogue.side?.stride ?? 0)
    try arguments.set(c.buffer)
    try launch("network_epilogue", c.shape.count)
  }

  private func launch(_ name: String, _ count: Int) throws {
    let local = WorkSize(kernels.groupSize)
    try queue.enqueue(
      kernels[name], global: WorkSize(count).rounded(upTo: local), local: local)
  }
}

extension ProductEpilogue {
  /// How kernels number epilogues.
  var number: Int32 {
    switch self {
    case .none: 0
    case .bias: 1
    case .biasReLU: 2
    case .mask: 3
    case .relu: 4
    }
  }
}
