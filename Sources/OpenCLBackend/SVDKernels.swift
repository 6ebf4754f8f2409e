import BatchNumerics
import OpenCLHost

/// The batched singular value decomposition on a device: a work-group per matrix on GPUs; on CPUs a
/// matrix per SIMD lane where they are small, and SIMD lanes along the columns of large ones.
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
  private let forced: MappingChoice?
  private let device: Capabilities
  private var kernels: [String: Kernel] = [:]
  private var scratch: Buffer<S>?
  /// Scratch is kept below this size by launching in parts.
  private static var scratchBytes: Int { 256 << 20 }

  init(_ context: Context, _ queue: Queue, mapping: MappingChoice = .automatic) {
    self.context = context
    self.queue = queue
    device = context.device.capabilities
    forced = mapping == .automatic ? nil : mapping
  }

  /// How matrices of a shape are factored.
  private struct Plan {
    let mapping: MappingChoice
    /// Reals per vector.
    let lanes: Int
    /// Matrices per group, and work-items of a group.
    let matrices: Int
    let items: Int
    /// Reals of a group's scratch.
    let scratch: Int
  }

  /// Depends on the matrix only, so that a run's numbers do not depend on its batch.
  private func plan(rows: Int, columns: Int) -> Plan {
    let (count, length) = (min(rows, columns), max(rows, columns))
    let lanes = device.lanes(S.precision)
    // Below that, lanes beside each other outweigh what one matrix alone would win (PoCL, AVX-512).
    let isSmall = rows * columns < 512
    switch forced ?? (device.kind == .cpu ? (isSmall ? .lanes : .components) : .workGroup) {
    case .lanes:
      return Plan(
        mapping: .lanes, lanes: lanes, matrices: lanes, items: 1,
        scratch: (length * count + count * (length + count + 2)) * lanes)
    case .components:
      let (span, reach) = ((length + lanes - 1) / lanes, (count + lanes - 1) / lanes)
      let vectors =
        max(count * span, length * reach) + count * (((span + reach) | 1) + reach) + 2 * reach
      return Plan(
        mapping: .components, lanes: lanes, matrices: 1, items: 1, scratch: lanes * vectors)
    default:
      return Plan(
        mapping: .workGroup, lanes: 1, matrices: 1, items: min(128, device.maxWorkGroupSize),
        scratch: length * count + count * (length + 2 * count + 1))
    }
  }

  func run(_ operation: Operation, _ arguments: Arguments) throws {
    let shape = arguments.matrices.shape
    let plan = plan(rows: shape.rows, columns: shape.columns)
    let groups = (shape.runs + plan.matrices - 1) / plan.matrices
    let fitting = Self.scratchBytes / (plan.scratch * MemoryLayout<S>.stride)
    let atOnce = max(1, min(groups, fitting))
    let scratch = try scratch(plan.scratch * atOnce)
    let kernel = try kernel(operation, plan, pairs: (min(shape.rows, shape.columns) + 1) / 2)
    for first in stride(from: 0, to: groups, by: atOnce) {
      let end = min(first + atOnce, groups)
      var list = ArgumentList(kernel)
      try list.set(Int32(shape.rows), Int32(shape.columns))
      try list.set(UInt64(first * plan.matrices), UInt64(shape.runs))
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
        kernel, global: WorkSize((end - first) * plan.items), local: WorkSize(plan.items))
    }
  }

  private func scratch(_ count: Int) throws -> Buffer<S> {
    if let scratch, scratch.count >= count { return scratch }
    let fresh = try Buffer<S>(context, count: count)
    scratch = fresh
    return fresh
  }

  /// - Parameter pairs: of columns in a round; the items of a work-group are shared out to them.
  private func kernel(_ operation: Operation, _ plan: Plan, pairs: Int) throws -> Kernel {
    var team = 1
    while team < 32, team * 2 * pairs <= plan.items { team *= 2 }
    let key = "\(operation.rawValue) \(plan.mapping) \(team)"
    if let kernel = kernels[key] { return kernel }
    var options = ProgramOptions(numbers: [
      "PRECISION": S.precision == .f64 ? 64 : 32, "OPERATION": operation.rawValue,
      "LANES": plan.lanes,
    ])
    if !context.device.capabilities.hasDouble { options.define("NO_FP64") }
    if plan.mapping == .workGroup {
      options.define("WG", plan.items)
      options.define("TEAM", team)
    }
    let name =
      switch plan.mapping {
      case .lanes: "svd_lanes"
      case .components: "svd_columns"
      default: "svd_work_group"
      }
    let kernel = try context.program(
      KernelLibrary.sources("common/real", "svd/rotation", "svd/output", "svd/\(name)"),
      options: options
    ).kernel("batch_" + name)
    kernels[key] = kernel
    return kernel
  }
}
