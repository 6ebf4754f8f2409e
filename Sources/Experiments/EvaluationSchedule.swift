import Foundation

/// The steps at which a run is evaluated. The last step always is.
public enum EvaluationSchedule: Sendable, Equatable {
  /// Every step below `first`, then every multiple of `every`.
  case dense(first: Int, every: Int)
  /// Step 0 and about so many steps per factor of ten.
  case perDecade(Int)
  /// Exactly these.
  case at([Int])

  /// The keys of every experiment that say when to evaluate.
  static let parameters = [
    ParameterDefinition(
      "evaluate.first", .integer(0...Int(Int32.max)), default: .integer(1000), unit: "steps",
      "evaluate every step below this one"),
    ParameterDefinition(
      "evaluate.every", .integer(1...Int(Int32.max)), default: .integer(1000), unit: "steps",
      "then every so many steps"),
    ParameterDefinition(
      "evaluate.per_decade", .integer(1...1000), default: .null, unit: "1/decade",
      "instead: so many evaluations per factor of ten"),
    ParameterDefinition(
      "evaluate.at", .integers(0...1_000_000_000_000), default: .null, unit: "steps",
      "instead: exactly these steps (and the last)"),
  ]

  /// Keeps the one form of schedule that is asked for and returns it.
  public static func resolve(_ parameters: inout ResolvedParameters) throws -> EvaluationSchedule {
    let (at, perDecade) = (parameters["evaluate.at"], parameters["evaluate.per_decade"])
    guard at == .null || perDecade == .null else {
      throw SpecError(key: "evaluate", "give per_decade or at, not both")
    }
    if case .list(let steps) = at {
      ["evaluate.first", "evaluate.every", "evaluate.per_decade"].forEach { parameters.remove($0) }
      return .at(steps.compactMap { $0.asNumber.map { Int($0) } })
    }
    parameters.remove("evaluate.at")
    if case .integer(let count) = perDecade {
      ["evaluate.first", "evaluate.every"].forEach { parameters.remove($0) }
      return .perDecade(count)
    }
    parameters.remove("evaluate.per_decade")
    return .dense(
      first: try parameters.integer("evaluate.first"),
      every: try parameters.integer("evaluate.every"))
  }

  /// The first evaluated step at or after `step`, or nil if there is none; the end of a run is not
  /// considered here.
  public func next(from step: Int) -> Int? {
    switch self {
    case .dense(let first, let every):
      if step < first || step == 0 { return step }
      return (step + every - 1) / every * every
    case .perDecade(let count):
      if step <= 1 { return step }
      var index = Int((log10(Double(step)) * Double(count)).rounded(.down)) - 1
      while Self.decadeStep(index, count) < step { index += 1 }
      return Self.decadeStep(index, count)
    case .at(let steps):
      return steps.first { $0 >= step }
    }
  }

  private static func decadeStep(_ index: Int, _ perDecade: Int) -> Int {
    Int(pow(10, Double(index) / Double(perDecade)).rounded())
  }
}

extension EvaluationSchedule: CustomStringConvertible {
  /// Part of batch keys, and what `plan` shows.
  public var description: String {
    switch self {
    case .dense(let first, let every): "first \(first) every \(every)"
    case .perDecade(let count): "per_decade \(count)"
    case .at(let steps): "at " + steps.map(String.init).joined(separator: ",")
    }
  }
}
