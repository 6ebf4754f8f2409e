// This file makes the curves that the sweeps over sample sizes should see, and wrong ones.

import BatchNumerics
import Experiments
import Figures
import Sweeps
import Theory

enum SyntheticSampleSizeRuns {
  static let ids =
    ["fig12", "fig13", "fig21", "fig22", "fig27", "fig28"].map { "notsawo/" + $0 }

  static func prepared(_ id: String, _ scale: FigureScale = .small) throws -> [PreparedRun] {
    try RecipeCatalog.named(id).specs(scale).flatMap {
      try SweepPlan(try SweepSpec(yaml: $0, file: id)).runs
    }
  }

  /// What happens in a run: train error falls at t1, test error at t2.
  struct Course: Sendable {
    let s: Int
    let N: Int
    let tau: Double
    let method: RecoveryMethod
    var t1: Int?
    var t2: Int?
    var train: Double
    var error: Double
    /// Train error from the second step on, if another.
    var later: Double?
    /// Test error at the last step, if another.
    var last: Double?

    init(_ run: PreparedRun) throws {
      s = try run.parameters.integer("problem.s")
      N = try run.parameters.integer("problem.N")
      tau = try run.parameters.number("problem.tau")
      method = try run.parameters.choice("method")
      let row: Measured.Row = Measured.rows[s]?[N / 10 - 1] ?? (nil, nil, 1)
      (t1, t2) = (row.t1, row.t2)
      let floor = s == 1 ? 1.6e-3 : 2e-4
      (train, error) = (floor, row.t2 == nil ? row.error : floor)
      if method == .projected { (t1, train) = (1, 1e-15) }
      if row.t2 != nil {
        error *= method == .proximal ? 0.85 : method == .projected ? 0.2 : 1
        if method == .projected, N == 100 { (t2, error) = (1, 1e-13) }
      }
      if run.parameters["problem.measurement_seed"] != .null { try setCoherent(run) }
    }

    /// As theory has it, but for what was measured.
    private mutating func setCoherent(_ run: PreparedRun) throws {
      let end = try End.of(run)
      train = end.isBlind ? .nan : 2e-4
      error = Measured.errors[N]?[tau] ?? (end.error < 1e-6 ? 2e-4 * (1 + tau) : end.error)
      t1 = tau == 1 ? 67 : 100
      t2 = error > 1e-3 ? nil : tau == 1 ? 67 : Measured.delays[N]?[tau] ?? 20_000
    }

    func run(_ prepared: PreparedRun) -> FigureInput.Run {
      let turns = [t1, t2, t2.map { $0 + 1000 }].compactMap { $0 }
      let steps = Set([0, 1, 2, 10, 998_000, 999_000, 1_000_000] + turns).sorted()
      var curves = RunCurves(names: ["train_error", "test_error"])
      curves.steps = steps
      curves.values = [
        steps.map { step in
          step < t1 ?? .max ? 1 + 0 * train : step > 1 ? later ?? train : train
        },
        steps.map { step in
          if step == 1_000_000, let last { return last }
          return step == 0 ? 1 : step < t2 ?? 0 ? 0.9 : error
        },
      ]
      return FigureInput.Run(prepared: prepared, curves: curves, t1: t1, t2: t2)
    }
  }

  /// Where basis pursuit ends for a generated problem, which every test would solve again.
  struct End: Sendable {
    let error: Double
    let isBlind: Bool

    static func of(_ run: PreparedRun) throws -> End {
      try known.get()[run.problemKey] ?? End(SparseRecovery.problem(of: run))
    }

    private static let known = Result {
      let runs = try prepared("notsawo/fig21")
      return Dictionary(
        uniqueKeysWithValues: try runs.map {
          ($0.problemKey, try End(SparseRecovery.problem(of: $0)))
        })
    }

    private init(_ problem: SparseRecoveryProblem) throws {
      let solution = try BasisPursuit.solve(problem.measurements, problem.observations)
      let distance = zip(solution.coefficients, problem.target).map { $0 - $1 }
      error = euclideanNorm(distance) / euclideanNorm(problem.target)
      isBlind = problem.observations.allSatisfy { $0 == 0 }
    }
  }

  /// The sweep of a figure.
  struct Sweep: Sendable {
    let id: String
    var change: @Sendable (inout Course) -> Void = { _ in }

    init(_ id: String) { self.id = id }

    func input() throws -> FigureInput {
      FigureInput(
        runs: try SyntheticSampleSizeRuns.prepared(id).map { prepared in
          var course = try Course(prepared)
          change(&course)
          return course.run(prepared)
        })
    }
  }

  /// What runs of the subgradient method did.
  enum Measured {
    typealias Row = (t1: Int?, t2: Int?, error: Double)

    /// For each s by N = 10, 20, ..., 100; the error of those that do not recover.
    static let rows: [Int: [Row]] = [
      1: [
        (5, 44_000, 0), (16, 9000, 0), (36, 5000, 0), (58, 4000, 0), (164, 3000, 0),
        (316, 2000, 0), (588, 2000, 0), (743, 2000, 0), (500, 697, 0), (356, 552, 0),
      ],
      5: [
        (11, nil, 0.8431), (25, nil, 0.1777), (60, 101_000, 0), (101, 51_000, 0),
        (163, 39_000, 0), (556, 29_000, 0), (926, 20_000, 0), (3000, 14_000, 0),
        (5000, 6000, 0), (4000, 4000, 0),
      ],
      10: [
        (8, nil, 1.0814), (20, nil, 0.9192), (59, nil, 0.5322), (124, 558_000, 0),
        (228, 187_000, 0), (252, 111_000, 0), (607, 74_000, 0), (2000, 57_000, 0),
        (5000, 24_000, 0), (8000, 10_000, 0),
      ],
      15: [
        (7, nil, 0.9994), (21, nil, 0.8555), (66, nil, 0.6933), (122, nil, 0.1019),
        (230, 244_000, 0), (272, 133_000, 0), (495, 97_000, 0), (2000, 69_000, 0),
        (5000, 32_000, 0), (8000, 11_000, 0),
      ],
    ]

    /// t2 by N and tau.
    static let delays: [Int: [Double: Int]] = [
      30: [0: 89_000, 0.1: 125_000, 0.2: 188_000, 0.3: 196_000, 0.4: 250_000],
      50: [0: 31_000, 0.1: 38_000, 0.2: 49_000, 0.3: 73_000, 0.4: 115_000, 0.5: 151_000],
    ]

    /// Errors that 1e6 steps do not bring to those of basis pursuit, or that beta holds up.
    static let errors: [Int: [Double: Double]] = [
      30: [0.7: 0.5834, 0.8: 0.6464], 40: [0.4: 1.2e-3], 50: [0.6: 1.5e-3],
    ]
  }
}
