// This file tests that a recorded mapping is had again, or refused, and what devices say when memory
// runs out.

import BatchNumerics
import Experiments
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import Testing
import _TestSupport

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct RecordedMappingTests {
  private func batch(runs: Int) -> SparseRecoveryBatch {
    var problem = SparseRecoveryCase(.subgradient, depth: 1, .f32)
    (problem.runs, problem.problems) = (runs, 1)
    return problem.makeBatch(steps: 10)
  }

  /// A few runs of many would train in another mapping by themselves.
  @Test(arguments: TestDevices.all) func partsOfABatchFollowTheWhole(device: Device) throws {
    let backend = try DeviceBackends.backend(device)
    let (whole, part) = (batch(runs: 1000), batch(runs: 2))
    let held = backend.memory.bufferCount
    let choice = try backend.settled(.automatic, for: whole)
    #expect(backend.memory.bufferCount == held)
    let session = try backend.session(for: whole, mapping: .automatic)
    #expect(choice == .recorded(session.mapping))
    #expect(try backend.session(for: part, mapping: choice).mapping == session.mapping)
    if device.capabilities.kind == .cpu {
      #expect(try backend.session(for: part, mapping: .automatic).mapping != session.mapping)
    }
    #expect(try backend.settled(.components, for: whole) == .components)
  }

  @Test(arguments: TestDevices.all) func sizesAreThoseRecorded(device: Device) throws {
    let backend = try DeviceBackends.backend(device)
    let most = device.capabilities.maxWorkGroupSize
    let part = batch(runs: 2)
    for size in [32, 64, 128] where size <= most {
      let session = try backend.session(for: part, mapping: .recorded("work-group:\(size)"))
      #expect(session.mapping == "work-group:\(size)")
    }
    let refused = [
      "work-group", "work-group:\(2 * most)", "work-group:33", "work-group:0", "lanes:4",
      "components/chunks:2", "loop", "auto", "stepwise", "blocks", "", "lanes ", "exact-flow",
      "lanes+clblast", "work-group:99999999999999999999",
    ]
    for name in refused {
      let error = #expect(throws: MappingError.self, "\(name)") {
        _ = try backend.session(for: part, mapping: .recorded(name))
      }
      #expect(error?.mapping == .recorded(name))
    }
    let diagonal = DiagonalNetworkCase().with { $0.runs = 2 }.batch
    for name in ["components/chunks:7", "work-group:16/chunks:3", "work-group:8"] {
      #expect(try backend.session(for: diagonal, mapping: .recorded(name)).mapping == name)
    }
    for name in ["lanes", "components:8", "components/chunks:0", "components/chunks:999999"] {
      #expect(throws: MappingError.self, "\(name)") {
        _ = try backend.session(for: diagonal, mapping: .recorded(name))
      }
    }
    let matrix = MatrixRecoveryCase().with { $0.nuclear = 1e-2 }.makeBatch()
    #expect(throws: MappingError.self) {
      _ = try backend.session(for: matrix, mapping: .recorded("components"))
    }
    #expect(throws: MappingError.self) {
      _ = try backend.operations(.f32, mapping: .recorded("stepwise+magma"))
    }
  }

  @Test func theReferenceHasItsLoop() throws {
    let session = try ReferenceTrainingBackend().session(
      for: batch(runs: 2), mapping: .recorded("loop"))
    #expect(session.mapping == "loop")
    #expect(throws: MappingError.self) {
      _ = try ReferenceTrainingBackend().session(for: batch(runs: 2), mapping: .recorded("lanes"))
    }
  }

  // MARK: - Memory

  /// Buffers beyond a limit fail as the driver's do, and a smaller batch is trained.
  @Test(arguments: TestDevices.all) func batchesBeyondALimit(device: Device) throws {
    let backend = try OpenCLTrainingBackend(device, memoryLimit: 40_000)
    #expect(backend.memoryLimit == (try OpenCLTrainingBackend(device)).memoryLimit)
    let whole = batch(runs: 1000)
    let error = #expect(throws: OpenCLError.self) {
      _ = try backend.session(for: whole, mapping: .automatic)
    }
    #expect(error?.status == .memoryAllocationFailure)
    let shortage = try #require(error.flatMap { MemoryShortage($0) })
    #expect(shortage.bytes ?? 0 > 10_000)
    #expect(backend.memory.currentBytes == 0)
    let choice = try backend.settled(.automatic, for: whole)
    let session = try backend.session(for: whole.selecting([0, 999]), mapping: choice)
    _ = try session.train(runs: 2, steps: 2, evaluations: [2])
    // A launch needs memory, too.
    #expect(throws: OpenCLError.self) {
      let steps = 1000
      let rest = try backend.session(for: whole.selecting(Array(0..<100)), mapping: choice)
      _ = try rest.train(runs: 100, steps: steps, evaluations: Array(0...steps))
    }
  }

  @Test(arguments: TestDevices.all) func otherErrorsAreNoShortage(device: Device) throws {
    #expect(MemoryShortage(MappingError(.lanes, "")) == nil)
    let context = try TestDevices.context(device)
    let none = #expect(throws: OpenCLError.self) { _ = try Buffer<Float>(context, count: 0) }
    #expect(none?.status == .invalidBufferSize)
    #expect(none.flatMap { MemoryShortage($0) } == nil)
    let huge = #expect(throws: OpenCLError.self) { _ = try Buffer<Float>(context, count: 1 << 50) }
    #expect(huge.flatMap { MemoryShortage($0) } == MemoryShortage(bytes: 1 << 52))
    let late = OpenCLError(status: .outOfResources, call: "clFinish")
    #expect(MemoryShortage(late) == MemoryShortage(bytes: nil))
  }
}
