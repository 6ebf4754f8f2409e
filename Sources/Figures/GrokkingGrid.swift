import Experiments
import Foundation
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

  /// Steps from memorisation to generalisation, t2 - t1; nil for a run without one of them.
  var lag: Int? { t1.flatMap { t1 in t2.map { $0 - t1 } } }

  /// Steps of generalisation over those of memorisation.
  var delay: Double? { t1.flatMap { t1 in t2.map { Double($0) / Double(max(1, t1)) } } }

  /// How far a metric falls from t1 on, as the least ratio of a value to one before it: 1 if it never
  /// does; nil if the run does not memorise.
  func fall(_ metric: String) throws -> Double? {
    try extremeRatio(metric, from: t1, to: max, kept: min)
  }

  /// How far a metric rises from t2 on, as the largest ratio of a value to one before it: 1 if it never
  /// does; nil if the run does not generalise.
  func rise(_ metric: String) throws -> Double? {
    try extremeRatio(metric, from: t2, to: min, kept: max)
  }

  /// The least or largest ratio of a value to the largest or least one up to it; NaN if a value is.
  private func extremeRatio(
    _ metric: String, from step: Int?, to reference: (Double, Double) -> Double,
    kept: (Double, Double) -> Double
  ) throws -> Double? {
    guard let step else { return nil }
    let values = try zip(run.curves.steps, run.curve(metric)).filter { $0.0 >= step }.map(\.1)
    guard var base = values.first else { return nil }
    var extreme = 1.0
    for value in values {
      guard !value.isNaN else { return .nan }
      base = reference(base, value)
      extreme = kept(extreme, value / base)
    }
    return extreme
  }

  /// The last value of a metric over that at t1, or at another step.
  func change(
    _ metric: String, since step: KeyPath<GrokkingCell, Int?> = \.t1
  ) throws -> Double? {
    guard let step = self[keyPath: step], let start = try run.value(metric, at: step),
      let end = try run.curve(metric).last
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

  /// Kendall's rank correlation of t2, or of t2 - t1, with an axis: (falling - rising) over both, of
  /// all pairs of places on the grid that differ on this axis alone, with the sign of t2.
  ///
  /// A place has the median of its seeds, so that one whose accuracy stays a little below the
  /// threshold counts as little as one that is lucky. A place that does not generalise is later than
  /// one that does; a pair of two such places says nothing, and neither do pairs that are closer than
  /// a share `tie`.
  func correlation(
    over axis: KeyPath<GrokkingCell, Double>, of steps: KeyPath<GrokkingCell, Int?>,
    tie: Double
  ) -> (value: Double?, pairs: Int) {
    let other = axis == \GrokkingCell.rate ? \GrokkingCell.strength : \GrokkingCell.rate
    let places = places(of: steps)
    var (falling, rising) = (0, 0)
    for (first, slow) in places {
      for (second, fast) in places
      where first.penalty == second.penalty && first[keyPath: axis] < second[keyPath: axis]
        && first[keyPath: other] == second[keyPath: other]
      {
        guard slow.isFinite || fast.isFinite, abs(slow - fast) > tie * abs(min(slow, fast)) else {
          continue
        }
        if fast < slow { falling += 1 } else { rising += 1 }
      }
    }
    let pairs = falling + rising
    return (pairs > 0 ? Double(rising - falling) / Double(pairs) : nil, pairs)
  }

  /// A cell of each place on the grid and the median of its seeds, infinite if most do not generalise.
  private func places(of steps: KeyPath<GrokkingCell, Int?>) -> [(GrokkingCell, Double)] {
    drawn.map { cell in
      let all = cells.filter {
        $0.penalty == cell.penalty && $0.rate == cell.rate && $0.strength == cell.strength
      }.map { $0[keyPath: steps].map(Double.init) ?? .infinity }.sorted()
      return (cell, all[all.count / 2])
    }
  }

  /// The slope of log t2 against log beta of the cells that generalise; nil with fewer than three
  /// strengths, as two neighbouring ones differ by chance as much as by beta.
  var slope: Double? {
    let cells = generalized.filter { $0.strength > 0 }
    guard Set(cells.map(\.strength)).count >= 3 else { return nil }
    return LineFit.slope(
      cells.compactMap { cell in cell.t2.map { (x: log(cell.strength), y: log(Double($0))) } })
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

  /// t2, or t2 - t1, falls along an axis, by rank correlation.
  func orderClaim(
    _ statement: String, over axis: KeyPath<GrokkingCell, Double>,
    of steps: KeyPath<GrokkingCell, Int?> = \.t2, atMost limit: Double, _ why: String
  ) -> Claim {
    let order = correlation(over: axis, of: steps, tie: 0.02)
    let name = steps == \GrokkingCell.lag ? "t2 - t1" : "t2"
    return Claim(
      "\(statement): rank correlation of \(name)", order.value, in: -1...limit, why,
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
