// This file tests the random integers of devices against those of Swift.

import BatchNumerics
import OpenCLBackend
import OpenCLHost
import Testing
import _TestSupport

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct PhiloxKernelTests {
  /// Calls the kernels' `philox` with counters and keys of any kind.
  static let probe = ProgramSource(
    name: "probe.cl",
    text: """
      __kernel void probe(__global const uint4 *counters, __global const uint2 *keys, __global uint4 *blocks)
      {
          const size_t i = get_global_id(0);
          blocks[i] = philox(keys[i], counters[i]);
      }
      """)

  /// Source: Random123, `tests/kat_vectors`, lines `philox4x32 10`: counter, key, answer.
  static let knownAnswers: [[UInt32]] = [
    [0, 0, 0, 0, 0, 0, 0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8],
    [
      .max, .max, .max, .max, .max, .max, 0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd,
    ],
    [
      0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344, 0xa409_3822, 0x299f_31d0,
      0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1,
    ],
  ]

  private func program(_ device: Device, _ extra: ProgramSource...) throws -> Program {
    var options = ProgramOptions()
    options.define("PRECISION", 32)
    if !device.capabilities.hasDouble { options.define("NO_FP64") }
    return try TestDevices.context(device).program(
      KernelLibrary.sources("common/real", "random/philox") + extra, options: options)
  }

  @Test(arguments: TestDevices.all) func knownAnswersHold(device: Device) throws {
    let program = try program(device, Self.probe)
    let queue = try Queue(program.context)
    let blocks = try queue.buffer([UInt32](repeating: 0, count: 12))
    let kernel = try program.kernel("probe")
    try kernel.set(
      .buffer(queue.buffer(Self.knownAnswers.flatMap { $0[..<4] })),
      .buffer(queue.buffer(Self.knownAnswers.flatMap { $0[4..<6] })), .buffer(blocks))
    try queue.enqueue(kernel, global: 3)
    #expect(try queue.read(blocks).values() == Self.knownAnswers.flatMap { $0[6...] })
  }

  /// Streams of random seeds, from random indices on, across the border of 32 bits too.
  @Test(arguments: TestDevices.all) func blocksEqualSwift(device: Device) throws {
    let program = try program(device)
    let queue = try Queue(program.context)
    let kernel = try program.kernel("philox_blocks")
    var random = RandomStream(seed: 11, purpose: .basis)
    for draw in 0..<20 {
      let words = random.nextBlock()
      let first =
        draw == 0 ? UInt64(UInt32.max) - 30 : UInt64(words.z) << 32 | UInt64(words.w)
      let count = [1, 7, 64, 93][draw % 4]
      let blocks = try queue.buffer([UInt32](repeating: 0, count: 4 * (count + 64)))
      try kernel.set(
        .scalar(words.x), .scalar(words.y), .scalar(first), .scalar(UInt64(count)),
        .buffer(blocks))
      try queue.enqueue(kernel, global: WorkSize(count).rounded(upTo: 64), local: 64)
      let stream = Philox4x32(key: SIMD2(words.x, words.y))
      let expected = (0..<count).flatMap { index in
        let at = first &+ UInt64(index)
        let block = stream.block(
          at: SIMD4(UInt32(truncatingIfNeeded: at), UInt32(truncatingIfNeeded: at >> 32), 0, 0))
        return [block.x, block.y, block.z, block.w]
      }
      #expect(
        try queue.read(blocks).values()
          == expected + [UInt32](repeating: 0, count: 4 * 64))
    }
  }
}
