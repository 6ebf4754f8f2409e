import BatchNumerics
import Experiments
import Foundation
import Sweeps

extension FigureRecipe {
  /// The alpha x beta grid that Figs. 6 and 29 share, with the N = 80 of the authors' code (their
  /// paper says 70: `--set problem.N=70`).
  ///
  /// The authors give each cell 1e7 steps. The small scale gives it 8 predicted delays, about twice
  /// what recovery takes, and at most 3e6 steps, so that the cells of the least alpha beta do not
  /// converge here either.
  static func notsawoMatrixGrid(_ scale: FigureScale) -> String {
    """
    experiment: matrix-recovery
    method: subgradient
    problem: {kind: completion, n1: 10, n2: 10, r: 2, N: 80, target_scale: sqrt-size}
    init: {kind: identity, scale: 1.0e-6}
    steps: \(scale == .paper ? 10_000_001 : 3_000_001)
    \(scale == .paper ? "" : "budget: {delays: 8, least: 20000}")
    evaluate: {first: 1000, every: \(scale == .paper ? 10_000 : 1000)}
    precision: f64
    seed: 3
    sweep:
      learning_rate: [0.0825, 0.1, 0.75, 0.825, 1.0, 1.5]
      regularizer.nuclear: [1.0e-6, 1.0e-5, 1.0e-4, 1.0e-3, 1.0e-2, 1.0e-1]
    """
  }

  /// Error curves on the grid of learning rates and nuclear-norm strengths.
  static let notsawoFig29 = FigureRecipe(
    id: "notsawo/fig29",
    title: "Matrix completion over learning rate and nuclear-norm strength",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 29; section 3.4",
    spec: notsawoMatrixGrid,
    analyze: { input in
      guard !input.runs.isEmpty else { throw FigureError.noRuns("notsawo/fig29") }
      let cells = try input.runs.map(MatrixGridCell.init)
      let rates = Set(cells.map(\.rate)).sorted()
      var output = FigureOutput()
      output.tables = try cells.map { cell in
        (cell.table, try CurveTable.rows(cell.run.curves, ["train_error", "test_error"]))
      }
      output.claims = try fig29Claims(cells)
      output.plot = fig29Plot(cells, rates)
      return output
    })

  private static func fig29Claims(_ cells: [MatrixGridCell]) throws -> [Claim] {
    func isEarlier(_ slow: MatrixGridCell, _ fast: MatrixGridCell) -> Bool? {
      slow.slowStep.flatMap { slow in fast.convergence.map { $0 < slow } }
    }
    let pairs = "every pair of converged cells with t2 of at least 20,000 steps"
    let early = cells.filter { $0.delaysGiven < 3 }
    let late = cells.filter { $0.delaysGiven > 7 }
    return [
      NeighbourOrder(cells, over: \.rate, at: \.nuclear, isEarlier)
        .claim("a larger alpha generalises earlier (beta fixed)", pairs),
      NeighbourOrder(cells, over: \.nuclear, at: \.rate, isEarlier)
        .claim("a larger beta generalises earlier (alpha fixed)", pairs),
      NeighbourOrder(cells.filter(\.isConverged), over: \.nuclear, at: \.rate) {
        $0.plateau < $1.plateau
      }.claim(
        "the error at the end grows with beta (alpha fixed)", "every pair of converged cells"),
      Claim(
        "cells of small alpha beta do not converge in the steps given",
        measured: "\(early.count { !$0.isConverged }) of \(early.count) "
          + "cells given less than 3 predicted delays",
        tolerance: "all; the errors end above \(Int(MatrixGridCell.convergedError)) beta",
        held: !early.isEmpty && early.allSatisfy { !$0.isConverged }),
      Claim(
        "the others do",
        measured: "\(late.count(where: \.isConverged)) of \(late.count) "
          + "cells given more than 7 predicted delays",
        tolerance: "all; the errors end below \(Int(MatrixGridCell.convergedError)) beta",
        held: !late.isEmpty && late.allSatisfy(\.isConverged)),
      try scalingClaim(cells),
    ]
  }

