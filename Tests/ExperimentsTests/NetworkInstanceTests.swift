// This file tests networks' instances: written and read back, and those that do not fit.

import BatchNumerics
import Experiments
import ReferenceBackend
import Testing
import _TestSupport

@Suite struct NetworkInstanceTests {
  typealias Changes = NetworkPoints.Changes

  private static func text(_ values: [String: String], _ more: Changes = [:]) -> Changes {
    values.mapValues { .text($0) }.merging(more) { $1 }
  }

  private static func file(_ tensors: [NamedTensor]) throws -> TensorFile {
    try TensorFile(bytes: TensorFile.encode(tensors))
  }

  /// The keys that an instance does not replace.
  private static func method(_ changes: Changes) -> Changes {
    changes.filter {
      !$0.key.hasPrefix("problem.") && !$0.key.hasPrefix("model.") && !$0.key.hasPrefix("init.")
    }
  }

  // MARK: - Round trips

  static let kinds: [Changes] =
    Aggregation.allCases.map { text(["aggregation": $0.rawValue]) } + [
      text(["model.encoders": "separate", "model.bias": "hidden"]),
      text(["model.bias": "none", "optimizer": "sgd"], ["batch_size": .integer(5)]),
      NetworkPoints.oneHot,
      NetworkPoints.oneHot.merging(text(["model.bias": "both"])) { $1 },
      text(["task": "teacher-student"]),
      text(["task": "teacher-student"], ["regularizer.sobolev": .number(0.1)]),
      text(["task": "teacher-student", "model.bias": "both"]),
      text(["task": "relu-1d"]), text(["task": "relu-1d", "model.bias": "both"]),
      text(["task": "images"]), text(["task": "images", "model.bias": "both"]),
    ]

  /// What a run would use, written and read back, gives the same curves and parameters.
  @Test(arguments: kinds) func roundTrip(changes: Changes) throws {
    let instance = try Self.file(NetworkPoints.tensors(changes))
    let direct = try NetworkPoints.session(changes)
    let read = try NetworkPoints.session(Self.method(changes), instance: instance)
    #expect(direct.metricNames == read.metricNames)
    let expected = try direct.train(runs: 1, steps: 12, evaluations: [0, 1, 12])
    let found = try read.train(runs: 1, steps: 12, evaluations: [0, 1, 12])
    #expect(bits(found.values) == bits(expected.values))
    #expect(try read.parameters(of: [0]) == direct.parameters(of: [0]))
  }

  /// An instance, written again, is the same; so is its run, resolved again.
  @Test(arguments: kinds) func writtenAgain(changes: Changes) throws {
    let tensors = try NetworkPoints.tensors(changes)
    let instance = try Self.file(tensors)
    let run = try NetworkPoints.prepare(Self.method(changes), instance: instance)
    #expect(try Network().instanceTensors(run, instance: instance) == tensors)
    let again = try Network().prepare(run.parameters, instance: instance)
    #expect(again.parameters == run.parameters && again.id == run.id)
    let other = try Self.file(
      tensors.map {
        $0.name == "test_y"
          ? NamedTensor(
            name: $0.name, shape: $0.shape, values: Array($0.values.reversed()),
            isIndex: $0.isIndex) : $0
      })
    #expect(try NetworkPoints.prepare(Self.method(changes), instance: other).id != run.id)
  }

  /// The order of mini-batches follows the run's seed; nothing else of an instance does.
  @Test(arguments: [true, false]) func seedsOfMiniBatches(hasBatches: Bool) throws {
    let instance = try Self.file(NetworkPoints.tensors())
    let curves = try [1, 1, 2].map { seed -> [UInt64] in
      let changes: Changes = [
        "seed": .integer(seed), "batch_size": hasBatches ? .integer(5) : .null,
      ]
      let session = try NetworkPoints.session(changes, instance: instance)
      return bits(try session.train(runs: 1, steps: 9, evaluations: [9]).values)
    }
    #expect(curves[0] == curves[1] && (curves[0] == curves[2]) == !hasBatches)
  }

  // MARK: - What does not fit

  struct Fault: Sendable, CustomStringConvertible {
    let task: Changes
    let name: String
    let replacement: NamedTensor?
    let words: [String]
    var description: String { "\(name) \(replacement.map { "\($0.shape)" } ?? "missing") \(words)" }

    init(_ task: Changes, _ name: String, _ replacement: NamedTensor? = nil, _ words: String...) {
      self.task = task
      self.name = name
      self.replacement = replacement
      self.words = words.isEmpty ? [name] : words
    }
  }

  private static func tensor(
    _ name: String, _ shape: [Int], _ value: Double = 0, isIndex: Bool = false
  ) -> NamedTensor {
    NamedTensor(
      name: name, shape: shape, values: Array(repeating: value, count: shape.reduce(1, *)),
      isIndex: isIndex)
  }

  private static let teacher = text(
    ["task": "teacher-student"], ["regularizer.sobolev": .number(1)])
  private static let scalar = text(["task": "relu-1d"])
  private static let images = text(["task": "images", "model.bias": "both"])

