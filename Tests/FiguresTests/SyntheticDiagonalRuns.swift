// This file makes the curves of diagonal nets and of linear regression that the recipes should see,
// and wrong ones.

import BatchNumerics
import Experiments
import Figures
import Foundation
import Sweeps
import Theory

enum SyntheticDiagonalRuns {
  static let ids = [
    "lyu/fig1a", "lyu/fig1b", "lyu/appB2-label-noise", "boursier/fig4", "boursier/linreg",
  ]

  /// The runs at small scale, prepared once: data of 100,000 features are drawn for it.
  private static let small = Dictionary(
    uniqueKeysWithValues: ids.map { id in (id, Result { try SyntheticRuns.prepared(id) }) })

  static func prepared(_ id: String) throws -> [PreparedRun] { try small[id]?.get() ?? [] }

  /// A run with other parameters.
  static func changed(
    _ run: PreparedRun, _ changes: [String: ParameterValue]
  ) -> PreparedRun {
    var parameters = run.parameters
    for (key, value) in changes { parameters[key] = value }
    return PreparedRun(
      parameters: parameters, steps: run.steps, schedule: run.schedule, thresholds: run.thresholds,
      batchKey: run.batchKey, problemKey: run.problemKey, bytes: run.bytes)
  }

  /// The steps at which a run is evaluated.
  static func steps(_ run: PreparedRun) -> [Int] {
    guard case .at(let steps) = run.schedule else { return [] }
    return steps
  }

  /// Some input that a recipe can draw.
  static func input(_ id: String) throws -> FigureInput {
    switch id {
    case "lyu/fig1a": try Classes.sparse.input()
    case "lyu/fig1b": try Classes.largeMargin.input()
    case "lyu/appB2-label-noise": try Noise().input()
    case "boursier/fig4": try Fourier().input()
    default: try Linear().input()
    }
  }

  // MARK: - Lyu et al., appendix B.2

  /// Label noise: |theta|^2 and the population loss are the predicted ones, less a power of eta.
  struct Noise {
    /// 1 less |theta|^2 over the predicted one at the smallest eta, and its power of eta.
    var bias = 0.02
    var exponent = 0.5
    /// Factors of |theta|^2, for an eta, and of the population loss after eta^-1.25 steps.
    var early: @Sendable (Double) -> Double = { _ in 1 }
    var earlyLoss = 1.0
    /// Train loss is in proportion to this power of eta.
    var power = 1.0
    /// The T until which the population loss stays where it starts.
    var hold = 0.0
    /// Population loss over the predicted one at T = 0.5.
    var loss = 1.0
    /// In place of those of the spec.
    var parameters: [String: ParameterValue] = [:]
    /// Whether the runs of the smallest eta are not a number from T = 0.25 on.
    var diverges = false

    func input() throws -> FigureInput {
      let runs = try SyntheticDiagonalRuns.prepared("lyu/appB2-label-noise").map {
        SyntheticDiagonalRuns.changed($0, parameters)
      }
      let drift = try Drift(runs[0])
      return FigureInput(
        runs: try runs.map { run in
          let rate = try run.parameters.number("learning_rate")
          let seed = try run.parameters.number("seed")
          let isFinest = rate < 3e-4
          // The mean over eight seeds is that without this.
          let scatter = 1 + 0.01 * (seed - 4.5)
          let ratio = (1 - bias * pow(rate / 2.5e-4, exponent)) * scatter
          // A few steps are enough; T = eta^2 k.
          let steps = Drift.times.map { Int(($0 / rate / rate).rounded(.up)) }
          let isEarly = { (point: Drift.Point) in point.time > 1e-3 && point.time < 0.02 }
          let shrinking = early(rate)
          func law(_ of: @escaping (Drift.Point) -> Double) -> (Int) -> Double {
            { step in
              let time = rate * rate * Double(step)
              return diverges && isFinest && time > 0.25 ? .nan : of(drift.point(time))
            }
          }
          return SyntheticMatrixRuns.run(
            run, steps: steps,
            [
              ("train_loss", law { $0.time < 0.01 ? 1 : 10 * pow(rate, power) }),
              (
                "norm",
                law { ($0.squaredNorm * ratio * (isEarly($0) ? shrinking : 1)).squareRoot() }
              ),
              (
                "population_loss",
                law { point in
                  if point.time < hold { return drift.point(0).loss }
                  return point.loss * (point.time > 0.45 ? loss : isEarly(point) ? earlyLoss : 1)
                }
              ),
            ])
        })
    }

    /// u^2 - v^2 where each coordinate of u and v has decayed by e^{-8 c_k T}.
    private struct Drift {
      struct Point {
        let time: Double
        let squaredNorm: Double
        let loss: Double
      }

      private let points: [Point]

      /// T, among them those of eta^-1.25 steps.
      static let times =
        [0, 0.001] + [2.5e-4, 1e-3, 4e-3].map { pow($0, 0.75) }
        + [0.02, 0.05, 0.1, 0.16, 0.18, 0.22, 0.28, 0.3, 0.34, 0.38, 0.42, 0.46, 0.5]

