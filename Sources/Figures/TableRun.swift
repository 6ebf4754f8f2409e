import BatchNumerics
import Experiments
import Foundation
import Sweeps

/// One run of the multiplication table.
struct TableRun {
  let run: FigureInput.Run
  let decay: Double
  let alpha: Double
  let seed: Int
  let rate: Double
  let problem: MatrixRecoveryProblem
  let table: String

  init(_ run: FigureInput.Run) throws {
    self.run = run
    decay = try run.number("weight_decay")
    alpha = try run.number("init.scale")
    seed = Int(try run.number("seed"))
    rate = try run.number("learning_rate")
    problem = try MatrixRecovery.problem(of: run.prepared)
    table = "lambda\(decay)-alpha\(Number.short(alpha))-seed\(seed)"
  }

  func end(_ metric: String) throws -> Double { try run.curve(metric).last ?? .nan }

  /// |W - X*|_F at the end.
  var distance: Double {
    get throws { try end("test_error") * euclideanNorm(problem.target.values) }
  }

  var isFinite: Bool { (try? end("test_loss").isFinite) ?? false }

  /// lambda t between two evaluations late in the run.
  var resolution: Double {
    let last = run.curves.steps.suffix(3)
    return last.count < 3
      ? .nan : decay * rate * Double(last[last.startIndex + 1] - last[last.startIndex])
  }

  /// lambda t at which the test loss falls to `level`, between evaluations by its logarithm.
  func crossing(_ level: Double) throws -> Double? {
    let losses = try run.curve("test_loss")
    guard let index = losses.firstIndex(where: { $0 <= level }) else { return nil }
    let unit = decay * rate
    guard index > 0, losses[index] > 0 else { return unit * Double(run.curves.steps[index]) }
    let share = log(losses[index - 1] / level) / log(losses[index - 1] / losses[index])
    let (before, after) = (run.curves.steps[index - 1], run.curves.steps[index])
    return unit * (Double(before) + share * Double(after - before))
  }

  // MARK: - The kernel regime

  /// A step on the plateau: lambda t of 0.2, and 1e3 steps at least.
  private var plateauIndex: Int? {
    let step = max(1000, 0.2 / (decay * rate))
    return run.curves.steps.firstIndex { Double($0) >= step }
  }

  var plateau: Double? {
    get throws { try plateauIndex.map { try run.curve("test_loss")[$0] } }
  }

  var trainFloor: Double? {
    get throws { try plateauIndex.map { try run.curve("train_loss")[$0] } }
  }

  private var entries: [ObservedEntry] {
    if case .entries(let entries) = problem.measurements { entries } else { [] }
  }

  /// The mean of A*_ij^2 over entries of which neither (i, j) nor (j, i) was observed, among all
  /// that were not observed: what W = 0 there and W = A* elsewhere costs.
  var kernelLoss: Double {
    let flags = problem.isObserved
    let size = problem.target.columns
    let unknown = flags.indices.filter { !flags[$0] && !flags[$0 % size * size + $0 / size] }
    let sum = unknown.reduce(0) { $0 + problem.target.values[$1] * problem.target.values[$1] }
    return sum / Double(flags.count { !$0 })
  }

  /// The train loss that balances decay in the kernel regime: residuals n lambda y / (alpha^2 K),
  /// with alpha e^{-lambda t} for alpha, and K = 4, or 8 for diagonal entries and for pairs of which
  /// both were observed.
  var kernelFloor: Double {
    guard let index = plateauIndex else { return .nan }
    let flags = problem.isObserved
    let size = problem.target.columns
    let count = Double(problem.count)
    let growth = exp(2 * decay * rate * Double(run.curves.steps[index]))
    return entries.reduce(0) { sum, entry in
      let kernel = flags[entry.column * size + entry.row] ? 8.0 : 4.0
      let residual = count * decay * entry.value * growth / (alpha * alpha * kernel)
      return sum + residual * residual
    } / count
  }

  /// The learning rate as a share of the limit n / (8 alpha^2).
  var stepShare: Double { 8 * alpha * alpha * rate / Double(problem.count) }

  // MARK: - The end point

  /// Losses and nuclear norm of the minimiser of loss + lambda/2 |W|_* over symmetric W.
  func convexEnd() throws -> (train: Double, test: Double, nuclear: Double) {
    let convex = NuclearMinimizer(
      problem, weight: 2 / Double(problem.count), gamma: decay / 2, isSymmetric: true)
    let flags = problem.isObserved
    let unobserved = flags.indices.filter { !flags[$0] }
    let sum = unobserved.reduce(0) { sum, place in
      let error = convex.matrix.values[place] - problem.target.values[place]
      return sum + error * error
    }
    return (convex.loss, sum / Double(unobserved.count), convex.nuclearNorm)
  }

  /// Losses, norms and shifted slow time lambda t - ln alpha.
  func rows() throws -> [[String]] {
    let (train, test) = (try run.curve("train_loss"), try run.curve("test_loss"))
    let (nuclear, norm) = (try run.curve("nuclear_norm"), try run.curve("parameter_norm"))
    let header = [
      "step", "train_loss", "test_loss", "nuclear_norm", "squared_norm", "shifted_slow_time",
    ]
    return [header]
      + Thinning.indices(run.curves.steps).map { index in
        let step = run.curves.steps[index]
        return [
          "\(step)", "\(train[index])", "\(test[index])", "\(nuclear[index])",
          "\(norm[index] * norm[index])", "\(decay * rate * Double(step) - log(alpha))",
        ]
      }
  }
}
