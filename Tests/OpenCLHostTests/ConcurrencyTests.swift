// This file tests that tasks with queues of their own can share a context and its programs.

import OpenCLHost
import Testing
import _TestSupport

@Suite struct ConcurrencyTests {
  static let source = """
    __kernel void advance(__global int *x, const int a) {
      const uint i = get_global_id(0);
      x[i] = x[i] * 3 + a;
    }
    """

  /// A hundred launches and a few copies, all with objects of the task's own.
  private static func work(_ context: Context, _ seed: Int32) throws -> [Int32] {
    let queue = try Queue(context)
    let kernel = try context.program(source).kernel("advance")
    let buffer = try queue.buffer([Int32](repeating: seed, count: 1001))
    try kernel.set(0, buffer)
    for step in 0..<100 {
      try kernel.set(1, seed &+ Int32(step))
      try queue.enqueue(kernel, global: 1001)
    }
    return try queue.read(buffer).values()
  }

  private static func expected(_ seed: Int32) -> Int32 {
    (0..<100).reduce(seed) { $0 &* 3 &+ (seed &+ Int32($1)) }
  }

  @Test(arguments: TestDevices.all) func tasksShareAContext(device: Device) async throws {
    let context = try Context(device)
    try await withThrowingTaskGroup(of: (Int32, [Int32]).self) { group in
      for seed in Int32(1)...4 {
        group.addTask { (seed, try ConcurrencyTests.work(context, seed)) }
      }
      for try await (seed, values) in group {
        #expect(values.allSatisfy { $0 == ConcurrencyTests.expected(seed) })
      }
    }
    #expect(context.memory.currentBytes == 0)
    #expect(context.builds.builds == 1)
    #expect(context.builds.cacheHits == 3)
  }

  /// A queue may move to another owner, as long as the first gives it up.
  @Test(arguments: TestDevices.all) func queuesCanBeSent(device: Device) async throws {
    let queue = try Queue(Context(device))
    let values = try await Task { try queue.read(queue.buffer([1, 2, 3] as [Int32])).values() }
      .value
    #expect(values == [1, 2, 3])
  }
}
