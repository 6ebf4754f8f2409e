import BatchNumerics

extension SparseRecovery {
  /// How the factors start.
  enum InitialKind: String, CaseIterable {
    /// every factor scale * (1, ..., 1), as the authors' code does
    case ones
    /// every factor independently scale * N(0, 1/n), as the paper says
    case normal
    /// the product is scale * the least-squares solution
    case leastSquares = "least-squares"
    /// A_1 ... A_{L-1} = scale * (1, ..., 1), A_L = 0: no sign is out of reach
    case signNeutral = "sign-neutral"
  }

  /// How the iterates come about.
  enum Solver: String, CaseIterable {
    case steps
    /// all at once, without l1
    case closedForm = "closed-form"
  }

  enum Basis: String, CaseIterable { case identity, haar }
  enum Generator: String, CaseIterable { case philox, mt19937 }
  enum CoherentRows: String, CaseIterable { case random, first }

  static let problemParameters: [ParameterDefinition] = [
    ParameterDefinition(
      "problem.n", .integer(1...1_000_000), default: .integer(100), "components of the signal"),
    ParameterDefinition(
      "problem.s", .integer(1...1_000_000), default: .integer(5), "non-zero components, at most n"),
    ParameterDefinition(
      "problem.N", .integer(1...1_000_000), default: .integer(30), "measurements"),
    ParameterDefinition(
      "problem.tau", .number(0...1, open: false), default: .number(0),
      "share of measurements that are columns of the basis (coherence)"),
    ParameterDefinition(
      "problem.snr", .number(0...Double.infinity, open: true), default: .number(.infinity),
      "signal energy over total noise energy"),
    ParameterDefinition(
      "problem.row_variance", .expression(["1/N", "1/n"]), default: .text("1/N"),
      "variance of the entries of M"),
    ParameterDefinition(
      "problem.basis", .choice(Basis.allCases.map(\.rawValue)), default: .text("identity"),
      "Phi of X = M Phi"),
    ParameterDefinition(
      "problem.coherent_rows", .choice(CoherentRows.allCases.map(\.rawValue)),
      default: .text("random"),
      "which columns of the basis tau takes: random (authors' code) or first (paper)"),
    ParameterDefinition(
      "problem.generator", .choice(Generator.allCases.map(\.rawValue)), default: .text("philox"),
      "random stream of the data; mt19937 is NumPy's legacy stream, which the authors use"),
    ParameterDefinition(
      "problem.signal_seed", .integer(0...Int(UInt32.max)), default: .null,
      "seed of the signal, if not the run's"),
    ParameterDefinition(
      "problem.measurement_seed", .integer(0...Int(UInt32.max)), default: .null,
      "seed of the measurements and the noise, if not the run's"),
  ]

  static let methodParameters: [ParameterDefinition] = [
    ParameterDefinition(
      "method", .choice(RecoveryMethod.allCases.map(\.rawValue)),
      default: .text("subgradient"), "update rule"),
    ParameterDefinition.choice(
      "solver", Solver.self, .text("steps"),
      "step by step; or the same iterates from X's singular vectors, for depth 1 without l1"),
    ParameterDefinition(
      "depth", .integer(1...8), default: .integer(1), "factors L of a = A_1 * ... * A_L"),
    ParameterDefinition(
      "regularizer.l1", .number(0...Double.greatestFiniteMagnitude, open: false),
      default: .number(1e-5), "beta_1 of beta_1 |A_k|_1 for each factor"),
    ParameterDefinition(
      "regularizer.l2", .number(0...Double.greatestFiniteMagnitude, open: false),
      default: .number(0), "beta_2 of beta_2/2 |A_k|_2^2 for each factor"),
    ParameterDefinition(
      "init.kind", .choice(InitialKind.allCases.map(\.rawValue)), default: .text("ones"),
      "how the factors start"),
    ParameterDefinition(
      "init.scale", .number(-1e300...1e300, open: false), default: .number(1e-6),
      "zeta, the scale of the start"),
    ParameterDefinition(
      "budget.delays", .number(0...1e6, open: true), default: .null, unit: "delays",
      "take so many predicted delays |a_LS - a*|_inf / (lr l1), at most `steps` steps"),
    ParameterDefinition(
      "budget.least", .integer(0...1_000_000_000_000), default: .integer(0), unit: "steps",
      "but at least so many steps"),
    ParameterDefinition(
      "record.trace", .boolean, default: .boolean(false), "record every component a_0 ..."),
    ParameterDefinition(
      "record.support_norms", .boolean, default: .boolean(false),
      "record |a| on and off the support of the target"),
  ]
}
