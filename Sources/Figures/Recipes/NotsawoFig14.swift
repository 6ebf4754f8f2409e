import Experiments
import Foundation
import Sweeps

extension FigureRecipe {
  /// Matrix sensing with a method, over a few strengths.
  ///
  /// The measurements are what works: independent factors X1 and X2 of variance 1/n. The authors'
  /// checked-in code draws both from one seed, so they are equal (`problem.sensing_factors=shared`)
  /// and see the symmetric part of U*^T A V* only, and takes the variance 1/N
  /// (`problem.row_variance=1/N`), for which memorisation takes 1e5 steps and more. N = 70 is the
  /// paper's; the code says 80. The small scale has beta around 1e-3 in place of 1e-4. t2 differs
  /// threefold between instances; seed 5 takes about as long as the one to compare with.
  static func notsawoSensing(
    _ scale: FigureScale, method: String, draws: String
  ) -> String {
    """
    experiment: matrix-recovery
    method: \(method)
    problem:
      {kind: sensing, n1: 10, n2: 10, r: 2, N: 70, target_scale: sqrt-size, row_variance: 1/n}
    learning_rate: 0.1
    init: {kind: identity, scale: 1.0e-6}
    steps: \(scale == .paper ? 10_000_001 : 500_000)
    evaluate: {first: 1000, every: \(scale == .paper ? 10_000 : 1000)}
    thresholds: {train: 1.0e-3, test: 1.0e-2}
    record: {singular_values: true}
    precision: f64
    seed: 5
    sweep:
      regularizer.nuclear: [\(scale == .paper ? "1.0e-4, 1.0e-3" : "5.0e-4, 1.0e-3, 2.0e-3")]
      problem.sensing_factors: [\(draws)]
    """
  }

  /// Anatomy of projected subgradient descent, and what becomes of it with the equal factors of the
  /// authors' checked-in code: X X^T is singular then and the plain inverse that they project with does
  /// not exist, so that all becomes NaN; here X^+ takes its place, as in their paper.
  static let notsawoFig14 = FigureRecipe(
    id: "notsawo/fig14",
    title: "Anatomy of a matrix-sensing run with projected subgradient descent",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 14; appendix D.2",
    spec: { notsawoSensing($0, method: "projected", draws: "independent, shared") },
    analyze: { input in
      let set = try SensingSet(input, id: "notsawo/fig14")
      var output = FigureOutput()
      output.tables = try set.drawn.tables()
      output.claims = try fig14Claims(set)
      let run = set.drawn.run
      output.plot = set.drawn.plot(t1: run.t1, t2: run.t2)
      return output
    })

  private static func fig14Claims(_ set: SensingSet) throws -> [Claim] {
    let run = set.drawn.run
    let steps = try [1e-2, 1e-3].map { try set.crossing($0) }
    return try [
      Claim(
        "train error after one step, over beta",
        each: set.all.map { try $0.run.value("train_error", at: 1) }, in: 0...1e-12,
        "the projection solves the measurements"),
      Claim(
        "test error after one step over that of the least-squares solution",
        try run.value("test_error", at: 1).map { $0 / set.drawn.leastSquaresError },
        in: 0.99...1.01, "which it is but for the start of 1e-6 and one step of beta"),
      set.delayClaim(1e-2, reference: 152_000),
      set.delayClaim(1e-3, reference: 156_000),
      Claim(
        "and is sharp: step of test error 1e-3 over that of 1e-2",
        steps[0].flatMap { first in steps[1].map { $0 / first } }, in: 1...1.1,
        "156,000 over 152,000 for another instance"),
      set.slopeClaim(),
      Claim(
        "test error at the end over beta",
        try run.curve("test_error").last.map { $0 / set.nuclear },
        in: 0.012...0.048, "2.4e-5 at beta 1e-3 for another instance, within a factor of 2"),
      set.normClaim(),
      Claim(
        "with equal factors, projected by X^+: train error after one step, over beta",
        each: set.shared.map { try $0.run.value("train_error", at: 1) }, in: 0...1e-12,
        "the measurements do not contradict each other"),
      set.sharedClaim(),
    ]
  }
}

/// The sensing runs of Figs. 14 and 15: one strength is drawn, the others give the power law.
struct SensingSet {
  /// With independent factors, by ascending strength.
  let all: [MatrixAnatomy]
  /// Those of the authors' slip, where both factors are the same.
  let shared: [MatrixAnatomy]
  /// The run that is drawn: beta = 1e-3, the strength of the measurement to compare with.
  let drawn: MatrixAnatomy
  let nuclear: Double

  init(_ input: FigureInput, id: String) throws {
    func members(_ draws: String) throws -> [MatrixAnatomy] {
      try input.runs.filter {
        try $0.prepared.parameters.text("problem.sensing_factors") == draws
      }.map(MatrixAnatomy.init).sorted { $0.product < $1.product }
    }
    all = try members("independent")
    shared = try members("shared")
    let wanted = try all.first { try $0.run.number("regularizer.nuclear") == 1e-3 }
    guard let drawn = wanted ?? all.last else { throw FigureError.noRuns(id) }
    self.drawn = drawn
    nuclear = try drawn.run.number("regularizer.nuclear")
  }

  /// The first step of the drawn run with a test error of at most `level`.
  func crossing(_ level: Double) throws -> Double? {
    try drawn.firstStep("test_error", below: level)
  }

  func delayClaim(_ level: Double, reference: Int) throws -> Claim {
    let (least, largest) = (Double(reference) / 2, Double(reference) * 2)
    return Claim(
      "t2, generalisation (test error \(level)), beta = \(nuclear)", try crossing(level),
      in: least...largest, "\(reference) for another instance; instances differ by a factor of 2",
      detail: try crossing(level).map {
        "t2 alpha beta / |A_LS - A*|_2 = \(Number.short($0 * drawn.product / drawn.gap))"
      } ?? "")
  }

  /// The delay against beta, at an error well above what beta leaves in the end.
  func slopeClaim() throws -> Claim {
    let points = try all.map { anatomy in
      try anatomy.firstStep("test_error", below: 2e-2).map { (x: log(anatomy.product), y: log($0)) }
    }
    let reached = points.compactMap { $0 }
    return Claim(
      "slope of log t2 (test error 0.02) against log(alpha beta)",
      reached.count == points.count ? LineFit.slope(reached) : nil, in: -1.05 ... -0.95,
      "the delay is inversely proportional")
  }

  /// Equal factors see the symmetric part of U*^T A V* only: too little.
  func sharedClaim() throws -> Claim {
    Claim(
      "with equal factors nothing is recovered: error at the end over that of least squares, over beta",
      each: try shared.map { anatomy in
        try anatomy.run.curve("test_error").last.map { $0 / anatomy.leastSquaresError }
      }, in: 0.95...1.05, "0.599 is both for another instance")
  }

  func normClaim() throws -> Claim {
    Claim(
      "|A|_* at the end over |A*|_*",
      try drawn.run.curve("nuclear_norm").last.map { $0 / drawn.goal }, in: 0.998...1.002,
      "it falls to that of the target, but for an error of order beta")
  }
}
