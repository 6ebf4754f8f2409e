// This file tests builds: options, the cache, and what a failure shows.

import OpenCLHost
import Testing
import _TestSupport

@Suite struct ProgramTests {
  static let good = "__kernel void set(__global int *x) { x[get_global_id(0)] = VALUE; }"

  @Test(arguments: TestDevices.all) func failureShowsNumberedSourceAndLog(device: Device) throws {
    let context = try Context(device)
    let error = try openCLError {
      _ = try context.program([
        ProgramSource(name: "first.cl", text: "int one(void) { return 1; }"),
        ProgramSource(
          name: "second.cl",
          text: "__kernel void f(__global int *x) {\n  x[0] = undeclared;\n}"
        ),
      ])
    }
    #expect(error.status == .buildProgramFailure)
    #expect(error.call == "clBuildProgram")
    let build = try #require(error.build)
    #expect(build.log.contains("undeclared"))
    #expect(build.device == device.name)
    #expect(build.options.contains("-cl-std=CL1.2"))
    let text = error.description
    #expect(text.contains("1 | // ==== first.cl ===="))
    #expect(text.contains("3 | // ==== second.cl ===="))
    #expect(text.contains("5 |   x[0] = undeclared;"))
    #expect(text.contains(build.log))
    #expect(text.contains("-cl-std=CL1.2"))
    #expect(context.builds.builds == 0)
  }

  @Test(arguments: TestDevices.all) func cacheIsKeyedBySourceAndOptions(device: Device) throws {
    let context = try Context(device)
    let three = ProgramOptions(defines: ["VALUE": "3"])
    let first = try context.program(ProgramTests.good, three)
    _ = try context.program(ProgramTests.good, three)
    #expect(context.builds.builds == 1)
    #expect(context.builds.cacheHits == 1)
    #expect(context.builds.seconds == first.buildSeconds)
    #expect(first.buildSeconds > 0)
    _ = try context.program(ProgramTests.good, ProgramOptions(defines: ["VALUE": "4"]))
    _ = try context.program(ProgramTests.good + "\n", three)
    #expect(context.builds.builds == 3)
    #expect(context.builds.cacheHits == 1)
  }

  @Test(arguments: TestDevices.all) func definesReachTheKernel(device: Device) throws {
    let queue = try Queue(Context(device))
    let buffer = try Buffer<Int32>(queue.context, count: 3)
    for value in [5, 6] {
      var options = ProgramOptions()
      options.define("VALUE", value)
      let kernel = try queue.context.program(ProgramTests.good, options).kernel("set")
      try kernel.set(0, buffer)
      try queue.enqueue(kernel, global: 3)
      #expect(try queue.read(buffer).values() == [Int32](repeating: Int32(value), count: 3))
    }
  }

  @Test func optionsKeepTheirOrderAndFollowTheDevice() {
    var options = ProgramOptions(defines: ["WG": "64", "A": ""])
    options.define("PRECISION", 32)
    options.flags = ["-cl-mad-enable"]
    var able = Capabilities()
    #expect(
      options.text(for: able)
        == "-cl-std=CL1.2 -cl-kernel-arg-info -cl-mad-enable -D WG=64 -D A -D PRECISION=32"
    )
    able.hasExactDivideSqrt = true
    #expect(
      options.text(for: able).hasPrefix(
        "-cl-std=CL1.2 -cl-fp32-correctly-rounded-divide-sqrt -cl-kernel-arg-info"
      )
    )
    options.exactDivideSqrt = false
    options.argumentInfo = false
    #expect(options.text(for: able).hasPrefix("-cl-std=CL1.2 -cl-mad-enable"))
    #expect(options.problem == nil)
  }

  @Test(arguments: [
    ("1x", "1"), ("", "1"), ("a-b", "1"), ("WG", "2 -cl-fast-relaxed-math"), ("WG", "\"2\""),
    ("TWICE", "2"),
  ])
  func optionsThatCannotBePassed(name: String, value: String) {
    var options = ProgramOptions(defines: ["TWICE": "1"])
    options.define(name, value)
    #expect(options.problem != nil)
  }

  @Test(arguments: TestDevices.all) func badOptionsAreRefused(device: Device) throws {
    let context = try Context(device)
    let error = try openCLError {
      _ = try context.program(ProgramTests.good, ProgramOptions(defines: ["VALUE": "3 4"]))
    }
    #expect(error.status == .invalidBuildOptions)
    #expect(error.description.contains("VALUE"))
  }

  @Test(arguments: TestDevices.all) func unknownKernelIsNamed(device: Device) throws {
    let program = try Context(device).program(
      ProgramTests.good,
      ProgramOptions(defines: ["VALUE": "1"])
    )
    let error = try openCLError { _ = try program.kernel("nope") }
    #expect(error.status == .invalidKernelName)
    #expect(error.description.contains("'nope'"))
  }
}

@Suite struct BuildFailureTests {
  private func failure(log: String, lines: Int) -> BuildFailure {
    BuildFailure(
      options: "-D A",
      device: "d",
      log: log,
      source: (1...lines).map { "line\($0);" }.joined(separator: "\n")
    )
  }

  @Test func longSourcesShowTheLinesComplainedAbout() {
    let text = failure(log: "x.cl:100:3: error: no\nx.cl:104:1: error: no", lines: 300).excerpt
    let lines = text.split(separator: "\n")
    #expect(lines.first == "   ...")
    #expect(lines[1] == " 95 | line95;")
    #expect(lines.contains("109 | line109;"))
    #expect(!lines.contains("110 | line110;"))
    #expect(lines.count == 17)
  }

  @Test func everythingIsShownWhenTheLogNamesNoLine() {
    let long = failure(log: "out of registers", lines: 300)
    #expect(long.excerpt == long.numberedSource)
    #expect(long.numberedSource.hasPrefix("  1 | line1;\n  2 | line2;"))
    #expect(failure(log: "x:2:1: error", lines: 20).excerpt.hasPrefix(" 1 | line1;"))
    #expect(failure(log: "x:900:1: error", lines: 300).excerpt.hasSuffix("300 | line300;"))
  }
}
