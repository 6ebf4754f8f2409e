import Experiments
import Foundation
import Sweeps

extension FigureRecipe {
  /// The alpha x beta grid that Figs. 4 and 26 share. A budget of 2.5 predicted delays settles
  /// every cell; the authors give each 1e8 steps.
  static func notsawoGrid(_ scale: FigureScale) -> String {
    """
    experiment: sparse-recovery
    method: subgradient
    problem: {n: 100, s: 5, N: 30, row_variance: 1/N, generator: mt19937}
    regularizer: {l2: 0}
    init: {kind: ones, scale: 1.0e-6}
    steps: 100000001
    \(scale == .paper ? "" : "budget: {delays: 2.5, least: 20000}")
    evaluate: {first: 1000, every: 1000}
    precision: f64
    seed: 1
    sweep:
      learning_rate: [0.005, 0.01, 0.0275, 0.055, 0.0825, 0.1]
      regularizer.l1: [1.0e-6, 1.0e-5, 1.0e-4, 1.0e-3, 1.0e-2, 1.0e-1]
    """
  }

  /// Error curves on the grid of learning rates and regularisation strengths.
  static let notsawoFig26 = FigureRecipe(
    id: "notsawo/fig26",
    title: "Sparse recovery over learning rate and l1 strength",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 26; section 3.3",
    spec: notsawoGrid,
    analyze: { input in
      let cells = try input.runs.map(GridCell.init)
      let rates = Set(cells.map(\.rate)).sorted()
      var output = FigureOutput()
      output.tables = try cells.map { cell in
        (cell.table, try CurveTable.rows(cell.run.curves, ["train_error", "test_error"]))
      }
      output.claims = fig26Claims(cells, rates)
      output.plot = fig26Plot(cells, rates)
      return output
    })

  /// Ends of the errors that an independent implementation measured for each beta.
  private static let plateaus: [(l1: Double, range: ClosedRange<Double>, note: String)] = [
    (1e-6, 2.0e-5...2.8e-5, "2.2e-5 to 2.6e-5"), (1e-5, 2.0e-4...2.8e-4, "2.2e-4 to 2.6e-4"),
    (1e-4, 2.0e-3...2.8e-3, "2.2e-3 to 2.6e-3"), (1e-3, 2.0e-2...2.8e-2, "2.2e-2 to 2.6e-2"),
    (1e-2, 0.16...0.21, "0.17 to 0.20"),
    (1e-1, 0.9...1.1, "no recovery: beta > |X^T y|_inf = 0.093"),
  ]

  private static func fig26Claims(_ cells: [GridCell], _ rates: [Double]) -> [Claim] {
    var claims = plateaus.map { l1, range, note in
      let ends = cells.filter { $0.l1 == l1 }.map(\.plateau)
      let (low, high) = ends.extremes
      return Claim(
        "plateau of the error for beta = \(l1), over all alpha",
        measured: "\(Number.short(low ?? .nan)) to \(Number.short(high ?? .nan))",
        tolerance: "\(note) (independent measurement), a tenth more on either side",
        held: !ends.isEmpty && ends.allSatisfy(range.contains))
    }
    let strengths = Set(cells.map(\.l1)).sorted()
    let byRate = monotone(cells, strengths, over: \.rate, at: \.l1)
    let byStrength = monotone(cells, rates, over: \.l1, at: \.rate)
    claims += [
      Claim(
        "a larger alpha generalises earlier (beta fixed)", measured: byRate.text,
        tolerance: "every pair of cells with t2 of at least 20,000 steps", held: byRate.held),
      Claim(
        "a larger beta generalises earlier (alpha fixed)", measured: byStrength.text,
        tolerance: "every pair of cells with t2 of at least 20,000 steps", held: byStrength.held),
    ]
    return claims
  }

  /// Whether t2 falls along one axis for every value of the other.
  private static func monotone(
    _ cells: [GridCell], _ fixed: [Double], over axis: KeyPath<GridCell, Double>,
    at other: KeyPath<GridCell, Double>
  ) -> (held: Bool, text: String) {
    var (pairs, falling) = (0, 0)
    for value in fixed {
      let line = cells.filter { $0[keyPath: other] == value }.sorted {
        $0[keyPath: axis] < $1[keyPath: axis]
      }
      for (first, second) in zip(line, line.dropFirst()) {
        guard let slow = first.settled, let fast = second.settled, slow >= 20_000 else { continue }
        pairs += 1
        if fast < slow { falling += 1 }
      }
    }
    return (pairs > 0 && falling == pairs, "\(falling) of \(pairs) neighbouring pairs")
  }

  private static func fig26Plot(_ cells: [GridCell], _ rates: [Double]) -> String {
    let panels = rates.map { rate in
      let lines = cells.filter { $0.rate == rate }.sorted { $0.l1 > $1.l1 }
      let marks = lines.enumerated().compactMap { index, cell in
        cell.settled.map {
          "set arrow from \($0 + 1), graph 0 to \($0 + 1), graph 1 nohead dt 3 lc \(index + 1)"
        }
      }.joined(separator: "\n")
      let curves = lines.enumerated().map { index, cell in
        "'\(cell.table).csv' using ($1+1):3 with lines lw 2 lc \(index + 1) "
          + "title '{/Symbol b} = \(cell.l1)'"
      }.joined(separator: ", ")
      return "unset arrow\n\(marks)\nset title '{/Symbol a} = \(rate)'\nplot \(curves)"
    }
    return """
      set multiplot layout 2, 3
      set logscale xy
      set format x '10^{%L}'
      set format y '10^{%L}'
      set xlabel 'step + 1'
      set ylabel '|a - a*| / |a*|'
      set key bottom left font ',8'
      \(panels.joined(separator: "\n"))
      unset multiplot
      """
  }
}

/// One cell of the alpha x beta grid.
struct GridCell {
  let run: FigureInput.Run
  let rate: Double
  let l1: Double
  /// t2 by the authors' rule: where the test error settles.
  let settled: Int?
  /// The mean of its last three values.
  let plateau: Double
  let table: String

  init(_ run: FigureInput.Run) throws {
    self.run = run
    rate = try run.number("learning_rate")
    l1 = try run.number("regularizer.l1")
    let errors = try run.curve("test_error")
    settled = StableStep.find(steps: run.curves.steps, values: errors)
    plateau = StableStep.plateau(errors)
    table = "alpha\(rate)-beta\(l1)"
  }

  /// alpha beta
  var product: Double { rate * l1 }
}
