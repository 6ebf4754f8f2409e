/// Which of a device's mappings a batch is to use.
public enum MappingChoice: Sendable, Hashable {
  /// The fastest for the device and the batch, by the backend's cost estimate.
  case automatic
  /// One run per SIMD lane.
  case lanes
  /// One run per work-item, its components across SIMD lanes.
  case components
  /// One run per work-group.
  case workGroup
  /// One batched operation after the other.
  case stepwise
  /// As stepwise, with all gradients of a network from one launch: blocks of samples in cache.
  case blocks
  /// Exactly the one that an earlier session was in, by its `mapping`: on the same device runs go on
  /// to the same bits.
  case recorded(String)

  /// Those that have a name on the command line.
  public static let allCases: [MappingChoice] = [
    .automatic, .lanes, .components, .workGroup, .stepwise, .blocks,
  ]

  /// The choice of that name on the command line; nil if there is none.
  public init?(rawValue: String) {
    guard let choice = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = choice
  }

  /// The name on the command line, or the recorded one.
  public var rawValue: String {
    switch self {
    case .automatic: "auto"
    case .lanes: "lanes"
    case .components: "components"
    case .workGroup: "work-group"
    case .stepwise: "stepwise"
    case .blocks: "blocks"
    case .recorded(let name): name
    }
  }

  /// The parts of a recorded name.
  public var recordedName: MappingName? {
    if case .recorded(let name) = self { MappingName(name) } else { nil }
  }

  /// The choice without sub-parameters; nil for a recorded mapping that is none of a device's, such
  /// as `loop`.
  public var kind: MappingChoice? {
    guard case .recorded = self else { return self }
    return recordedName.flatMap { MappingChoice(rawValue: $0.kind) }
      .flatMap { $0 == .automatic ? nil : $0 }
  }

  /// Makes sure that a session of that name is what a recorded choice asks for.
  ///
  /// - Throws: `MappingError`.
  public func require(_ name: String) throws {
    if case .recorded(let own) = self, own != name {
      throw MappingError(self, "this is \(name) here")
    }
  }
}

/// A mapping's name taken apart: `work-group:64/chunks:8`, `stepwise+clblast`.
public struct MappingName: Sendable, Hashable {
  /// What stands first.
  public let kind: String
  /// Work-items of a work-group.
  public let size: Int?
  /// Parts of a run's components; nil for one.
  public let chunks: Int?
  /// What else distinguishes the rounding, with its sign.
  public let variant: String

  /// Nil for a text that is no such name.
  public init?(_ text: String) {
    let form = #/([a-z-]+)(?::([0-9]{1,9}))?(?:/chunks:([0-9]{1,9}))?(\+[a-z]+)?/#
    guard let match = text.wholeMatch(of: form) else { return nil }
    kind = String(match.output.1)
    size = match.output.2.flatMap { Int($0) }
    chunks = match.output.3.flatMap { Int($0) }
    variant = match.output.4.map { String($0) } ?? ""
  }
}

/// A mapping that a device cannot run, and what it can.
public struct MappingError: Error, Equatable, CustomStringConvertible {
  public let mapping: MappingChoice
  public let reason: String

  public init(_ mapping: MappingChoice, _ reason: String) {
    self.mapping = mapping
    self.reason = reason
  }

  public var description: String { "mapping \(mapping.rawValue): \(reason)" }
}
