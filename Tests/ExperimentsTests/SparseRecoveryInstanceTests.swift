// This file tests training on given tensors: which files are accepted, and what they replace.

import BatchNumerics
import Experiments
import Testing

@Suite struct SparseRecoveryInstanceTests {
  /// N = 2, n = 3 and a start of one factor.
  static let good: [NamedTensor] = [
    NamedTensor(name: "X", shape: [2, 3], values: [1, 0, 0.5, 0, 1, -0.5]),
    NamedTensor(name: "y", shape: [2], values: [1, 2]),
    NamedTensor(name: "target", shape: [3], values: [1, 2, 0]),
    NamedTensor(name: "init", shape: [1, 3], values: [0.1, 0.2, 0.3]),
  ]

  static func instance(
    replacing name: String? = nil, with tensor: NamedTensor? = nil
  ) throws -> TensorFile {
    let kept = good.filter { $0.name != name } + (tensor.map { [$0] } ?? [])
    return try TensorFile(bytes: TensorFile.encode(kept))
  }

  @Test func tensorsAreTrainedAsGiven() throws {
    let batch = try Points.batch([:], instance: Self.instance())
    #expect((batch.rows, batch.columns, batch.depth) == (2, 3, 1))
    let problem = batch.problems[0]
    #expect(problem.measurements.values == Self.good[0].values)
    #expect(problem.observations == [1, 2] && problem.target == [1, 2, 0])
    #expect(batch.runs[0].initial == [0.1, 0.2, 0.3])
  }

  @Test func startIsOptional() throws {
    let batch = try Points.batch(
      ["init.scale": .number(0.5), "depth": .integer(2)],
      instance: Self.instance(replacing: "init"))
    #expect(batch.runs[0].initial == [Double](repeating: 0.5, count: 6))
  }

  /// The data's digest stands for the keys it replaces.
  @Test func identityIsTheDataNotTheKeys() throws {
    let file = try Self.instance()
    let run = try Points.prepare([:], instance: file)
    #expect(run.parameters["instance"] == .text(file.digest))
    #expect(run.parameters["problem.n"] == .integer(3))
    #expect(run.parameters["problem.N"] == .integer(2))
    #expect(run.parameters["problem.s"] == .null && run.parameters["init.kind"] == .null)
    let other = try Points.prepare(["problem.tau": .number(0.5)], instance: file)
    #expect(other.id == run.id)
    let target = NamedTensor(name: "target", shape: [3], values: [1, 2, 1])
    let changed = try Self.instance(replacing: "target", with: target)
    #expect(try Points.prepare([:], instance: changed).id != run.id)
  }

  @Test(arguments: ["X", "y", "target"]) func missingTensor(_ name: String) throws {
    let file = try Self.instance(replacing: name)
    let text = specError { _ = try Points.prepare([:], instance: file) }
    #expect(text.hasPrefix("\(name): the instance needs a tensor \(name)"))
  }

  @Test(arguments: [
    ("X", [3, 2, 1], "[N, n]"), ("X", [6], "[N, n]"), ("y", [3], "[2]"), ("y", [2, 1], "[2]"),
    ("target", [2], "[3]"), ("init", [3], "[L, 3]"), ("init", [3, 1], "[L, 3]"),
    ("init", [9, 3], "[L, 3]"), ("X", [0, 3], "[N, n]"),
  ]) func wrongShape(_ name: String, _ shape: [Int], _ allowed: String) throws {
    let values = [Double](repeating: 1, count: shape.reduce(1, *))
    let file = try Self.instance(
      replacing: name, with: NamedTensor(name: name, shape: shape, values: values))
    let text = specError { _ = try Points.prepare([:], instance: file) }
    #expect(text == "\(name) = \(shape): must have the shape \(allowed)")
  }

  @Test(arguments: good.map(\.name), [Double.nan, .infinity]) func valuesMustBeFinite(
    _ name: String, _ value: Double
  ) throws {
    let tensor = try #require(Self.good.first { $0.name == name })
    var values = tensor.values
    values[1] = value
    let file = try Self.instance(
      replacing: name, with: NamedTensor(name: name, shape: tensor.shape, values: values))
    let text = specError { _ = try Points.prepare([:], instance: file) }
    #expect(text == "\(name): has values that are not finite")
  }

  @Test func depthMustBeTheStarts() throws {
    let file = try Self.instance()
    let text = specError { _ = try Points.prepare(["depth": .integer(2)], instance: file) }
    #expect(text == "depth = 2: the instance's init has 1 factors")
  }

  /// What `instance` writes is what a run would use, and trains the same.
  @Test func instanceOfARunHoldsItsData() throws {
    let run = try Points.prepare(["depth": .integer(2), "init.kind": .text("normal")])
    let batch = try SparseRecovery().batch(of: [run], instance: nil)
    let tensors = try SparseRecovery().instanceTensors(run, instance: nil)
    let file = try TensorFile(bytes: TensorFile.encode(tensors))
    let again = try Points.batch(["depth": .integer(2)], instance: file)
    #expect(again.problems[0].measurements == batch.problems[0].measurements)
    #expect(again.problems[0].observations == batch.problems[0].observations)
    #expect(again.problems[0].target == batch.problems[0].target)
    #expect(again.runs[0].initial == batch.runs[0].initial)
  }
}
