import BatchNumerics
import Experiments
import Sweeps

/// One seed of the completion by U V^T.
struct CompletionRun {
  let run: FigureInput.Run
  let problem: MatrixRecoveryProblem
  let decay: Double
  let rate: Double
  let width: Int
  /// The singular values of M* that are not zero.
  let target: [Double]
  /// |M*|_*
  let goal: Double
  let targetNorm: Double

  init(_ run: FigureInput.Run) throws {
    self.run = run
    problem = try MatrixRecovery.problem(of: run.prepared)
    decay = try run.number("weight_decay")
    rate = try run.number("learning_rate")
    width = try run.prepared.parameters.integer("width")
    let decomposition = SingularValueDecomposition(problem.target)
    target = Array(decomposition.values.prefix(decomposition.numericalRank))
    goal = target.reduce(0, +)
    targetNorm = euclideanNorm(problem.target.values)
  }

  var sizeCount: Int { run.curves.names.count { $0.hasPrefix("sigma_") } }

  /// A metric, and what is made of one: `test` = |M* - U V^T|_F, `squared_norm` = |w|^2.
  private func curve(_ name: String) throws -> [Double] {
    switch name {
    case "test": try run.curve("test_error").map { $0 * targetNorm }
    case "squared_norm": try run.curve("parameter_norm").map { $0 * $0 }
    default: try run.curve(name)
    }
  }

  func end(_ name: String) throws -> Double { try curve(name).last ?? .nan }

  /// The value at the first evaluation at or after a time.
  func value(_ name: String, at time: Double) throws -> Double? {
    let values = try curve(name)
    let step = (time / rate).rounded()
    return run.curves.steps.firstIndex { Double($0) >= step }.map { values[$0] }
  }

  /// The first time at which a metric is at most `level`, from a time on.
  func time(_ name: String, below level: Double, from start: Double = 0) throws -> Double? {
    let values = try curve(name)
    return run.curves.steps.indices.first {
      rate * Double(run.curves.steps[$0]) >= start && values[$0] <= level
    }.map { rate * Double(run.curves.steps[$0]) }
  }

  /// |w|^2 over that at t = 10.
  func norm(at time: Double) throws -> Double? {
    try value("squared_norm", at: 10).flatMap { first in
      try value("squared_norm", at: time).map { $0 / first }
    }
  }

  var timeOfHalfFall: Double? {
    get throws {
      let last = try end("squared_norm")
      return try value("squared_norm", at: 10).flatMap { first in
        first > last ? try time("squared_norm", below: (first + last) / 2, from: 10) : nil
      }
    }
  }

  var timeOfHalfTest: Double? {
    get throws {
      try value("test", at: 1).flatMap { try time("test", below: $0 / 2, from: 1) }
    }
  }

  func rows() throws -> [[String]] {
    let columns = try ["train_loss", "test", "squared_norm", "nuclear_norm"].map(curve)
    return [["step", "t", "train_loss", "test_F", "squared_norm", "nuclear_norm"]]
      + table(columns)
  }

  func singularValueRows() throws -> [[String]] {
    let names = run.curves.names.filter { $0.hasPrefix("sigma_") }
    return [["step", "t"] + names] + table(try names.map(curve))
  }

  private func table(_ columns: [[Double]]) -> [[String]] {
    Thinning.indices(run.curves.steps).map { index in
      let step = run.curves.steps[index]
      return ["\(step)", "\(rate * Double(step))"] + columns.map { "\($0[index])" }
    }
  }
}
