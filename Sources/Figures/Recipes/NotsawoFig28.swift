import Experiments
import Sweeps

extension FigureRecipe {
  /// The runs of Fig. 27 summed up against N.
  ///
  /// As in the authors' code, errors are the least of a run (their caption names those at t1 and t2),
  /// t1 is the first step below the threshold, and t2 the one where the error settles.
  static let notsawoFig28 = FigureRecipe(
    id: "notsawo/fig28",
    title: "Errors and steps against the number of measurements",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 28; Theorem 3.1",
    spec: { _ in notsawoSampleSizes(.subgradient) },
    analyze: { input in
      let grid = try SampleSizeGrid(input, .subgradient, "notsawo/fig28", reading: .summary)
      let summary = try SampleSizeSummary(
        grid.sparsities.enumerated().map { index, s in
          SampleSizeSummary.Line(
            cells: grid.line(s), style: "lc \(index + 1)", title: "s = \(s)")
        }, showsPredictions: true, memorization: { $0.run.t1 })
      var output = FigureOutput()
      output.tables = summary.tables
      output.claims =
        grid.leastClaims + grid.memorizationClaims
        + [grid.orderClaim, delayClaim(summary), summary.endClaim]
      output.plot = summary.plot("set key top right", right: 0.98)
      return output
    })

  private static func delayClaim(_ summary: SampleSizeSummary) -> Claim {
    let pair = summary.pairs.first { $0.cell.s == 5 && $0.cell.N == 30 }
    return Claim(
      "s = 5, N = 30: t2 alpha beta / |a_LS - a*|_inf",
      pair.flatMap { pair in
        pair.cell.settled.test.flatMap { t2 in pair.theory.delay.map { Double(t2) / $0 } }
      },
      in: 1.40...1.50, "1.445 (independent measurement)")
  }
}
