/// A number that a paper proves or predicts for a run.
public struct Prediction: Sendable, Equatable {
  /// Something that a statement supposes, and whether the run meets it.
  public struct Condition: Sendable, Equatable {
    public let text: String
    public let isMet: Bool

    public init(_ text: String, _ isMet: Bool) {
      self.text = text
      self.isMet = isMet
    }
  }

  /// What the number is to the run.
  public enum Kind: String, Sendable {
    /// follows from the definitions
    case exact
    /// proven, where the conditions are met
    case bound
    /// an approximation that the authors plot or argue for
    case estimate
  }

  public let name: String
  /// nil where it is not defined for this run
  public let value: Double?
  public let unit: String
  public let kind: Kind
  /// Paper and equation, and where we differ.
  public let source: String
  public let conditions: [Condition]

  public init(
    _ name: String, _ value: Double?, unit: String = "", _ kind: Kind, _ source: String,
    conditions: [Condition] = []
  ) {
    self.name = name
    self.value = value.flatMap { $0.isFinite ? $0 : nil }
    self.unit = unit
    self.kind = kind
    self.source = source
    self.conditions = conditions
  }

  public var areConditionsMet: Bool { conditions.allSatisfy(\.isMet) }
}
