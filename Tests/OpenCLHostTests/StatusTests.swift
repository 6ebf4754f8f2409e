// This file tests the table of status codes against itself and against the installed headers.

import Foundation
import OpenCLHost
import Testing

@Suite struct StatusTests {
  @Test func everyCodeAndNameIsListedOnce() {
    let codes = Status.table.map(\.code)
    let names = Status.table.map(\.name)
    #expect(Set(codes).count == codes.count)
    #expect(Set(names).count == names.count)
  }

  @Test(arguments: [
    (Int32(0), "CL_SUCCESS (0)"), (-15, "CL_COMPILE_PROGRAM_FAILURE (-15)"),
    (-16, "CL_LINKER_NOT_AVAILABLE (-16)"), (-30, "CL_INVALID_VALUE (-30)"),
    (-1001, "CL_PLATFORM_NOT_FOUND_KHR (-1001)"), (-90001, "GROKCL_NO_OPENCL_LIBRARY (-90001)"),
    (-4242, "unknown OpenCL status (-4242)"),
  ])
  func description(code: Int32, text: String) {
    #expect(Status(rawValue: code).description == text)
  }

  @Test func clblastKeepsItsNumbersApart() {
    #expect(Status(clblast: -1010).description == "CLBlastInsufficientMemoryB (-1010)")
    #expect(Status(rawValue: -1010).name == "CL_INVALID_DX9_MEDIA_ADAPTER_KHR")
    #expect(Status(clblast: -2044).description == "CLBlastNoDoublePrecision (-2044)")
    #expect(Status(clblast: -38).name == "CL_INVALID_MEM_OBJECT")
    #expect(Status(clblast: -90003) == .noCLBlast)
    #expect(Status(clblast: 0) == .success)
  }

  /// `CL_BUILD_NONE` and the like are states, not statuses.
  @Test(arguments: [
    ("CL/cl.h", #"(?m)^#define +(CL_(?!BUILD_(?:NONE|ERROR|IN_))\w+) +\(?(-\d+)\)?"#),
    ("CL/cl_ext.h", #"(?m)^#define +(CL_\w+) +\(?(-\d{4})\)?"#),
    ("clblast_c.h", #"(?m)^ +(CLBlast\w+) *= *(-\d{4}),"#),
  ])
  func tableHasEverythingInTheHeader(header: String, pattern: String) throws {
    guard let text = try? String(contentsOfFile: "/usr/include/\(header)", encoding: .utf8) else {
      return
    }
    let regex = try Regex(pattern, as: (Substring, Substring, Substring).self)
    let matches = text.matches(of: regex)
    #expect(matches.count >= 10)
    for match in matches {
      let code = try #require(Int32(match.output.2))
      let status = header == "clblast_c.h" ? Status(clblast: code) : Status(rawValue: code)
      #expect(status.name == String(match.output.1))
    }
  }

  @Test func namedConstantsAgreeWithTheTable() {
    #expect(Status.buildProgramFailure.name == "CL_BUILD_PROGRAM_FAILURE")
    #expect(Status.invalidArgumentIndex.name == "CL_INVALID_ARG_INDEX")
    #expect(Status.invalidArgumentValue.name == "CL_INVALID_ARG_VALUE")
    #expect(Status.invalidArgumentSize.name == "CL_INVALID_ARG_SIZE")
    #expect(Status.invalidKernelArguments.name == "CL_INVALID_KERNEL_ARGS")
    #expect(Status.invalidWorkGroupSize.name == "CL_INVALID_WORK_GROUP_SIZE")
    #expect(Status.invalidBufferSize.name == "CL_INVALID_BUFFER_SIZE")
    #expect(Status.invalidContext.name == "CL_INVALID_CONTEXT")
    #expect(Status.profilingInfoNotAvailable.name == "CL_PROFILING_INFO_NOT_AVAILABLE")
    #expect(Status.outOfResources.isOutOfMemory && !Status.invalidValue.isOutOfMemory)
  }
}
