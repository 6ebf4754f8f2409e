import BatchNumerics
import OpenCLHost

/// Chooses how a matrix-recovery batch is laid out on a device, if there are resident kernels for it.
struct MatrixRecoveryPlanner {
  private let batch: MatrixRecoveryBatch
  private let device: Capabilities
  /// Numbers in a hardware vector.
  private let lanes: Int
  /// Working vectors of a work-item up to this size stay in private memory, on the stack of CPUs.
  private static let privateBytes = 128 << 10
  /// Matrices of at most this many entries are trained by resident kernels: state, factors and
  /// working copies of a group stay in a core's caches.
  private static let largestMatrix = 1024

  init(_ batch: MatrixRecoveryBatch, _ device: Capabilities) {
    self.batch = batch
    self.device = device
    lanes = device.lanes(batch.precision)
  }

  /// Nil if the batch trains step by step.
  ///
  /// - Throws: `MappingError` where no kernel trains the batch in the mapping that is asked for.
  func tuning(_ choice: MappingChoice) throws -> MatrixRecoveryTuning? {
    let size = try device.groupSize(choice)
    guard let kind = choice.kind, kind != .stepwise, kind != .blocks else {
      throw MappingError(choice, "is not a resident kernel")
    }
    let tuning = try tuning(choice, kind, size)
    if let tuning { try choice.require(tuning.name) }
    return tuning
  }

  /// - Parameter size: of work-groups, instead of what is fastest.
  private func tuning(
    _ choice: MappingChoice, _ kind: MappingChoice, _ size: Int?
  ) throws -> MatrixRecoveryTuning? {
    if isMatrix {
      switch kind {
      case .automatic: return device.kind == .cpu ? matrixLanes() : try? matrixWorkGroup()
      case .lanes: return matrixLanes()
      case .workGroup: return try matrixWorkGroup(size)
      default: throw MappingError(choice, "trains no matrix with a nuclear norm; lanes does")
      }
    }
    guard isFactored else {
      if kind == .automatic { return nil }
      throw MappingError(choice, "has no kernel for such a batch; stepwise trains it")
    }
    switch kind {
    case .automatic: return device.kind == .cpu ? factoredOnCPU() : factoredWorkGroup()
    case .lanes: return factoredLanes()
    case .components: return factoredComponents()
    default: return factoredWorkGroup(size)
    }
  }

  private var hasEntries: Bool {
    if case .entries = batch.problems[0].measurements { true } else { false }
  }

  /// The matrix itself, small enough.
  private var isMatrix: Bool {
    batch.parameterization == .product && batch.depth == 1
      && batch.rows * batch.columns <= Self.largestMatrix
  }

  /// Two factors, single entries, plain gradient descent.
  private var isFactored: Bool {
    (batch.parameterization != .product || batch.depth == 2) && hasEntries && !batch.hasNuclear
      && batch.method == .subgradient
  }

  // MARK: - The matrix itself

  private var matrixNumbers: [(String, Int)] {
    let method =
      switch batch.method {
      case .subgradient: 0
      case .projected: 1
      case .proximal: 2
      }
    return [
      ("ROWS", max(batch.rows, batch.columns)), ("COLS", min(batch.rows, batch.columns)),
      ("METHOD", method), ("KIND", hasEntries ? 0 : 1), ("NUCLEAR", batch.hasNuclear ? 1 : 0),
      ("N", batch.measurementCount),
      ("PENALTIES", batch.runs.contains { $0.l1 != 0 || $0.l2 != 0 } ? 1 : 0),
    ]
  }

  private func matrixLanes() -> MatrixRecoveryTuning {
    let sharesData = batch.problems.count * lanes <= batch.runs.count || batch.problems.count == 1
    return MatrixRecoveryTuning(
      family: .matrix, kind: .lanes, width: lanes, sharesData: sharesData, groupSize: 1,
      paddedEntries: 0, scratchNumbers: 0,
      numbers: matrixNumbers + [("LANES", lanes), ("SHARED_DATA", sharesData ? 1 : 0)])
  }

