/// What keeps a flow from being followed.
public enum FlowError: Error, Equatable, CustomStringConvertible {
  /// Sizes that do not belong together.
  case mismatch(String)
  /// An input, or a state at some time, with a number that is not finite.
  case notFinite(String)
  /// A tolerance, a step or a weight that makes no sense.
  case setting(String)
  /// A time before the state's, or none at all.
  case time(Double)
  /// As many steps as are allowed, and the time they led to.
  case stepLimit(steps: Int, time: Double)
  /// The flow rests where the residual, of this norm, is not zero.
  case noInterpolation(residual: Double)
  /// A start that is not on {r = 0}: |r|.
  case offManifold(residual: Double)

  public var description: String {
    switch self {
    case .mismatch(let reason), .setting(let reason): reason
    case .notFinite(let what): "\(what) is not finite"
    case .time(let time): "time \(time): need a finite time that is not past"
    case .stepLimit(let steps, let time): "the flow took \(steps) steps and came to \(time) only"
    case .noInterpolation(let residual): "the flow rests at a residual of \(residual)"
    case .offManifold(let residual): "the start has a residual of \(residual), not zero"
    }
  }
}
