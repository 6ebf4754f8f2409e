import Sweeps

extension FigureInput.Run {
  /// The value of a metric at the evaluated step whose ratio to `step` is nearest to 1; nil if the run
  /// ends before it.
  func value(_ metric: String, near step: Int) throws -> Double? {
    guard let last = curves.steps.last, last >= step else { return nil }
    func distance(_ other: Int) -> Double {
      max(Double(other + 1) / Double(step + 1), Double(step + 1) / Double(other + 1))
    }
    return try curves.steps.indices.min {
      distance(curves.steps[$0]) < distance(curves.steps[$1])
    }.map { try curve(metric)[$0] }
  }

  /// The median of a metric over a stretch of the run; nil without one, or where the metric is not a
  /// number.
  func median(_ metric: String, from start: Int?, to end: Int? = .max) throws -> Double? {
    guard let start, let end else { return nil }
    let values = try zip(curves.steps, curve(metric))
      .filter { start <= $0.0 && $0.0 <= end }.map(\.1)
    guard !values.isEmpty, !values.contains(where: \.isNaN) else { return nil }
    return values.sorted()[values.count / 2]
  }
}
