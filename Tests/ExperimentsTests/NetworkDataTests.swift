// This file tests the data that networks are trained on, and how they start.

import BatchNumerics
import Experiments
import Foundation
import Testing
import _TestSupport

@Suite struct NetworkDataTests {
  typealias Changes = NetworkPoints.Changes

  private func tokens(_ samples: NetworkSamples) throws -> [[Int32]] {
    guard case .tokens(let pairs) = samples.inputs, case .labels(let labels) = samples.targets
    else { return [] }
    return labels.indices.map { [pairs[2 * $0], pairs[2 * $0 + 1], labels[$0]] }
  }

  private func dense(_ samples: NetworkSamples) throws -> (x: DenseMatrix, y: DenseMatrix) {
    guard case .dense(let x) = samples.inputs, case .values(let y) = samples.targets else {
      throw SpecError("values expected")
    }
    return (x, y)
  }

  // MARK: - Pairs

  /// floor(fraction p^2) of the pairs are trained on, the others tested; each once, with its label.
  @Test(arguments: [(5, 0.4), (7, 0.4), (11, 0.4), (97, 0.4), (7, 0.3), (13, 0.81)])
  func splits(p: Int, fraction: Double) throws {
    for operation in [ModularOperation.add, .multiply, .divide] {
      let batch = try NetworkPoints.batch([
        "problem.p": .integer(p), "problem.train_fraction": .number(fraction),
        "problem.operation": .text(operation.rawValue),
      ])
      let problem = batch.problems[0]
      let all = operation.pairs(p: p, seed: 1)
      #expect(problem.train.count == Int((fraction * Double(all.count)).rounded(.down)))
      let found = try tokens(problem.train) + tokens(problem.test)
      #expect(found.count == all.count)
      #expect(Set(found) == Set(all.map { [Int32($0.x), Int32($0.y), Int32($0.label)] }))
      // Not the first ones, but in order of their tiles, and in order in a tile.
      let order = try tokens(problem.train).map { $0.prefix(2).map { Int($0) } }
      let keys = order.map { [$0[0] / 16, $0[1] / 16] + $0 }
      #expect(keys == keys.sorted { $0.lexicographicallyPrecedes($1) })
      #expect(order != all.prefix(order.count).map { [$0.x, $0.y] })
    }
  }

  @Test func theSplitOfP97IsTheirs() throws {
    #expect(try NetworkPoints.batch(["problem.p": .integer(97)]).problems[0].train.count == 3763)
  }

  /// A one-hot net tells the second token from the first.
  @Test func oneHotPairs() throws {
    let plain = try NetworkPoints.batch().problems[0]
    let shifted = try NetworkPoints.batch(NetworkPoints.oneHot).problems[0]
    for (own, other) in [(shifted.train, plain.train), (shifted.test, plain.test)] {
      #expect(try tokens(own).map { [$0[0], $0[1] - 7, $0[2]] } == tokens(other))
    }
  }

  @Test func seedsOfTheProblem() throws {
    func train(_ changes: Changes) throws -> [[Int32]] {
      try tokens(NetworkPoints.batch(changes).problems[0].train)
    }
    func start(_ changes: Changes) throws -> [Double] {
      try NetworkPoints.batch(changes).runs[0].initial
    }
    let fixed: Changes = ["problem.seed": .integer(9)]
    let other = fixed.merging(["seed": .integer(2)]) { $1 }
    #expect(try train(fixed) == train(other) && start(fixed) != start(other))
    #expect(try train([:]) != train(["seed": .integer(2)]))
    #expect(try train([:]) == train(["problem.seed": .integer(1)]))
  }

  // MARK: - Teachers

