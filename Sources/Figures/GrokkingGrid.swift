import Experiments
import Sweeps

/// The penalties that Notsawo et al. put on networks (section 4; appendix H).
enum NetworkPenalty: String, CaseIterable, Sendable {
  case l1, l2, nuclear, sobolev

  /// Its strength beta in a spec.
  var key: String { "regularizer.\(rawValue)" }

  /// For labels in gnuplot.
  var symbol: String {
    switch self {
    case .l1: "l_1"
    case .l2: "l_2"
    case .nuclear: "l_*"
    case .sobolev: "Sobolev"
    }
  }
}

/// One run of a network on a grid of learning rates alpha and strengths beta of a penalty.
struct GrokkingCell {
  let run: FigureInput.Run
  let penalty: NetworkPenalty
  /// alpha
  let rate: Double
  /// beta
  let strength: Double
  let seed: Int
  /// The first evaluated step that meets the threshold of memorisation.
  let t1: Int?
  /// The first evaluated step of generalisation, as the figure defines it.
  let t2: Int?

  /// The penalty is the one whose strength is not zero, unless given; t2 defaults to the first step that meets the threshold of the test metric; later steps may fall
  /// below again, as Adam at a large rate has spikes.
  init(
    _ run: FigureInput.Run, penalty: NetworkPenalty? = nil,
    t2 find: (FigureInput.Run) throws -> Int? = GrokkingCell.firstTest
  ) throws {
    self.run = run
    self.penalty =
      try penalty ?? NetworkPenalty.allCases.first { try run.number($0.key) > 0 } ?? .l2
    rate = try run.number("learning_rate")
    strength = try run.number(self.penalty.key)
    seed = try run.prepared.parameters.integer("seed")
    t1 = run.t1
    t2 = try find(run)
  }

  static func firstTest(_ run: FigureInput.Run) throws -> Int? {
    let thresholds = run.prepared.thresholds
    let values = try run.curve(thresholds.testMetric)
    return zip(run.curves.steps, values).first {
      thresholds.largerIsBetter ? $0.1 >= thresholds.test : $0.1 <= thresholds.test
    }?.0
  }

  var table: String { "\(penalty.rawValue)-alpha\(rate)-beta\(strength)" }

  /// Steps of generalisation over those of memorisation.
  var delay: Double? { t1.flatMap { t1 in t2.map { Double($0) / Double(max(1, t1)) } } }

  /// The last value of a metric over its least one from t2 on; nil if the run does not generalise.
  func rebound(_ metric: String) throws -> Double? {
    guard let t2 else { return nil }
    let values = try zip(run.curves.steps, run.curve(metric)).filter { $0.0 >= t2 }.map(\.1)
    return values.extremes.least.flatMap { least in values.last.map { $0 / least } }
  }

  /// The last value of a metric over that at t1.
  func change(_ metric: String) throws -> Double? {
    guard let t1, let start = try run.value(metric, at: t1), let end = try run.curve(metric).last
    else { return nil }
    return end / start
  }
}

/// How t2 depends on alpha and beta: the claims that Figs. 1, 2, 10, 11, 30 to 35 have in common.
struct GrokkingGrid {
  let cells: [GrokkingCell]

  /// - Throws: `FigureError.noRuns` without any run.
  init(
    _ input: FigureInput, id: String, penalty: NetworkPenalty? = nil,
    t2 find: (FigureInput.Run) throws -> Int? = GrokkingCell.firstTest
  ) throws {
    guard !input.runs.isEmpty else { throw FigureError.noRuns(id) }
    cells = try input.runs.map { try GrokkingCell($0, penalty: penalty, t2: find) }
  }

  init(_ cells: [GrokkingCell]) { self.cells = cells }

  var rates: [Double] { Set(cells.map(\.rate)).sorted() }
  var strengths: [Double] { Set(cells.map(\.strength)).sorted() }
  var penalties: [NetworkPenalty] {
    NetworkPenalty.allCases.filter { penalty in cells.contains { $0.penalty == penalty } }
  }

  /// The cells of one penalty, or of one rate.
  func with(_ penalty: NetworkPenalty) -> GrokkingGrid {
    GrokkingGrid(cells.filter { $0.penalty == penalty })
  }

  func with(rate: Double) -> GrokkingGrid { GrokkingGrid(cells.filter { $0.rate == rate }) }

  /// The cells of one seed, as papers draw them; claims take all.
  var drawn: [GrokkingCell] { cells.filter { $0.seed == cells[0].seed } }