  /// - Throws: `MappingError` where state and working copies do not fit local memory.
  private func matrixWorkGroup(_ size: Int? = nil) throws -> MatrixRecoveryTuning {
    let (rows, columns) = (max(batch.rows, batch.columns), min(batch.rows, batch.columns))
    var group = size ?? (columns <= 16 ? 64 : 128)
    while group > max(1, device.maxWorkGroupSize) { group /= 2 }
    let pairs = (columns + 1) / 2
    let share = max(1, group / pairs)
    let team = [32, 16, 8, 4, 2, 1].first { $0 <= share } ?? 1
    let each = (pairs + group / team - 1) / (group / team)
    let working =
      2 * rows * columns + columns * ((rows + columns) | 1) + 3 * each * group + pairs + columns
      + columns * columns + (hasEntries ? 0 : batch.measurementCount)
    let budget = min(device.localMemoryBytes, 48 << 10)
    guard working * batch.precision.byteCount <= budget else {
      throw MappingError(.workGroup, "the matrix does not fit the device's local memory")
    }
    return MatrixRecoveryTuning(
      family: .matrix, kind: .workGroup, width: 1, sharesData: true, groupSize: group,
      paddedEntries: 0, scratchNumbers: 0,
      numbers: matrixNumbers + [("WG", group), ("LANES", 1), ("SHARED_DATA", 1)])
  }

  // MARK: - Two factors

  private var nodes: Int {
    batch.parameterization == .difference ? batch.rows : batch.rows + batch.columns
  }

  private var nodeSize: Int {
    batch.parameterization == .difference ? 2 * batch.width : batch.width
  }

  private var factoredNumbers: [(String, Int)] {
    [
      ("FORM", batch.parameterization == .difference ? 1 : 0), ("ROWS", batch.rows),
      ("COLS", batch.columns), ("WIDTH", batch.width), ("ENTRIES", batch.mostEntries),
    ]
  }

  /// Lanes where enough runs share their data to fill them on every core.
  private func factoredOnCPU() -> MatrixRecoveryTuning {
    let cores = max(1, device.computeUnits)
    let fills = batch.runs.count >= batch.problems.count * lanes * cores
    return fills ? factoredLanes() : factoredComponents()
  }

  private func factoredLanes() -> MatrixRecoveryTuning {
    factoredChunks(
      kind: .lanes, vectors: nodeSize, chunk: nodeSize > 64 ? 5 : min(10, nodeSize),
      paddedEntries: batch.mostEntries)
  }

  private func factoredComponents() -> MatrixRecoveryTuning {
    factoredChunks(
      kind: .components, vectors: rounded(nodeSize, to: lanes) / lanes, chunk: 5,
      paddedEntries: rounded(batch.mostEntries, to: lanes))
  }

  /// - Parameters:
  ///   - vectors: of a node.
  ///   - chunk: vectors of every node that are updated together.
  private func factoredChunks(
    kind: MappingChoice, vectors: Int, chunk: Int, paddedEntries: Int
  ) -> MatrixRecoveryTuning {
    let chunks = (vectors + chunk - 1) / chunk
    let slots = (chunks + 1) * nodes * ((vectors + chunks - 1) / chunks)
    let isLanes = kind == .lanes
    let pulls = isLanes ? 2 * batch.mostEntries : paddedEntries + 3 * paddedEntries / lanes
    let working = (slots + pulls) * lanes
    let fits = working * batch.precision.byteCount <= Self.privateBytes
    return MatrixRecoveryTuning(
      family: .factored, kind: kind, width: isLanes ? lanes : 1, sharesData: true, groupSize: 1,
      paddedEntries: paddedEntries, scratchNumbers: fits ? 0 : working,
      numbers: factoredNumbers + [
        ("LANES", lanes), ("CHUNK", chunk), ("LANES_ARE_RUNS", isLanes ? 1 : 0),
      ])
  }

  private func factoredWorkGroup(_ size: Int? = nil) -> MatrixRecoveryTuning {
    let group = size ?? min(128, max(1, device.maxWorkGroupSize))
    var team = 1
    while team < min(8, group), team * 2 <= batch.width { team *= 2 }
    let working =
      2 * rounded(nodes * nodeSize, to: group) + rounded(batch.mostEntries * team, to: group)
      + rounded(batch.mostEntries, to: group)
    let fits = working * batch.precision.byteCount <= min(device.localMemoryBytes, 48 << 10)
    return MatrixRecoveryTuning(
      family: .factored, kind: .workGroup, width: 1, sharesData: true, groupSize: group,
      paddedEntries: batch.mostEntries, scratchNumbers: fits ? 0 : working,
      numbers: factoredNumbers + [
        ("WG", group), ("TEAM", team), ("LANES", 1), ("LANES_ARE_RUNS", 0),
      ])
  }

  private func rounded(_ count: Int, to multiple: Int) -> Int {
    (count + multiple - 1) / multiple * multiple
  }
}
