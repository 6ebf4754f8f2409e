// This file tests the sharpness of an output layer that starts at 0 against gradients by hand and against a
// number measured at the size of the paper.

import BatchNumerics
import Experiments
import Foundation
import Testing
import Theory
import _TestSupport

@Suite struct OutputSharpnessTests {
  private func run(_ changes: [String: ParameterValue]) throws -> PreparedRun {
    var values: [String: ParameterValue] = ["experiment": .text("network")]
    for definition in Network().parameters { values[definition.key] = definition.defaultValue }
    values["task"] = .text("modular-arithmetic")
    values["model.kind"] = .text("one-hot")
    values["optimizer"] = .text("gd")
    values["init.zero_output"] = .boolean(true)
    values.merge(changes) { $1 }
    return try Network().prepare(ResolvedParameters(values), instance: nil)
  }

  private func sharpness(_ run: PreparedRun) throws -> Double? {
    let batch = try Network().batch(of: [run], instance: nil)
    return OutputSharpness.atZeroOutput(
      batch.model, batch.problems[0].train, batch.runs[0].initial)
  }

  /// The gradient of the mean cross-entropy in W2 [p, h], of hidden activations [n][h] and labels.
  private func gradient(_ w: [[Double]], _ hidden: [[Double]], _ labels: [Int]) -> [[Double]] {
    var result = w.map { $0.map { _ in 0.0 } }
    for (h, label) in zip(hidden, labels) {
      let scores = w.map { row in exp(zip(row, h).reduce(0) { $0 + $1.0 * $1.1 }) }
      let sum = scores.reduce(0, +)
      for c in w.indices {
        let error = scores[c] / sum - (c == label ? 1 : 0)
        for j in h.indices { result[c][j] += error * h[j] / Double(hidden.count) }
      }
    }
    return result
  }

  /// Power iteration on differences of gradients.
  @Test func itIsTheHessiansLargestEigenvalue() throws {
    let run = try run(["problem.p": .integer(5), "model.width": .integer(7)])
    let batch = try Network().batch(of: [run], instance: nil)
    let (model, samples) = (batch.model, batch.problems[0].train)
    guard case .tokens(let tokens) = samples.inputs, case .labels(let classes) = samples.targets
    else { throw SpecError("pairs have labels") }
    let parts = model.parts(batch.runs[0].initial)
    let (table, bias) = (parts[0], parts[1])
    let hidden = (0..<samples.count).map { i -> [Double] in
      let (first, second) = (Int(tokens[2 * i]) * 7, Int(tokens[2 * i + 1]) * 7)
      return (0..<7).map { j in max(0.0, table[first + j] + table[second + j] + bias[j]) }
    }
    let labels = classes.map(Int.init)
    var stream = RandomStream(seed: 3, purpose: .initialization)
    var v = (0..<5).map { _ in stream.normals(7) }
    var value = 0.0
    for _ in 0..<500 {
      let norm = euclideanNorm(v.flatMap { $0 })
      let up = gradient(v.map { $0.map { 1e-4 * $0 / norm } }, hidden, labels)
      let down = gradient(v.map { $0.map { -1e-4 * $0 / norm } }, hidden, labels)
      v = zip(up, down).map { zip($0, $1).map { ($0 - $1) / 2e-4 } }
      value = euclideanNorm(v.flatMap { $0 })
    }
    #expect(abs(try #require(try sharpness(run)) / value - 1) < 1e-4)
  }

  /// p = 97, 1024 units, 40 % of the pairs: 0.0355 for another seed.
  @Test func atThePapersSize() throws {
    let size: [String: ParameterValue] = [
      "problem.p": .integer(97), "model.width": .integer(1024),
      "problem.train_fraction": .number(0.4),
    ]
    let one = try #require(try sharpness(run(size)))
    #expect((0.0345...0.0365).contains(one))
  }

  @Test func itGrowsAsTheSquareOfTheScale() throws {
    let small: [String: ParameterValue] = ["problem.p": .integer(7), "model.width": .integer(9)]
    let one = try #require(try sharpness(run(small)))
    let ten = try #require(
      try sharpness(run(small.merging(["init.scale": .number(10)]) { $1 })))
    #expect(abs(ten / one - 100) < 1e-6)
  }

  @Test func startsWithOutputsHaveNone() throws {
    let small: [String: ParameterValue] = ["problem.p": .integer(5), "model.width": .integer(7)]
    #expect(
      try sharpness(run(small.merging(["init.zero_output": .boolean(false)]) { $1 })) == nil)
    let found = try TheoryCatalog.predictions(for: run(small))
    let rate = try #require(found.first { $0.name == TheoryCatalog.largestRateName })
    let own = try #require(try sharpness(run(small)))
    #expect(try #require(rate.value) == 2 / own && rate.kind == .estimate)
  }
}
