// This file implements networks and samples for single passes, and their gradients as plain sums.

import BatchNumerics
import Foundation
import _TestSupport

/// A network and the samples of one pass.
struct FusedCase: Sendable, CustomStringConvertible {
  let model: NetworkModel
  var precision = Precision.f64
  var runs = 3
  var samples = 7
  /// Of all samples, in an order of each run's own.
  var taken: Int?
  var sharesSamples = false

  var description: String {
    let input =
      switch model.input {
      case .dense(let features): "dense \(features)"
      case .tokens(let p, let d, let aggregation, let isShared):
        "\(model.isDirect ? "direct " : "")\(aggregation) \(p)x\(d)\(isShared ? " shared" : "")"
      }
    return "\(precision) \(input) h=\(model.hidden) c=\(model.outputs) \(model.loss) "
      + "\(model.hasHiddenBias)\(model.hasOutputBias) \(runs)x\(taken.map { "\($0) of " } ?? "")"
      + "\(samples)\(sharesSamples ? " shared" : "")"
  }

  private static func tokens(
    _ aggregation: Aggregation, isShared: Bool, embedding: Int, hidden: Int, biases: Int
  ) -> NetworkModel {
    NetworkModel(
      input: .tokens(
        vocabulary: 11, embedding: embedding, aggregation: aggregation, isShared: isShared),
      hidden: hidden, outputs: 11, hasHiddenBias: biases > 0, hasOutputBias: biases > 1,
      loss: .crossEntropy)
  }

  private static func direct(_ hidden: Int, biases: Int) -> NetworkModel {
    NetworkModel(
      input: .tokens(vocabulary: 14, embedding: hidden, aggregation: .sum, isShared: true),
      isDirect: true, hidden: hidden, outputs: 7, hasHiddenBias: biases > 0,
      hasOutputBias: biases > 1, loss: .crossEntropy)
  }

  private static func dense(_ features: Int, _ hidden: Int, _ outputs: Int, _ loss: NetworkLoss)
    -> NetworkModel
  {
    NetworkModel(
      input: .dense(features: features), hidden: hidden, outputs: outputs,
      hasHiddenBias: hidden % 2 == 1, hasOutputBias: features % 2 == 1, loss: loss)
  }

  /// Every kind of network; widths around vectors of 4 to 16.
  static let models: [NetworkModel] = [
    tokens(.sum, isShared: true, embedding: 9, hidden: 13, biases: 2),
    tokens(.hadamard, isShared: false, embedding: 17, hidden: 32, biases: 1),
    tokens(.concat, isShared: false, embedding: 9, hidden: 7, biases: 2),
    tokens(.matrixProduct, isShared: true, embedding: 9, hidden: 13, biases: 2),
    tokens(.matrixProduct, isShared: false, embedding: 25, hidden: 16, biases: 1),
    direct(17, biases: 1), direct(64, biases: 0), dense(7, 33, 2, .squared),
    dense(64, 16, 17, .crossEntropy),
  ]

  /// Samples around the blocks of a pass and beyond one for each core; few programs, since devices
  /// build one for each case.
  static let all: [FusedCase] =
    models.enumerated().map { index, model in
      FusedCase(
        model: model, precision: index % 3 == 1 ? .f32 : .f64, runs: 1 + index % 3,
        samples: [193, 7, 1, 95, 1000, 96, 385, 193, 93][index],
        taken: index % 4 == 2 ? 1 + index : nil, sharesSamples: index % 2 == 1)
    } + [
      FusedCase(model: models[1], precision: .f64, samples: 300, taken: 200)
    ]

  /// Parameters and inputs are at most 1 in size, slopes at most 1/N (outputs minus values: more).
  var tolerance: Tolerance {
    let size = Double(model.features * model.hidden)
    return .sum(
      precision, terms: 4 * (model.hidden + model.outputs + model.features),
      magnitude: model.loss == .squared ? size : 4)
  }
}

/// The numbers of a pass.
struct FusedNumbers {
  private let model: NetworkModel
  private let test: FusedCase
  /// [run] of each parameter
  let parameters: [[Double]]
  /// Of all sets of samples: one, or one per run.
  private(set) var features: [Double] = []
  private(set) var tokens: [Int32] = []
  private(set) var values: [Double] = []
  private(set) var labels: [Int32] = []
  /// [run][taken]
  private(set) var order: [Int32] = []

  init(_ test: FusedCase) {
    self.test = test
    model = test.model
    var source = TestNumbers(seed: 5)
    func real(_ count: Int) -> [Double] {
      source.next(count).map { test.precision == .f32 ? Double(Float($0)) : $0 }
    }
    func integers(_ count: Int, below bound: Int) -> [Int32] {
      source.next(count).map { Int32(min(Double(bound - 1), ($0 + 1) / 2 * Double(bound))) }
    }
    let count = test.samples * (test.sharesSamples ? 1 : test.runs)
    parameters = model.parameters.map { real(test.runs * $0.count) }
    switch model.input {
    case .dense(let width): features = real(count * width)
    case .tokens(let vocabulary, _, _, _): tokens = integers(2 * count, below: vocabulary)
    }
    if model.loss == .squared {
      values = real(count * model.outputs)
    } else {
      labels = integers(count, below: model.outputs)
    }
    if let taken = test.taken { order = integers(test.runs * taken, below: test.samples) }
  }

