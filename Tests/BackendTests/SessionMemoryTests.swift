// This file tests that batches hold on a device what they need, and give it back.

import BatchNumerics
import OpenCLBackend
import OpenCLHost
import Testing
import _TestSupport

/// A large batch of the size of Notsawo et al., Fig. 3.
struct MemoryCase: Sendable, CustomStringConvertible {
  let mapping: DeviceMapping
  let precision: Precision
  let sharesData: Bool

  var description: String { "\(mapping) \(precision) \(sharesData ? "shared" : "own") X" }

  static let all = [DeviceMapping.lanes, .components, .workGroup].flatMap { mapping in
    Precision.allCases.flatMap { precision in
      [true, false].map {
        MemoryCase(mapping: mapping, precision: precision, sharesData: $0)
      }
    }
  }

  static let (runs, columns, rows) = (1024, 100, 30)

  var batch: SparseRecoveryBatch {
    var numbers = TestNumbers(seed: 9)
    let problem = SparseRecoveryProblem(
      measurements: DenseMatrix(
        rows: Self.rows, columns: Self.columns, values: numbers.next(Self.rows * Self.columns)),
      observations: numbers.next(Self.rows), target: numbers.next(Self.columns))
    let initial = numbers.next(Self.columns)
    return SparseRecoveryBatch(
      columns: Self.columns, rows: Self.rows, depth: 1, method: .subgradient,
      precision: precision,
      problems: Array(repeating: problem, count: sharesData ? 1 : Self.runs),
      runs: (0..<Self.runs).map {
        SparseRecoveryRun(
          problem: sharesData ? 0 : $0, learningRate: 0.01, l1: 1e-3, l2: 0, initial: initial,
          steps: 10)
      })
  }

  /// State, learning rate and penalties of every run; X, y and target of every problem.
  var neededBytes: Int {
    let perRun = Self.columns + 3
    let perProblem = Self.rows * Self.columns + Self.rows + Self.columns
    let numbers = Self.runs * perRun + (sharesData ? 1 : Self.runs) * perProblem
    return numbers * precision.byteCount
  }
}

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct SessionMemoryTests {
  /// Padding to vectors, indices and a launch's results; the requirement of the project.
  static let allowance = 1.3

  @Test(arguments: TestDevices.each(MemoryCase.all, \.precision))
  func batchesHoldWhatTheyNeed(test: DeviceCase<MemoryCase>) throws {
    let backend = try OpenCLTrainingBackend(test.device)
    let needed = test.value.neededBytes
    do {
      let session = try test.value.mapping.session(test.value.batch, on: backend)
      let count = min(session.evaluationsPerLaunch, 100)
      _ = try session.advance(
        Launch(
          start: 0, end: count - 1, evaluations: Array(0..<count),
          runs: Array(0..<MemoryCase.runs)))
      #expect(Double(session.allocatedBytes) <= Self.allowance * Double(needed))
      #expect(session.allocatedBytes >= backend.memory.currentBytes)
      #expect(session.allocatedBytes == backend.memory.peakBytes)
    }
    #expect(backend.memory.currentBytes == 0 && backend.memory.bufferCount == 0)
  }

  /// Methods with a second matrix, several factors and traces.
  static let methods = DeviceMapping.residentKinds.flatMap { mapping in
    SparseRecoveryCase.methodsAndDepths.map { TrainingCase(mapping, $0) }
  }

  @Test(arguments: TestDevices.each(methods, \.problem.precision))
  func everythingIsAccountedFor(test: DeviceCase<TrainingCase>) throws {
    let backend = try OpenCLTrainingBackend(test.device)
    do {
      let session = try test.value.mapping.session(test.value.problem.makeBatch(), on: backend)
      #expect(session.allocatedBytes == backend.memory.currentBytes)
    }
    #expect(backend.memory.currentBytes == 0)
  }

  @Test(arguments: TestDevices.all) func operationsGiveTheirMemoryBack(device: Device) throws {
    let backend = try OpenCLTrainingBackend(device)
    do {
      let session = try DeviceMapping.stepwise.session(
        SparseRecoveryCase(.subgradient, depth: 1, .f32).makeBatch(), on: backend)
      #expect(session.allocatedBytes == backend.memory.currentBytes)
      _ = try session.train(runs: 5, steps: 2, evaluations: [2])
    }
    #expect(backend.memory.currentBytes == 0)
  }
}
