import BatchNumerics
import OpenCLHost

/// The batched operations as OpenCL kernels, one launch each, on one in-order queue.
public final class OpenCLOperations<S: RunScalar & KernelScalar>: Backend {
  public typealias Tensor = OpenCLTensor<S>

  let context: Context
  let queue: Queue
  let kernels: OperationKernels
  let decompositions: SVDKernels<S>
  let products: ProductKernels<S>
  let hasBlocks: Bool

  /// Builds the kernels for a device.
  ///
  /// - Parameters:
  ///   - avoidsDouble: accumulates in compensated floats even where there are doubles.
  ///   - decomposition: how matrices are factored, instead of what suits the device.
  /// - Throws: `OpenCLError`, also where the device lacks the precision.
  public convenience init(
    _ context: Context, avoidsDouble: Bool = false, decomposition: MappingChoice = .automatic
  ) throws {
    try self.init(
      context, avoidsDouble: avoidsDouble, decomposition: decomposition, product: nil)
  }

  /// - Parameters:
  ///   - product: how products are formed, instead of what is fastest.
  ///   - blocks: whether networks have fused passes, instead of on CPUs only.
  package init(
    _ context: Context, avoidsDouble: Bool, decomposition: MappingChoice = .automatic,
    product: ProductRoutine?, blocks: Bool? = nil
  ) throws {
    self.context = context
    hasBlocks = blocks ?? (context.device.capabilities.kind == .cpu)
    kernels = try OperationKernels(context, S.precision, avoidsDouble: avoidsDouble)
    queue = try Queue(context)
    decompositions = SVDKernels(context, queue, mapping: decomposition)
    products = ProductKernels(context, queue, kernels, preferring: product)
  }

  public var precision: Precision { S.precision }

  public func tensor(_ shape: BatchShape, _ values: [Double]?) throws -> Tensor {
    guard shape.count > 0, values.map({ $0.count == shape.count }) ?? true else {
      throw ShapeError("tensor", [shape])
    }
    let tensor = Tensor(shape, try Buffer<S>(context, count: shape.count))
    if let values {
      try queue.write(values.map { S($0) }, to: tensor.buffer)
    } else {
      try queue.fill(tensor.buffer, with: 0)
    }
    return tensor
  }

  public func read(_ tensor: Tensor) throws -> [Double] {
    try queue.read(tensor.buffer, 0..<tensor.shape.count).values().map { Double($0) }
  }

  public func copy(_ x: Tensor, into y: Tensor) throws {
    try ShapeRule.elementwise("copy", [x], y)
    try elementwise("copy", [x], y)
  }

  public func axpy(_ alpha: Tensor, _ x: Tensor, into y: Tensor) throws {
    try ShapeRule.elementwise("axpy", [x], y)
    try ShapeRule.runScalar("axpy", alpha, y)
    try elementwise("axpy", [alpha, x], y)
  }

  public func hadamard(_ x: Tensor, _ y: Tensor, into z: Tensor) throws {
    try ShapeRule.elementwise("hadamard", [x, y], z)
    try elementwise("hadamard", [x, y], z)
  }

  public func scale(_ alpha: Tensor, _ x: Tensor) throws {
    try ShapeRule.runScalar("scale", alpha, x)
    try elementwise("scale", [alpha], x)
  }

  public func sign(_ x: Tensor, into y: Tensor) throws {
    try ShapeRule.elementwise("sign", [x], y)
    try elementwise("sign", [x], y)
  }

  public func softThreshold(_ gamma: Tensor, _ x: Tensor) throws {
    try ShapeRule.runScalar("softThreshold", gamma, x)
    try elementwise("soft_threshold", [gamma], x)
  }

  public func dot(_ x: Tensor, _ y: Tensor) throws -> [Double] {
    try ShapeRule.elementwise("dot", [y], x)
    return try reduce("dot", x, y)
  }

  public func l1Norm(_ x: Tensor) throws -> [Double] { try reduce("l1_norm", x) }

  public func l2Norm(_ x: Tensor) throws -> [Double] { try reduce("l2_norm", x) }

  public func max(_ x: Tensor) throws -> [Double] { try reduce("max", x) }

