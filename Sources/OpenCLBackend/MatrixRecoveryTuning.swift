import BatchNumerics
import OpenCLHost

/// One way of laying a matrix-recovery batch out on a device, with the numbers its kernel is
/// specialised for.
struct MatrixRecoveryTuning {
  /// Which kernels train the batch.
  enum Family {
    /// The matrix itself, with a factorisation in every step: `matrix_recovery_*`.
    case matrix
    /// Two factors, observed entries only: `factored_recovery_*`.
    case factored
  }

  let family: Family
  let kind: MappingChoice
  /// Runs that one work-item trains side by side.
  let width: Int
  /// Whether the runs of a group share their problem's data.
  let sharesData: Bool
  /// Work-items of a work-group.
  let groupSize: Int
  /// Numbers of entries' data per problem, padded to the mapping's vectors.
  let paddedEntries: Int
  /// Working numbers per launched group that do not fit private or local memory; 0 if they do.
  let scratchNumbers: Int
  /// Definitions of the kernel's own.
  let numbers: [(String, Int)]

  /// The mapping as results record it.
  var name: String {
    kind == .workGroup ? "\(kind.rawValue):\(groupSize)" : kind.rawValue
  }

  private var mapping: String {
    switch kind {
    case .components: "components"
    case .workGroup: "work_group"
    default: "lanes"
    }
  }

  var kernelName: String {
    (family == .matrix ? "matrix_recovery_" : "factored_recovery_") + mapping
  }

  /// The sources of the kernel in the order of concatenation.
  func sources() throws -> [ProgramSource] {
    switch family {
    case .matrix where kind == .lanes:
      try KernelLibrary.sources(
        "common/real", "svd/rotation", "resident/matrix_recovery_step",
        "resident/warm_jacobi_lanes", "resident/\(kernelName)")
    case .matrix:
      try KernelLibrary.sources(
        "common/real", "svd/rotation", "resident/matrix_recovery_step", "resident/\(kernelName)")
    case .factored:
      try KernelLibrary.sources(
        "common/real", "resident/factored_recovery_step", "resident/\(kernelName)")
    }
  }
}
