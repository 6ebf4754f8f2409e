import BatchNumerics

extension MatrixRecovery {
  enum ProblemKind: String, CaseIterable { case completion, sensing }

  enum Target: String, CaseIterable {
    /// U V^T of Gaussian factors with r columns
    case lowRank = "low-rank"
    /// A*_ij = i j / (n1 n2), rank 1 (Lyu et al. 2023, Fig. 3)
    case multiplicationTable = "multiplication-table"
  }

  enum TargetScale: String, CaseIterable {
    /// |A*|_F = sqrt(n1 n2), as the authors' code does
    case sqrtSize = "sqrt-size"
    /// all r singular values 1/sqrt(r), as Notsawo et al. say
    case unitSpectrum = "unit-spectrum"
    /// U V^T as drawn
    case none
  }

  enum Observations: String, CaseIterable { case uniform, symmetric }
  enum SensingFactors: String, CaseIterable { case independent, shared }
  enum CoherentRows: String, CaseIterable { case random, first }

  /// How the factors start.
  enum InitialKind: String, CaseIterable {
    /// every factor scale * I (rectangular: ones on the diagonal)
    case identity
    /// entries scale * N(0, 1/(n1 n2))
    case normal
    /// entries scale * N(0, 1)
    case standardNormal = "standard-normal"
  }

  private static let anyNumber = ParameterDefinition.Kind.number(
    0...Double.greatestFiniteMagnitude, open: false)

  static let methodParameters: [ParameterDefinition] = [
    ParameterDefinition(
      "parameterization", .choice(MatrixParameterization.allCases.map(\.rawValue)),
      default: .text("product"),
      "product: W = A_1 ... A_L, loss 1/2 sum; difference: U U^T - V V^T, mean; factors: U V^T, sum"
    ),
    ParameterDefinition(
      "method", .choice(RecoveryMethod.allCases.map(\.rawValue)), default: .text("subgradient"),
      "update rule; projected and proximal are defined for the matrix itself (product, depth 1)"),
    ParameterDefinition(
      "depth", .integer(1...8), default: .integer(1), "factors L of a product"),
    ParameterDefinition(
      "width", .integer(1...100_000), default: .null,
      "inner size d of the factors; null: max(n1, n2)"),
    ParameterDefinition(
      "regularizer.nuclear", anyNumber, default: .null,
      "beta of beta |A_k|_* for each factor; null: 1e-4 for a product of depth 1, otherwise 0"),
    ParameterDefinition(
      "regularizer.l1", anyNumber, default: .number(0), "beta_1 of beta_1 |A_k|_1 for each factor"),
    ParameterDefinition(
      "regularizer.l2", anyNumber, default: .number(0),
      "beta_2 of beta_2/2 |A_k|_F^2 for each factor"),
    ParameterDefinition(
      "weight_decay", anyNumber, default: .null,
      "lambda of lambda/2 |theta|^2; null: 0 for a product, otherwise 1e-3"),
    ParameterDefinition(
      "init.kind", .choice(InitialKind.allCases.map(\.rawValue)), default: .null,
      "how the factors start; null: standard-normal for factors, otherwise identity"),
    ParameterDefinition(
      "init.scale", .number(-1e300...1e300, open: false), default: .null,
      "scale of the start; null: 1e-6 for a product, 10 for difference, 1 for factors"),
    ParameterDefinition(
      "init.noise", anyNumber, default: .number(0),
      "adds noise * N(0, 1) to every entry of the start"),
    ParameterDefinition(
      "budget.delays", .number(0...1e6, open: true), default: .null, unit: "delays",
      "take so many predicted delays |A_LS - A*|_2 / (lr nuclear), at most `steps` steps"),
    ParameterDefinition(
      "budget.least", .integer(0...1_000_000_000_000), default: .integer(0), unit: "steps",
      "but at least so many steps"),
    ParameterDefinition(
      "record.singular_values", .boolean, default: .boolean(false),
      "record every singular value sigma_1 ... of W"),
    ParameterDefinition(
      "record.angles", .boolean, default: .boolean(false),
      "record sin Theta between leading singular subspaces of W and of the target"),
  ]

  static let problemParameters: [ParameterDefinition] = [
    ParameterDefinition(
      "problem.kind", .choice(ProblemKind.allCases.map(\.rawValue)), default: .text("completion"),
      "single entries of A*, or y_i = X1_i^T A* X2_i"),
    ParameterDefinition("problem.n1", .integer(1...10_000), default: .integer(10), "rows of A*"),
    ParameterDefinition("problem.n2", .integer(1...10_000), default: .integer(10), "columns of A*"),
    ParameterDefinition(
      "problem.r", .integer(1...10_000), default: .integer(2), "rank of a low-rank A*"),
    ParameterDefinition(
      "problem.N", .integer(1...10_000_000), default: .integer(70),
      "measurements; at most n1 n2 for completion"),
    ParameterDefinition(
      "problem.tau", .number(0...1, open: false), default: .number(0),
      "share of measurements chosen by coherence: entries with the largest mu_i + nu_j, or singular "
        + "vectors of A* as X1, X2"),
    ParameterDefinition(
      "problem.target", .choice(Target.allCases.map(\.rawValue)), default: .text("low-rank"),
      "A*: a Gaussian low-rank matrix, or i j / (n1 n2)"),
    ParameterDefinition(
      "problem.target_scale", .choice(TargetScale.allCases.map(\.rawValue)),
      default: .text("sqrt-size"),
      "|A*|_F = sqrt(n1 n2) (authors' code), all singular values 1/sqrt(r) (paper), or as drawn"),
    ParameterDefinition(
      "problem.snr", .number(0...Double.infinity, open: true), default: .number(.infinity),
      "signal energy |A*|_F^2 over total noise energy"),
    ParameterDefinition(
      "problem.observations", .choice(Observations.allCases.map(\.rawValue)),
      default: .text("uniform"), "completion: symmetric observes (i, j) and (j, i) together"),
    ParameterDefinition(
      "problem.row_variance", .expression(["1/n", "1/N"]), default: .text("1/n"),
      "sensing: variance of the entries of X1 and X2; n is n1 or n2"),
    ParameterDefinition(
      "problem.sensing_factors", .choice(SensingFactors.allCases.map(\.rawValue)),
      default: .text("independent"),
      "sensing: X1 and X2 from draws of their own, or the same draws (a slip of the authors' code)"),
    ParameterDefinition(
      "problem.coherent_rows", .choice(CoherentRows.allCases.map(\.rawValue)),
      default: .text("random"),
      "sensing: which singular vectors tau takes: random (authors' code) or first (paper)"),
    ParameterDefinition(
      "problem.target_seed", .integer(0...Int(UInt32.max)), default: .null,
      "seed of the target, if not the run's"),
    ParameterDefinition(
      "problem.measurement_seed", .integer(0...Int(UInt32.max)), default: .null,
      "seed of the measurements and the noise, if not the run's"),
  ]
}
