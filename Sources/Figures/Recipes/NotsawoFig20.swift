import BatchNumerics
import Experiments
import Sweeps
import Theory

extension FigureRecipe {
  /// Recovery by basis pursuit over sparsity, number of measurements and coherence.
  ///
  /// The runs of the spec draw the problems and take no step; basis pursuit with X a = y solves them,
  /// with a duality gap (the authors allow |X a - y| <= 1e-8, which no digit shows). Every trial has a
  /// target of its own, where the authors keep one for each s and tau.
  static let notsawoFig20 = FigureRecipe(
    id: "notsawo/fig20",
    title: "Basis pursuit: error over sparsity, measurements and coherence",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 20; appendix G.1",
    spec: { scale in notsawoPhaseSweep(scale) },
    analyze: { input in
      let diagram = try PhaseDiagram(input, "notsawo/fig20")
      var output = FigureOutput()
      output.tables = diagram.tables
      output.claims = diagram.claims
      output.plot = fig20Plot(diagram)
      return output
    })

  static func notsawoPhaseSweep(_ scale: FigureScale) -> String {
    """
    experiment: sparse-recovery
    problem: {n: 100, row_variance: 1/N}
    steps: 0
    unsafe_step: true
    precision: f64
    sweep:
      problem.s: [1, 11, 21, 31, 41, 51, 61, 71, 81, 91]
      problem.N: [1, 11, 21, 31, 41, 51, 61, 71, 81, 91, 101]
      problem.tau: [0, \(scale == .paper ? "0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9" : "0.5"), 1]
      seed: {range: [1, \(scale == .paper ? 11 : 5)]}
    """
  }

  private static func fig20Plot(_ diagram: PhaseDiagram) -> String {
    let maps = diagram.taus.map { tau in
      """
      set title '{/Symbol t} = \(tau)'
      plot 'errors.csv' using 2:($3==\(tau) ? $1 : NaN):($4 > 1e-12 ? $4 : 1e-12) with points \
        pt 5 ps 2.2 lc palette notitle
      """
    }
    return """
      set multiplot layout 1, \(diagram.taus.count + 1)
      set xlabel 'N'
      set ylabel 's'
      set logscale cb
      set cbrange [1e-12:1]
      set format cb '10^{%L}'
      \(maps.joined(separator: "\n"))
      unset colorbox
      set title 'least N'
      set xlabel 's'
      set ylabel 'N_{min}'
      set key bottom right
      \(diagram.leastPlot)
      unset multiplot
      """
  }
}

/// Errors of basis pursuit on a grid of sparsity s, measurements N and coherence tau.
struct PhaseDiagram {
  struct Cell {
    let s: Int
    let N: Int
    let tau: Double
    /// The mean of |a - a*| / |a*| over trials.
    let error: Double
  }

  let cells: [Cell]
  let n: Int
  private let problems: Int
  private let certified: Int
  private let largestGap: Double

  /// - Parameter runs: those with steps: 0 that draw the problems.
  /// - Throws: `FigureError.noRuns`.
  init(_ input: FigureInput, _ id: String) throws {
    guard let first = input.runs.first else { throw FigureError.noRuns(id) }
    n = try first.prepared.parameters.integer("problem.n")
    let drawn = try input.runs.map { try SparseRecovery.problem(of: $0.prepared) }
    let solutions = BasisPursuit.solve(
      drawn.map {
        BasisPursuit.Instance(matrix: $0.measurements, observations: $0.observations)
      })
    var sums: [String: (s: Int, N: Int, tau: Double, error: Double, trials: Int)] = [:]
    var order: [String] = []
    var (certified, gap) = (0, 0.0)
    for (index, run) in input.runs.enumerated() {
      let solution = try solutions[index].get()
      let target = drawn[index].target
      if solution.isCertified { certified += 1 }
      gap = max(gap, solution.relativeGap)
      let distance = zip(solution.coefficients, target).map { $0 - $1 }
      let parameters = run.prepared.parameters
      let s = try parameters.integer("problem.s")
      let (N, tau) = (try parameters.integer("problem.N"), try parameters.number("problem.tau"))
      let key = "\(s) \(N) \(tau)"
      if sums[key] == nil { order.append(key) }
      var sum = sums[key] ?? (s, N, tau, 0, 0)
      sum.error += euclideanNorm(distance) / euclideanNorm(target)
      sum.trials += 1
      sums[key] = sum
    }
    cells = order.compactMap { sums[$0] }.map {
      Cell(s: $0.s, N: $0.N, tau: $0.tau, error: $0.error / Double($0.trials))
    }
    (problems, self.certified, largestGap) = (drawn.count, certified, gap)
  }

