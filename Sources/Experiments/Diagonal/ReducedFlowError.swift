/// What keeps a gradient flow from being reduced or followed.
public enum ReducedFlowError: Error, Equatable, CustomStringConvertible {
  /// A power u^L with L >= 3 whose starts are not all positive: zero stays, a negative number may
  /// reach zero.
  case needsPositiveStart(depth: Int)
  /// Sizes that do not belong together.
  case mismatch(String)
  /// A relative tolerance outside 1e-13...1e-1.
  case tolerance(Double)
  /// A time before the state's, or none at all.
  case time(Double)
  /// As many steps as are allowed, and the time they led to.
  case stepLimit(steps: Int, time: Double)
  /// A method that is no gradient flow.
  case method(String)

  public var description: String {
    switch self {
    case .needsPositiveStart(let depth):
      "the reduced flow of depth \(depth) needs positive initial values"
    case .mismatch(let reason): reason
    case .tolerance(let value): "tolerance \(value): need 1e-13 to 1e-1"
    case .time(let time): "time \(time): need a finite time that is not past"
    case .stepLimit(let steps, let time):
      "the reduced flow took \(steps) steps and came to time \(time) only"
    case .method(let method): "method \(method) has no gradient flow"
    }
  }
}
