// This file implements what the tests of the host layer share.

import OpenCLHost
import Testing
import _TestSupport

@Test func devicesExistWhereRequired() {
  #expect(TestDevices.complaint == nil)
}

/// The error that `body` throws; fails the test when it throws none.
func openCLError(
  sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Void
) throws -> OpenCLError {
  let error = #expect(throws: OpenCLError.self, sourceLocation: sourceLocation) { try body() }
  return try #require(error, sourceLocation: sourceLocation)
}

extension Context {
  func program(_ text: String, _ options: ProgramOptions = ProgramOptions()) throws -> Program {
    try program([ProgramSource(name: "test.cl", text: text)], options: options)
  }
}
