/// Neighbours along one axis of a grid of runs, judged pair by pair for every value of the other axis.
struct NeighbourOrder {
  /// Of the pairs that say something.
  private let verdicts: [Bool]

  /// - Parameter isOrdered: of a cell and the next one; nil for pairs that are not to be judged.
  init<Cell>(
    _ cells: [Cell], over axis: KeyPath<Cell, Double>, at other: KeyPath<Cell, Double>,
    _ isOrdered: (Cell, Cell) -> Bool?
  ) {
    verdicts = Set(cells.map { $0[keyPath: other] }).sorted().flatMap { value in
      let line = cells.filter { $0[keyPath: other] == value }.sorted {
        $0[keyPath: axis] < $1[keyPath: axis]
      }
      return zip(line, line.dropFirst()).compactMap { isOrdered($0, $1) }
    }
  }

  /// All pairs that say something are in order, and there are such.
  func claim(_ statement: String, _ tolerance: String, detail: String = "") -> Claim {
    let right = verdicts.count { $0 }
    return Claim(
      statement,
      measured: "\(right) of \(verdicts.count) neighbouring pairs"
        + (detail.isEmpty ? "" : " (\(detail))"),
      tolerance: tolerance, held: !verdicts.isEmpty && right == verdicts.count)
  }
}
