/// A statement of a paper that the runs can bear out or not.
public struct Claim: Sendable, Equatable {
  public enum Verdict: Sendable, Equatable {
    case held
    case failed
    /// The runs of this scale cannot tell.
    case notTestable(reason: String)

    /// As files and pages name it.
    public var name: String {
      switch self {
      case .held: "held"
      case .failed: "failed"
      case .notTestable: "not testable"
      }
    }
  }

  public let statement: String
  public let measured: String
  /// What is accepted, and why that much.
  public let tolerance: String
  public let verdict: Verdict

  public var held: Bool { verdict == .held }

  public init(_ statement: String, measured: String, tolerance: String, held: Bool) {
    self.statement = statement
    self.measured = measured
    self.tolerance = tolerance
    verdict = held ? .held : .failed
  }

  /// A number that should lie in a range.
  public init(_ statement: String, _ value: Double?, in range: ClosedRange<Double>, _ why: String) {
    self.init(
      statement, measured: value.map(Number.short) ?? "not reached",
      tolerance: "\(Number.short(range.lowerBound)) to \(Number.short(range.upperBound)); \(why)",
      held: value.map(range.contains) ?? false)
  }

  /// A statement that this scale says nothing about.
  ///
  /// - Parameter reason: what is missing.
  public init(_ statement: String, notTestable reason: String) {
    self.statement = statement
    measured = ""
    tolerance = ""
    verdict = .notTestable(reason: reason)
  }
}
