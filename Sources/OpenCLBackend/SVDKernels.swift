import BatchNumerics
import OpenCLHost

/// The batched singular value decomposition on a device: a run per SIMD lane on CPUs, a work-group
/// per matrix on GPUs.
final class SVDKernels<S: RunScalar & KernelScalar> {
  /// What is made of the decomposition, as the kernels number it.
  enum Operation: Int {
    case svd = 0
    case polarFactor = 1
    case threshold = 2
  }

  /// Matrices [run][rows, columns], the bases to start from, and where the results go.
  struct Arguments {
    let matrices: OpenCLTensor<S>
    let basis: OpenCLTensor<S>
    /// One per run or shared; read by `threshold` only.
    let gamma: OpenCLTensor<S>?
    /// U, or the only result.
    let left: OpenCLTensor<S>
    /// s and V of `svd`.
    let values: OpenCLTensor<S>?
    let right: OpenCLTensor<S>?
  }

  private let context: Context
  private let queue: Queue
  private let isLanes: Bool
  private let lanes: Int
  private let groupSize: Int
  private var kernels: [String: Kernel] = [:]
  private var scratch: Buffer<S>?
  /// Scratch is kept below this size by launching in parts.
  private static var scratchBytes: Int { 256 << 20 }

  init(_ context: Context, _ queue: Queue, mapping: MappingChoice = .automatic) {
    self.context = context
    self.queue = queue
    let device = context.device.capabilities
    isLanes = mapping == .automatic ? device.kind == .cpu : mapping == .lanes
    lanes = isLanes ? device.lanes(S.precision) : 1
    groupSize = isLanes ? 1 : min(128, device.maxWorkGroupSize)
  }

  func run(_ operation: Operation, _ arguments: Arguments) throws {
    let shape = arguments.matrices.shape
    let count = min(shape.rows, shape.columns)
    let length = max(shape.rows, shape.columns)
    let perGroup =
      isLanes
      ? (length * count + count * (length + count + 2)) * lanes
      : length * count + count * (length + 2 * count + 1)
    let groups = (shape.runs + lanes - 1) / lanes
    let fitting = Self.scratchBytes / (perGroup * MemoryLayout<S>.stride)
    let atOnce = max(1, min(groups, fitting))
    let scratch = try scratch(perGroup * atOnce)
    let kernel = try kernel(operation, pairs: (count + 1) / 2)
    for first in stride(from: 0, to: groups, by: atOnce) {
      let end = min(first + atOnce, groups)
      var list = ArgumentList(kernel)
      try list.set(Int32(shape.rows), Int32(shape.columns))
      try list.set(UInt64(first * lanes), UInt64(shape.runs))
      try list.set(arguments.matrices.buffer)
      try list.set(arguments.basis.buffer)
      let gamma = arguments.gamma ?? arguments.basis
      try list.set(gamma.buffer)
      try list.set(gamma.shape.runs == 1 ? Int32(0) : Int32(1))
      try list.set(arguments.left.buffer)
      try list.set((arguments.values ?? arguments.basis).buffer)
      try list.set((arguments.right ?? arguments.basis).buffer)
      try list.set(scratch)
      try queue.enqueue(
        kernel, global: WorkSize((end - first) * groupSize), local: WorkSize(groupSize))
    }
  }

  private func scratch(_ count: Int) throws -> Buffer<S> {
    if let scratch, scratch.count >= count { return scratch }
    let fresh = try Buffer<S>(context, count: count)
    scratch = fresh
    return fresh
  }

  /// - Parameter pairs: of columns in a round; the items of a work-group are shared out to them.
  private func kernel(_ operation: Operation, pairs: Int) throws -> Kernel {
    var team = 1
    while !isLanes, team < 32, team * 2 * pairs <= groupSize { team *= 2 }
    let key = "\(operation.rawValue) \(team)"
    if let kernel = kernels[key] { return kernel }
    var options = ProgramOptions(numbers: [
      "PRECISION": S.precision == .f64 ? 64 : 32, "OPERATION": operation.rawValue, "LANES": lanes,
    ])
    if !context.device.capabilities.hasDouble { options.define("NO_FP64") }
    if !isLanes {
      options.define("WG", groupSize)
      options.define("TEAM", team)
    }
    let name = isLanes ? "svd_lanes" : "svd_work_group"
    let kernel = try context.program(
      KernelLibrary.sources("common/real", "svd/rotation", "svd/output", "svd/\(name)"),
      options: options
    ).kernel("batch_" + name)
    kernels[key] = kernel
    return kernel
  }
}
