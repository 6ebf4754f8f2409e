import BatchNumerics
import Experiments
import Foundation
import Sweeps

extension FigureRecipe {
  /// The runs of Figs. 9, 17 and 18, one document each for one factor and for several: a = A_1 * ... *
  /// A_L without any regularisation.
  ///
  /// As in the authors' code one factor starts at 1e-6 and each of several at 1e-2, all entries alike
  /// (their paper has N(0, 1/n)), so that A_1 = ... = A_L throughout. One factor is computed in closed
  /// form. The small scale has six of the authors' ten N; nothing else differs.
  static func notsawoDepth(_ scale: FigureScale, _ depths: [Int]) -> [String] {
    let sizes = scale == .paper ? Array(stride(from: 10, through: 100, by: 10)) : smallSizes
    return [
      depthSpec("{kind: ones, scale: 1.0e-6}", [1], sizes, more: "\nsolver: closed-form"),
      depthSpec("{kind: ones, scale: 1.0e-2}", depths, sizes),
    ]
  }

  /// The same from a start that any sign is in reach of: A_1, ..., A_{L-1} positive and A_L = 0. The
  /// scales are those for which 1e6 steps are enough.
  static func notsawoSignNeutral(_ scale: FigureScale) -> [String] {
    let sizes =
      scale == .paper ? Array(stride(from: 10, through: 100, by: 10)) : [30, 50, 70]
    return [
      depthSpec("{kind: sign-neutral, scale: 1.0e-3}", [2], sizes),
      depthSpec("{kind: sign-neutral, scale: 1.0e-2}", [3], sizes),
    ]
  }

  private static let smallSizes = [10, 20, 30, 50, 70, 90]

  private static func depthSpec(
    _ start: String, _ depths: [Int], _ sizes: [Int], more: String = ""
  ) -> String {
    """
    experiment: sparse-recovery
    method: subgradient\(more)
    problem: {n: 100, s: 5, row_variance: 1/N, generator: mt19937}
    learning_rate: 0.1
    regularizer: {l1: 0}
    init: \(start)
    steps: 1000000
    evaluate: {first: 1000, every: 1000}
    precision: f64
    seed: 1
    sweep:
      problem.N: [\(sizes.map(String.init).joined(separator: ", "))]
      depth: [\(depths.map(String.init).joined(separator: ", "))]
    """
  }
}

/// The unregularised runs of some depths over N.
struct DepthRuns {
  /// From the authors' start.
  let alike: [DepthCell]
  let neutral: [DepthCell]

  /// - Throws: `FigureError.noRuns`.
  init(_ input: FigureInput, id: String) throws {
    let plain = try input.runs.filter {
      try $0.number("regularizer.l1") == 0 && $0.number("regularizer.l2") == 0
    }
    let cells = try plain.map(DepthCell.init)
    guard !cells.isEmpty else { throw FigureError.noRuns(id) }
    alike = cells.filter { $0.start == "ones" }
    neutral = cells.filter { $0.start == "sign-neutral" }
  }

  var sizes: [Int] { Set(alike.map(\.N)).sorted() }
  var depths: [Int] { Set(alike.map(\.depth)).sorted() }

  func cell(_ N: Int, _ depth: Int) -> DepthCell? {
    alike.first { $0.N == N && $0.depth == depth }
  }

  /// A table per start and depth, over N.
  var tables: [(name: String, rows: [[String]])] {
    let header = ["N", "least_train", "least_test", "absolute", "least_squares", "t1", "t2"]
    let names = Set((alike + neutral).map(\.table)).sorted()
    return names.map { name in
      let cells = (alike + neutral).filter { $0.table == name }.sorted { $0.N < $1.N }
      return (name, [header] + cells.map(\.row))
    }
  }

  /// Lines of one column of all tables: solid for the authors' start, dashed for the other.
  func lines(_ column: Int, isNeutralShown: Bool = true) -> String {
    let shown = alike + (isNeutralShown ? neutral : [])
    let names = Set(shown.map { [$0.start, "\($0.depth)"] }).sorted {
      ($0[1], $0[0]) < ($1[1], $1[0])
    }
    return names.map { name in
      let isNeutral = name[0] == "sign-neutral"
      let style = isNeutral ? "dt 2 lw 1.5 pt 6 ps 1.1" : "lw 2 pt 7 ps 1.1"
      return
        "'\(DepthCell.table(name[0], name[1])).csv' using 1:\(column) with linespoints \(style) "
        + "lc \(name[1]) title 'L = \(name[1])\(isNeutral ? ", sign-neutral" : "")'"
    }.joined(separator: ", \\\n  ")
  }
}