      init(_ run: PreparedRun) throws {
        let problem = try DiagonalNetwork().batch(of: [run], instance: nil).problems[0]
        let (x, y) = (problem.features.dense, problem.targets)
        let start = try run.parameters.number("init.scale")
        guard case .gaussian(let target) = problem.population else {
          throw SpecError("a gaussian problem has a target")
        }
        points = Self.times.map { time in
          let squares = (0..<x.columns).map { k in
            let c = (0..<x.rows).reduce(0) { $0 + x[$1, k] * x[$1, k] } / Double(x.rows)
            return pow(start * exp(-8 * c * time), 2)
          }
          let net = InterpolatingNet(x, y, up: squares, down: squares, rate: 4)
          return Point(
            time: time, squaredNorm: net.squaredNorm,
            loss: zip(net.predictor, target).reduce(0) { $0 + pow($1.0 - $1.1, 2) })
        }
      }

      func point(_ time: Double) -> Point {
        points.min { abs($0.time - time) < abs($1.time - time) } ?? points[0]
      }
    }
  }

  // MARK: - Boursier et al., figure 4

  /// A net on Fourier features: a plateau of large norm until lambda t = 0.3, then the convex solution
  /// and what u^2 - v^2 still adds.
  struct Fourier {
    /// Of the small scale's eight.
    var seeds: [Int] = [1, 2, 3]
    /// When the train loss is almost 0.
    var interpolation = 50.0
    /// |w|^2 at the start.
    var start = 12.0
    /// |w|^2 on the plateau over twice the least l1 norm.
    var plateau = 2.5
    /// lambda t at its end.
    var fall = 0.3
    /// The predictor over the convex solution.
    var scale = 1.0
    /// Factors of |w|^2 around t = 1e4, at 5e4, at 1e5 and at the end.
    var share = 1.0
    var middle = 1.0
    var late = 1.0
    var end = 1.0
    /// Test loss at the end over that on the plateau.
    var final = 1e-5
    var decay = 1e-4

    /// A seed's convex solutions.
    private struct Ends {
      let endpoint: [Double]
      let least: Double
      /// u0^2 - v0^2
      let gaps: [Double]

      init(_ run: PreparedRun, _ decay: Double) throws {
        let batch = try DiagonalNetwork().batch(of: [run], instance: nil)
        let (x, y) = (batch.problems[0].features.dense, batch.problems[0].targets)
        let weight = 0.5 / Double(y.count)
        endpoint = try Lasso.solve(x, y, weight: weight, gamma: decay).coefficients
        least = try Lasso.solve(x, y, weight: weight, gamma: 1e-7, tolerance: 1e-7).l1Norm
        let (start, d) = (batch.runs[0].initial, x.columns)
        gaps = (0..<d).map { start[$0] * start[$0] - start[d + $0] * start[d + $0] }
      }

      /// |u|^2 + |v|^2 where u v = w and u^2 - v^2 has decayed until then.
      func squaredNorm(_ w: [Double], _ slowTime: Double) -> Double {
        zip(gaps, w).reduce(0) {
          let gap = $1.0 * exp(-2 * slowTime)
          return $0 + (gap * gap + 4 * $1.1 * $1.1).squareRoot()
        }
      }
    }

    func input() throws -> FigureInput {
      let runs = try SyntheticDiagonalRuns.prepared("boursier/fig4").filter {
        seeds.contains(try $0.parameters.integer("seed"))
      }
      return FigureInput(
        runs: try runs.map { run in
          let ends = try Ends(run, decay)
          let w = ends.endpoint.map { scale * $0 }
          func squaredNorm(_ step: Int) -> Double {
            let (time, slow) = (0.1 * Double(step), 0.1 * decay * Double(step))
            if step == 0 { return start }
            if slow < fall { return 2 * ends.least * plateau }
            let factor =
              time < 2e4 ? share : time < 9e4 ? middle : time < 2e5 ? late : time > 9e5 ? end : 1
            return ends.squaredNorm(w, slow) * factor
          }
          var metrics: [(String, (Int) -> Double)] = [
            ("train_loss", { 0.1 * Double($0) < interpolation ? 1 : 1e-6 }),
            ("test_loss", { 0.1 * decay * Double($0) < fall ? 0.5 : 0.5 * final }),
            ("norm", { squaredNorm($0).squareRoot() }),
            ("l1_norm", { _ in w.reduce(0) { $0 + abs($1) } }),
          ]
          metrics += w.enumerated().map { k, value in ("w_\(k)", { _ in value }) }
          metrics += (0..<401).map { i in ("prediction_\(i)", { _ in 0 }) }
          let changed = SyntheticDiagonalRuns.changed(run, ["weight_decay": .number(decay)])
          return SyntheticMatrixRuns.run(
            changed, steps: SyntheticDiagonalRuns.steps(run), metrics)
        })
    }
  }

  // MARK: - Boursier et al., appendix C

