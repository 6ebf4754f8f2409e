// This file tests `--device`: its grammar, the choice, and what the errors tell.

import OpenCLHost
import Testing

@Suite struct DeviceSelectionTests {
  private func device(
    _ name: String,
    _ kind: DeviceKind,
    units: Int = 1,
    megahertz: Int = 1000,
    double: Bool = true
  ) -> Capabilities {
    var capabilities = Capabilities()
    capabilities.name = name
    capabilities.kind = kind
    capabilities.computeUnits = units
    capabilities.clockMegahertz = megahertz
    capabilities.hasDouble = double
    return capabilities
  }

  private var machine: [Capabilities] {
    [
      device("cpu", .cpu, units: 192, megahertz: 3700), device("small", .gpu, units: 8),
      device("large", .gpu, units: 132), device("twin", .gpu, units: 132),
      device("single", .gpu, units: 140, double: false),
    ]
  }

  @Test(arguments: [
    ("auto", DeviceSelection.automatic), ("AUTO", .automatic), ("cpu", .reference),
    ("opencl", .best), ("opencl:0", .index(0)), ("OpenCL:12", .index(12)), ("all", .all),
  ])
  func parses(text: String, expected: DeviceSelection) throws {
    #expect(try DeviceSelection(parsing: text) == expected)
    #expect(try DeviceSelection(parsing: expected.description) == expected)
  }

  @Test(arguments: [
    "", "gpu", "opencl:", "opencl:-1", "opencl:x", "opencl:1.0", "opencl 1",
    "opencl:99999999999999999999",
    "cpu:0", "opencl:+1", "opencl:٣",
  ])
  func refuses(text: String) {
    let error = #expect(throws: DeviceSelectionError.unknown(text)) {
      try DeviceSelection(parsing: text)
    }
    #expect(error?.description.contains("auto, cpu, opencl, opencl:INDEX, all") == true)
  }

  @Test func scoreDecidesAndTiesGoToTheFirst() throws {
    #expect(try DeviceSelection.automatic.pick(among: machine, explanation: "") == [2])
    #expect(try DeviceSelection.best.pick(among: machine, explanation: "") == [2])
    #expect(device("a", .gpu).score > device("b", .cpu, units: 4096, megahertz: 9999).score)
    #expect(device("a", .accelerator).score > device("b", .cpu).score)
    #expect(device("a", .cpu).score > device("b", .cpu, double: false).score)
  }

  @Test func indexAndAll() throws {
    #expect(try DeviceSelection.index(4).pick(among: machine, explanation: "") == [4])
    #expect(try DeviceSelection.all.pick(among: machine, explanation: "") == [0, 1, 2, 3, 4])
    #expect(try DeviceSelection.reference.pick(among: machine, explanation: "") == nil)
  }

  @Test func withoutDevicesOnlyExplicitWishesFail() throws {
    #expect(try DeviceSelection.automatic.pick(among: [], explanation: "why") == nil)
    #expect(try DeviceSelection.all.pick(among: [], explanation: "why") == nil)
    for selection in [DeviceSelection.best, .index(0)] {
      let error = #expect(throws: DeviceSelectionError.noDevice(explanation: "why")) {
        try selection.pick(among: [], explanation: "why")
      }
      #expect(error?.description == "no OpenCL device: why")
    }
  }

  @Test func anIndexTooLargeListsWhatThereIs() {
    let error = #expect(throws: DeviceSelectionError.self) {
      try DeviceSelection.index(5).pick(among: machine, explanation: "")
    }
    #expect(error?.description.contains("opencl:5") == true)
    #expect(error?.description.contains("opencl:4 single [gpu") == true)
  }

  @Test func choosesOnThisMachine() throws {
    let survey = DeviceSurvey.take()
    #expect(try DeviceSelection.reference.choose(from: survey) == [.reference])
    #expect(try DeviceSelection.all.choose(from: survey).count == max(1, survey.devices.count))
    let automatic = try DeviceSelection.automatic.choose(from: survey)
    #expect((automatic == [.reference]) == survey.devices.isEmpty)
  }
}
