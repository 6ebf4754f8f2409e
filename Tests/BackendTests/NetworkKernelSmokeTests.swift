// This file runs every kernel of networks once on tiny shapes: what `tools/oclgrind` looks at in a
// simulator.

import BatchNumerics
import Experiments
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import Testing
import _TestSupport

@Suite(.enabled(if: TestDevices.areSimulated, "not in a simulator"))
struct NetworkKernelSmokeTests {
  /// A network with the routine of its products, or with fused passes.
  struct Case: Sendable, CustomStringConvertible {
    var training: NetworkTrainingCase
    var product = ProductRoutine.plain
    var hasBlocks = false
    var avoidsDouble = false

    var precision: Precision { training.precision }
    var description: String {
      "\(training) \(hasBlocks ? "blocks" : product.rawValue)"
        + (avoidsDouble ? " without double" : "")
    }
  }

  /// Every network in double precision step by step, and those that differ most with every routine
  /// and as fused passes in both.
  static let all: [Case] =
    NetworkTrainingCase.all.map { Case(training: $0) } + NetworkTrainingCase.few.flatMap(variants)

  private static func variants(_ training: NetworkTrainingCase) -> [Case] {
    var single = training
    single.precision = .f32
    return [
      Case(training: training, product: .vectors), Case(training: training, product: .tiles),
      Case(training: training, product: .vectors, hasBlocks: true),
      Case(training: single, product: .vectors, hasBlocks: true),
      Case(training: single, avoidsDouble: true),
    ]
  }

  @Test(arguments: TestDevices.each(all, \.precision))
  func networks(test: DeviceCase<Case>) throws {
    let runs = try test.value.training.runs(2, steps: 2)
    let batch = try Network().batch(of: runs, instance: nil)
    let context = try TestDevices.context(test.device)
    let found =
      switch test.value.precision {
      case .f32:
        try session(
          batch,
          OpenCLOperations<Float>(
            context, avoidsDouble: test.value.avoidsDouble, product: test.value.product,
            blocks: test.value.hasBlocks))
      case .f64:
        try session(
          batch,
          OpenCLOperations<Double>(
            context, avoidsDouble: false, product: test.value.product,
            blocks: test.value.hasBlocks))
      }
    try compare(found, NetworkTrainingCase.reference(runs), test.value.precision)
  }

  private func session<B: Backend>(
    _ batch: NetworkBatch, _ operations: B
  ) throws -> any TrainingSession {
    try StepwiseNetwork(batch, on: operations)
  }

  /// Few results of a long inner size: parts of products that are added up.
  @Test(arguments: TestDevices.each(Precision.allCases) { $0 })
  func splitProducts(test: DeviceCase<Precision>) throws {
    let context = try TestDevices.context(test.device)
    switch test.value {
    case .f32:
      try split(
        on: OpenCLOperations<Float>(context, avoidsDouble: false, product: .tiles),
        ReferenceOperations<Float>())
    case .f64:
      try split(
        on: OpenCLOperations<Double>(context, avoidsDouble: false, product: .tiles),
        ReferenceOperations<Double>())
    }
  }

  private func split<B: Backend, R: Backend>(on backend: B, _ reference: R) throws {
    func product<C: Backend>(_ operations: C) throws -> [Double] {
      let (inner, width) = (1031, 3)
      let values = (0..<(2 * inner * width)).map { Double(($0 * 7 + 3) % 11) - 4 }
      let a = try operations.tensor(BatchShape(runs: 2, rows: inner, columns: width), values)
      let bias = try operations.tensor(BatchShape(runs: 1, rows: 1, columns: width), [1, -2, 3])
      let c = try operations.tensor(BatchShape(runs: 2, rows: width, columns: width), nil)
      try operations.matmul(
        MatrixOperand(a, transposed: true), MatrixOperand(a), into: c, epilogue: .biasReLU(bias))
      return try operations.read(c)
    }
    // Integers far below 2^24: sums are exact in any order.
    #expect(try product(backend) == product(reference))
  }

  /// Networks of one variable, a run per lane.
  @Test(arguments: TestDevices.each(Precision.allCases) { $0 })
  func scalarNetworks(test: DeviceCase<Precision>) throws {
    for training in NetworkTrainingCase.all
    where training.name.hasPrefix("relu-1d") && !training.name.hasSuffix("adam") {
      var training = training
      training.precision = test.value
      let runs = try training.runs(2, steps: 2)
      let batch = try Network().batch(of: runs, instance: nil)
      let found = try OpenCLTrainingBackend(test.device).session(for: batch, mapping: .lanes)
      try compare(
        #require(found), NetworkTrainingCase.reference(runs), test.value)
    }
  }

  private func compare(
    _ found: any TrainingSession, _ expected: any TrainingSession, _ precision: Precision
  ) throws {
    let launch = Launch(start: 0, end: 2, evaluations: [0, 2], runs: [0, 1])
    let (block, reference) = (try found.advance(launch), try expected.advance(launch))
    // Metrics in floats without doubles, and outputs that cancel.
    let error = precision == .f32 ? 1e-3 : 1e-8
    expectNone(
      Tolerance(absolute: error, relative: error).mismatch(block.values, reference.values))
  }
}
