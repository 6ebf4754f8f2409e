import BatchNumerics
import OpenCLHost

/// Chooses how a sparse-recovery batch is laid out on a device.
///
/// CPUs: one run per SIMD lane where enough runs share their data to fill the lanes, otherwise one
/// run per work-item with its components across the lanes. GPUs: one run per work-group.
struct SparseRecoveryPlanner {
  private let batch: SparseRecoveryBatch
  private let device: Capabilities
  private let placement: WorkGroupPlacement?
  /// Numbers in a hardware vector; explicit vectors of any other width cost extra instructions.
  private let lanes: Int
  /// 32 vector registers instead of 16: larger blocks of sums fit.
  private let isWide: Bool

  /// Working vectors of a work-item up to this size stay in private memory, on the stack of CPUs.
  private static let privateBytes = 128 << 10
  /// X^T up to this size is made in private memory; it should stay in a core's first cache.
  private static let privateTransposeBytes = 32 << 10

  init(
    _ batch: SparseRecoveryBatch, _ device: Capabilities, placement: WorkGroupPlacement? = nil
  ) {
    self.batch = batch
    self.device = device
    self.placement = placement
    lanes = device.lanes(batch.precision)
    isWide = device.nativeFloatWidth >= 16
  }

  /// - Throws: `MappingError` where the device cannot run the mapping that is asked for.
  func tuning(_ choice: MappingChoice) throws -> SparseRecoveryTuning {
    let size = try device.groupSize(choice)
    let tuning =
      switch choice.kind {
      case .automatic: automatic()
      case .lanes: lanesTuning(vectors: 2)
      case .components: componentsTuning()
      case .workGroup: workGroupTuning(size ?? workGroupSize)
      default: throw MappingError(choice, "is not a resident kernel")
      }
    try choice.require(tuning.name)
    return tuning
  }

  private func automatic() -> SparseRecoveryTuning {
    guard device.kind == .cpu else { return workGroupTuning(workGroupSize) }
    let candidates = [lanesTuning(vectors: 2), lanesTuning(vectors: 1), componentsTuning()]
    return candidates.min { cost($0) < cost($1) } ?? componentsTuning()
  }

  // MARK: - Costs

  /// Relative time of a batch: work-items are dealt to the cores, and none ends before the longest.
  ///
  /// Per run-step, a lane costs 1 in a group of two vectors and 1.2 in a group of one; a run by
  /// itself costs 2 (measured on PoCL with 512-bit vectors: 1.8 in f32, 2.2 in f64). A matrix of
  /// its own for every lane keeps the vectors waiting for memory: 2.3.
  private func cost(_ tuning: SparseRecoveryTuning) -> Double {
    let layout = RunLayout(
      problems: batch.runs.map(\.problem), width: tuning.width, sharingData: tuning.sharesData)
    let perRun = tuning.kind == .components ? 2 : tuning.width > lanes ? 1 : 1.2
    let perStep = Double(tuning.width) * (tuning.sharesData ? perRun : 2.3)
    let times = layout.groups.map { group in
      Double(group.map { batch.runs[$0].steps }.max() ?? 0) * perStep
    }
    let total = times.reduce(0, +)
    return max(total / Double(max(1, device.computeUnits)), times.max() ?? 0)
  }

  // MARK: - Mappings

  /// - Parameter vectors: vectors side by side in a group, where its runs share their data.
  private func lanesTuning(vectors: Int) -> SparseRecoveryTuning {
    let sharesData = batch.problems.count * lanes <= batch.runs.count || batch.problems.count == 1
    let vectors = sharesData ? vectors : 1
    let width = lanes * vectors
    let working = (batch.rows + (batch.depth > 1 ? batch.columns : 0)) * width
    let fits = working * batch.precision.byteCount <= Self.privateBytes
    let block = !sharesData ? 5 : isWide ? 10 : 6
    return SparseRecoveryTuning(
      kind: .lanes, width: width, sharesData: sharesData, groupSize: 1, paddedRows: batch.rows,
      paddedColumns: batch.columns, readsTranspose: false, scratchNumbers: fits ? 0 : working,
      numbers: [
        ("LANES", lanes), ("VECTORS", vectors), ("SHARED_X", sharesData ? 1 : 0),
        ("ROW_BLOCK", block), ("COLUMN_BLOCK", block),
      ])
  }

  private func componentsTuning() -> SparseRecoveryTuning {
    let rows = padded(batch.rows, to: lanes)
    let columns = padded(batch.columns, to: lanes)
    let working = rows + columns
    let fits = working * batch.precision.byteCount <= Self.privateBytes
    let transposeFits =
      batch.columns * rows * batch.precision.byteCount <= Self.privateTransposeBytes
    let columnBlock = isWide && batch.precision == .f64 ? 13 : 7
    return SparseRecoveryTuning(
      kind: .components, width: 1, sharesData: true, groupSize: 1, paddedRows: rows,
      paddedColumns: columns, readsTranspose: !transposeFits, scratchNumbers: fits ? 0 : working,
      numbers: [
        ("LANES", lanes), ("ROW_BLOCK", 4), ("COLUMN_BLOCK", columnBlock), ("RESIDUAL_CHAINS", 2),
        ("GRADIENT_CHAINS", 1), ("N_ROWS_PADDED", rows), ("N_COLS_PADDED", columns),
        ("TRANSPOSE_PRIVATE", transposeFits ? 1 : 0),
      ])
  }

  private func workGroupTuning(_ group: Int) -> SparseRecoveryTuning {
    let working =
      batch.columns + padded(batch.rows, to: group) + batch.rows * max(1, group / batch.rows)
    let sums = group * 8
    // The device's own limit, asked, and at most what GPUs give several groups at a time.
    let budget = min(device.localMemoryBytes, 48 << 10)
    let fits = working * batch.precision.byteCount + sums <= budget
    let place =
      placement
      ?? self.place(group, room: budget - sums - (fits ? working * batch.precision.byteCount : 0))
    return SparseRecoveryTuning(
      kind: .workGroup, width: 1, sharesData: true, groupSize: group, paddedRows: batch.rows,
      paddedColumns: batch.columns, readsTranspose: place == .global,
      scratchNumbers: fits ? 0 : working,
      numbers: [
        ("WG", group), ("X_PLACE", place.rawValue), ("N_ROWS_PADDED", batch.rows),
        ("N_COLS_PADDED", batch.columns),
      ])
  }

  /// The power of two that covers the components, from a warp's 32 to 128.
  private var workGroupSize: Int {
    var size = 32
    while size < min(128, batch.columns) { size *= 2 }
    while size > max(1, device.maxWorkGroupSize) { size /= 2 }
    return size
  }

  /// X in registers where a work-item's share of it is small, in local memory where it fits.
  private func place(_ group: Int, room: Int) -> WorkGroupPlacement {
    let parts = max(1, group / batch.rows)
    let tasks = (batch.rows * parts + group - 1) / group
    let columns = (batch.columns + group - 1) / group
    let share = tasks * ((batch.columns + parts - 1) / parts) + columns * batch.rows
    if device.kind == .gpu, batch.precision == .f32, share <= 64 { return .registers }
    let matrices = batch.method == .projected ? 2 : 1
    let bytes = matrices * batch.rows * (batch.columns | 1) * batch.precision.byteCount
    return bytes <= room ? .local : .global
  }

  private func padded(_ count: Int, to multiple: Int) -> Int {
    (count + multiple - 1) / multiple * multiple
  }
}

/// Where the work-items of a work-group read X.
package enum WorkGroupPlacement: Int, Sendable, CaseIterable {
  case global = 0
  case local = 1
  case registers = 2
}
