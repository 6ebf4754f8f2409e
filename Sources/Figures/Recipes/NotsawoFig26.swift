import BatchNumerics
import Experiments
import Sweeps
import Theory

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
      output.claims = try fig26Claims(cells) + [zeroClaim(cells), boundClaim(cells)]
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

  private static func fig26Claims(_ cells: [GridCell]) -> [Claim] {
    var claims = plateaus.map { l1, range, note in
      let ends = cells.filter { $0.l1 == l1 }.map(\.plateau)
      let (low, high) = ends.extremes
      return Claim(
        "plateau of the error for beta = \(l1), over all alpha",
        measured: "\(Number.short(low ?? .nan)) to \(Number.short(high ?? .nan))",
        tolerance: "\(note) (independent measurement), a tenth more on either side",
        held: !ends.isEmpty && ends.allSatisfy(range.contains))
    }
    func isEarlier(_ slow: GridCell, _ fast: GridCell) -> Bool? {
      slow.settled.flatMap { slow in
        fast.settled.flatMap { slow >= 20_000 ? $0 < slow : nil }
      }
    }
    let pairs = "every pair of cells with t2 of at least 20,000 steps"
    claims += [
      NeighbourOrder(cells, over: \.rate, at: \.l1, isEarlier)
        .claim("a larger alpha generalises earlier (beta fixed)", pairs),
      NeighbourOrder(cells, over: \.l1, at: \.rate, isEarlier)
        .claim("a larger beta generalises earlier (alpha fixed)", pairs),
      NeighbourOrder(cells.filter { $0.l1 < 2e-2 }, over: \.rate, at: \.l1) {
        $1.plateau >= $0.plateau
      }.claim("a larger alpha ends no better (beta fixed, <= 1e-2)", "every pair of cells"),
    ]
    return claims
  }

  /// A beta above |X^T y|_inf: the lasso's solution is 0.
  private static func zeroClaim(_ cells: [GridCell]) throws -> Claim {
    Claim(
      "beta = 0.1: the train error at the end, over alpha",
      each: try cells.filter { $0.l1 == 1e-1 }.map { try $0.run.curve("train_error").last },
      in: 0.8...1.2, "about 1, as nothing is learned: beta > |X^T y|_inf = 0.093")
  }

  /// Theorem 3.1 (i) on the loss, cell by cell.
  private static func boundClaim(_ cells: [GridCell]) throws -> Claim {
    let ratios = try cells.compactMap { cell -> Double? in
      let batch = try SparseRecovery().batch(of: [cell.run.prepared], instance: nil)
      let theory = SparseRecoveryTheory(batch.problems[0], batch.runs[0])
      guard theory.memorization.areConditionsMet, let start = theory.memorizationStep(),
        let bound = theory.memorization.excessLossBound
      else { return nil }
      let size = euclideanNorm(batch.problems[0].observations)
      let losses = try zip(cell.run.curves.steps, cell.run.curve("train_error"))
        .filter { Double($0.0) >= start }.map { size * size * $0.1 * $0.1 / 2 }
      return losses.extremes.largest.map { ($0 - theory.spectrum.leastLoss) / bound } ?? .nan
    }
    return Claim(
      "Theorem 3.1 (i): loss above the least one over its bound, from t1 of theory on, largest, "
        + "cells that meet the conditions (\(ratios.count) of \(cells.count))",
      each: ratios, in: 0...1, "a bound")
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
  /// Whether beta is so small that errors are in proportion to it: 24 of the 36 cells.
  var recovers: Bool { l1 < 2e-3 }
}
