// This file tests contexts: allocation limits and the account of device memory.

import OpenCLHost
import Testing
import _TestSupport

@Suite struct ContextTests {
  @Test(arguments: TestDevices.all) func tooLargeNamesTheLimit(device: Device) throws {
    let context = try Context(device)
    let limit = device.capabilities.maxAllocationBytes
    let error = try openCLError { _ = try Buffer<UInt8>(context, count: limit + 1) }
    #expect(error.status == .invalidBufferSize)
    #expect(error.call == "clCreateBuffer")
    #expect(error.description.contains("\(limit + 1) bytes"))
    #expect(error.description.contains("at most \(limit) bytes"))
    #expect(error.description.contains(device.name))
    #expect(error.status.isOutOfMemory)
    #expect(context.memory == MemoryUse())
  }

  @Test(arguments: TestDevices.all) func absurdSizesDoNotOverflow(device: Device) throws {
    let context = try Context(device)
    for count in [Int.max, Int.max / 8 + 1, 0, -1] {
      let error = try openCLError { _ = try Buffer<Double>(context, count: count) }
      #expect(error.status == .invalidBufferSize)
    }
    #expect(context.memory == MemoryUse())
  }

  @Test(arguments: TestDevices.all) func memoryIsAccounted(device: Device) throws {
    let context = try Context(device)
    let first = try Buffer<Float>(context, count: 1000)
    do {
      let second = try Buffer<Double>(context, count: 1000)
      #expect(context.memory.currentBytes == first.byteCount + second.byteCount)
      #expect(context.memory.bufferCount == 2)
    }
    #expect(context.memory.currentBytes == 4000)
    #expect(context.memory.peakBytes == 12000)
    context.resetPeak()
    #expect(context.memory.peakBytes == 4000)
    withExtendedLifetime(first) {}
  }

  /// Refused from the account alone, without asking the driver for so much.
  @Test(arguments: TestDevices.all) func totalMemoryIsALimitToo(device: Device) throws {
    let context = try Context(device)
    let able = device.capabilities
    try context.checkAllocation(bytes: 1)
    let error = try openCLError { try context.checkAllocation(bytes: able.globalMemoryBytes + 1) }
    #expect(error.status.isOutOfMemory)
  }
}
