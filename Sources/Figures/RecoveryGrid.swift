/// Errors of recovery on a grid of a target's size (sparsity or rank), measurements N and coherence tau,
/// several trials a cell.
struct RecoveryGrid {
  struct Trial {
    let size: Int
    let N: Int
    let tau: Double
    /// relative
    let error: Double
  }

  struct Cell {
    let size: Int
    let N: Int
    let tau: Double
    /// The mean over trials.
    let error: Double
    /// The share of trials that recover.
    let share: Double
  }

  /// What counts as recovery.
  let level: Double
  let trials: [Trial]
  /// In the order of the trials.
  let cells: [Cell]

  init(_ trials: [Trial], level: Double) {
    (self.trials, self.level) = (trials, level)
    var groups: [[Double]: [Double]] = [:]
    var order: [[Double]] = []
    for trial in trials {
      let key = [Double(trial.size), Double(trial.N), trial.tau]
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(trial.error)
    }
    cells = order.map { key in
      let errors = groups[key] ?? []
      let count = Double(errors.count)
      return Cell(
        size: Int(key[0]), N: Int(key[1]), tau: key[2], error: errors.reduce(0, +) / count,
        share: Double(errors.count { $0 < level }) / count)
    }
  }

  var taus: [Double] { Set(cells.map(\.tau)).sorted() }
  var sizes: [Int] { Set(cells.map(\.size)).sorted() }

  /// The errors of the trials that recover.
  var recoveredErrors: [Double] { trials.map(\.error).filter { $0 < level } }

  /// N_min: the first N of the grid at which half of the trials recover.
  func least(_ size: Int, _ tau: Double) -> Int? {
    cells.filter { $0.size == size && $0.tau == tau && $0.share >= 0.5 }.map(\.N).min()
  }

  /// The share of trials that recover, over all N.
  func share(_ size: Int, _ tau: Double) -> Double {
    let shares = cells.filter { $0.size == size && $0.tau == tau }.map(\.share)
    return shares.reduce(0, +) / Double(shares.count)
  }

  /// Whether N_min does not rise along each row, down to an N that the grid has; where nothing recovers it
  /// is above all N.
  static func falls(_ rows: [[Int?]]) -> (text: String, isKept: Bool) {
    let pairs = rows.flatMap { row in
      zip(row, row.dropFirst()).map { ($0.0 ?? .max) >= ($0.1 ?? .max) }
    }
    let list = rows.map { $0.map { $0.map(String.init) ?? "-" }.joined(separator: " ") }
    return (
      "\(pairs.count { $0 }) of \(pairs.count) pairs of neighbours; \(list.joined(separator: ", "))",
      !pairs.isEmpty && pairs.allSatisfy { $0 } && rows.allSatisfy { $0.last.flatMap { $0 } != nil }
    )
  }

  /// All cells; the mean errors of each size over N, a column for each tau; N_min over the size.
  var tables: [(name: String, rows: [[String]])] {
    let header = taus.map { "tau_\($0)" }
    let all = cells.map { ["\($0.size)", "\($0.N)", "\($0.tau)", "\($0.error)", "\($0.share)"] }
    let least = sizes.map { size in
      ["\(size)"] + taus.map { tau in self.least(size, tau).map(String.init) ?? "nan" }
    }
    let lines = sizes.map { size in
      let own = cells.filter { $0.size == size }
      let rows = Set(own.map(\.N)).sorted().map { N in
        ["\(N)"]
          + taus.map { tau in
            own.first { $0.N == N && $0.tau == tau }.map { "\($0.error)" } ?? "nan"
          }
      }
      return (name: "size\(size)", rows: [["N"] + header] + rows)
    }
    return [
      ("errors", [["size", "N", "tau", "error", "share"]] + all),
      ("least", [["size"] + header] + least),
    ] + lines
  }
}
