import Experiments
import Sweeps

extension FigureRecipe {
  /// Anatomy of proximal gradient descent (ISTA), and what becomes of it with the equal factors of
  /// the authors' checked-in code.
  static let notsawoFig15 = FigureRecipe(
    id: "notsawo/fig15",
    title: "Anatomy of a matrix-sensing run with proximal gradient descent",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 15; appendix D.2",
    spec: { notsawoSensing($0, method: "proximal", draws: "independent, shared") },
    analyze: { input in
      let set = try SensingSet(input, id: "notsawo/fig15")
      var output = FigureOutput()
      output.tables = try set.drawn.tables()
      output.claims = try fig15Claims(set)
      let run = set.drawn.run
      output.plot = set.drawn.plot(t1: run.t1, t2: run.t2)
      return output
    })

  private static func fig15Claims(_ set: SensingSet) throws -> [Claim] {
    let run = set.drawn.run
    return try [
      Claim(
        "memorisation (train error 1e-2)", set.drawn.firstStep("train_error", below: 1e-2),
        in: 150...1500, "464 for another instance; X^T X conditions it, within a factor of 3"),
      Claim(
        "and (train error 1e-3)", set.drawn.firstStep("train_error", below: 1e-3),
        in: 1300...12_000, "4,000 for another instance, within a factor of 3"),
      set.delayClaim(1e-2, reference: 158_000),
      set.slopeClaim(),
      Claim(
        "test error at the end over beta",
        try run.curve("test_error").last.map { $0 / set.nuclear },
        in: 1.5...13.5, "4.5e-3 at beta 1e-3 for another instance, within a factor of 3"),
      set.normClaim(),
      set.sharedClaim(),
    ]
  }
}
