// This file tests diagonal networks and linear regression on the reference: gradients by finite
// differences, label noise, data, metrics, instances, and what is refused.

import BatchNumerics
import Experiments
import Foundation
import ReferenceBackend
import Testing
import _TestSupport

@Suite struct DiagonalNetworkTests {
  typealias Points = DiagonalPoints
  typealias Changes = DiagonalPoints.Changes

  // MARK: - Steps

  static let models: [Changes] =
    ["signs", "large-margin"].flatMap { kind in
      ["logistic", "exponential", "squared"].flatMap { loss in
        [1, 2, 3, 4].map { depth in
          Points.text(["problem.kind": kind, "loss": loss], ["depth": .integer(depth)])
        }
      }
    }
    + ["mean", "half-mean", "sum", "half-sum"].map {
      Points.text(["problem.kind": "fourier", "loss_scale": $0])
    } + [
      Points.text(["problem.kind": "gaussian"]),
      Points.text(["problem.kind": "gaussian", "parameterization": "product"]),
    ]

  /// One step is -lr times the gradient of the objective by central differences.
  @Test(arguments: models) func stepIsTheGradient(changes: Changes) throws {
    try checkStep(Points.batch(changes))
  }

  @Test(arguments: ["mean", "sum", "half-sum"]) func stepOfRegression(scale: String) throws {
    try checkStep(Points.batch(Points.text(["loss_scale": scale]), of: LinearRegression()))
  }

