import BatchNumerics
import OpenCLHost

/// One way of laying a sparse-recovery batch out on a device, with the numbers its kernel is
/// specialised for.
struct SparseRecoveryTuning {
  let kind: MappingChoice
  /// Runs that one work-item trains side by side.
  let width: Int
  /// Whether the runs of a group share their problem's data.
  let sharesData: Bool
  /// Work-items of a work-group.
  let groupSize: Int
  /// N and n rounded up to the vectors of the mapping.
  let paddedRows: Int
  let paddedColumns: Int
  /// Whether the kernel reads a transposed copy of X from global memory.
  let readsTranspose: Bool
  /// Working numbers per launched group that do not fit private or local memory; 0 if they do.
  let scratchNumbers: Int
  /// Definitions of the kernel's own.
  let numbers: [(String, Int)]

  /// The mapping as results record it.
  ///
  /// Vectors per lane group, blocks and padding are left out: they do not change a bit of a run.
  var name: String {
    kind == .workGroup ? "\(kind.rawValue):\(groupSize)" : kind.rawValue
  }

  /// The sources of the kernel in the order of concatenation.
  func sources() throws -> [ProgramSource] {
    switch kind {
    case .components:
      try KernelLibrary.sources(
        "common/real", "resident/sparse_recovery_step", "resident/sparse_recovery_components")
    case .workGroup:
      try KernelLibrary.sources(
        "common/real", "resident/sparse_recovery_step", "resident/sparse_recovery_view",
        "resident/sparse_recovery_work_group")
    default:
      try KernelLibrary.sources(
        "common/real", "resident/sparse_recovery_step", "resident/sparse_recovery_lanes")
    }
  }

  var kernelName: String {
    switch kind {
    case .components: "sparse_recovery_components"
    case .workGroup: "sparse_recovery_work_group"
    default: "sparse_recovery_lanes"
    }
  }
}
