// This file implements batches of diagonal networks and a plain loop that trains them, for tests.

import BatchNumerics
import OpenCLBackend
import OpenCLHost
import Synchronization
import _TestSupport

/// A batch of diagonal networks and how it is laid out.
struct DiagonalNetworkCase: Sendable, CustomStringConvertible {
  var samples = 7
  var features = 93
  var parameterization = DiagonalParameterization.difference(depth: 2)
  var loss = MarginLoss.logistic
  var noise = 0.0
  var isSigns = true
  var precision = Precision.f64
  var runs = 3
  var problems = 1
  var forcing = DiagonalNetworkForcing()
  var steps = 20

  var method: DiagonalMethod { noise > 0 ? .labelNoise : .gradientDescent }

  var description: String {
    "n=\(samples) d=\(features) \(parameterization) \(loss) noise=\(noise) "
      + "\(isSigns ? "signs" : "dense") \(precision) runs=\(runs)/\(problems) "
      + "chunks=\(forcing.chunks ?? 0) W=\(forcing.groupSize ?? 0) R=\(forcing.runsPerGroup ?? 0)"
  }

  func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }

  /// Small steps of numbers of size 1 / sqrt(d), so that no direction is unstable.
  var batch: DiagonalNetworkBatch {
    var numbers = TestNumbers(seed: UInt32(31 + samples + features))
    let (n, d) = (samples, features)
    let problems = (0..<problems).map { _ -> DiagonalProblem in
      var matrix = DenseMatrix(rows: n, columns: d, values: numbers.next(n * d))
      if isSigns { matrix.values = matrix.values.map { Self.sign($0) } }
      var targets = numbers.next(n)
      if loss.isClassification { targets = targets.map { Self.sign($0) } }
      if isSigns, let signs = SignMatrix(matrix) {
        return DiagonalProblem(features: .signs(signs), targets: targets)
      }
      return DiagonalProblem(features: .dense(matrix), targets: targets)
    }
    let scale = 1 / Double(d).squareRoot()
    return DiagonalNetworkBatch(
      samples: n, features: d, parameterization: parameterization, loss: loss,
      weight: method == .labelNoise ? 1 : 1 / Double(n), method: method, labelNoise: noise,
      precision: precision, problems: problems,
      runs: (0..<runs).map { run -> DiagonalRun in
        let initial = numbers.next(parameterization.factorCount * d)
        return DiagonalRun(
          problem: run * self.problems / runs, learningRate: 0.02 / Double(d + run),
          weightDecay: 0.1 * Double(run), initial: initial.map { scale * ($0 + 0.5) },
          steps: steps, seed: UInt32(5 + run))
      })
  }

  private static func sign(_ x: Double) -> Double { x < 0 ? -1 : 1 }

  func session(_ batch: DiagonalNetworkBatch, on device: Device) throws -> any TrainingSession {
    try DiagonalBackends.backend(device, forcing).session(for: batch, mapping: .automatic)
  }
}

/// Backends by what they force, so that each program is built once.
enum DiagonalBackends {
  private struct Key: Hashable {
    let device: Device
    let forcing: DiagonalNetworkForcing
  }
  private static let backends = Mutex<[Key: OpenCLTrainingBackend]>([:])

  static func backend(
    _ device: Device, _ forcing: DiagonalNetworkForcing
  ) throws -> OpenCLTrainingBackend {
    try backends.withLock { backends in
      let key = Key(device: device, forcing: forcing)
      if let backend = backends[key] { return backend }
      let backend = try OpenCLTrainingBackend(device, diagonal: forcing)
      backends[key] = backend
      return backend
    }
  }
}

extension DiagonalNetworkBatch {
  /// Some of the runs, in the order given, with the problems they need.
  func selecting(_ indices: [Int]) -> DiagonalNetworkBatch {
    let used = Array(Set(indices.map { runs[$0].problem })).sorted()
    return DiagonalNetworkBatch(
      samples: samples, features: features, parameterization: parameterization, loss: loss,
      weight: weight, method: method, labelNoise: labelNoise, precision: precision,
      records: records, problems: used.map { problems[$0] },
      runs: indices.map { index in
        runs[index].changed(problem: used.firstIndex(of: runs[index].problem))
      })
  }

  /// The run's state after so many steps, by the formulas, entry by entry in double.
  func plainState(ofRun index: Int, after steps: Int) -> [Double] {
    let (run, d) = (runs[index], features)
    let problem = problems[run.problem]
    let draws = LabelNoise(seed: run.seed, samples: samples)
    var state = run.initial
    for step in 0..<steps {
      let w = parameterization.predictor(state)
      let draw = draws.draw(step)
      var slopes = [Double](repeating: 0, count: samples)
      for i in method == .labelNoise ? [draw.sample] : Array(0..<samples) {
        var q = 0.0
        for k in 0..<d { q += Self.entry(problem.features, i, k) * w[k] }
        let y = problem.targets[i] + (method == .labelNoise ? labelNoise * draw.noise : 0)
        slopes[i] = weight * loss.slope(q, y)
      }
      for k in 0..<d {
        var g = 0.0
        for i in 0..<samples { g += Self.entry(problem.features, i, k) * slopes[i] }
        let old = (0..<parameterization.factorCount).map { state[$0 * d + k] }
        for (factor, slope) in factorSlopes(old, g).enumerated() {
          state[factor * d + k] -= run.learningRate * (slope + run.weightDecay * old[factor])
        }
      }
    }
    return state
  }

  private func factorSlopes(_ old: [Double], _ g: Double) -> [Double] {
    switch parameterization {
    case .linear: return [g]
    case .product: return [old[1] * g, old[0] * g]
    case .difference(let depth):
      let powers = old.map { x in (1..<depth).reduce(1.0) { power, _ in power * x } }
      return [Double(depth) * powers[0] * g, -Double(depth) * powers[1] * g]
    }
  }

  private static func entry(_ features: FeatureMatrix, _ row: Int, _ column: Int) -> Double {
    switch features {
    case .dense(let matrix): matrix.values[row * matrix.columns + column]
    case .signs(let matrix): matrix[row, column]
    }
  }
}

extension DiagonalRun {
  /// Nil keeps what is.
  func changed(
    problem: Int? = nil, learningRate: Double? = nil, initial: [Double]? = nil
  ) -> DiagonalRun {
    DiagonalRun(
      problem: problem ?? self.problem, learningRate: learningRate ?? self.learningRate,
      weightDecay: weightDecay, initial: initial ?? self.initial, steps: steps, seed: seed)
  }
}

extension Tolerance {
  /// States of size 1 / sqrt(d) after `steps` small steps: an update rounds twice, and a sum over
  /// `terms` numbers in any order moves it by lr of its rounding, which is less.
  static func diagonal(_ precision: Precision, steps: Int, terms: Int) -> Tolerance {
    let growth = Double(4 * steps + terms) * precision.epsilon
    return Tolerance(absolute: growth, relative: growth)
  }
}