  var generalized: [GrokkingCell] { cells.filter { $0.t2 != nil } }

  /// Kendall's rank correlation of t2 with an axis: (falling - rising) over both, of all pairs of
  /// cells of one seed that differ on this axis alone, with the sign of t2.
  ///
  /// A cell that does not generalise is later than one that does; a pair of two such cells says
  /// nothing, and neither do pairs that are closer than a share `tie`.
  func correlation(
    over axis: KeyPath<GrokkingCell, Double>, tie: Double = 0
  ) -> (value: Double?, pairs: Int) {
    let other = axis == \GrokkingCell.rate ? \GrokkingCell.strength : \GrokkingCell.rate
    var (falling, rising) = (0, 0)
    for first in cells {
      for second in cells
      where first.penalty == second.penalty && first.seed == second.seed
        && first[keyPath: axis] < second[keyPath: axis]
        && first[keyPath: other] == second[keyPath: other]
      {
        let slow = first.t2.map(Double.init) ?? .infinity
        let fast = second.t2.map(Double.init) ?? .infinity
        guard slow.isFinite || fast.isFinite, abs(slow - fast) > tie * min(slow, fast) else {
          continue
        }
        if fast < slow { falling += 1 } else { rising += 1 }
      }
    }
    let pairs = falling + rising
    return (pairs > 0 ? Double(rising - falling) / Double(pairs) : nil, pairs)
  }

  // MARK: - Claims

  /// Every run memorises; those that generalise do so much later.
  func delayClaims(_ subject: String, factor: Double, _ why: String) -> [Claim] {
    let memorized = cells.compactMap(\.t1)
    return [
      Claim(
        "\(subject): runs that memorise",
        measured: "\(memorized.count) of \(cells.count), t1 = "
          + [memorized.min(), memorized.max()].compactMap { $0.map(String.init) }
          .joined(separator: " to "),
        tolerance: "all", held: !cells.isEmpty && memorized.count == cells.count),
      Claim(
        "\(subject): t2/t1 of the runs that generalise (\(generalized.count) of \(cells.count))",
        each: generalized.map(\.delay), in: factor...1e6, why),
    ]
  }

  /// t2 falls along an axis, by rank correlation.
  func orderClaim(
    _ statement: String, over axis: KeyPath<GrokkingCell, Double>, atMost limit: Double,
    _ why: String
  ) -> Claim {
    let order = correlation(over: axis, tie: 0.02)
    return Claim(
      "\(statement): rank correlation of t2", order.value, in: -1...limit, why,
      detail: "\(order.pairs) pairs")
  }

  // MARK: - Tables and panels

  func tables(_ metrics: [String]) throws -> [(name: String, rows: [[String]])] {
    let header = ["penalty", "learning_rate", "beta", "alpha_beta", "seed", "t1", "t2"]
    let rows = cells.map { cell in
      [
        cell.penalty.rawValue, "\(cell.rate)", "\(cell.strength)", "\(cell.rate * cell.strength)",
        "\(cell.seed)", cell.t1.map(String.init) ?? "nan", cell.t2.map(String.init) ?? "nan",
      ]
    }
    return [("cells", [header] + rows)]
      + (try drawn.map { ($0.table, try CurveTable.rows($0.run.curves, metrics)) })
  }

  /// A panel of curves, one colour per beta: column 2 solid (train), column 3 dashed (test), and a
  /// mark at each t2.
  func panel(_ title: String, isLogarithmic: Bool = false, baselines: [String] = []) -> String {
    let sorted = drawn.sorted { $0.strength < $1.strength }
    let shift = isLogarithmic ? 1 : 0
    let marks = sorted.enumerated().compactMap { index, cell in
      cell.t2.map {
        "set arrow from \($0 + shift), graph 0 to \($0 + shift), graph 1 nohead dt 3 lc \(index + 1)"
      }
    }
    let curves = sorted.enumerated().flatMap { index, cell in
      [
        "'\(cell.table).csv' using ($1+\(shift)):2 with lines lw 1 lc \(index + 1) notitle",
        "'\(cell.table).csv' using ($1+\(shift)):3 with lines lw 2 dt 2 lc \(index + 1) "
          + "title '{/Symbol b} = \(cell.strength)'",
      ]
    }
    return
      (["unset arrow"] + marks
      + ["set title '\(title)'", "plot " + (curves + baselines).joined(separator: ", ")])
      .joined(separator: "\n")
  }
}
