// This file tests buffers and copies: round trips, sub-ranges, limits, and host memory's lifetime.

import OpenCLHost
import Testing
import _TestSupport

@Suite struct BufferTests {
  /// Sizes that break tiles, among them odd ones and powers of two plus or minus one.
  static let counts = [1, 2, 3, 7, 31, 32, 33, 93, 1023, 4097]

  @Test(arguments: TestDevices.all, counts) func roundTrip(device: Device, count: Int) throws {
    let queue = try Queue(Context(device))
    let floats = (0..<count).map { Float($0) - 0.5 }
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let longs = (0..<count).map { Int64($0) << 33 }
    let floatRead = try queue.read(queue.buffer(floats))
    let byteRead = try queue.read(queue.buffer(bytes))
    let longRead = try queue.read(queue.buffer(longs))
    try queue.finish()
    #expect(try floatRead.values() == floats)
    #expect(try byteRead.values() == bytes)
    #expect(try longRead.values() == longs)
  }

  @Test(arguments: TestDevices.all) func subRangesTouchNothingElse(device: Device) throws {
    let queue = try Queue(Context(device))
    let buffer = try Buffer<Int32>(queue.context, count: 93)
    try queue.fill(buffer, with: -1)
    try queue.write([10, 11, 12], to: buffer, at: 5)
    try queue.fill(buffer, with: 7, 91..<93)
    try queue.copy(buffer, 5..<8, to: buffer, at: 50)
    var expected = [Int32](repeating: -1, count: 93)
    expected.replaceSubrange(5..<8, with: [10, 11, 12])
    expected.replaceSubrange(50..<53, with: [10, 11, 12])
    expected.replaceSubrange(91..<93, with: [7, 7])
    #expect(try queue.read(buffer).values() == expected)
    #expect(try queue.read(buffer, 4..<9).values() == [-1, 10, 11, 12, -1])
    #expect(try queue.read(buffer, 92..<93).values() == [7])
  }

  @Test(arguments: TestDevices.all) func shortLivedArraysArriveWhole(device: Device) throws {
    let queue = try Queue(Context(device))
    let size = 10_001
    let buffer = try Buffer<Int32>(queue.context, count: 40 * size)
    for block in 0..<40 {
      var values = [Int32](repeating: Int32(block), count: size)
      try queue.write(values, to: buffer, at: block * size)
      for index in values.indices { values[index] = -99 }
    }
    #expect(queue.pendingHostBytes == 40 * size * 4)
    let read = try queue.read(buffer)
    try queue.finish()
    #expect(queue.pendingHostBytes == 0)
    let values = try read.values()
    #expect(values.indices.allSatisfy { values[$0] == Int32($0 / size) })
  }

  @Test(arguments: TestDevices.all) func readingWaitsAndFreesEarlierCopies(device: Device) throws {
    let queue = try Queue(Context(device))
    let buffer = try queue.buffer([1, 2, 3] as [Double])
    let first = try queue.read(buffer)
    let second = try queue.read(buffer, 1..<2)
    #expect(queue.pendingHostBytes == 24 + 24 + 8)
    #expect(try first.values() == [1, 2, 3])
    #expect(queue.pendingHostBytes == 8)
    #expect(try second.values() == [2])
    #expect(try first.values() == [1, 2, 3], "values can be had again")
    #expect(try first.event.isComplete)
  }

  @Test(arguments: TestDevices.all) func droppedQueueFinishesItsCopies(device: Device) throws {
    let context = try Context(device)
    let buffer = try Buffer<Int32>(context, count: 100_000)
    for value in 0..<20 {
      try Queue(context).write([Int32](repeating: Int32(value), count: 100_000), to: buffer)
    }
    let values = try Queue(context).read(buffer).values()
    #expect(values.allSatisfy { $0 == 19 })
  }

  @Test(arguments: TestDevices.all) func badRangesAreRefused(device: Device) throws {
    let queue = try Queue(Context(device))
    let buffer = try Buffer<Float>(queue.context, count: 10)
    let errors = [
      try openCLError { try queue.write([1, 2], to: buffer, at: 9) },
      try openCLError { try queue.write([1], to: buffer, at: -1) },
      try openCLError { try queue.write([1], to: buffer, at: Int.max) },
      try openCLError { try queue.write([], to: buffer) },
      try openCLError { _ = try queue.read(buffer, 5..<11) },
      try openCLError { _ = try queue.read(buffer, 5..<5) },
      try openCLError { try queue.fill(buffer, with: 0, 10..<11) },
      try openCLError { try queue.copy(buffer, 0..<5, to: buffer, at: 4) },
    ]
    #expect(errors.dropLast().allSatisfy { $0.status == .invalidValue })
    #expect(errors[0].description.contains("elements 9..<11 of a buffer of 10"))
    #expect(errors[0].device == device.name)
    #expect(errors.last?.status == .memoryCopyOverlap)
  }

  @Test(arguments: TestDevices.all) func oddElementSizesCannotBeFilled(device: Device) throws {
    let queue = try Queue(Context(device))
    let buffer = try Buffer<(Int32, Int32, Int32)>(queue.context, count: 4)
    let error = try openCLError { try queue.fill(buffer, with: (1, 2, 3)) }
    #expect(error.description.contains("element size 12"))
  }

  @Test(arguments: TestDevices.all) func otherContextsAreRefused(device: Device) throws {
    let queue = try Queue(Context(device))
    let stranger = try Buffer<Float>(Context(device), count: 1)
    let error = try openCLError { try queue.write([1], to: stranger) }
    #expect(error.status == .invalidContext)
  }
}
