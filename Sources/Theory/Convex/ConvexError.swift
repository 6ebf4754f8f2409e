import BatchNumerics

/// Why a convex reference has no solution to give.
public enum ConvexError: Error, Equatable, CustomStringConvertible {
  /// The sizes of the data do not fit together.
  case shape(String)
  /// A number is NaN or infinite, or outside its range.
  case value(String)
  /// No point is within the constraint; the closest has this distance |X a - y|_2.
  case infeasible(distance: Double)

  public var description: String {
    switch self {
    case .shape(let detail): "sizes do not fit: \(detail)"
    case .value(let detail): "unusable number: \(detail)"
    case .infeasible(let distance):
      "the constraint holds nowhere: the least distance to the observations is \(distance)"
    }
  }

  static func check(finite values: [Double], _ name: String) throws(ConvexError) {
    guard values.allSatisfy(\.isFinite) else { throw .value("\(name) must be finite") }
  }

  static func check(_ value: Double, atLeastZero name: String) throws(ConvexError) {
    guard value >= 0, value.isFinite else {
      throw .value("\(name) must be finite and at least 0, but is \(value)")
    }
  }

  /// X [N, n] and y [N] of a linear model.
  static func check(_ x: DenseMatrix, _ y: [Double]) throws(ConvexError) {
    guard x.rows > 0, x.columns > 0 else {
      throw .shape("the matrix is \(x.rows) by \(x.columns)")
    }
    guard x.rows == y.count else {
      throw .shape("\(x.rows) rows, but \(y.count) observations")
    }
    try check(finite: x.values, "the matrix")
    try check(finite: y, "the observations")
  }
}
