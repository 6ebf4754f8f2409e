// This file implements the networks' objectives as plain sums, from their formulas alone.

import BatchNumerics
import Foundation
import Testing

/// The objective of a run, sample by sample and unit by unit.
struct PlainNetwork {
  let batch: NetworkBatch
  var model: NetworkModel { batch.model }
  var run: NetworkRun { batch.runs[0] }
  var problem: NetworkProblem { batch.problems[run.problem] }

  /// A parameter's matrix, nil where the network has none of the name.
  struct Matrix {
    let rows: Int
    let columns: Int
    let isWeight: Bool
    let values: ArraySlice<Double>
    subscript(i: Int, j: Int) -> Double { values[values.startIndex + i * columns + j] }
  }

  func matrices(_ theta: [Double]) -> [String: Matrix] {
    var result: [String: Matrix] = [:]
    var start = 0
    for shape in model.parameters {
      let size = shape.rows * shape.columns
      result[shape.name] = Matrix(
        rows: shape.rows, columns: shape.columns, isWeight: shape.isWeight,
        values: theta[start..<(start + size)])
      start += size
    }
    return result
  }

  // MARK: - Forward

  /// u of a sample.
  private func features(_ parts: [String: Matrix], _ i: Int) -> [Double] {
    switch (problem.train.inputs, model.input) {
    case (.dense(let x), _): return (0..<x.columns).map { x[i, $0] }
    case (.tokens(let tokens), .tokens(_, let d, let aggregation, _)):
      guard let first = parts["E"] ?? parts["E1"], let second = parts["E"] ?? parts["E2"] else {
        return []
      }
      let a = (0..<d).map { first[Int(tokens[2 * i]), $0] }
      let b = (0..<d).map { second[Int(tokens[2 * i + 1]), $0] }
      switch aggregation {
      case .sum: return zip(a, b).map { $0 + $1 }
      case .hadamard: return zip(a, b).map { $0 * $1 }
      case .concat: return a + b
      case .matrixProduct:
        let q = Int(Double(d).squareRoot())
        return (0..<d).map { entry in
          let (row, column) = (entry / q, entry % q)
          return (0..<q).reduce(0) { $0 + a[row * q + $1] * b[$1 * q + column] }
        }
      }
    default: return []
    }
  }

  /// W1 u + b1 of a sample.
  func preactivations(_ theta: [Double], _ i: Int) -> [Double] {
    let parts = matrices(theta)
    let bias = parts[model.names.firstBias]
    let shift = (0..<model.hidden).map { bias?[0, $0] ?? 0 }
    if let table = parts["W1^T"], case .tokens(let tokens) = problem.train.inputs {
      let (a, b) = (Int(tokens[2 * i]), Int(tokens[2 * i + 1]))
      return (0..<model.hidden).map { table[a, $0] + table[b, $0] + shift[$0] }
    }
    guard let weights = parts[model.names.first] else { return [] }
    let u = features(parts, i)
    return (0..<model.hidden).map { j in
      u.indices.reduce(shift[j]) { $0 + weights[j, $1] * u[$1] }
    }
  }

  func outputs(_ theta: [Double], _ i: Int) -> [Double] {
    let parts = matrices(theta)
    guard let weights = parts[model.names.second] else { return [] }
    let h = preactivations(theta, i).map { max(0, $0) }
    return (0..<model.outputs).map { c in
      h.indices.reduce(parts["b2"]?[0, c] ?? 0) { $0 + weights[c, $1] * h[$1] }
    }
  }

  // MARK: - Loss

  /// The mean loss over some samples, before any logarithm.
  func meanLoss(_ theta: [Double], of samples: [Int]? = nil) -> Double {
    let chosen = samples ?? Array(0..<problem.train.count)
    let sum = chosen.reduce(0.0) { sum, i in
      let o = outputs(theta, i)
      switch problem.train.targets {
      case .values(let y):
        return sum + o.indices.reduce(0) { $0 + (o[$1] - y[i, $1]) * (o[$1] - y[i, $1]) } / 2
      case .labels(let labels):
        return sum + log(o.reduce(0) { $0 + exp($1) }) - o[Int(labels[i])]
      }
    }
    return sum / Double(chosen.count)
  }

  // MARK: - Penalties

  /// Everything that is added to the loss, from the published forms.
  func penalty(_ theta: [Double]) -> Double {
    let forms = batch.penalties
    return matrices(theta).values.reduce(0.0) { total, matrix in
      let square = matrix.values.reduce(0) { $0 + $1 * $1 }
      var own = run.weightDecay / 2 * square
      if matrix.isWeight || !forms.spareBiases {
        own += run.l1 * matrix.values.reduce(0) { $0 + abs($1) }
        own += run.l2 * (forms.l2Form == .squared ? square : square.squareRoot())
      }
      if matrix.isWeight, run.nuclear > 0 {
        let dense = DenseMatrix(
          rows: matrix.rows, columns: matrix.columns, values: Array(matrix.values))
        own += run.nuclear * SingularValueDecomposition(dense).values.reduce(0, +)
      }
      return total + own
    } + sobolev(theta)
  }

  private func sobolev(_ theta: [Double]) -> Double {
    guard run.sobolev > 0 else { return 0 }
    let parts = matrices(theta)
    guard let first = parts[model.names.first], let second = parts[model.names.second] else {
      return .nan
    }
    var sum = 0.0
    for i in 0..<problem.train.count {
      let z = preactivations(theta, i)
      for c in 0..<model.outputs {
        for k in 0..<model.features {
          let slope = (0..<model.hidden).reduce(0.0) {
            $0 + (z[$1] > 0 ? second[c, $1] * first[$1, k] : 0)
          }
          let difference = slope - problem.jacobians[c][i, k]
          sum += difference * difference
        }
      }
    }
    return batch.penalties.sobolevForm == .norm
      ? run.sobolev * sum.squareRoot() : run.sobolev * sum / Double(problem.train.count)
  }

  func objective(_ theta: [Double]) -> Double { meanLoss(theta) + penalty(theta) }

  // MARK: - Kinks

  /// How far the nearest unit, and where l1 is penalised the nearest parameter, is from zero; for
  /// nuclear norms the smallest singular value.
  var distanceFromKinks: Double {
    let theta = run.initial
    var nearest = (0..<problem.train.count).flatMap { preactivations(theta, $0) }
      .reduce(Double.infinity) { min($0, abs($1)) }
    if run.l1 > 0 { nearest = theta.reduce(nearest) { min($0, abs($1)) } }
    if run.nuclear > 0 {
      for matrix in matrices(theta).values where matrix.isWeight {
        let dense = DenseMatrix(
          rows: matrix.rows, columns: matrix.columns, values: Array(matrix.values))
        nearest = min(nearest, SingularValueDecomposition(dense).values.last ?? 0)
      }
    }
    return nearest
  }
}