  var taus: [Double] { Set(cells.map(\.tau)).sorted() }
  var sparsities: [Int] { Set(cells.map(\.s)).sorted() }

  /// N_min: the first N of the grid whose mean error is below 1e-6.
  func least(_ s: Int, _ tau: Double) -> Int? {
    cells.filter { $0.s == s && $0.tau == tau && $0.error < 1e-6 }.map(\.N).min()
  }

  var tables: [(name: String, rows: [[String]])] {
    let errors = cells.map { ["\($0.s)", "\($0.N)", "\($0.tau)", "\($0.error)"] }
    let least = sparsities.map { s in
      ["\(s)"] + taus.map { tau in self.least(s, tau).map(String.init) ?? "nan" }
    }
    return [
      ("errors", [["s", "N", "tau", "error"]] + errors),
      ("least", [["s"] + taus.map { "tau_\($0)" }] + least),
    ]
  }

  /// A line of N_min against s for each tau.
  var leastPlot: String {
    "plot "
      + taus.enumerated().map { index, tau in
        "'least.csv' using 1:\(index + 2) with linespoints pt 7 title '{/Symbol t} = \(tau)'"
      }.joined(separator: ", ")
  }

  /// N_min of another implementation (linear programs, other draws), by tau and s.
  private static let reference: [Double: [(s: Int, N: Int)]] = [
    0: [(1, 21), (11, 41), (21, 61), (31, 81), (41, 81), (51, 91)],
    0.5: [(1, 31), (11, 61), (21, 81), (31, 81), (41, 101), (51, 101)],
    1: [(11, 101), (21, 101), (31, 101), (41, 101), (51, 101)],
  ]

  var claims: [Claim] {
    let inS = order(taus.map { tau in sparsities.map { least($0, tau) } })
    let inTau = order(sparsities.map { s in taus.map { least(s, $0) } })
    let found = Self.reference.flatMap { tau, points in
      points.map { point in least(point.s, tau).map { abs($0 - point.N) } ?? .max }
    }
    let late = sparsities.filter { $0 > 1 }.map { least($0, 1).map(Double.init) }
    return [
      Claim(
        "all solutions come with a certificate",
        measured: "\(certified) of \(problems), largest gap \(Number.short(largestGap))",
        tolerance: "all: duality gap of 1e-9 of the norm", held: certified == problems),
      Claim(
        "N_min does not fall as s grows", measured: inS.text,
        tolerance: "all but one in twenty: means of a few trials",
        held: inS.isKept),
      Claim(
        "N_min does not fall as tau grows", measured: inTau.text,
        tolerance: "all but one in twenty: means of a few trials",
        held: inTau.isKept),
      Claim(
        "N_min at tau = 1 over n, for s above 1", each: late.map { $0.map { $0 / Double(n) } },
        in: 0.9...1.01, "it tends to n, whatever s: only what is selected is seen"),
      Claim(
        "N_min within a step of the grid (10) of another implementation",
        measured: "\(found.count { $0 <= 10 }) of \(found.count) cells",
        tolerance: "at least nine in ten: other draws",
        held: !found.isEmpty && 10 * found.count { $0 <= 10 } >= 9 * found.count),
    ]
  }

  /// How many neighbours of each row are in order; nil is later than all.
  private func order(_ rows: [[Int?]]) -> (text: String, isKept: Bool) {
    let pairs = rows.flatMap { row in
      zip(row, row.dropFirst()).map { ($0.0 ?? .max) <= ($0.1 ?? .max) }
    }
    let kept = pairs.count { $0 }
    return (
      "\(kept) of \(pairs.count) pairs of neighbours",
      !pairs.isEmpty && 20 * (pairs.count - kept) <= pairs.count
    )
  }
}
