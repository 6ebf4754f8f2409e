/// A figure that cannot be made.
public enum FigureError: Error, CustomStringConvertible {
  case noRuns(String)
  case gnuplot(String)

  public var description: String {
    switch self {
    case .noRuns(let id): "\(id): no runs to draw"
    case .gnuplot(let message): "gnuplot: \(message)"
    }
  }
}
