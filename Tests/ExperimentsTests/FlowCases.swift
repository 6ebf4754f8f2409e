// This file makes small flows for tests and follows them with Runge-Kutta steps in all 2d numbers.

import BatchNumerics
import Experiments
import Foundation

/// A small diagonal model, its data and a start.
struct FlowCase: Sendable, CustomStringConvertible {
  var parameterization: DiagonalParameterization
  var loss: MarginLoss
  var samples = 3
  var features = 5
  var weight = 1.0 / 3
  var weightDecay = 0.3
  /// Whether u0 = v0.
  var isBalanced = false
  var isSigns = false

  var description: String { "\(parameterization), \(loss)\(isBalanced ? ", balanced" : "")" }

  /// How many more Runge-Kutta steps a test needs: rates go with u^(2 L - 2).
  var stiffness: Int { parameterization == .difference(depth: 4) ? 10 : 1 }

  static let parameterizations: [DiagonalParameterization] =
    [.linear, .product] + (1...4).map { .difference(depth: $0) }

  static let all: [FlowCase] = parameterizations.flatMap { parameterization in
    MarginLoss.allCases.flatMap { loss in
      [false, true].map {
        FlowCase(parameterization: parameterization, loss: loss, isBalanced: $0)
      }
    }
  }

  var problem: DiagonalProblem {
    var stream = RandomStream(seed: 3, purpose: .inputs)
    var x = DenseMatrix(
      rows: samples, columns: features, values: stream.normals(samples * features))
    if isSigns { x.values = x.values.map { $0 < 0 ? -1 : 1 } }
    let y = stream.normals(samples).map { loss.isClassification ? ($0 < 0 ? -1.0 : 1) : $0 }
    guard isSigns, let signs = SignMatrix(x) else {
      return DiagonalProblem(features: .dense(x), targets: y)
    }
    return DiagonalProblem(features: .signs(signs), targets: y)
  }

  /// Numbers in 0.5...1.5; where zeros and signs are allowed, these too.
  var initial: [Double] {
    var stream = RandomStream(seed: 4, purpose: .initialization)
    var values = (0..<(parameterization.factorCount * features)).map { _ in 0.5 + stream.uniform() }
    if case .difference(depth: 3...) = parameterization {
    } else if !isBalanced {
      values[0] = -values[0]
      values[1] = 0
    }
    if isBalanced, parameterization.factorCount == 2 {
      for k in 0..<features { values[features + k] = values[k] }
    }
    return values
  }

  func flow(tolerance: Double) throws -> ReducedFlow {
    try ReducedFlow(
      problem: problem, parameterization: parameterization, loss: loss, weight: weight,
      weightDecay: weightDecay, initial: initial, tolerance: tolerance)
  }

  /// -(dF/dtheta + lambda theta) in all numbers.
  func velocity(_ theta: [Double], _ problem: DiagonalProblem) -> [Double] {
    let x = problem.features.dense
    return velocity(theta, (x, x.transposed, problem.targets))
  }

  typealias Samples = (x: DenseMatrix, turned: DenseMatrix, y: [Double])

  private func velocity(_ theta: [Double], _ samples: Samples) -> [Double] {
    let d = features
    let q = samples.x.multiplied(by: parameterization.predictor(theta))
    let g = samples.turned.multiplied(
      by: zip(q, samples.y).map { weight * loss.slope($0, $1) })
    var result = theta.map { -weightDecay * $0 }
    for k in 0..<d {
      switch parameterization {
      case .linear: result[k] -= g[k]
      case .product:
        result[k] -= theta[d + k] * g[k]
        result[d + k] -= theta[k] * g[k]
      case .difference(let depth):
        let degree = Double(depth)
        result[k] -= degree * pow(theta[k], degree - 1) * g[k]
        result[d + k] += degree * pow(theta[d + k], degree - 1) * g[k]
      }
    }
    return result
  }

  /// The classical Runge-Kutta method in all numbers.
  func rungeKutta(to time: Double, steps: Int) -> [Double] {
    let (data, h) = (problem, time / Double(steps))
    let problem = (data.features.dense, data.features.dense.transposed, data.targets)
    func shifted(_ theta: [Double], _ slope: [Double], _ length: Double) -> [Double] {
      zip(theta, slope).map { $0 + length * $1 }
    }
    var theta = initial
    for _ in 0..<steps {
      let k1 = velocity(theta, problem)
      let k2 = velocity(shifted(theta, k1, h / 2), problem)
      let k3 = velocity(shifted(theta, k2, h / 2), problem)
      let k4 = velocity(shifted(theta, k3, h), problem)
      for i in theta.indices {
        theta[i] += h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i])
      }
    }
    return theta
  }

  /// |a - b| / |b|
  static func distance(_ a: [Double], _ b: [Double]) -> Double {
    euclideanNorm(zip(a, b).map { $0 - $1 }) / euclideanNorm(b)
  }
}
