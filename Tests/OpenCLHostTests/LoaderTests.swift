// This file tests run-time loading: a missing library is an empty list and a reason, never a crash.

import Foundation
import OpenCLHost
import Testing
import _TestSupport

@Suite struct LoaderTests {
  @Test func missingLibraryGivesNoDeviceAndSaysWhy() throws {
    let (report, survey, platforms) = Loader.withLibrary("libNoSuchOpenCL.so.1") {
      (Loader.report, DeviceSurvey.take(), Result { try Platform.all() })
    }
    #expect(report.library == nil)
    #expect(try #require(report.problem).contains("libNoSuchOpenCL.so.1"))
    #expect(survey.devices.isEmpty)
    #expect(survey.explanation.hasPrefix("no OpenCL loader: libNoSuchOpenCL.so.1"))
    #expect(try platforms.get().isEmpty)
  }

  @Test(.enabled(if: !TestDevices.all.isEmpty))
  func callsWithoutLibraryGiveTheReservedStatus() throws {
    let device = try #require(TestDevices.all.first)
    let error = try openCLError {
      _ = try Loader.withLibrary("libNoSuchOpenCL.so.1") { Result { try Context(device) } }.get()
    }
    #expect(error.status == .noLibrary)
    #expect(error.call == "clCreateContext")
  }

  /// libm is surely there, and surely no OpenCL.
  @Test func libraryWithoutTheSymbolsGivesTheOtherStatus() {
    let (report, survey) = Loader.withLibrary("libm.so.6") { (Loader.report, DeviceSurvey.take()) }
    #expect(report.library == "libm.so.6")
    #expect(survey.devices.isEmpty)
    #expect(survey.explanation.contains("GROKCL_NO_OPENCL_SYMBOL"))
  }

  @Test func theThreadReturnsToItsOwnLibrary() {
    let before = Loader.report
    _ = Loader.withLibrary("libNoSuchOpenCL.so.1") { Loader.report }
    #expect(Loader.report == before)
  }

  @Test func registeredVendorsAreLeftAlone() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let unregistered = Loader.loneNVIDIADriver(vendors: folder.path)
    #expect(unregistered.map { $0.hasSuffix("/libnvidia-opencl.so.1") } ?? true)
    #expect(unregistered.map { $0.hasPrefix("/") } ?? true)
    try Data("libpocl.so.2".utf8).write(to: folder.appending(path: "pocl.icd"))
    #expect(Loader.loneNVIDIADriver(vendors: folder.path) == nil)
  }
}
