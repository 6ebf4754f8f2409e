import Experiments
import Sweeps

extension FigureRecipe {
  /// The tau x N sweep that Figs. 21 and 22 share: coherent measurements in gradient descent.
  ///
  /// The runs are the authors' own: the coherent rows are random columns of the basis (their paper takes
  /// the first ones), no noise, a signal from seed 1, X from seed i for the i-th N. So at N = 10 both
  /// are drawn from seed 1, and the selected components begin with the support of the signal.
  ///
  /// The small scale takes a tenth of their 1e7 steps, those that they draw in Fig. 21: all targets that
  /// are ever recovered are by then, while some of the other runs (N = 30, tau = 0.7; N = 40, tau = 0.5)
  /// are still on their way to the l1-minimal interpolant.
  static func notsawoCoherentSizes(_ scale: FigureScale) -> String {
    documents(
      (1...10).map { index in
        """
        experiment: sparse-recovery
        method: subgradient
        problem: {n: 100, s: 5, N: \(10 * index), row_variance: 1/N, generator: mt19937, \
        signal_seed: 1, measurement_seed: \(index)}
        learning_rate: 0.1
        regularizer: {l1: 1.0e-5}
        init: {kind: ones, scale: 1.0e-6}
        steps: \(scale == .paper ? 10_000_001 : 1_000_000)
        evaluate: {first: 1000, every: 1000}
        thresholds: {train: 1.0e-3, test: 1.0e-3}
        precision: f64
        seed: 1
        sweep:
          problem.tau: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
        """
      })
  }

  /// Error curves, a panel for each N.
  static let notsawoFig21 = FigureRecipe(
    id: "notsawo/fig21",
    title: "Sparse recovery from coherent measurements",
    citation:
      "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 21; section 3.4, appendix G.1",
    spec: notsawoCoherentSizes,
    analyze: { input in
      let grid = try CoherentSizeGrid(input, "notsawo/fig21", reading: .curves)
      var output = FigureOutput()
      output.tables = try grid.cells.map { try $0.table() }
      output.claims = try grid.claims + grid.measuredClaims()
      output.plot = SampleSizePanels.plot(
        grid.sizes.map { ("N = \($0)", grid.line($0)) }, layout: (2, 5),
        value: ("{/Symbol t}", 0...1), colour: \.tau)
      return output
    })

  /// The same runs summed up against N, one curve for each tau.
  static let notsawoFig22 = FigureRecipe(
    id: "notsawo/fig22",
    title: "Errors and steps against the number of coherent measurements",
    citation:
      "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 22; section 3.4, appendix G.1",
    spec: notsawoCoherentSizes,
    analyze: { input in
      let grid = try CoherentSizeGrid(input, "notsawo/fig22", reading: .summary)
      var output = FigureOutput()
      output.tables = grid.summary.tables
      output.claims = grid.claims + [grid.summary.endClaim]
      output.plot = grid.summary.plot(SampleSizePanels.palette("{/Symbol t}", 0...1), right: 0.9)
      return output
    })
}

/// The tau x N sweep (Figs. 21 and 22).
struct CoherentSizeGrid {
  let summary: SampleSizeSummary
  let reading: SampleSizeReading

  /// - Throws: `FigureError.noRuns`, `ConvexError`.
  init(_ input: FigureInput, _ id: String, reading: SampleSizeReading) throws {
    let cells = try input.runs.map(SampleSizeCell.init).sorted { $0.N < $1.N }
    guard !cells.isEmpty else { throw FigureError.noRuns(id) }
    summary = try SampleSizeSummary(
      Set(cells.map(\.tau)).sorted().map { tau in
        SampleSizeSummary.Line(
          cells: cells.filter { $0.tau == tau }, style: "lc palette cb \(tau)", title: nil)
      }, showsPredictions: false, memorization: { $0.settled.train })
    self.reading = reading
  }

  var cells: [SampleSizeCell] { summary.lines.flatMap(\.cells) }
  var sizes: [Int] { Set(cells.map(\.N)).sorted() }

  /// The cells of an N, by tau.
  func line(_ N: Int) -> [SampleSizeCell] { cells.filter { $0.N == N } }