  // MARK: - Launching

  /// Launches a kernel with the arguments (count, per run, {operand, its stride} ..., result).
  private func elementwise(_ name: String, _ operands: [Tensor], _ result: Tensor) throws {
    try launch("batch_" + name, result.shape.count) { arguments in
      try arguments.set(UInt64(result.shape.count))
      try arguments.set(Int32(result.shape.perRun))
      for operand in operands {
        try arguments.set(operand.buffer)
        try arguments.set(operand.stride)
      }
      try arguments.set(result.buffer)
    }
  }

  func launch(
    _ name: String, _ count: Int, _ fill: (inout ArgumentList) throws -> Void
  ) throws {
    var arguments = ArgumentList(try kernels[name])
    try fill(&arguments)
    try kernels.launch(name, count, on: queue)
  }

  private func reduce(_ name: String, _ x: Tensor, _ y: Tensor? = nil) throws -> [Double] {
    try reduce("batch_" + name, runs: x.shape.runs, perRun: 1) { arguments in
      try arguments.set(Int32(x.shape.perRun))
      try arguments.set(x.buffer)
      if let y {
        try arguments.set(y.buffer)
        try arguments.set(y.stride)
      }
    }
  }

  /// Launches a work-item per entry of a matrix, those of a row side by side.
  func launch(
    _ name: String, rows: Int, columns: Int, _ fill: (inout ArgumentList) throws -> Void
  ) throws {
    let kernel = try kernels[name]
    var arguments = ArgumentList(kernel)
    try fill(&arguments)
    let local = WorkSize(kernels.groupSize, 1)
    try queue.enqueue(kernel, global: WorkSize(columns, rows).rounded(upTo: local), local: local)
  }

  /// Launches a reduction, one work-group per run, and reads its results, so many per run. `fill`
  /// sets all arguments but the result.
  func reduce(
    _ name: String, runs: Int, perRun: Int, _ fill: (inout ArgumentList) throws -> Void
  ) throws -> [Double] {
    kernels.hasDouble
      ? try reduce(name, runs, perRun, fill, as: Double.self)
      : try reduce(name, runs, perRun, fill, as: Float.self).map { Double($0) }
  }

  private func reduce<W: KernelScalar & BinaryFloatingPoint>(
    _ name: String, _ runs: Int, _ perRun: Int, _ fill: (inout ArgumentList) throws -> Void,
    as type: W.Type
  ) throws -> [W] {
    let kernel = try kernels[name]
    let result = try Buffer<W>(context, count: runs * perRun)
    var arguments = ArgumentList(kernel)
    try fill(&arguments)
    try arguments.set(result)
    let size = kernels.groupSize
    try queue.enqueue(kernel, global: WorkSize(runs * size), local: WorkSize(size))
    return try queue.read(result).values()
  }
}

/// Sets a kernel's arguments one after the other.
struct ArgumentList {
  private let kernel: Kernel
  private var index: Int

  /// - Parameter index: the first argument to set.
  init(_ kernel: Kernel, from index: Int = 0) {
    self.kernel = kernel
    self.index = index
  }

  /// The number of the next argument.
  var count: Int { index }

  mutating func set<T: KernelScalar>(_ values: T...) throws {
    for value in values {
      try kernel.set(index, value)
      index += 1
    }
  }

  mutating func set<T>(_ buffer: Buffer<T>) throws {
    try kernel.set(index, buffer)
    index += 1
  }
}

extension Capabilities {
  /// Numbers in an explicit vector: as many as the hardware's have, within what kernels know.
  func lanes(_ precision: Precision) -> Int {
    let native = precision == .f32 ? nativeFloatWidth : nativeDoubleWidth
    return [16, 8, 4].first { $0 <= native } ?? (precision == .f32 ? 8 : 4)
  }

  /// Refuses a precision that the device does not have.
  func require(_ precision: Precision) throws {
    guard precision == .f32 || hasDouble else {
      throw OpenCLError(
        status: .invalidDevice, call: "precision f64", device: name,
        detail: "the device has no double precision; use f32 or --device cpu")
    }
  }
}