  // MARK: - Plain gradients

  /// The gradients of a run, parameter by parameter.
  func gradients(_ run: Int) -> [[Double]] {
    var result = model.parameters.map { [Double](repeating: 0, count: $0.count) }
    let taken = test.taken ?? test.samples
    for place in 0..<taken {
      let sample = test.taken == nil ? place : Int(order[run * taken + place])
      add(
        run, (test.sharesSamples ? 0 : run * test.samples) + sample, 1 / Double(taken), &result)
    }
    return result
  }

  private func add(_ run: Int, _ sample: Int, _ weight: Double, _ result: inout [[Double]]) {
    let theta = zip(model.parameters, parameters).map { shape, all in
      Array(all[(run * shape.count)..<((run + 1) * shape.count)])
    }
    func place(_ name: String) -> Int? { model.parameters.firstIndex { $0.name == name } }
    let (h, c) = (model.hidden, model.outputs)
    let bias = place("b1").map { theta[$0] } ?? [Double](repeating: 0, count: h)
    let second = place("W2") ?? 0
    let tables = model.tables.indices
    var (u, z): ([Double], [Double]) = ([], bias)
    var rows: [(table: Int, row: Int)] = []
    if case .tokens = model.input {
      rows = (0..<2).map { (min($0, tables.count - 1), Int(tokens[2 * sample + $0])) }
    }
    let embeddings = rows.map { table, row -> [Double] in
      let d = model.parameters[table].columns
      return Array(theta[table][(row * d)..<((row + 1) * d)])
    }
    if model.isDirect {
      z = (0..<h).map { embeddings[0][$0] + embeddings[1][$0] + bias[$0] }
    } else {
      u =
        rows.isEmpty
        ? (0..<model.features).map { features[sample * model.features + $0] }
        : aggregate(embeddings[0], embeddings[1])
      let weights = theta[place("W1") ?? 0]
      z = (0..<h).map { j in
        u.indices.reduce(bias[j]) { $0 + weights[j * u.count + $1] * u[$1] }
      }
    }
    let units = z.map { max(0, $0) }
    let shift = place("b2").map { theta[$0] } ?? [Double](repeating: 0, count: c)
    let o = (0..<c).map { k in
      units.indices.reduce(shift[k]) { $0 + theta[second][k * h + $1] * units[$1] }
    }
    let g = slopes(o, sample).map { $0 * weight }
    for k in 0..<c {
      if let b2 = place("b2") { result[b2][k] += g[k] }
      for j in 0..<h { result[second][k * h + j] += g[k] * units[j] }
    }
    let dz = (0..<h).map { j in
      z[j] > 0 ? (0..<c).reduce(0) { $0 + g[$1] * theta[second][$1 * h + j] } : 0
    }
    if let b1 = place("b1") { for j in 0..<h { result[b1][j] += dz[j] } }
    var pulls = [dz, dz]
    if let first = place("W1") {
      for j in 0..<h { for k in u.indices { result[first][j * u.count + k] += dz[j] * u[k] } }
      guard !rows.isEmpty else { return }
      let du = u.indices.map { k in
        (0..<h).reduce(0) { $0 + dz[$1] * theta[first][$1 * u.count + k] }
      }
      pulls = pull(du, embeddings[0], embeddings[1])
    }
    for (slot, own) in rows.enumerated() {
      for (k, value) in pulls[slot].enumerated() {
        result[own.table][own.row * pulls[slot].count + k] += value
      }
    }
  }

  private func slopes(_ o: [Double], _ sample: Int) -> [Double] {
    if model.loss == .squared {
      return o.indices.map { o[$0] - values[sample * o.count + $0] }
    }
    let largest = o.max() ?? 0
    let e = o.map { exp($0 - largest) }
    let sum = e.reduce(0, +)
    return e.indices.map { e[$0] / sum - ($0 == Int(labels[sample]) ? 1 : 0) }
  }

  private var aggregation: Aggregation {
    if case .tokens(_, _, let aggregation, _) = model.input { aggregation } else { .sum }
  }

  private func aggregate(_ a: [Double], _ b: [Double]) -> [Double] {
    switch aggregation {
    case .sum: zip(a, b).map { $0 + $1 }
    case .hadamard: zip(a, b).map { $0 * $1 }
    case .concat: a + b
    case .matrixProduct: product(a, b)
    }
  }

  /// What du is to both embeddings.
  private func pull(_ du: [Double], _ a: [Double], _ b: [Double]) -> [[Double]] {
    switch aggregation {
    case .sum: [du, du]
    case .hadamard: [zip(du, b).map { $0 * $1 }, zip(du, a).map { $0 * $1 }]
    case .concat: [Array(du.prefix(a.count)), Array(du.suffix(a.count))]
    case .matrixProduct: [product(du, transposed(b)), product(transposed(a), du)]
    }
  }

  private func side(_ a: [Double]) -> Int { Int(Double(a.count).squareRoot().rounded()) }

  private func product(_ a: [Double], _ b: [Double]) -> [Double] {
    let q = side(a)
    return a.indices.map { i in
      (0..<q).reduce(0) { $0 + a[i / q * q + $1] * b[$1 * q + i % q] }
    }
  }

  private func transposed(_ a: [Double]) -> [Double] {
    let q = side(a)
    return a.indices.map { a[$0 % q * q + $0 / q] }
  }
}