  /// Linear regression on |Xw - y|^2 + lambda/2 |w|^2.
  struct Linear {
    /// Of s_i^2, in flow.
    var factor = 2.0
    var decay = 1e-3
    /// Relative distance of the closed form of the iterates from them.
    var rounding = 0.0
    /// Distance of descent at the smaller rate from where it should be, over |w_0|.
    var coarse = 0.0
    /// Distance of all runs from where they should be at lambda t = 0.03, over |w_0|.
    var bump = 0.0
    /// The decay outside the row space, over lambda.
    var outside = 1.0
    /// Factors of the train loss of flow from lambda t = 0.03 on and of its test loss at the end.
    var train = 1.0
    var test = 1.0
    /// Whether descent at the larger rate is not a number from lambda t = 1 on.
    var diverges = false

    private struct Problem {
      let x: DenseMatrix
      let y: [Double]
      let svd: SingularValueDecomposition
      let start: [Double]
      let testInputs: DenseMatrix
      let testTargets: [Double]

      init(_ run: PreparedRun) throws {
        let batch = try LinearRegression().batch(of: [run], instance: nil)
        let problem = batch.problems[0]
        (x, y, start) = (problem.features.dense, problem.targets, batch.runs[0].initial)
        svd = SingularValueDecomposition(x)
        let test = problem.test
        // A tenth of them is enough.
        testTargets = Array(test?.targets.prefix(100) ?? [])
        testInputs = DenseMatrix(
          rows: 100, columns: x.columns,
          values: Array(test?.features.dense.values.prefix(100 * x.columns) ?? []))
      }

      static func loss(_ x: DenseMatrix, _ w: [Double], _ y: [Double]) -> Double {
        zip(x.multiplied(by: w), y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
    }

    private static let problem = Result {
      try Problem(SyntheticDiagonalRuns.prepared("boursier/linreg")[0])
    }

    /// w in the basis of right singular vectors, mode by mode: <v_i, w> goes to rest + (its start - rest)
    /// times a share; outside of the row space w is a share of its start.
    private func predictor(
      _ problem: Problem, inside: (Double) -> (rest: Double, share: Double), outside: Double
    ) -> [Double] {
      var w = problem.start.map { outside * $0 }
      for i in problem.svd.values.indices {
        let v = (0..<w.count).map { problem.svd.right[$0, i] }
        let size = problem.svd.values[i]
        let first = zip(v, problem.start).reduce(0) { $0 + $1.0 * $1.1 }
        let goal =
          problem.y.indices.reduce(0) { $0 + problem.svd.left[$1, i] * problem.y[$1] } / size
        let (rest, share) = inside(size)
        let value = rest * goal + share * (first - rest * goal) - outside * first
        for k in w.indices { w[k] += value * v[k] }
      }
      return w
    }

    func input() throws -> FigureInput {
      let problem = try Self.problem.get()
      return FigureInput(
        runs: try SyntheticDiagonalRuns.prepared("boursier/linreg").map { original in
          let run = SyntheticDiagonalRuns.changed(original, ["weight_decay": .number(decay)])
          let method = try run.parameters.text("method")
          let rate = try run.parameters.number("learning_rate")
          let (isFlow, steps) = (method == "flow", SyntheticDiagonalRuns.steps(run))
          let marked = steps.first { rate * decay * Double($0) >= 0.03 * (1 - 1e-9) }
          var states: [Int: [Double]] = [:]
          for step in steps {
            let (time, count) = (rate * Double(step), Double(step))
            var w = predictor(
              problem,
              inside: { size in
                let speed = (isFlow ? factor : 2) * size * size
                let total = speed + decay
                return (
                  speed / total, isFlow ? exp(-total * time) : pow(1 - rate * total, count)
                )
              },
              outside: isFlow
                ? exp(-outside * decay * time) : pow(1 - rate * outside * decay, count))
            if method == "exact-descent" { w = w.map { $0 * (1 + rounding) } }
            if step == marked { w = zip(w, problem.start).map { $0 + bump * $1 } }
            if method == "gradient-descent" {
              if rate < 0.05 { w = zip(w, problem.start).map { $0 + coarse * $1 } }
              if diverges, rate > 0.05, decay * time > 1 { w = w.map { _ in .nan } }
            }
            states[step] = w
          }
          func metric(_ law: @escaping ([Double]) -> Double) -> (Int) -> Double {
            { law(states[$0] ?? []) }
          }
          var metrics: [(String, (Int) -> Double)] = [
            (
              "train_loss",
              { step in
                let loss = Problem.loss(problem.x, states[step] ?? [], problem.y)
                return rate * decay * Double(step) < 0.0299 ? loss : train * loss
              }
            ),
            (
              "test_loss",
              { step in
                let loss = Problem.loss(
                  problem.testInputs, states[step] ?? [], problem.testTargets)
                return step == run.steps ? test * loss : loss
              }
            ),
            ("norm", metric { euclideanNorm($0) }),
          ]
          metrics += (0..<problem.x.columns).map { k in ("w_\(k)", metric { $0[k] }) }
          return SyntheticMatrixRuns.run(run, steps: steps, metrics)
        })
    }
  }
}
