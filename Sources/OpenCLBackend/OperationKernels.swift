import BatchNumerics
import OpenCLHost

/// The kernels of the batched operations, built for a device and a precision.
final class OperationKernels {
  /// Work-items of a work-group.
  let groupSize: Int
  /// Whether metrics are summed in double precision rather than in pairs of floats.
  let hasDouble: Bool
  private let kernels: [String: Kernel]

  /// - Throws: `OpenCLError`, also where the device lacks the precision.
  init(_ context: Context, _ precision: Precision, avoidsDouble: Bool) throws {
    let capabilities = context.device.capabilities
    try capabilities.require(precision)
    hasDouble = capabilities.hasDouble && !(avoidsDouble && precision == .f32)
    groupSize = min(64, capabilities.maxWorkGroupSize)
    var options = ProgramOptions(numbers: [
      "PRECISION": precision == .f64 ? 64 : 32, "WG": groupSize,
      "COMPENSATED": precision == .f32 ? 1 : 0,
    ])
    if !hasDouble { options.define("NO_FP64") }
    let entries = try context.program(
      KernelLibrary.sources(
        "common/real", "common/batch", "elementwise/copy", "elementwise/axpy",
        "elementwise/hadamard", "elementwise/scale", "shrinkage/sign", "shrinkage/soft_threshold",
        "reduction/tree", "reduction/dot", "reduction/l1_norm", "reduction/l2_norm",
        "reduction/max", "linalg/matmul", "network/embed", "network/activations",
        "network/score_sums", "network/update"),
      options: options)
    // Rows are walked in explicit vectors where the device has them.
    options.define("LANES", capabilities.kind == .cpu ? capabilities.lanes(precision) : 1)
    let rows = try context.program(
      KernelLibrary.sources(
        "common/real", "common/batch", "network/row", "network/softmax_cross_entropy",
        "network/sample_scores", "network/log_cross_entropy"),
      options: options)
    let names = [
      (entries, Self.entryKernels), (rows, Self.rowKernels),
    ]
    kernels = try Dictionary(
      uniqueKeysWithValues: names.flatMap { program, names in
        try names.map { ($0, try program.kernel($0)) }
      })
  }

  private static let entryKernels =
    [
      "copy", "axpy", "hadamard", "scale", "sign", "soft_threshold", "dot", "l1_norm", "l2_norm",
      "max", "matmul",
    ].map { "batch_" + $0 }
    + [
      "embed", "embedding_gradient", "epilogue", "column_sums", "select_rows", "gate_row",
      "add_gated_sums", "score_sums", "log_sum", "descend", "adam",
    ].map { "network_" + $0 }

  private static let rowKernels = [
    "softmax_cross_entropy", "sample_scores", "log_losses", "log_cross_entropy",
  ].map { "network_" + $0 }

  /// Launches a kernel whose arguments are set, a work-item per entry.
  func launch(_ name: String, _ count: Int, on queue: Queue) throws {
    let local = WorkSize(groupSize)
    try queue.enqueue(self[name], global: WorkSize(count).rounded(upTo: local), local: local)
  }

  subscript(name: String) -> Kernel {
    get throws {
      guard let kernel = kernels[name] else { throw KernelLibraryError(path: name) }
      return kernel
    }
  }
}
