import BatchNumerics
import OpenCLHost

/// The batched matrix product on a device: register blocks of vectors on CPUs, tiles in local memory
/// on GPUs, or CLBlast, whichever `ProductChoice` finds to be fastest for the sizes.
///
/// The choice depends on the sizes of a run's matrices, never on the number of runs: a run's numbers
/// do not depend on its batch.
final class ProductKernels<S: RunScalar & KernelScalar> {
  typealias Operand = MatrixOperand<OpenCLTensor<S>>
  typealias Epilogue = ProductEpilogue<OpenCLTensor<S>>

  private let context: Context
  private let queue: Queue
  private let kernels: OperationKernels
  private let choice: ProductChoice
  private var programs: [String: Kernel] = [:]
  private var parts: Buffer<S>?
  /// Whether any product so far was CLBlast's: results of one run may then differ by rounding from
  /// those of another machine's choice.
  private(set) var usesLibrary = false

  init(
    _ context: Context, _ queue: Queue, _ kernels: OperationKernels,
    preferring routine: ProductRoutine? = nil
  ) {
    self.context = context
    self.queue = queue
    self.kernels = kernels
    choice = ProductChoice(context.device, S.precision, preferring: routine)
  }

  func multiply(
    _ a: Operand, _ b: Operand, into c: OpenCLTensor<S>, epilogue: Epilogue
  ) throws {
    let size = ProductSize(
      rows: c.shape.rows, inner: a.columns, columns: c.shape.columns,
      isFirstTransposed: a.transposed, isSecondTransposed: b.transposed)
    let routine = try choice.routine(size) { routine in
      try run(routine, size, a, b, into: c, epilogue)
      try queue.finish()
    }
    if routine == .library { usesLibrary = true }
    try run(routine, size, a, b, into: c, epilogue)
  }

  private func run(
    _ routine: ProductRoutine, _ size: ProductSize, _ a: Operand, _ b: Operand,
    into c: OpenCLTensor<S>, _ epilogue: Epilogue
  ) throws {
    switch routine {
    case .plain:
      try plain(a, b, into: c)
      try finish(c, epilogue)
    case .vectors: try vectors(size, a, b, into: c, epilogue)
    case .tiles: try tiles(size, a, b, into: c, epilogue)
    case .library:
      try library(size, a, b, into: c)
      try finish(c, epilogue)
    }
  }

  // MARK: - Routines

  /// A work-item per entry.
  private func plain(_ a: Operand, _ b: Operand, into c: OpenCLTensor<S>) throws {
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
    try kernels.launch("batch_matmul", c.shape.count, on: queue)
  }

  /// A work-item per tile, in explicit vectors.
  private func vectors(
    _ size: ProductSize, _ a: Operand, _ b: Operand, into c: OpenCLTensor<S>,
    _ epilogue: Epilogue
  ) throws {
    let tile = size.vectorTile
    let kernel = try kernel(
      "gemm_vectors", size, epilogue, ["common/real", "linalg/gemm_blocks", "linalg/gemm_vectors"],
      [
        ("LANES", context.device.capabilities.lanes(S.precision)), ("TILE_ROWS", tile.rows),
        ("TILE_COLUMNS", tile.columns),
      ])
    try setArguments(kernel, a, b, into: c.buffer, epilogue, c)
    try queue.enqueue(
      kernel,
      global: WorkSize(
        (size.columns + tile.columns - 1) / tile.columns, (size.rows + tile.rows - 1) / tile.rows,
        c.shape.runs), local: WorkSize(1, 1, 1))
  }

  /// A work-group per tile, or per tile and part of the inner size.
  private func tiles(
    _ size: ProductSize, _ a: Operand, _ b: Operand, into c: OpenCLTensor<S>,
    _ epilogue: Epilogue
  ) throws {
    let tile = size.localTile(S.precision, context.device.capabilities)
    let group = tile.rows / tile.item * (tile.columns / tile.item)
    let (sources, numbers) = (
      ["common/real", "linalg/gemm_tiles"],
      [
        ("TILE_ROWS", tile.rows), ("TILE_COLUMNS", tile.columns), ("ITEM", tile.item),
        ("DEPTH", tile.depth), ("SPLIT", tile.split), ("WG", group),
      ]
    )
    let kernel = try kernel("gemm_tiles", size, epilogue, sources, numbers)
    let result = tile.split == 1 ? c.buffer : try parts(tile.split * c.shape.count)
    try setArguments(kernel, a, b, into: result, epilogue, c)
    try queue.enqueue(
      kernel,
      global: WorkSize(
        (size.columns + tile.columns - 1) / tile.columns * group,
        (size.rows + tile.rows - 1) / tile.rows, c.shape.runs * tile.split),
      local: WorkSize(group, 1, 1))
    guard tile.split > 1 else { return }
    let sum = try self.kernel("gemm_sum_parts", size, epilogue, sources, numbers)
    var arguments = ArgumentList(sum)
    try arguments.set(UInt64(c.shape.count))
    try arguments.set(Int32(c.shape.perRun), Int32(c.shape.columns))
    try arguments.set(result)
    try arguments.set((epilogue.side ?? c).buffer)
    try arguments.set(UInt64(epilogue.side?.stride ?? 0))
    try arguments.set(c.buffer)
    let local = WorkSize(kernels.groupSize)
    try queue.enqueue(sum, global: WorkSize(c.shape.count).rounded(upTo: local), local: local)
  }

