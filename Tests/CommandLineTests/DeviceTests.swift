// This file tests the choice of device and mapping, and the way without OpenCL.

import Testing
import _TestSupport

@Suite struct DeviceTests {
  static let withoutOpenCL = ["GROKCL_NO_OPENCL": "1"]
  let place: Workplace

  init() throws { place = try Workplace() }

  private func device(_ option: String) async throws -> String? {
    try await place.succeed("run spec.yaml --json --device \(option)").objects()[0]["device"]
      as? String
  }

  @Test func openCLIsUsedWhereItIsRequired() async throws {
    if let complaint = TestDevices.complaint { Issue.record("\(complaint)") }
    guard TestDevices.areRequired else { return }
    for option in ["auto", "opencl", "opencl:0", "all"] {
      #expect(try await device(option)?.hasPrefix("opencl:") == true, "\(option)")
    }
  }

  @Test func theCPUIsUsedWhereItIsAskedFor() async throws {
    #expect(try await device("cpu") == "cpu")
    #expect(try await device("CPU") == "cpu")
  }

  @Test(.enabled(if: !TestDevices.all.isEmpty)) func everyIndexIsADevice() async throws {
    for index in TestDevices.all.indices {
      #expect(try await device("opencl:\(index)")?.hasPrefix("opencl:\(index) ") == true)
    }
  }

  @Test(arguments: ["auto", "all"]) func withoutOpenCLTheCPUComputesAndSaysSoOnce(
    device: String
  ) async throws {
    let place = try Workplace(spec: Workplace.sweep)
    let finished = try await place.succeed(
      "run spec.yaml --json --device \(device)", environment: Self.withoutOpenCL)
    #expect(
      try finished.objects().map { $0["device"] as? String } == Array(repeating: "cpu", count: 4))
    #expect(finished.errorLines.count == 1)
    #expect(finished.errors.contains("GROKCL_NO_OPENCL") && finished.errors.contains("CPU"))
  }

  @Test func theCPUThatWasAskedForIsSilent() async throws {
    let finished = try await place.succeed(
      "run spec.yaml --json --device cpu", environment: Self.withoutOpenCL)
    #expect(finished.errors == "")
  }

  @Test(arguments: ["devices", "devices --json"]) func devicesSaysWhyTheListIsShort(
    command: String
  ) async throws {
    let finished = try await place.succeed(command, environment: Self.withoutOpenCL)
    #expect(finished.lines.count == 1 && finished.output.contains("cpu"))
    #expect(!finished.output.contains("opencl:"))
    #expect(finished.errorLines.count == 1)
    #expect(finished.errors.contains("GROKCL_NO_OPENCL"))
  }

  @Test(arguments: ["opencl", "opencl:0"]) func anOpenCLDeviceThatIsAskedForMustBeThere(
    device: String
  ) async throws {
    try await expectRefusal(
      place, ["run", "spec.yaml", "--device", device], status: 69,
      ["no OpenCL device", "GROKCL_NO_OPENCL"], environment: Self.withoutOpenCL)
  }

  @Test func anIndexBeyondTheListIsUnavailable() async throws {
    let named = TestDevices.all.isEmpty ? "no OpenCL device" : "opencl:0"
    try await expectRefusal(
      place, ["run", "spec.yaml", "--device", "opencl:99", "--json", "--store", "s.sqlite"],
      status: 69, [named])
  }

  /// Every mapping gives the same curves up to rounding, and is recorded.
  @Test(
    .enabled(if: !TestDevices.all.isEmpty),
    arguments: ["lanes", "components", "work-group", "stepwise"])
  func aMappingIsTakenAndRecorded(mapping: String) async throws {
    let run = try await place.succeed(
      "run spec.yaml --json --device opencl --verify 1 --mapping \(mapping)"
    ).objects()[0]
    #expect((run["mapping"] as? String)?.hasPrefix(mapping) == true)
    #expect((run["max_deviation"] as? Double ?? .infinity) < 1e-6)
  }

  @Test func theReferenceHasTwoMappings() async throws {
    let run = try await place.succeed("run spec.yaml --json --device cpu --mapping stepwise")
      .objects()[0]
    #expect(run["mapping"] as? String == "stepwise")
    try await expectRefusal(
      place, ["run", "spec.yaml", "--json", "--device", "cpu", "--mapping", "lanes"], status: 64,
      ["lanes", "only auto and stepwise"])
  }
}
