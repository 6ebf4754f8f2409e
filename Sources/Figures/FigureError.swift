/// A figure that cannot be made.
public enum FigureError: Error, CustomStringConvertible {
  case noRuns(String)
  case incomplete(String, missing: Int)
  case gnuplot(String)

  public var description: String {
    switch self {
    case .noRuns(let id): "\(id): no runs to draw"
    case .incomplete(let id, let missing): "\(id): \(missing) runs did not finish"
    case .gnuplot(let message): "gnuplot: \(message)"
    }
  }
}
