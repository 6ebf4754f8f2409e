import BatchNumerics
import Experiments
import Sweeps

extension FigureRecipe {
  /// The s x N sweep that Figs. 12, 13, 27 and 28 share, by one of the three methods.
  ///
  /// The runs are the authors' own: their seeds and stream, no noise, 1e6 steps. So are the thresholds,
  /// ten times as large for s = 1, where the chatter of size alpha beta stays and |a*| is 0.011.
  static func notsawoSampleSizes(_ method: RecoveryMethod) -> String {
    documents(
      [("[1]", "1.0e-2"), ("[5, 10, 15]", "1.0e-3")].map { sparsities, threshold in
        """
        experiment: sparse-recovery
        method: \(method.rawValue)
        problem: {n: 100, row_variance: 1/N, generator: mt19937}
        learning_rate: 0.1
        regularizer: {l1: 1.0e-5}
        init: {kind: ones, scale: 1.0e-6}
        steps: 1000000
        evaluate: {first: 1000, every: 1000}
        thresholds: {train: \(threshold), test: \(threshold)}
        precision: f64
        seed: 1
        sweep:
          problem.s: \(sparsities)
          problem.N: [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
        """
      })
  }

  /// Error curves by the subgradient method.
  static let notsawoFig27 = sampleSizeCurves(
    "fig27", "Sparse recovery over sparsity and measurements: subgradient method", .subgradient
  ) { grid, _ in
    grid.memorizationClaims + grid.generalizationClaims + [
      grid.orderClaim,
      grid.floorClaim(s: 1, 1.1e-3...5.5e-3, "1.3e-3 to 5e-3"),
      grid.floorClaim(s: 5, 1.5e-4...2.9e-4, "1.7e-4 to 2.6e-4"),
    ]
  }

  /// Error curves by proximal gradient descent (ISTA).
  static let notsawoFig13 = sampleSizeCurves(
    "fig13", "Sparse recovery over sparsity and measurements: proximal method", .proximal
  ) { grid, subgradient in
    [
      grid.orderClaim,
      grid.sameStepsClaim(as: subgradient, of: grid.recovering.flatMap { $0 }),
      grid.lowerFloorsClaim(than: subgradient),
      grid.floorClaim(s: 5, 1.3e-4...2.5e-4, "1.5e-4 to 2.2e-4"),
    ]
  }

  /// Error curves by the projected subgradient method.
  ///
  /// The authors invert X X^T, for which N may be at most n and no row may come twice; the
  /// pseudo-inverse, which projects here, needs neither.
  static let notsawoFig12 = sampleSizeCurves(
    "fig12", "Sparse recovery over sparsity and measurements: projected method", .projected
  ) { grid, subgradient in
    let isSquare = { (cell: SampleSizeCell) in try Double(cell.N) == cell.run.number("problem.n") }
    let wide = try grid.recovering.flatMap { $0 }.filter { try !isSquare($0) }
    return try [
      Claim(
        "train error after one step: the projection solves X a = y",
        each: grid.cells.map { try $0.run.value("train_error", at: 1) }, in: 0...1e-12, "rounding"),
      Claim(
        "train error at all later steps",
        each: grid.cells.map {
          try Array($0.run.curve("train_error").dropFirst()).extremes.largest
        }, in: 0...1e-12, "rounding"),
      Claim(
        "N = n: test error after one step, as there is one solution",
        each: grid.cells.filter(isSquare).map { try $0.run.value("test_error", at: 1) },
        in: 0...1e-9, "rounding times the condition of X"),
      grid.orderClaim,
      grid.sameStepsClaim(as: subgradient, of: wide),
      grid.lowerFloorsClaim(than: subgradient),
      Claim(
        "s = 5, N < n: test error at the end, of runs that recover",
        each: wide.filter { $0.s == 5 }.map(\.floor), in: 2.7e-5...6.6e-5,
        "3e-5 to 6e-5 (independent measurement), a tenth more on either side"),
      Claim(
        "s = 5: without the projection no run gets below 1e-4: least test errors",
        each: subgradient.line(5).map(\.least.test), in: 1e-4...1e3, "at least 1e-4"),
    ]
  }

  /// Panels of curves for each sparsity, one curve for each N, by a method.
  ///
  /// - Parameter claims: from the runs of the method and those of the subgradient method.
  private static func sampleSizeCurves(
    _ name: String, _ title: String, _ method: RecoveryMethod,
    claims: @escaping @Sendable (SampleSizeGrid, SampleSizeGrid) throws -> [Claim]
  ) -> FigureRecipe {
    let id = "notsawo/\(name)"
    let methods = method == .subgradient ? [method] : [method, .subgradient]
    return FigureRecipe(
      id: id, title: title,
      citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), "
        + "Fig. \(name.drop { !$0.isNumber }); section 3.3, appendix D.1",
      spec: { _ in documents(methods.map(notsawoSampleSizes)) },
      analyze: { input in
        let grid = try SampleSizeGrid(input, method, id)
        var output = FigureOutput()
        output.tables = try grid.cells.map { try $0.table() }
        output.claims =
          try grid.leastClaims + claims(grid, SampleSizeGrid(input, .subgradient, id))
        output.plot = SampleSizePanels.plot(
          grid.sparsities.map { ("s = \($0)", grid.line($0)) }, layout: (2, 2),
          value: ("N", 10...100), colour: { Double($0.N) })
        return output
      })
  }
}
