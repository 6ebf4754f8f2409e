/// A figure that cannot be made.
public enum FigureError: Error, CustomStringConvertible {
  case noRuns(String)
  case gnuplot(String)
  /// A plot of a store in which nothing is to be drawn.
  case nothing(String)

  public var description: String {
    switch self {
    case .noRuns(let id): "\(id): no runs to draw"
    case .gnuplot(let message): "gnuplot: \(message)"
    case .nothing(let reason): "nothing to draw: \(reason)"
    }
  }
}