  /// The second phase depends on alpha t alone, but for the chatter at its end: ten times alpha, the same
  /// curve in a tenth of the steps. The first does not: its steps take the factor 1 - alpha off the
  /// residual, 0 where alpha is 1; it is over at alpha t = 10, when (1 - 0.1)^100 is left of it.
  private static func scalingClaim(_ cells: [MatrixGridCell]) throws -> Claim {
    func cell(_ rate: Double) -> MatrixGridCell? {
      cells.first { abs($0.rate / rate - 1) < 1e-9 && abs($0.nuclear / 1e-3 - 1) < 1e-9 }
    }
    var differences: [Double] = []
    if let (slow, fast) = cell(0.1).flatMap({ slow in cell(1).map { (slow, $0) } }) {
      for (step, error) in try zip(fast.run.curves.steps, fast.run.curve("test_error"))
      where step >= 10 && error > 0.03 {
        guard let other = try slow.run.value("test_error", at: 10 * step) else { continue }
        differences.append(abs(error / other - 1))
      }
    }
    return Claim(
      "alpha = 1 gives the curve of alpha = 0.1 ten times faster, beta = 1e-3: largest relative "
        + "difference at equal alpha t >= 10 while the error is above 0.03 (\(differences.count) steps)",
      differences.extremes.largest, in: 0...0.02, "the same curves in another measurement")
  }

  private static func fig29Plot(_ cells: [MatrixGridCell], _ rates: [Double]) -> String {
    let panels = rates.map { rate in
      let lines = cells.filter { $0.rate == rate }.sorted { $0.nuclear > $1.nuclear }
      let marks = lines.enumerated().compactMap { index, cell in
        cell.settled.map {
          "set arrow from \($0 + 1), graph 0 to \($0 + 1), graph 1 nohead dt 3 lc \(index + 1)"
        }
      }.joined(separator: "\n")
      let curves = lines.enumerated().map { index, cell in
        "'\(cell.table).csv' using ($1+1):3 with lines lw 2 lc \(index + 1) "
          + "title '{/Symbol b} = \(cell.nuclear)'"
      }.joined(separator: ", ")
      return "unset arrow\n\(marks)\nset title '{/Symbol a} = \(rate)'\nplot \(curves)"
    }
    return """
      set multiplot layout 2, 3
      set logscale xy
      set format x '10^{%L}'
      set format y '10^{%L}'
      set xlabel 'step + 1'
      set ylabel '|A - A*|_F / |A*|_F'
      set key bottom left font ',8'
      \(panels.joined(separator: "\n"))
      unset multiplot
      """
  }
}

/// One cell of the alpha x beta grid of matrix completion.
struct MatrixGridCell {
  /// A cell has converged if its error ends below so many times beta: the chatter of the iterate
  /// leaves 0.3 beta to 2.5 beta, a matrix that is not recovered a tenth and more.
  static let convergedError = 10.0

  let run: FigureInput.Run
  let rate: Double
  let nuclear: Double
  /// t2 by the authors' rule: where the test error settles.
  let settled: Int?
  /// The mean of its last three values.
  let plateau: Double
  let gap: Double
  /// |A*|_F
  let size: Double
  let table: String

  init(_ run: FigureInput.Run) throws {
    self.run = run
    rate = try run.number("learning_rate")
    nuclear = try run.number("regularizer.nuclear")
    let errors = try run.curve("test_error")
    settled = StableStep.find(steps: run.curves.steps, values: errors)
    plateau = StableStep.plateau(errors)
    let problem = try MatrixRecovery.problem(of: run.prepared)
    gap = MatrixRecoveryAnalysis(problem).gap ?? .nan
    size = euclideanNorm(problem.target.values)
    table = "alpha\(rate)-beta\(nuclear)"
  }

  /// alpha beta
  var product: Double { rate * nuclear }
  /// The length of the run in predicted delays.
  var delaysGiven: Double { Double(run.prepared.steps) * product / gap }
  var isConverged: Bool { plateau <= Self.convergedError * nuclear }
  /// t2 of a cell that converged.
  var convergence: Int? { isConverged ? settled : nil }
  /// t2 where it is long enough to be told from its neighbours.
  var slowStep: Int? { convergence.flatMap { $0 >= 20_000 ? $0 : nil } }
}
