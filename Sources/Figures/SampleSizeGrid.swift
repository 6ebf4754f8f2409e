import BatchNumerics
import Experiments
import Sweeps

/// The s x N sweep of one method (Figs. 12, 13, 27, 28).
struct SampleSizeGrid {
  /// By s, then by N.
  let cells: [SampleSizeCell]
  let reading: SampleSizeReading

  /// - Throws: `FigureError.noRuns`.
  init(
    _ input: FigureInput, _ method: RecoveryMethod, _ id: String,
    reading: SampleSizeReading = .curves
  ) throws {
    cells = try input.runs.map(SampleSizeCell.init).filter { $0.method == method }
      .sorted { ($0.s, $0.N) < ($1.s, $1.N) }
    guard !cells.isEmpty else { throw FigureError.noRuns(id) }
    self.reading = reading
  }

  var sparsities: [Int] { Set(cells.map(\.s)).sorted() }

  /// The cells of a sparsity, by N.
  func line(_ s: Int) -> [SampleSizeCell] { cells.filter { $0.s == s } }

  /// The cells of every sparsity that recover, by N.
  var recovering: [[SampleSizeCell]] {
    sparsities.map { line($0).filter(reading.recovers) }
  }

  subscript(s: Int, N: Int) -> SampleSizeCell? { cells.first { $0.s == s && $0.N == N } }

  /// The least N from which on every run recovers.
  func least(_ s: Int) -> Int? {
    line(s).reversed().prefix(while: reading.recovers).last?.N
  }
}

// MARK: - Claims

extension SampleSizeGrid {
  /// What an independent implementation measured: the least N that recovers, and the error one step of
  /// the grid before it, to its printed digits.
  private static let thresholds:
    [(s: Int, N: Int, before: (N: Int, error: ClosedRange<Double>, text: String)?)] = [
      (1, 10, nil), (5, 30, (20, 0.175...0.185, "0.18")), (10, 40, (30, 0.525...0.535, "0.53")),
      (15, 50, (40, 0.095...0.105, "0.10")),
    ]

  /// t1 and t2 of the subgradient method that it measured.
  private static let steps: [(s: Int, runs: [(N: Int, t1: Int, t2: Int)])] = [
    (
      5,
      [
        (30, 60, 101_000), (40, 101, 51_000), (50, 163, 39_000), (60, 556, 29_000),
        (70, 926, 20_000), (80, 3000, 14_000), (90, 5000, 6000), (100, 4000, 4000),
      ]
    ),
    (10, [(50, 228, 187_000), (70, 607, 74_000)]),
    (15, [(50, 230, 244_000), (70, 495, 97_000)]),
  ]

  /// How many measurements each sparsity needs.
  var leastClaims: [Claim] {
    let found = Self.thresholds.map { ($0.s, least($0.s)) }
    let needs = zip(Self.thresholds, found).map { reference, found in
      Claim(
        "s = \(reference.s): least N from which on all runs recover", found.1.map(Double.init),
        in: Double(reference.N)...Double(reference.N), "\(reference.N) (independent measurement)")
    }
    let order = Claim("the least N grows with s", neighboursOn: [found], "every pair") {
      guard let few = $0.1, let many = $1.1 else { return false }
      return few < many
    }
    let failures = Self.thresholds.compactMap { s, _, before in
      before.map { N, range, text in
        Claim(
          "s = \(s), N = \(N): \(reading.name)", self[s, N].map(reading.error), in: range,
          "no recovery, \(text) (independent measurement)")
      }
    }
    return needs + [order] + failures
  }

  /// t1 of runs of the subgradient method.
  var memorizationClaims: [Claim] {
    Self.steps.map { s, runs in
      Claim(
        "s = \(s): t1 for N = \(Self.list(runs.map(\.N)))",
        steps: runs.map { self[s, $0.N]?.run.t1 }, measuredElsewhere: runs.map(\.t1))
    }
  }

  /// t2 of runs of the subgradient method, by the threshold.
  var generalizationClaims: [Claim] {
    Self.steps.map { s, runs in
      Claim(
        "s = \(s): t2 for N = \(Self.list(runs.map(\.N)))",
        steps: runs.map { self[s, $0.N]?.run.t2 }, measuredElsewhere: runs.map(\.t2))
    }
  }

  private static func list(_ numbers: [Int]) -> String {
    numbers.map(String.init).joined(separator: ", ")
  }

  /// t2 falls with N.
  var orderClaim: Claim {
    Claim(
      "t2 does not rise with N (s fixed)", neighboursOn: recovering,
      "every pair of runs that recover; evaluated every 1000 steps"
    ) {
      guard let few = reading.step($0), let many = reading.step($1) else { return false }
      return many <= few
    }
  }

  func floorClaim(s: Int, _ range: ClosedRange<Double>, _ measured: String) -> Claim {
    Claim(
      "s = \(s): test error at the end, of runs that recover",
      each: line(s).filter(reading.recovers).map(\.floor), in: range,
      measured + " (independent measurement), a tenth more on either side")
  }

  /// t2 is that of another method.
  func sameStepsClaim(as other: SampleSizeGrid, of cells: [SampleSizeCell]) -> Claim {
    let apart = cells.map { cell in
      cell.run.t2.flatMap { own in other[cell.s, cell.N]?.run.t2.map { abs(Double(own - $0)) } }
    }
    return Claim(
      "t2 is that of the subgradient method: difference in steps", each: apart, in: 0...2000,
      "two evaluations")
  }

  /// The error ends below that of another method.
  func lowerFloorsClaim(than other: SampleSizeGrid) -> Claim {
    let verdicts = recovering.flatMap { $0 }.compactMap { cell in
      other[cell.s, cell.N].map { cell.floor < $0.floor }
    }
    return Claim(
      "the error ends lower than that of the subgradient method",
      measured: "\(verdicts.count { $0 }) of \(verdicts.count) runs that recover", tolerance: "all",
      held: !verdicts.isEmpty && verdicts.allSatisfy { $0 })
  }
}