  private func parts(_ count: Int) throws -> Buffer<S> {
    if let parts, parts.count >= count { return parts }
    let fresh = try Buffer<S>(context, count: count)
    parts = fresh
    return fresh
  }

  private func library(
    _ size: ProductSize, _ a: Operand, _ b: Operand, into c: OpenCLTensor<S>
  ) throws {
    switch S.precision {
    case .f32: try library(size, a, b, into: c, as: Float.self)
    case .f64: try library(size, a, b, into: c, as: Double.self)
    }
  }

  private func library<T: BLASScalar>(
    _ size: ProductSize, _ a: Operand, _ b: Operand, into c: OpenCLTensor<S>, as type: T.Type
  ) throws {
    func matrix(_ tensor: OpenCLTensor<S>, _ isTransposed: Bool) -> BLASMatrix<T>? {
      (tensor.buffer as? Buffer<T>).map {
        BLASMatrix(
          $0, leadingDimension: tensor.shape.columns,
          stride: tensor.shape.runs == 1 ? 0 : tensor.shape.perRun, isTransposed: isTransposed)
      }
    }
    guard let left = matrix(a.tensor, a.transposed), let right = matrix(b.tensor, b.transposed),
      let result = matrix(c, false)
    else { throw ShapeError("matmul", [c.shape]) }
    let shape = GEMMShape(rows: size.rows, columns: size.columns, inner: size.inner)
    if c.shape.runs == 1 {
      try CLBlast.gemm(shape, left, right, into: result, on: queue)
    } else {
      try CLBlast.gemmStridedBatched(
        shape, count: c.shape.runs, left, right, into: result, on: queue)
    }
  }

  // MARK: - Launching

  /// Sizes, op(A), op(B), what the epilogue reads, and the result.
  private func setArguments(
    _ kernel: Kernel, _ a: Operand, _ b: Operand, into result: Buffer<S>, _ epilogue: Epilogue,
    _ c: OpenCLTensor<S>
  ) throws {
    var arguments = ArgumentList(kernel)
    try arguments.set(Int32(c.shape.rows), Int32(a.columns), Int32(c.shape.columns))
    for operand in [a, b] {
      let width = Int32(operand.tensor.shape.columns)
      try arguments.set(operand.tensor.buffer)
      try arguments.set(UInt64(operand.tensor.stride))
      try arguments.set(operand.transposed ? 1 : width, operand.transposed ? width : 1)
    }
    try arguments.set((epilogue.side ?? c).buffer)
    try arguments.set(UInt64(epilogue.side?.stride ?? 0))
    try arguments.set(result)
  }

  private func kernel(
    _ name: String, _ size: ProductSize, _ epilogue: Epilogue, _ sources: [String],
    _ numbers: [(String, Int)]
  ) throws -> Kernel {
    let all =
      [
        ("PRECISION", S.precision == .f64 ? 64 : 32), ("EPILOGUE", Int(epilogue.number)),
        ("A_TRANSPOSED", size.isFirstTransposed ? 1 : 0),
        ("B_TRANSPOSED", size.isSecondTransposed ? 1 : 0),
      ] + numbers
    let key = name + all.map { " \($0.1)" }.joined()
    if let kernel = programs[key] { return kernel }
    var options = ProgramOptions()
    for (name, value) in all { options.define(name, value) }
    if !context.device.capabilities.hasDouble { options.define("NO_FP64") }
    let kernel = try context.program(
      try sources.flatMap { try KernelLibrary.sources($0) }, options: options
    ).kernel(name)
    programs[key] = kernel
    return kernel
  }

  /// The epilogue as a launch of its own, after a product by a routine that has none.
  private func finish(_ c: OpenCLTensor<S>, _ epilogue: Epilogue) throws {
    if case .none = epilogue { return }
    var arguments = ArgumentList(try kernels["network_epilogue"])
    try arguments.set(UInt64(c.shape.count))
    try arguments.set(Int32(c.shape.perRun), Int32(c.shape.columns), epilogue.number)
    try arguments.set((epilogue.side ?? c).buffer)
    try arguments.set(epilogue.side?.stride ?? 0)
    try arguments.set(c.buffer)
    try kernels.launch("network_epilogue", c.shape.count, on: queue)
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
