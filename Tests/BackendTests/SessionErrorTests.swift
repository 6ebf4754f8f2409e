// This file tests what devices refuse.

import BatchNumerics
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import Testing
import _TestSupport

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct SessionErrorTests {
  private func error(
    _ batch: SparseRecoveryBatch, _ device: Device, _ mapping: MappingChoice = .automatic,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> OpenCLError {
    let backend = try OpenCLTrainingBackend(device)
    let error = #expect(throws: OpenCLError.self, sourceLocation: sourceLocation) {
      _ = try backend.session(for: batch, mapping: mapping)
    }
    #expect(backend.memory.currentBytes == 0, sourceLocation: sourceLocation)
    return try #require(error, sourceLocation: sourceLocation)
  }

  @Test(arguments: TestDevices.all) func doublesNeedADeviceWithDoubles(device: Device) throws {
    let poor = device.pretending { $0.hasDouble = false }
    let refusal = try error(SparseRecoveryCase().makeBatch(), poor)
    #expect(refusal.status == .invalidDevice)
    #expect(refusal.description.contains("no double precision"))
    #expect(throws: OpenCLError.self) {
      _ = try OpenCLTrainingBackend(poor).operations(.f64)
    }
    var single = TrainingCase(.components, SparseRecoveryCase(.subgradient, depth: 1, .f32))
    single.steps = 5
    single.evaluations = [0, 5]
    try expectNone(single.mismatch(on: poor), "f32 works there")
  }

  /// The device's limit, with runs that share their numbers on the host.
  @Test(arguments: TestDevices.all) func batchesLargerThanAnAllocation(device: Device) throws {
    let limit = device.capabilities.maxAllocationBytes
    let columns = 1 << 20
    let ones = [Double](repeating: 1, count: columns)
    let problem = SparseRecoveryProblem(
      measurements: DenseMatrix(rows: 1, columns: columns, values: ones), observations: [1],
      target: ones)
    let run = SparseRecoveryRun(
      problem: 0, learningRate: 0.1, l1: 0, l2: 0, initial: ones, steps: 1)
    let batch = SparseRecoveryBatch(
      columns: columns, rows: 1, depth: 1, method: .subgradient, precision: .f32,
      problems: [problem], runs: Array(repeating: run, count: limit / (4 * columns) + 1))
    for mapping in [MappingChoice.lanes, .components, .workGroup] {
      let refusal = try error(batch, device, mapping)
      #expect(refusal.status == .invalidBufferSize)
      #expect(refusal.description.contains("at most \(limit) bytes"))
    }
  }

  /// The same for the data, and for the device's memory as a whole.
  @Test(arguments: TestDevices.all) func problemsLargerThanTheDevice(device: Device) throws {
    let batch = SparseRecoveryCase(.subgradient, depth: 1, .f32).makeBatch()
    let tight = device.pretending { $0.maxAllocationBytes = 64 }
    #expect(try error(batch, tight).description.contains("at most 64 bytes"))
    // Room for the runs, none for the problems.
    let full = device.pretending { $0.globalMemoryBytes = 1000 }
    let refusal = try error(batch, full, .components)
    #expect(refusal.status == .memoryAllocationFailure)
    #expect(refusal.description.contains("the device has 1000 bytes"))
  }

  @Test(arguments: TestDevices.all) func kernelsThatDoNotExist(device: Device) throws {
    #expect(throws: KernelLibraryError.self) {
      _ = try KernelLibrary.sources("common/real", "reduction/median")
    }
    var options = ProgramOptions()
    options.define("PRECISION", 32)
    if !device.capabilities.hasDouble { options.define("NO_FP64") }
    let program = try TestDevices.context(device).program(
      KernelLibrary.sources("common/real", "random/philox"), options: options)
    let error = #expect(throws: OpenCLError.self) { _ = try program.kernel("batch_median") }
    #expect(error?.description.contains("batch_median") == true)
  }

  /// Stepwise is no session of a backend; the reference has no mapping at all.
  @Test(arguments: TestDevices.all) func mappingsThatDoNotExist(device: Device) throws {
    let batch = SparseRecoveryCase(.subgradient, depth: 1, .f32).makeBatch()
    #expect(throws: MappingError.self) {
      _ = try OpenCLTrainingBackend(device).session(for: batch, mapping: .stepwise)
    }
    for mapping in [MappingChoice.lanes, .components, .workGroup, .stepwise] {
      let error = #expect(throws: MappingError.self) {
        _ = try ReferenceTrainingBackend().session(for: batch, mapping: mapping)
      }
      #expect(error?.mapping == mapping)
    }
  }
}
