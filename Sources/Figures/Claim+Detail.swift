extension Claim {
  /// A number that should lie in a range, with a text that says more than the number.
  init(
    _ statement: String, _ value: Double?, in range: ClosedRange<Double>, _ why: String,
    detail: String
  ) {
    let judged = Claim(statement, value, in: range, why)
    self.init(
      statement, measured: detail.isEmpty ? judged.measured : "\(judged.measured) (\(detail))",
      tolerance: judged.tolerance, held: judged.held)
  }

  /// Numbers that should all lie in a range: those of several runs. None at all do not.
  init(
    _ statement: String, each values: [Double?], in range: ClosedRange<Double>, _ why: String
  ) {
    let known = values.compactMap { $0 }
    let (least, largest) = known.extremes
    let text = [least, largest].compactMap { $0 }.map(Number.short)
    let missing = values.count - known.count
    self.init(
      statement,
      measured: (text.isEmpty ? "" : text.joined(separator: " to "))
        + (missing > 0 || known.isEmpty ? " (\(missing) of \(values.count) not reached)" : ""),
      tolerance: "\(Number.short(range.lowerBound)) to \(Number.short(range.upperBound)); \(why)",
      held: !known.isEmpty && missing == 0 && known.allSatisfy(range.contains))
  }
}
