extension Claim {
  /// Neighbours on several lines that should be in order; nil where a pair is not to be judged. No
  /// pair at all does not hold.
  init<Item>(
    _ statement: String, neighboursOn lines: [[Item]], _ why: String,
    areInOrder: (Item, Item) -> Bool?
  ) {
    let verdicts = lines.flatMap { zip($0, $0.dropFirst()).compactMap(areInOrder) }
    let right = verdicts.count { $0 }
    self.init(
      statement, measured: "\(right) of \(verdicts.count) neighbouring pairs", tolerance: why,
      held: !verdicts.isEmpty && right == verdicts.count)
  }

  /// Steps that another implementation measured too. Steps are evaluated one by one up to 1000, then
  /// every 1000: one evaluation may lie between.
  init(_ statement: String, steps: [Int?], measuredElsewhere reference: [Int]) {
    let agree = zip(steps, reference).map { step, expected in
      step.map { abs($0 - expected) <= (expected < 1000 ? 1 : 1000) } ?? false
    }
    self.init(
      statement,
      measured: steps.map { $0.map(String.init) ?? "not reached" }.joined(separator: ", "),
      tolerance: reference.map(String.init).joined(separator: ", ")
        + " (independent measurement), one evaluation more or less",
      held: steps.count == reference.count && agree.allSatisfy { $0 })
  }
}