  @Test(arguments: [1, 2]) func teachers(c: Int) throws {
    let changes: Changes = [
      "task": .text("teacher-student"), "problem.c": .integer(c),
      "regularizer.sobolev": .number(1),
    ]
    let tensors = Dictionary(
      uniqueKeysWithValues: try NetworkPoints.tensors(changes).map { ($0.name, $0) })
    let first = try #require(tensors["teacher_A"])
    let second = try #require(tensors["teacher_B"])
    #expect(first.shape == [3, 5] && second.shape == [c, 3])
    func teacher(_ x: [Double]) -> [Double] {
      let h = (0..<3).map { j in
        max(0, x.indices.reduce(0) { $0 + first.values[j * 5 + $1] * x[$1] })
      }
      return (0..<c).map { k in
        h.indices.reduce(0) { $0 + second.values[k * 3 + $1] * h[$1] }
      }
    }
    let problem = try NetworkPoints.batch(changes).problems[0]
    #expect(problem.jacobians.count == c && problem.train.count == 9 && problem.test.count == 11)
    for samples in [problem.train, problem.test] {
      let (x, y) = try dense(samples)
      for i in 0..<x.rows {
        let point = (0..<5).map { x[i, $0] }
        expectNone(
          Tolerance.sum(.f64, terms: 16, magnitude: 10).mismatch(
            (0..<c).map { y[i, $0] }, teacher(point)))
      }
    }
    let x = try dense(problem.train).x
    for i in 0..<x.rows {
      let point = (0..<5).map { x[i, $0] }
      for k in 0..<c {
        let numerical = FiniteDifferences.gradient(at: point) { teacher($0)[k] }
        expectNone(
          Tolerance.centralDifference(curvature: 10).mismatch(
            (0..<5).map { problem.jacobians[k][i, $0] }, numerical))
      }
    }
  }

