// This file tests that what devices say about themselves makes sense.

import Foundation
import OpenCLHost
import Testing
import _TestSupport

@Suite struct CapabilitiesTests {
  @Test func indicesCountFromZero() {
    #expect(TestDevices.all.map(\.index) == Array(TestDevices.all.indices))
    #expect(Set(TestDevices.all).count == TestDevices.all.count)
  }

  @Test(arguments: TestDevices.all) func areSane(device: Device) {
    let able = device.capabilities
    #expect(!able.name.isEmpty && !able.platform.isEmpty && !able.driverVersion.isEmpty)
    #expect(able.version.hasPrefix("OpenCL "))
    #expect(able.languageVersion.hasPrefix("OpenCL C "))
    #expect(able.isAvailable && able.hasCompiler && able.isLittleEndian)
    #expect(able.unusableReason == nil)
    #expect(able.computeUnits >= 1)
    #expect(able.maxAllocationBytes >= 1 << 20)
    #expect(able.globalMemoryBytes >= able.maxAllocationBytes / 2)
    #expect(able.localMemoryBytes >= 16 << 10)
    #expect(able.localMemoryKind != .none)
    #expect(able.maxWorkGroupSize >= 1)
    #expect(able.maxWorkItemSizes.count == 3)
    #expect(able.maxWorkItemSizes.allSatisfy { $0 >= 1 })
    #expect(able.nativeFloatWidth >= 1 && able.preferredFloatWidth >= 1)
    #expect(able.hasDouble == (able.nativeDoubleWidth > 0))
    #expect(able.timerResolutionNanoseconds >= 1)
    #expect(able.alignmentBytes >= 1)
    #expect(able.score > 0)
    #expect(device.description.hasPrefix("opencl:\(device.index)  \(device.name)"))
  }

  @Test(arguments: TestDevices.all) func surviveJSON(device: Device) throws {
    let data = try JSONEncoder().encode(device.capabilities)
    #expect(try JSONDecoder().decode(Capabilities.self, from: data) == device.capabilities)
  }

  @Test func unusableDevicesSayWhy() {
    var able = Capabilities()
    #expect(able.unusableReason == "not available")
    able.isAvailable = true
    #expect(able.unusableReason == "no compiler")
    able.hasCompiler = true
    #expect(able.unusableReason == nil)
  }
}
