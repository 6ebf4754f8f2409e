// This file tests kernels: what they say about themselves, and checked arguments.

import OpenCLHost
import Testing
import _TestSupport

@Suite struct KernelTests {
  static let source = """
    __kernel void scale(__global float *x, const float factor, const uint n, __local float *t) {
      const uint i = get_global_id(0);
      t[get_local_id(0)] = factor;
      barrier(CLK_LOCAL_MEM_FENCE);
      if (i < n) x[i] *= t[0];
    }
    __kernel void many(__global long *out, int a, uint b, long c, __global const float4 *v) {
      out[0] = a; out[1] = b; out[2] = c; out[3] = (long)v[0].w;
    }
    __kernel __attribute__((reqd_work_group_size(8, 1, 1))) void fixed(__global int *x) {
      x[get_global_id(0)] = (int)get_local_id(0);
    }
    """

  private func kernel(_ name: String, _ device: Device, info: Bool = true) throws -> Kernel {
    var options = ProgramOptions()
    options.argumentInfo = info
    return try Context(device).program(KernelTests.source, options).kernel(name)
  }

  @Test(arguments: TestDevices.all) func parametersAreKnown(device: Device) throws {
    let kernel = try kernel("scale", device)
    #expect(kernel.parameters.map(\.name) == ["x", "factor", "n", "t"])
    #expect(kernel.parameters.map(\.space) == [.global, .value, .value, .local])
    #expect(kernel.parameters.map(\.typeName) == ["float*", "float", "uint", "float*"])
    #expect(kernel.unsetParameters.count == 4)
    #expect(kernel.limits.maxWorkGroupSize >= 1)
    #expect(kernel.limits.maxWorkGroupSize <= device.capabilities.maxWorkGroupSize)
    #expect(kernel.limits.preferredMultiple >= 1)
    #expect(kernel.limits.requiredSize == nil)
    #expect(try self.kernel("fixed", device).limits.requiredSize == [8, 1, 1])
  }

  @Test(arguments: TestDevices.all) func argumentsArrive(device: Device) throws {
    let queue = try Queue(Context(device))
    let kernel = try queue.context.program(KernelTests.source).kernel("many")
    let out = try Buffer<Int64>(queue.context, count: 4)
    try kernel.set(
      .buffer(out),
      .scalar(Int32(-5)),
      .scalar(UInt32.max),
      .scalar(Int64.min),
      .buffer(try queue.buffer([0, 0, 0, 9] as [Float]))
    )
    try queue.enqueue(kernel, global: 1)
    #expect(try queue.read(out).values() == [-5, Int64(UInt32.max), Int64.min, 9])
  }

  @Test(arguments: TestDevices.all) func wrongIndex(device: Device) throws {
    let kernel = try kernel("scale", device)
    for index in [4, -1, Int.max] {
      let error = try openCLError { try kernel.set(index, Float(1)) }
      #expect(error.status == .invalidArgumentIndex)
      #expect(error.description.contains("'scale'"))
      #expect(error.description.contains("has 4"))
    }
  }

  @Test(arguments: TestDevices.all) func wrongType(device: Device) throws {
    let kernel = try kernel("scale", device)
    let floats = try Buffer<Float>(kernel.program.context, count: 8)
    let ints = try Buffer<Int32>(kernel.program.context, count: 8)
    let errors = [
      try openCLError { try kernel.set(1, Int32(1)) },
      try openCLError { try kernel.set(1, Double(1)) },
      try openCLError { try kernel.set(2, Int32(1)) },
      try openCLError { try kernel.set(0, Float(1)) },
      try openCLError { try kernel.set(0, ints) },
      try openCLError { try kernel.set(1, floats) },
      try openCLError { try kernel.set(3, floats) },
      try openCLError { try kernel.setLocal(0, bytes: 4) },
      try openCLError { try kernel.setLocal(1, bytes: 4) },
    ]
    #expect(errors.allSatisfy { $0.status == .invalidArgumentValue })
    #expect(errors[0].description.contains("1 (float factor) was given a int"))
    #expect(errors[4].description.contains("0 (global float* x) was given a buffer of int"))
    #expect(kernel.unsetParameters.count == 4)
  }

  /// The driver still checks sizes when it was not told to keep the types.
  @Test(arguments: TestDevices.all) func withoutArgumentInformation(device: Device) throws {
    let kernel = try kernel("scale", device, info: false)
    #expect(kernel.parameters.count == 4)
    let error = try openCLError { try kernel.set(1, Double(1)) }
    #expect([.invalidArgumentSize, .invalidArgumentValue].contains(error.status))
    try kernel.set(1, Float(1))
    #expect(kernel.unsetParameters.map(\.index) == [0, 2, 3])
  }

  @Test(arguments: TestDevices.all) func wrongCount(device: Device) throws {
    let kernel = try kernel("scale", device)
    let error = try openCLError { try kernel.set(.scalar(Float(1))) }
    #expect(error.status == .invalidKernelArguments)
    #expect(error.description.contains("1 arguments given, 4 declared"))
  }

  @Test(arguments: TestDevices.all) func unsetArgumentsAreNamed(device: Device) throws {
    let kernel = try kernel("scale", device)
    let queue = try Queue(kernel.program.context)
    try kernel.set(1, Float(2))
    try kernel.setLocal(3, count: 8, of: Float.self)
    let error = try openCLError { try queue.enqueue(kernel, global: 8, local: 8) }
    #expect(error.status == .invalidKernelArguments)
    #expect(error.description.contains("not set: argument 0 (global float* x), 2 (uint n)"))
  }

  @Test(arguments: TestDevices.all) func localMemoryIsLimited(device: Device) throws {
    let kernel = try kernel("scale", device)
    let limit = device.capabilities.localMemoryBytes
    for bytes in [0, -1, limit + 1, Int.max] {
      let error = try openCLError { try kernel.setLocal(3, bytes: bytes) }
      #expect(error.status == .invalidArgumentSize)
      #expect(error.description.contains("\(limit)"))
    }
    let error = try openCLError { try kernel.setLocal(3, count: Int.max, of: Double.self) }
    #expect(error.status == .invalidArgumentSize)
    let before = kernel.localMemoryBytes
    try kernel.setLocal(3, bytes: 256)
    #expect(kernel.localMemoryBytes == before + 256)
  }

  @Test(arguments: TestDevices.all) func buffersOfOtherContextsAreRefused(device: Device) throws {
    let kernel = try kernel("scale", device)
    let stranger = try Buffer<Float>(Context(device), count: 8)
    #expect(try openCLError { try kernel.set(0, stranger) }.status == .invalidContext)
  }

  @Test(arguments: TestDevices.all) func argumentsKeepTheirBuffers(device: Device) throws {
    let kernel = try kernel("scale", device)
    let context = kernel.program.context
    try kernel.set(0, Buffer<Float>(context, count: 8))
    #expect(context.memory.bufferCount == 1)
    try kernel.set(0, Buffer<Float>(context, count: 16))
    #expect(context.memory.currentBytes == 64)
  }
}
