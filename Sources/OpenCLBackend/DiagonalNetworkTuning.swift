import BatchNumerics
import OpenCLHost

/// How a batch of diagonal networks is laid out on a device, with the numbers its kernels are
/// specialised for. All but `runsPerGroup` depends on the model and the device only.
struct DiagonalNetworkTuning: Equatable {
  /// Numbers in a vector.
  let lanes: Int
  /// Work-items of a work-group; 1 on CPUs, whose work-items use vectors.
  let groupSize: Int
  /// Parts of the components, a work-group each; more than one takes a launch per step.
  let chunks: Int
  /// Components of a chunk, with padding.
  let chunkSize: Int
  /// Components side by side in a row of X.
  let tile: Int
  /// n rounded up.
  let paddedSamples: Int
  /// The most runs of a problem that a work-group takes side by side.
  let runsPerGroup: Int
  /// Whether full groups are formed however few they are.
  let isForced: Bool
  /// Whether +-1 are stored as bits.
  let isSigns: Bool
  /// Bytes of local memory that a work-group may take.
  let localBytes: Int

  /// Components between two additions to the predictions.
  static let block = 256

  /// d rounded up.
  var paddedFeatures: Int { chunks * chunkSize }

  /// The mapping as results record it.
  var name: String {
    let kind =
      groupSize == 1
      ? MappingChoice.components.rawValue : "\(MappingChoice.workGroup.rawValue):\(groupSize)"
    return chunks == 1 ? kind : "\(kind)/chunks:\(chunks)"
  }

  /// Numbers that a work-group of `runs` runs works with.
  func workNumbers(runs: Int, _ precision: Precision) -> Int {
    let vectors = runs * (2 * paddedSamples + Self.block)
    guard hasTables(precision) else { return vectors }
    return vectors + 4 * runs * (paddedSamples + Self.block)
  }

  /// Whether these exceed the local memory.
  func needsScratch(runs: Int, _ precision: Precision) -> Bool {
    workNumbers(runs: runs, precision) * precision.byteCount > localBytes
  }

  /// Whether sums of signed numbers may come from tables of 16 entries.
  func hasTables(_ precision: Precision) -> Bool {
    isSigns && groupSize == 1 && lanes * precision.byteCount == 64
  }

  /// Vectors side by side in a sum; registers for all runs.
  func vectors(runs: Int) -> Int {
    groupSize > 1 ? 1 : isSigns || runs == 1 ? 4 : 2
  }
}

/// What tests force.
package struct DiagonalNetworkForcing: Sendable, Hashable {
  /// Parts of the components.
  package let chunks: Int?
  /// Work-items of a work-group.
  package let groupSize: Int?
  /// Runs of a problem side by side.
  package let runsPerGroup: Int?

  package init(chunks: Int? = nil, groupSize: Int? = nil, runsPerGroup: Int? = nil) {
    self.chunks = chunks
    self.groupSize = groupSize
    self.runsPerGroup = runsPerGroup
  }
}

extension DiagonalNetworkTuning {
  /// Entries of X from which a run is worth a launch per step.
  private static let chunkedEntries = 1 << 20
  /// The fewest components of a chunk, so that adding its predictions up costs little.
  private static let leastChunk = 2048
  private static let leastChunkOfGroup = 256

  /// - Throws: `MappingError` for a mapping that there is not.
  init(
    _ batch: DiagonalNetworkBatch, _ device: Capabilities, _ mapping: MappingChoice,
    forcing: DiagonalNetworkForcing? = nil
  ) throws {
    guard let kind = mapping.kind, [.automatic, .components, .workGroup].contains(kind) else {
      throw MappingError(mapping, "diagonal networks have auto, components and work-group")
    }
    let recorded = mapping.recordedName
    let recordedSize = try device.groupSize(mapping)
    let isVector = kind == .components || (kind == .automatic && device.kind == .cpu)
    var size = 1
    if !isVector {
      while size < min(256, device.maxWorkGroupSize, max(batch.samples, batch.features, 32)) {
        size *= 2
      }
      size = min(size, device.maxWorkGroupSize)
    }
    groupSize = recorded == nil ? forcing?.groupSize ?? size : recordedSize ?? 1
    lanes = groupSize == 1 ? device.lanes(batch.precision) : 1
    isSigns = batch.areSigns
    let unit = groupSize == 1 ? max(4 * lanes, isSigns ? 32 : 1) : 32
    // A label-noise step reads two rows of X only.
    let rows = batch.method == .labelNoise ? 2 : batch.samples
    let least = groupSize == 1 ? Self.leastChunk : Self.leastChunkOfGroup
    let isLarge = rows * batch.features >= Self.chunkedEntries
    // Every work-group adds up the sums of all, which costs GPUs with their many units more than it
    // evens out.
    let parts = device.kind == .cpu ? 4 * device.computeUnits : device.computeUnits
    let wanted = isLarge ? min(parts, batch.features / least) : 1
    chunks = max(
      1, recorded.map { min($0.chunks ?? 1, batch.features) } ?? forcing?.chunks ?? wanted)
    chunkSize = Self.padded((batch.features + chunks - 1) / chunks, to: unit)
    // One sample's row lies together for label noise, all samples' where all are read.
    tile = batch.method == .labelNoise ? chunkSize : unit
    paddedSamples = Self.padded(batch.samples, to: isSigns ? 32 : lanes)
    runsPerGroup = batch.method == .labelNoise ? 1 : forcing?.runsPerGroup ?? 4
    isForced = forcing?.runsPerGroup != nil
    localBytes =
      device.kind == .cpu ? device.localMemoryBytes : min(device.localMemoryBytes, 32 << 10)
    try mapping.require(name)
  }

  private static func padded(_ count: Int, to multiple: Int) -> Int {
    (count + multiple - 1) / multiple * multiple
  }
}