  /// A* ~ N(0, 1), B* ~ N(0, 1/r^2), x ~ N(0, 1).
  @Test func lawsOfTheTeacher() throws {
    let tensors = Dictionary(
      uniqueKeysWithValues: try NetworkPoints.tensors([
        "task": .text("teacher-student"), "problem.d": .integer(60), "problem.r": .integer(50),
        "problem.c": .integer(40), "problem.N": .integer(70), "problem.test": .integer(80),
      ]).map { ($0.name, $0) })
    for (name, deviation) in [
      ("teacher_A", 1), ("teacher_B", 1 / 50.0), ("train_x", 1), ("test_x", 1),
    ] {
      try expectNormal(#require(tensors[name]).values, deviation, name)
    }
    #expect(tensors["train_x"]?.values.first != tensors["test_x"]?.values.first)
  }

  private func expectNormal(_ values: [Double], _ deviation: Double, _ name: String) {
    let mean = values.reduce(0, +) / Double(values.count)
    expectNone(Tolerance.mean(of: values.count, deviation: deviation).mismatch(mean, 0), name)
    let square = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
    // The square of a normal number deviates by 2^(1/2) variances.
    let variance = deviation * deviation
    expectNone(
      Tolerance.mean(of: values.count, deviation: 2.0.squareRoot() * variance).mismatch(
        square, variance), name)
  }

  // MARK: - One variable

  @Test(arguments: [2, 11, 401]) func gridOfOneVariable(points: Int) throws {
    let batch = try NetworkPoints.batch([
      "task": .text("relu-1d"), "problem.test": .integer(points), "problem.N": .integer(50),
    ])
    let (x, y) = try dense(batch.problems[0].test)
    let rule = Tolerance.sum(.f64, terms: 4)
    #expect(x.values.first == -2 && x.values.last == 2)
    for i in 0..<points {
      expectNone(rule.mismatch(x[i, 0], -2 + 4 * Double(i) / Double(points - 1)))
      expectNone(rule.mismatch(y[i, 0], Self.teacher(x[i, 0])))
    }
    let train = try dense(batch.problems[0].train)
    #expect(train.x.values.allSatisfy { (-2...2).contains($0) })
    #expect(train.x.values.contains { $0 < -1.5 } && train.x.values.contains { $0 > 1.5 })
    for i in 0..<50 { expectNone(rule.mismatch(train.y[i, 0], Self.teacher(train.x[i, 0]))) }
  }

  private static func teacher(_ x: Double) -> Double {
    let (first, second, third) = (max(0, x + 0.5), max(0, x - 0.3), max(0, 0.2 - x))
    return first - 2 * second + 1.5 * third
  }

  @Test func randomTeachersFollowTheSeed() throws {
    func targets(_ seed: Int) throws -> [Double] {
      try dense(
        NetworkPoints.batch([
          "task": .text("relu-1d"), "problem.teacher": .text("random"),
          "problem.seed": .integer(seed),
        ]).problems[0].test
      ).y.values
    }
    #expect(try targets(1) == targets(1) && targets(1) != targets(2))
  }

  // MARK: - Images

  @Test func imagesAreChosenAtRandom() throws {
    let batch = try NetworkPoints.batch(["task": .text("images"), "problem.N": .integer(20)])
    guard case .dense(let x) = batch.problems[0].train.inputs,
      case .labels(let labels) = batch.problems[0].train.targets
    else {
      Issue.record("images expected")
      return
    }
    #expect(x.rows == 20 && x.columns == 9 && batch.model.outputs == 4)
    #expect(batch.problems[0].test.count == 11)
    // The bright pixel tells the class; all images are there, in another order.
    for (i, label) in labels.enumerated() {
      #expect(x[i, Int(label)] == 250 / 255.0)
    }
    #expect(labels.sorted() == (0..<20).map { Int32($0 % 4) }.sorted())
    #expect(labels != (0..<20).map { Int32($0 % 4) })
  }

  // MARK: - The start

  struct Start: Sendable, CustomStringConvertible {
    let description: String
    let changes: Changes
    /// Standard deviations; 0: all zero.
    let deviations: [String: Double]
  }

  static let starts: [Start] = {
    let wide: Changes = [
      "problem.p": .integer(31), "model.embedding": .integer(36), "model.width": .integer(40),
    ]
    func text(_ values: [String: String], _ more: Changes = [:]) -> Changes {
      values.mapValues { .text($0) }.merging(more) { $1 }
    }
    let root = { (x: Double) in x.squareRoot() }
    return [
      Start(
        description: "fan-out", changes: wide,
        deviations: ["E": root(1 / 31), "W1": root(1 / 40), "W2": root(1 / 31), "b1": 0, "b2": 0]),
      Start(
        description: "separate, scaled",
        changes: text(["model.encoders": "separate"], wide).merging(["init.scale": .number(3)]) {
          $1
        },
        deviations: ["E1": 3 * root(1 / 31), "E2": 3 * root(1 / 31), "W1": 3 * root(1 / 40)]),
      Start(
        description: "he", changes: text(["init.kind": "he", "aggregation": "concat"], wide),
        deviations: ["E": root(1 / 31), "W1": root(2 / 72), "W2": root(1 / 40), "b1": 0, "b2": 0]),
      Start(
        description: "normal", changes: text(["init.kind": "normal"], wide),
        deviations: ["E": 1, "W1": 1, "W2": 1, "b1": 1, "b2": 1]),
      Start(
        description: "uniform encoders", changes: text(["init.encoders": "uniform"], wide),
        deviations: ["E": root(1 / 31 / 3), "W1": root(1 / 40)]),
      Start(
        description: "zero output",
        changes: wide.merging(["init.zero_output": .boolean(true)]) { $1 },
        deviations: ["W2": 0, "W1": root(1 / 40)]),
      Start(
        description: "one-hot",
        changes: [
          "model.kind": .text("one-hot"), "model.embedding": .null, "problem.p": .integer(31),
          "model.width": .integer(200),
        ],
        deviations: ["W1": root(2 / 62), "W2": root(1 / 200), "b1": 0]),
      Start(
        description: "relu-1d",
        changes: text(["task": "relu-1d"], ["model.width": .integer(2000)]),
        deviations: ["init_v": 2, "init_b": 2, "init_u": 2]),
      Start(
        description: "teacher",
        changes: text(
          ["task": "teacher-student"],
          ["problem.d": .integer(40), "problem.c": .integer(20), "model.width": .integer(50)]),
        deviations: ["init_A": root(1 / 50), "init_B": root(1 / 20)]),
    ]
  }()

  @Test(arguments: starts) func lawsOfTheStart(start: Start) throws {
    let tensors = Dictionary(
      uniqueKeysWithValues: try NetworkPoints.tensors(start.changes).map { ($0.name, $0.values) })
    for (name, deviation) in start.deviations {
      let values = try #require(tensors[name], "\(name)")
      if deviation == 0 {
        #expect(values.allSatisfy { $0 == 0 }, "\(name)")
      } else {
        expectNormal(values, deviation, name)
      }
    }
    if let table = tensors["E"], start.description.hasPrefix("uniform") {
      #expect(table.allSatisfy { abs($0) <= (1 / 31.0).squareRoot() })
    }
  }
}
