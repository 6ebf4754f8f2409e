import BatchNumerics
import OpenCLHost

/// The batched operations as OpenCL kernels, one launch each, on one in-order queue.
public final class OpenCLOperations<S: RunScalar & KernelScalar>: Backend {
  public typealias Tensor = OpenCLTensor<S>

  private let context: Context
  private let queue: Queue
  private let kernels: [String: Kernel]
  private let groupSize: Int
  private let hasDouble: Bool
  let decompositions: SVDKernels<S>

  /// Builds the kernels for a device.
  ///
  /// - Parameters:
  ///   - avoidsDouble: accumulates in compensated floats even where there are doubles.
  ///   - decomposition: how matrices are factored, instead of what suits the device.
  /// - Throws: `OpenCLError`, also where the device lacks the precision.
  public init(
    _ context: Context, avoidsDouble: Bool = false, decomposition: MappingChoice = .automatic
  ) throws {
    let capabilities = context.device.capabilities
    try capabilities.require(S.precision)
    self.context = context
    hasDouble = capabilities.hasDouble && !(avoidsDouble && S.precision == .f32)
    groupSize = min(64, capabilities.maxWorkGroupSize)
    queue = try Queue(context)
    decompositions = SVDKernels(context, queue, mapping: decomposition)
    var options = ProgramOptions(numbers: [
      "PRECISION": S.precision == .f64 ? 64 : 32, "WG": groupSize,
    ])
    if !hasDouble { options.define("NO_FP64") }
    let program = try context.program(
      KernelLibrary.sources(
        "common/real", "common/batch", "elementwise/copy", "elementwise/axpy",
        "elementwise/hadamard", "elementwise/scale", "shrinkage/sign", "shrinkage/soft_threshold",
        "reduction/tree", "reduction/dot", "reduction/l1_norm", "reduction/l2_norm",
        "reduction/max", "linalg/matmul"),
      options: options)
    let names = [
      "copy", "axpy", "hadamard", "scale", "sign", "soft_threshold", "dot", "l1_norm", "l2_norm",
      "max", "matmul",
    ]
    kernels = try Dictionary(
      uniqueKeysWithValues: names.map { ($0, try program.kernel("batch_" + $0)) })
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
    try queue.read(tensor.buffer).values().map { Double($0) }
  }

  public func matmul(
    _ a: MatrixOperand<Tensor>, _ b: MatrixOperand<Tensor>, into c: Tensor
  ) throws {
    try ShapeRule.matmul(a, b, c)
    try launch("matmul", c.shape.count) { arguments in
      try arguments.set(Int32(c.shape.rows), Int32(a.columns), Int32(c.shape.columns))
      try arguments.set(UInt64(c.shape.count))
      for operand in [a, b] {
        let width = Int32(operand.tensor.shape.columns)
        try arguments.set(operand.tensor.buffer)
        try arguments.set(operand.tensor.stride)
        try arguments.set(operand.transposed ? 1 : width, operand.transposed ? width : 1)
      }
      try arguments.set(c.buffer)
    }
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
    try launch(name, result.shape.count) { arguments in
      try arguments.set(UInt64(result.shape.count))
      try arguments.set(Int32(result.shape.perRun))
      for operand in operands {
        try arguments.set(operand.buffer)
        try arguments.set(operand.stride)
      }
      try arguments.set(result.buffer)
    }
  }

  private func launch(
    _ name: String, _ count: Int, _ fill: (inout ArgumentList) throws -> Void
  ) throws {
    let kernel = try kernel(name)
    var arguments = ArgumentList(kernel)
    try fill(&arguments)
    let local = WorkSize(groupSize)
    try queue.enqueue(kernel, global: WorkSize(count).rounded(upTo: local), local: local)
  }

  /// Launches a reduction, one work-group per run, and reads its results.
  private func reduce(_ name: String, _ x: Tensor, _ y: Tensor? = nil) throws -> [Double] {
    hasDouble
      ? try reduce(name, x, y, as: Double.self)
      : try reduce(name, x, y, as: Float.self).map { Double($0) }
  }

  private func reduce<W: KernelScalar & BinaryFloatingPoint>(
    _ name: String, _ x: Tensor, _ y: Tensor?, as type: W.Type
  ) throws -> [W] {
    let kernel = try kernel(name)
    let result = try Buffer<W>(context, count: x.shape.runs)
    var arguments = ArgumentList(kernel)
    try arguments.set(Int32(x.shape.perRun))
    try arguments.set(x.buffer)
    if let y {
      try arguments.set(y.buffer)
      try arguments.set(y.stride)
    }
    try arguments.set(result)
    try queue.enqueue(
      kernel, global: WorkSize(x.shape.runs * groupSize), local: WorkSize(groupSize))
    return try queue.read(result).values()
  }

  private func kernel(_ name: String) throws -> Kernel {
    guard let kernel = kernels[name] else { throw KernelLibraryError(path: name) }
    return kernel
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