  /// p = 7, d1 = 4, width 6, 19 and 30 pairs; teachers d = 5, r = 3, c = 2, N = 9 and 11.
  static let faults: [Fault] =
    ["train_x", "train_y", "test_x", "test_y", "W1", "W2"].map { Fault([:], $0) }
    + ["init_A", "init_B", "train_x", "test_y", "teacher_A", "teacher_B"].map { Fault(teacher, $0) }
    + ["init_v", "init_u"].map { Fault(scalar, $0) } + ["W1", "test_x"].map { Fault(images, $0) }
    + [
      Fault([:], "train_x", tensor("train_x", [19, 3], isIndex: true)),
      Fault([:], "train_x", tensor("train_x", [38], isIndex: true)),
      Fault([:], "train_x", tensor("train_x", [0, 2], isIndex: true)),
      Fault([:], "train_x", tensor("train_x", [19, 2], 7, isIndex: true), "from 0 to 6"),
      Fault([:], "train_x", tensor("train_x", [19, 2], -1, isIndex: true), "from 0 to 6"),
      Fault([:], "train_x", tensor("train_x", [19, 2], 0.5), "from 0 to 6"),
      Fault([:], "train_y", tensor("train_y", [18], isIndex: true)),
      Fault([:], "train_y", tensor("train_y", [19], 7, isIndex: true), "from 0 to 6"),
      Fault([:], "test_y", tensor("test_y", [30], 1e300), "from 0 to 6"),
      Fault([:], "E", tensor("E", [7, 5]), "W1"), Fault([:], "E", tensor("E", [6, 4]), "train_x"),
      Fault([:], "E", tensor("E", [7])), Fault([:], "E", tensor("E", [0, 4])),
      Fault([:], "W1", tensor("W1", [6, 5])), Fault([:], "W1", tensor("W1", [0, 4])),
      Fault([:], "W2", tensor("W2", [7, 5])), Fault([:], "W2", tensor("W2", [7])),
      Fault([:], "b1", tensor("b1", [7])), Fault([:], "b2", tensor("b2", [1, 7])),
      Fault([:], "W1", tensor("W1", [6, 4], .nan), "finite"),
      Fault(
        text(["aggregation": "matrix-product"]), "E", tensor("E", [7, 5]), "square"),
      Fault(NetworkPoints.oneHot, "W1", tensor("W1", [6, 13]), "W1", "2p"),
      Fault(NetworkPoints.oneHot, "W2", tensor("W2", [8, 6]), "W1", "2p"),
      Fault(NetworkPoints.oneHot, "W2", tensor("W2", [7, 5])),
      Fault(teacher, "train_x", tensor("train_x", [9, 4]), "teacher_A"),
      Fault(teacher, "test_x", tensor("test_x", [11, 4])),
      Fault(teacher, "test_x", tensor("test_x", [0, 5])),
      Fault(teacher, "train_y", tensor("train_y", [9, 3])),
      Fault(teacher, "train_y", tensor("train_y", [9])),
      Fault(teacher, "teacher_A", tensor("teacher_A", [3, 4])),
      Fault(teacher, "teacher_B", tensor("teacher_B", [3, 3])),
      Fault(teacher, "init_A", tensor("init_A", [6, 4])),
      Fault(scalar, "init_b", tensor("init_b", [5])),
      Fault(scalar, "init_v", tensor("init_v", [6])),
      Fault(images, "train_y", tensor("train_y", [12], 4, isIndex: true), "from 0 to 3"),
      Fault(images, "W2", tensor("W2", [4, 4])), Fault(images, "b1", tensor("b1", [4])),
    ]

  @Test(arguments: faults) func refuses(fault: Fault) throws {
    var list = try NetworkPoints.tensors(fault.task)
    list.removeAll { $0.name == fault.name }
    if let replacement = fault.replacement { list.append(replacement) }
    let instance = try Self.file(list)
    let text = specError {
      let run = try NetworkPoints.prepare(Self.method(fault.task), instance: instance)
      _ = try Network().batch(of: [run], instance: instance)
    }
    for word in fault.words { #expect(text.contains(word), "\(text)") }
  }

  /// Two tables where one is half missing; tables where the task has none.
  @Test func tables() throws {
    var list = try NetworkPoints.tensors(["model.encoders": .text("separate")])
    list.removeAll { $0.name == "E2" }
    let half = try Self.file(list)
    #expect(specError { _ = try NetworkPoints.prepare(instance: half) }.contains("E2"))
    for task in ["images", "teacher-student", "relu-1d"] {
      let changes = Self.text(["task": task])
      let instance = try Self.file(
        NetworkPoints.tensors(changes) + [Self.tensor("E", [7, 4])])
      // An extra tensor is no reason to fail in any other way.
      do {
        let session = try NetworkPoints.session(Self.method(changes), instance: instance)
        _ = try session.train(runs: 1, steps: 1, evaluations: [0, 1])
      } catch is SpecError {}
    }
  }
}