/// A run of one depth and number of measurements.
struct DepthCell {
  let run: FigureInput.Run
  let N: Int
  let depth: Int
  /// n
  let columns: Int
  /// How the factors start.
  let start: String
  /// The least values over all steps, as in the authors' figures.
  let leastTrain: Double
  let leastTest: Double
  /// Where the errors settle, by the authors' rule.
  let t1: Int?
  let t2: Int?
  /// |a*|
  let targetNorm: Double
  /// |a_LS - a*| / |a*|
  let leastSquaresError: Double
  /// What no a >= 0 comes below: the negative entries' part of |a*|.
  let signFloor: Double
  /// The largest entry of X^T y.
  let steepest: Double

  init(_ run: FigureInput.Run) throws {
    self.run = run
    let parameters = run.prepared.parameters
    N = try parameters.integer("problem.N")
    depth = try parameters.integer("depth")
    columns = try parameters.integer("problem.n")
    start = try parameters.text("init.kind")
    let (train, test) = (try run.curve("train_error"), try run.curve("test_error"))
    leastTrain = train.extremes.least ?? .nan
    leastTest = test.extremes.least ?? .nan
    t1 = StableStep.find(steps: run.curves.steps, values: train)
    t2 = StableStep.find(steps: run.curves.steps, values: test)
    let problem = try SparseRecovery.problem(of: run.prepared)
    let target = problem.target
    targetNorm = euclideanNorm(target)
    let leastSquares = SparseRecoveryAnalysis(problem).leastSquares
    leastSquaresError = euclideanNorm(zip(leastSquares, target).map { $0 - $1 }) / targetNorm
    signFloor = euclideanNorm(target.filter { $0 < 0 }) / targetNorm
    steepest =
      problem.measurements.transposed.multiplied(by: problem.observations).max() ?? .nan
  }

  static func table(_ start: String, _ depth: String) -> String { "L\(depth)-\(start)" }
  var table: String { Self.table(start, "\(depth)") }
  var isUnderdetermined: Bool { N < columns }

  fileprivate var row: [String] {
    [
      "\(N)", "\(leastTrain)", "\(leastTest)", "\(leastTest * targetNorm)",
      "\(leastSquaresError * targetNorm)", t1.map(String.init) ?? "nan",
      t2.map(String.init) ?? "nan",
    ]
  }

  /// Steps from the first train error of at most `level` to the first such test error.
  func delay(_ level: Double) throws -> Int? { try run.delay(level) }

  /// The step at which the first component leaves 0, for L >= 3: with all factors u and a still about
  /// 0, gradient flow is du/dt = u^{L-1} g, g = X^T y, of which the largest entry blows up at
  /// zeta^{2-L} / ((L - 2) g). Ours, from Eq. 118.
  func escape() throws -> Double? {
    guard depth >= 3 else { return nil }
    let scale = try run.number("init.scale")
    return pow(scale, Double(2 - depth)) / (Double(depth - 2) * steepest)
      / (try run.number("learning_rate"))
  }

  /// How often the training error falls: stretches of steps in which it loses more than a tenth of 1
  /// per e-fold, with stretches between them in which it loses less than a fiftieth.
  func drops() throws -> Int {
    let (steps, errors) = (run.curves.steps, try run.curve("train_error"))
    let kept = Thinning.indices(steps, limit: 150)
    var (count, isFalling) = (0, false)
    for (first, second) in zip(kept, kept.dropFirst()) {
      let width = log(Double(steps[second] + 1) / Double(steps[first] + 1))
      let slope = (errors[first] - errors[second]) / width
      if !isFalling, slope > 0.1 {
        count += 1
        isFalling = true
      } else if slope < 0.02 {
        isFalling = false
      }
    }
    return count
  }
}

extension FigureInput.Run {
  /// The first evaluated step with a value of at most `level`.
  func firstStep(_ metric: String, below level: Double) throws -> Int? {
    try zip(curves.steps, curve(metric)).first { $0.1 <= level }?.0
  }

  /// Steps from the first train error of at most `level` to the first such test error.
  func delay(_ level: Double) throws -> Int? {
    guard let first = try firstStep("train_error", below: level),
      let last = try firstStep("test_error", below: level)
    else { return nil }
    return last - first
  }
}
