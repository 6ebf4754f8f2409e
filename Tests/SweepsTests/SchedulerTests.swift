// This file tests sweeps on several devices, devices that fail, and batches that do not fit.

import BatchNumerics
import Experiments
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import Sweeps
import Synchronization
import Testing
import _TestSupport

@Suite struct SchedulerTests {
  static let grid = "sweep: {steps: [40, 400, 3000], seed: {range: [0, 8]}}"

  /// Small batches, so that there is work for everyone.
  private func probe(
    _ plan: SweepPlan, name: String, failing launches: Int? = nil, room: Int? = nil
  ) -> ProbeBackend {
    var probe = ProbeBackend(
      memoryLimit: 3 * plan.runs[0].bytes, launchesUntilLoss: launches)
    probe.deviceName = name
    probe.room = room
    return probe
  }

  @Test func devicesShareASweep() throws {
    let plan = try Harness.plan(Self.grid)
    let devices = ["a", "b", "c"].map { probe(plan, name: $0) }
    let found = try Harness.run(plan, on: devices, stepsPerLaunch: 20)
    #expect(found.results.count == 24)
    #expect(Harness.trajectories(found.results) == (try Harness.alone(plan)))
    #expect(Set(found.results.map(\.device)).count > 1)
  }

  /// A device that fails at any moment is dropped: what it had is done by the other, once.
  @Test(arguments: [-1, 0, 1, 2, 5, 11]) func theOthersDoWhatAFailedDeviceHad(_ launches: Int)
    throws
  {
    let plan = try Harness.plan(Self.grid)
    let devices = [probe(plan, name: "bad", failing: launches), probe(plan, name: "good")]
    let found = try Harness.run(plan, on: devices, stepsPerLaunch: 20)
    #expect(found.results.count == 24)
    #expect(Harness.trajectories(found.results) == (try Harness.alone(plan)))
    // It may not have come to its failure before the other had done everything.
    #expect(found.warnings.count <= 1)
    for warning in found.warnings {
      #expect(warning.contains("bad failed") && warning.contains("go on without it"))
    }
  }

  /// The same with OpenCL.
  @Test(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device"), arguments: [0, 1, 4, 9])
  func openCLDevicesThatFail(_ launches: Int) throws {
    let plan = try Harness.plan(Self.grid + "\nprecision: f32")
    let device = try OpenCLTrainingBackend(TestDevices.all[0])
    func probe(_ name: String, failing launches: Int?) -> ProbeBackend {
      var probe = self.probe(plan, name: name, failing: launches)
      probe.base = device
      return probe
    }
    let expected = try Harness.run(plan, on: [device], mapping: .lanes).results
    let found = try Harness.run(
      plan, on: [probe("bad", failing: launches), probe("good", failing: nil)], mapping: .lanes,
      stepsPerLaunch: 20)
    #expect(found.results.count == 24)
    #expect(Harness.trajectories(found.results) == Harness.trajectories(expected))
    #expect(found.warnings.count <= 1)
  }

  /// When the last device fails the sweep ends with its error, or goes on with the fallback.
  @Test func theLastDeviceThatFails() throws {
    let plan = try Harness.plan(Self.grid)
    let devices = [probe(plan, name: "a", failing: 2), probe(plan, name: "b", failing: 3)]
    #expect(throws: DeviceLost.self) { try Harness.run(plan, on: devices, stepsPerLaunch: 20) }
    let found = try Harness.run(
      plan, on: [probe(plan, name: "a", failing: 2), probe(plan, name: "b", failing: 3)],
      fallback: ReferenceTrainingBackend(), stepsPerLaunch: 20)
    #expect(found.results.count == 24)
    #expect(Harness.trajectories(found.results) == (try Harness.alone(plan)))
    #expect(found.warnings.count == 2 && found.warnings.last?.contains("going on with cpu") == true)
  }

  /// A batch that does not fit is halved until it does; a run that does not fit by itself is the
  /// device's failure.
  @Test(arguments: [1, 2, 3, 5]) func batchesThatDoNotFitAreHalved(_ room: Int) throws {
    let plan = try Harness.plan("sweep: {steps: [40, 400], seed: {range: [0, 6]}}")
    var probe = probe(plan, name: "small", room: room)
    probe.memoryLimit = .max
    let found = try Harness.run(plan, on: [probe])
    #expect(Harness.trajectories(found.results) == (try Harness.alone(plan)))
    #expect(found.results.count == 12)
    #expect(found.timings.allSatisfy { $0.runs <= room })
    #expect(found.warnings.allSatisfy { $0.contains("is halved") } && !found.warnings.isEmpty)
    probe.room = 0
    #expect(throws: NoRoom.self) { try Harness.run(plan, on: [probe]) }
  }

  /// The mapping that a planned batch was begun with is told once, before its first result, and what is
  /// left of it is trained with it.
  @Test func mappingsOfBatchesAreToldFirst() throws {
    let plan = try Harness.plan(Self.grid)
    let told = Mutex<[(batch: String, mapping: BatchMapping, results: Int)]>([])
    let collector = Collector()
    var events = collector.events
    events.mapping = { batch, mapping in
      let results = collector.results.count
      told.withLock { $0.append((batch, mapping, results)) }
    }
    try SweepRunner(backends: [probe(plan, name: "a")], reference: ReferenceTrainingBackend())
      .run(plan, events: events)
    let found = told.withLock { $0 }
    #expect(found.count == 8 && Set(found.map(\.batch)).count == 8)
    #expect(found.allSatisfy { $0.mapping == BatchMapping(mapping: "probe", device: "a") })
    #expect(found.map(\.results) == (0..<8).map { 3 * $0 })
  }
}
