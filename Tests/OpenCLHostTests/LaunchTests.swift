// This file tests launches: sizes, their errors, and the times events give.

import OpenCLHost
import Testing
import _TestSupport

@Suite struct LaunchTests {
  static let source = """
    __kernel void where(__global uint *x) {
      const uint i = get_global_id(1) * get_global_size(0) + get_global_id(0);
      x[i] = get_local_size(0) * 1000 + get_group_id(0);
    }
    __kernel __attribute__((reqd_work_group_size(8, 1, 1))) void fixed(__global uint *x) {
      x[get_global_id(0)] = (uint)get_local_id(0);
    }
    __kernel void spin(__global float *x) {
      float v = x[get_global_id(0)];
      for (int k = 0; k < 20000; k++) v = fma(v, 0.999f, 0.5f);
      x[get_global_id(0)] = v;
    }
    """

  private func setUp(_ name: String, _ device: Device) throws -> (Queue, Kernel, Buffer<UInt32>) {
    let context = try Context(device)
    let kernel = try context.program(LaunchTests.source).kernel(name)
    let buffer = try Buffer<UInt32>(context, count: 96)
    try kernel.set(0, buffer)
    return (try Queue(context), kernel, buffer)
  }

  @Test(arguments: TestDevices.all) func localSizeReachesTheKernel(device: Device) throws {
    let (queue, kernel, buffer) = try setUp("where", device)
    try queue.enqueue(kernel, global: 96, local: 8)
    #expect(try queue.read(buffer).values() == (0..<96).map { 8000 + $0 / 8 })
    try queue.enqueue(kernel, global: WorkSize(12, 8), local: WorkSize(4, 2))
    #expect(try queue.read(buffer).values() == (0..<96).map { 4000 + $0 % 12 / 4 })
  }

  @Test(arguments: TestDevices.all) func badSizes(device: Device) throws {
    let (queue, kernel, _) = try setUp("where", device)
    let most = device.capabilities.maxWorkItemSizes[0]
    let group = kernel.limits.maxWorkGroupSize
    func error(_ global: WorkSize, _ local: WorkSize?) throws -> OpenCLError {
      try openCLError { try queue.enqueue(kernel, global: global, local: local) }
    }
    #expect(try error(96, 7).status == .invalidWorkGroupSize)
    #expect(try error(96, 7).description.contains("local size 7 does not divide global size 96"))
    #expect(try error(96, 0).status == .invalidWorkGroupSize)
    #expect(try error(96, -8).status == .invalidWorkGroupSize)
    #expect(try error(0, nil).status == .invalidGlobalWorkSize)
    #expect(try error(-96, 8).status == .invalidGlobalWorkSize)
    #expect(try error(96, WorkSize(8, 1)).status == .invalidWorkDimension)
    let tooLong = try error(WorkSize(most + 1), WorkSize(most + 1))
    #expect(tooLong.status == .invalidWorkItemSize)
    #expect(tooLong.description.contains("\(most)"))
    let tooMany = try error(WorkSize(group, 2), WorkSize(group, 2))
    #expect([.invalidWorkGroupSize, .invalidWorkItemSize].contains(tooMany.status))
    #expect(tooMany.description.contains("'where'"))
  }

  @Test(arguments: TestDevices.all) func requiredSizeIsRequired(device: Device) throws {
    let (queue, kernel, buffer) = try setUp("fixed", device)
    #expect(
      try openCLError { try queue.enqueue(kernel, global: 96) }.status == .invalidWorkGroupSize
    )
    let error = try openCLError { try queue.enqueue(kernel, global: 96, local: 4) }
    #expect(error.description.contains("requires [8, 1, 1]"))
    try queue.enqueue(kernel, global: 96, local: 8)
    #expect(try queue.read(buffer).values() == (0..<96).map { $0 % 8 })
  }

  @Test(arguments: TestDevices.all) func kernelsOfOtherContextsAreRefused(device: Device) throws {
    let (_, kernel, _) = try setUp("where", device)
    let queue = try Queue(Context(device))
    let error = try openCLError { try queue.enqueue(kernel, global: 96) }
    #expect(error.status == .invalidContext)
  }

  @Test(arguments: TestDevices.all) func timesAreInOrder(device: Device) throws {
    let context = try Context(device)
    let queue = try Queue(context)
    let kernel = try context.program(LaunchTests.source).kernel("spin")
    let buffer = try Buffer<Float>(context, count: 256)
    try kernel.set(0, buffer)
    let fill = try queue.fill(buffer, with: 1)
    let event = try queue.enqueueTimed(kernel, global: 256)
    try event.wait()
    #expect(try event.isComplete && fill.isComplete)
    let times = try event.times()
    #expect(times.queued > 0)
    #expect(times.queued <= times.submitted && times.submitted <= times.started)
    #expect(times.started < times.ended)
    #expect(times.executionNanoseconds > 0 && times.executionSeconds < 60)
    #expect(times.waitingSeconds >= 0)
    let fillTimes = try fill.times()
    #expect(fillTimes.ended <= times.started)
  }

  @Test func roundsUpToWholeGroups() {
    #expect(WorkSize(1).rounded(upTo: 64) == WorkSize(64))
    #expect(WorkSize(64).rounded(upTo: 64) == WorkSize(64))
    #expect(WorkSize(65, 3).rounded(upTo: WorkSize(64, 2)) == WorkSize(128, 4))
    #expect(WorkSize(5, 5, 5).rounded(upTo: WorkSize(2, 3, 0)) == WorkSize(6, 6, 5))
    #expect(WorkSize(7, 2).count == 14)
    #expect(WorkSize(Int.max, 3).count == Int.max)
    #expect(WorkSize(7, 2).description == "7x2")
  }
}