  subscript(N: Int, tau: Double) -> SampleSizeCell? {
    cells.first { $0.N == N && $0.tau == tau }
  }

  /// What both figures are judged by.
  var claims: [Claim] {
    growthClaims(30, failing: 0.35...0.55, "0.3 recovers, 0.5 does not")
      + growthClaims(50, failing: 0.55...0.75, "0.5 recovers, 0.7 does not") + selectionClaims
  }

  /// With tau, delay and error grow until the target is not recovered any more.
  private func growthClaims(
    _ N: Int, failing range: ClosedRange<Double>, _ measured: String
  ) -> [Claim] {
    let cells = line(N)
    let recovering = Array(cells.prefix(while: reading.recovers))
    let rest = cells.dropFirst(recovering.count)
    let late = rest.count(where: reading.recovers)
    return [
      Claim(
        "N = \(N): the least tau that is not recovered", rest.first?.tau, in: range,
        measured + " (independent measurement)"),
      Claim(
        "N = \(N): larger tau that are recovered", measured: "\(late) of \(max(0, rest.count - 1))",
        tolerance: "none", held: late == 0),
      Claim("N = \(N): until then t2 grows with tau", neighboursOn: [recovering], "every pair") {
        guard let less = reading.step($0), let more = reading.step($1) else { return false }
        return less < more
      },
      Claim(
        "N = \(N): and so does the \(reading.name)", neighboursOn: [recovering + rest.prefix(1)],
        "every pair"
      ) { reading.error($0) < reading.error($1) },
    ]
  }

  /// tau = 1: what is selected is seen, and nothing else.
  private var selectionClaims: [Claim] {
    let whole = summary.pairs.filter { $0.cell.tau == 1 }
    let square = whole.filter(\.theory.isPermutation)
    let wide = whole.filter { !$0.theory.isPermutation }
    let (seen, unseen) = (wide.filter(\.theory.isSelected), wide.filter { !$0.theory.isSelected })
    let found = seen.count { reading.recovers($0.cell) }
    let lucky = unseen.count { reading.recovers($0.cell) }
    return [
      Claim(
        "tau = 1, N < n: recovery only if the support of the target is selected",
        measured: "\(found) of \(seen.count) with it, \(lucky) of \(unseen.count) without",
        tolerance: "all and none", held: found == seen.count && lucky == 0 && !unseen.isEmpty),
      Claim(
        "tau = 1, N = n: X is a permutation matrix, and t2 by the threshold is",
        each: square.map { $0.cell.run.t2.map(Double.init) }, in: 66...68,
        "67 (independent measurement): (1 - alpha)^t falls below the threshold"),
      Claim(
        "y = 0, as no measurement sees the target: nothing is learned, test error at the end",
        each: whole.filter(\.theory.isBlind).map(\.cell.floor), in: 0.99...1.01, "a goes to 0"),
    ]
  }

  /// Numbers of an independent implementation, which took 1e6 steps.
  func measuredClaims() throws -> [Claim] {
    let steps: [(N: Int, taus: [Double], t2: [Int])] = [
      (30, [0, 0.1, 0.3], [89_000, 125_000, 196_000]),
      (50, [0, 0.1, 0.3, 0.5], [31_000, 38_000, 73_000, 151_000]),
    ]
    let errors: [(tau: Double, range: ClosedRange<Double>, text: String)] = [
      (0.5, 0.105...0.115, "0.11"), (0.7, 0.575...0.585, "0.58"), (0.9, 0.945...0.955, "0.95"),
    ]
    let early = steps.map { N, taus, t2 in
      Claim(
        "N = \(N): t2 for tau = \(taus.map { "\($0)" }.joined(separator: ", "))",
        steps: taus.map { self[N, $0]?.run.t2 }, measuredElsewhere: t2)
    }
    let late = try errors.map { tau, range, text in
      Claim(
        "N = 30, tau = \(tau): test error after 1e6 steps",
        try self[30, tau]?.run.value("test_error", at: 1_000_000), in: range,
        "\(text) (independent measurement)")
    }
    return early + late
  }
}
