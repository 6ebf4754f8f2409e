import BatchNumerics
import Experiments
import Sweeps
import Theory

/// What Fig. 3 of Notsawo et al. shows of one run with l1, beside what theory says of it.
struct SparseAnatomy {
  let run: FigureInput.Run
  let problem: SparseRecoveryProblem
  let theory: SparseRecoveryTheory
  /// beta
  let l1: Double
  /// The measured steps of memorisation and generalisation.
  let (t1, t2): (Double?, Double?)

  init(_ run: FigureInput.Run) throws {
    self.run = run
    let batch = try SparseRecovery().batch(of: [run.prepared], instance: nil)
    problem = batch.problems[0]
    l1 = batch.runs[0].l1
    theory = SparseRecoveryTheory(problem, batch.runs[0])
    (t1, t2) = (run.t1.map(Double.init), run.t2.map(Double.init))
  }

  func claims() throws -> [Claim] {
    try phaseClaims() + normClaims() + errorClaims() + theoryClaims()
  }

  // MARK: - Claims

  /// Both phases, and what drives each.
  private func phaseClaims() throws -> [Claim] {
    let early = try run.t1.flatMap { try run.value("gradient_ratio", at: $0 / 2) }
    return [
      Claim("t1, memorisation (train error 1e-3)", t1, in: 55...65, "60 for this run"),
      Claim(
        "t2, generalisation (test error 1e-3)", t2, in: 99_000...103_000,
        "101,000 for this run, evaluated every 1000 steps"),
      Claim(
        "generalisation is delayed: t2/t1", t1.flatMap { first in t2.map { $0 / first } },
        in: 1000...1e9, "more than a thousand"),
      Claim(
        "before memorisation the regulariser plays no part: |G| / |beta H| at step 1",
        try run.value("gradient_ratio", at: 1), in: 1000...5000, "1/5e-4 for this run"),
      Claim(
        "half way to memorisation it still hardly does: |beta H| / |G| at t1/2",
        early.map { 1 / $0 }, in: 0...0.2, "far below 1"),
      Claim(
        "from memorisation to generalisation the two balance: median |G| / |beta H|",
        try run.median("gradient_ratio", from: run.t1, to: run.t2), in: 0.5...1.2,
        "1/1.14 at step 100, and order 1 after it"),
      Claim(
        "after generalisation data and regulariser balance: median |G| / |beta H|",
        try run.median("gradient_ratio", from: run.t2), in: 0.1...10, "order 1"),
    ]
  }

  private func normClaims() throws -> [Claim] {
    let norms = try run.curve("l1_norm")
    let (start, end) = (try run.value("l2_norm", at: 100), try run.curve("l2_norm").last)
    let least = theory.leastSquares.reduce(0) { $0 + abs($1) }
    return [
      Claim(
        "|a|_1 rises to that of the least-squares solution", norms.extremes.largest,
        in: 0.60...0.66, "0.629 at step 100"),
      Claim(
        "which it is: largest |a|_1 over |a_LS|_1", norms.extremes.largest.map { $0 / least },
        in: 0.97...1.02, "the state passes by a_LS within a few percent"),
      Claim("then falls to that of the target", norms.last, in: 0.289...0.293, "|a*|_1 = 0.29088"),
      Claim(
        "|a|_2 grows while the run generalises: end over step 100",
        start.flatMap { start in end.map { $0 / start } }, in: 1.7...2.0, "0.157 over 0.084"),
    ]
  }

  private func errorClaims() throws -> [Claim] {
    let floor = "2.2e-4 for this run at its end"
    return [
      Claim(
        "final test error", try run.curve("test_error").last, in: 1.5e-4...3e-4,
        "2.2e-4, the floor"),
      Claim(
        "no lower on the way: the least test error", try run.curve("test_error").extremes.least,
        in: 1e-4...3e-4, "\(floor), so that the threshold 1e-4 of other captions is not met"),
      Claim(
        "and the least train error", try run.curve("train_error").extremes.least,
        in: 1e-4...3e-4, "\(floor); the text's 1e-6 is not reached"),
    ]
  }

  /// What theory says in advance.
  private func theoryClaims() throws -> [Claim] {
    let predicted = [theory.memorizationStep(), theory.memorizationStep(asCoded: true)]
    let bound = theory.rowSpaceBound
    let distances = try distances(from: theory.memorizationStep())
    let bias = LassoBias(problem.measurements, target: problem.target, l1: l1)
    return [
      Claim(
        "t2 alpha beta / |a_LS - a*|_inf", t2.flatMap { t2 in theory.delay.map { t2 / $0 } },
        in: 1.43...1.47, "1.45 for this run, evaluated every 1000 steps"),
      Claim(
        "t1 of theory over the measured one, paper (Eq. 78) and code",
        each: predicted.map { step in t1.flatMap { t1 in step.map { $0 / t1 } } }, in: 1...2,
        "an upper bound of the right size: 84.3 and 114.5 over 60"),
      Claim(
        "Theorem 3.1 (i): |P_row (a - a_LS)| over its bound from t1 of theory on, largest",
        distances?.row.flatMap { row in bound.map { row / $0 } }, in: 0...1,
        "0.22 in another measurement"),
      Claim(
        "false as printed, for the whole distance where N < n: |a - a_LS| over the bound, largest",
        distances?.whole.flatMap { whole in bound.map { whole / $0 } }, in: 100...1e9,
        "the part outside of the rows has to move on to the target: 200 by step 20,000 elsewhere"),
      Claim(
        "|X_R^T X_S (X_S^T X_S)^-1 sign(a*_S)|_inf over the rest R of the support S",
        bias?.irrepresentability, in: 1.25...1.33,
        "1.29: above 1, so that the lasso keeps a few entries off the support"),
    ]
  }

  // MARK: - Measures

  /// The largest |P_row (a_t - a_LS)| and |a_t - a_LS| over the evaluated steps from one on; nil where
  /// the run has not recorded its components.
  private func distances(from step: Double?) throws -> (row: Double?, whole: Double?)? {
    let names = problem.target.indices.map { "a_\($0)" }
    guard let step, names.allSatisfy(run.curves.names.contains) else { return nil }
    let components = try names.map(run.curve)
    var (row, whole): ([Double], [Double]) = ([], [])
    for index in run.curves.steps.indices where Double(run.curves.steps[index]) >= step {
      let away = zip(components, theory.leastSquares).map { $0[index] - $1 }
      row.append(euclideanNorm(theory.spectrum.coordinates(away)))
      whole.append(euclideanNorm(away))
    }
    return (row.extremes.largest, whole.extremes.largest)
  }
}