  private func checkStep(_ original: DiagonalNetworkBatch) throws {
    var stream = RandomStream(seed: 4, purpose: .noise)
    let state = stream.normals(original.stateSize).map { 0.5 * $0 }
    let batch = original.starting(at: state, learningRate: 1)
    let session = try ReferenceTrainingBackend().session(for: batch, mapping: .automatic)
    _ = try session.train(runs: 1, steps: 1, evaluations: [1])
    let end = try session.parameters(of: [0])[0].flatMap(\.values)
    let step = zip(state, end).map { $0 - $1 }
    let slope = FiniteDifferences.gradient(at: state, of: batch.objective)
    let size = (slope.map(abs).max() ?? 0) + batch.objective(state)
    #expect(
      Tolerance.centralDifference(curvature: 10 * max(1, size)).mismatch(step, slope) == nil)
  }

  /// Label noise by its definition: u -= 4 eta e u x, v += 4 eta e v x with e = <w, x> - y + xi.
  @Test func labelNoiseStepsAreThoseOfTheDefinition() throws {
    let changes = Points.text(
      ["problem.kind": "gaussian", "method": "label-noise"],
      [
        "weight_decay": .number(0), "learning_rate": .number(0.003), "label_noise": .number(0.5),
        "seed": .integer(9),
      ])
    let batch = try Points.batch(changes)
    let problem = batch.problems[0]
    let (x, d) = (problem.features.dense, batch.features)
    var (u, v) = (Array(batch.runs[0].initial[..<d]), Array(batch.runs[0].initial[d...]))
    let noise = LabelNoise(seed: 9, samples: batch.samples)
    for step in 0..<40 {
      let (i, xi) = noise.draw(step)
      let q = (0..<d).reduce(0.0) { $0 + (u[$1] * u[$1] - v[$1] * v[$1]) * x[i, $1] }
      let e = q - problem.targets[i] - 0.5 * xi
      for k in 0..<d {
        u[k] -= 4 * 0.003 * e * u[k] * x[i, k]
        v[k] += 4 * 0.003 * e * v[k] * x[i, k]
      }
    }
    let session = try Points.session(changes)
    // In two launches: draws go by the step, not by the launch.
    let first = Launch(start: 0, end: 17, evaluations: [], runs: [0])
    _ = try session.advance(first)
    _ = try session.advance(Launch(start: 17, end: 40, evaluations: [40], runs: [0]))
    let found = try session.parameters(of: [0])[0].flatMap(\.values)
    #expect(Tolerance.trajectory(.f64, steps: 40).mismatch(found, u + v) == nil)
  }

  // MARK: - Data

  @Test func signsAreEvenAndLabelledByTheTeacher() throws {
    let batch = try Points.batch(["problem.n": .integer(400), "problem.d": .integer(50)])
    let problem = batch.problems[0]
    guard case .signs(let x) = problem.features, case .sparseSigns(let teacher) = problem.population
    else {
      Issue.record("no signs")
      return
    }
    let negative = x.dense.values.count { $0 < 0 }
    #expect(abs(negative - 10_000) < 5 * 71)
    #expect(teacher.count == 3)
    for i in 0..<400 {
      let sum = (0..<3).reduce(0.0) { $0 + teacher[$1] * x[i, $1] }
      #expect(problem.targets[i] == (sum > 0 ? 1 : -1))
    }
    #expect(problem.test?.targets.count == 6)
  }

  @Test func largeMarginsHaveTheirMargin() throws {
    let batch = try Points.batch(
      Points.text(
        ["problem.kind": "large-margin"],
        ["problem.gamma": .number(6), "problem.n": .integer(300), "problem.d": .integer(20)]))
    let problem = batch.problems[0]
    guard case .largeMargin(let gamma, let direction) = problem.population else {
      Issue.record("no large margin")
      return
    }
    #expect(gamma == 6 && abs(euclideanNorm(direction) - 1) < 1e-12)
    let margins = zip(problem.features.product(direction), problem.targets).map { $0 * $1 }
    #expect(margins.allSatisfy { $0 >= 3 })
    // E |z| = sqrt(2/pi) beyond the margin; five standard deviations.
    let mean = margins.reduce(0, +) / 300 - 3
    #expect(abs(mean - 0.798) < 5 * 0.6 / 300.0.squareRoot())
  }

  @Test func fourierFeaturesAndTeacher() throws {
    let problem = try Points.batch(Points.text(["problem.kind": "fourier"])).problems[0]
    let x = problem.features.dense
    #expect(x.rows == 12 && x.columns == 61)
    for i in 0..<12 {
      let point = atan2(x[i, 31], x[i, 1]) * 2 / Double.pi
      #expect(abs(point) <= 1)
      for k in 1...30 {
        #expect(abs(x[i, k] - cos(Double.pi * Double(k) * point / 2)) < 1e-12)
        #expect(abs(x[i, 30 + k] - sin(Double.pi * Double(k) * point / 2)) < 1e-12)
      }
      let teacher = 1 + cos(3 * Double.pi * point) + sin(10.5 * Double.pi * point)
      #expect(abs(problem.targets[i] - teacher) < 1e-12)
    }
  }

  @Test func gaussianTargetsAreSparse() throws {
    let problem = try Points.batch(Points.text(["problem.kind": "gaussian"])).problems[0]
    guard case .gaussian(let target) = problem.population else {
      Issue.record("no target")
      return
    }
    #expect(
      target.prefix(3).allSatisfy { abs($0) == 1 } && target.dropFirst(3).allSatisfy { $0 == 0 })
    #expect(
      Tolerance.sum(.f64, terms: 3).mismatch(problem.features.product(target), problem.targets)
        == nil)
  }

  @Test func startsFollowTheirLaw() throws {
    func start(_ kind: String, _ scale: Double, seed: Int = 1) throws -> [Double] {
      try Points.batch(
        Points.text(
          ["init.kind": kind], ["init.scale": .number(scale), "seed": .integer(seed)])
      ).runs[0].initial
    }
    #expect(abs(euclideanNorm(try start("norm", 128)) - 128) < 1e-10)
    #expect(try start("constant", 3) == [Double](repeating: 3, count: 26))
    #expect(try start("normal", 2) == start("normal", 1).map { 2 * $0 })
    #expect(try start("normal", 2) != start("normal", 2, seed: 2))
  }

  /// `problem.seed` holds the data while `seed` draws the start and the noise.
  @Test func dataMayHaveTheirOwnSeed() throws {
    let changes = Points.text(["problem.kind": "gaussian"], ["problem.seed": .integer(3)])
    func data(_ seed: Int) throws -> FeatureMatrix {
      try Points.batch(changes.merging(["seed": .integer(seed)]) { $1 }).problems[0].features
    }
    #expect(try data(1) == data(2))
    #expect(
      try data(3)
        == Points.batch(
          Points.text(["problem.kind": "gaussian"], ["seed": .integer(3)])
        ).problems[0].features)
  }

  // MARK: - Metrics

  @Test func metricsAreThoseOfTheirDefinitions() throws {
    let batch = try Points.batch(["record.predictor": .boolean(true)])
    var stream = RandomStream(seed: 8, purpose: .noise)
    let state = stream.normals(26)
    let metrics = DiagonalMetrics(batch)
    let row = metrics.evaluate(run: 0, state)
    let values = Dictionary(uniqueKeysWithValues: zip(metrics.names, row))
    let w = (0..<13).map { state[$0] * state[$0] - state[13 + $0] * state[13 + $0] }
    let problem = batch.problems[0]
    let margins = zip(problem.features.dense.multiplied(by: w), problem.targets).map { $0 * $1 }
    func expect(_ name: String, _ value: Double) {
      #expect(
        Tolerance.sum(.f64, terms: 100, magnitude: 10).mismatch(values[name] ?? .nan, value) == nil,
        "\(name)")
    }
    expect("train_loss", margins.reduce(0) { $0 + log(1 + exp(-$1)) } / 9)
    expect("train_accuracy", Double(margins.count { $0 > 0 }) / 9)
    expect("norm", euclideanNorm(state))
    expect("l1_norm", w.reduce(0) { $0 + abs($1) })
    expect("l2_norm", euclideanNorm(w))
    expect("l2_margin", (margins.min() ?? 0) / euclideanNorm(w))
    expect("l1_margin", (margins.min() ?? 0) / w.reduce(0) { $0 + abs($1) })
    expect("w_12", w[12])
    #expect(values["population_accuracy"] == problem.population?.accuracy(w))
    let test = try #require(problem.test)
    let right = zip(test.features.product(w), test.targets).count { $0 * $1 > 0 }
    expect("test_accuracy", Double(right) / 6)
  }

  @Test func tiesAreHalfRight() throws {
    let batch = try Points.batch()
    let metrics = DiagonalMetrics(batch)
    let row = metrics.evaluate(run: 0, batch.runs[0].initial)
    for name in ["train_accuracy", "test_accuracy", "population_accuracy"] {
      let index = try #require(metrics.names.firstIndex(of: name))
      #expect(row[index] == 0.5)
    }
    #expect(row.suffix(2) == [0, 0], "margins of w = 0")
  }

  // MARK: - Instances

  static let kinds: [Changes] =
    [[:]] + ["large-margin", "fourier", "gaussian"].map { Points.text(["problem.kind": $0]) }

  @Test(arguments: kinds) func roundTrip(changes: Changes) throws {
    let network = DiagonalNetwork()
    let run = try network.prepare(Points.point(changes), instance: nil)
    let tensors = try network.instanceTensors(run, instance: nil)
    let file = try TensorFile(bytes: TensorFile.encode(tensors))
    // What an instance does not replace.
    let method = Points.text(
      Dictionary(
        uniqueKeysWithValues: try ["loss", "loss_scale", "parameterization"].map {
          ($0, try run.parameters.text($0))
        }))
    let direct = try Points.session(changes).train(runs: 1, steps: 9, evaluations: [0, 9])
    let session = try Points.session(method, instance: file)
    let read = try session.train(runs: 1, steps: 9, evaluations: [0, 9])
    #expect(read[1, 0, 0].bitPattern == direct[1, 0, 0].bitPattern)
    let again = try network.prepare(Points.point(method), instance: file)
    #expect(try network.instanceTensors(again, instance: file) == tensors)
    #expect(try network.prepare(again.parameters, instance: file).id == again.id)
  }

  @Test func regressionRoundTrip() throws {
    let run = try LinearRegression().prepare(
      Points.point(of: LinearRegression()), instance: nil)
    let tensors = try LinearRegression().instanceTensors(run, instance: nil)
    let file = try TensorFile(bytes: TensorFile.encode(tensors))
    let direct = try Points.batch(of: LinearRegression())
    let read = try Points.batch(of: LinearRegression(), instance: file)
    #expect(read.runs[0].initial == direct.runs[0].initial)
    #expect(read.problems[0].features == direct.problems[0].features)
    #expect(read.problems[0].targets == direct.problems[0].targets)
  }

  // MARK: - Refusals

  static let refusals: [(Changes, String)] = [
    (["problem.sparsity": .integer(2)], "odd"),
    (["problem.sparsity": .integer(15)], "at most problem.d"),
    (["problem.gamma": .number(3)], "no such key"),
    (Points.text(["problem.kind": "fourier"], ["problem.d": .integer(5)]), "no such key"),
    (Points.text(["problem.kind": "gaussian", "loss": "logistic"]), "needs targets"),
    (Points.text(["method": "label-noise", "loss": "logistic"]), "squared"),
    (
      Points.text(
        ["problem.kind": "large-margin"],
        ["problem.n_test": .integer(10_000), "problem.d": .integer(100_000)]), "at most"
    ),
  ]

  @Test(arguments: refusals) func refused(changes: Changes, word: String) throws {
    let error = #expect(throws: SpecError.self) { try Points.batch(changes) }
    #expect(error?.description.contains(word) == true, "\(String(describing: error))")
  }

  @Test func stepsBeyondTheLimitAreRefused() throws {
    let regression = LinearRegression()
    let x = try Points.batch(of: regression).problems[0].features.dense
    let largest = SingularValueDecomposition(x).values[0]
    let limit = 2 / (2 * largest * largest + 1e-3)
    func batch(_ rate: Double, _ more: Changes = [:]) throws -> DiagonalNetworkBatch {
      try Points.batch(["learning_rate": .number(rate)].merging(more) { $1 }, of: regression)
    }
    #expect(throws: SpecError.self) { try batch(1.0001 * limit) }
    _ = try batch(0.9999 * limit)
    _ = try batch(2 * limit, ["unsafe_step": .boolean(true)])
    _ = try batch(2 * limit, ["method": .text("flow")])
  }
}
