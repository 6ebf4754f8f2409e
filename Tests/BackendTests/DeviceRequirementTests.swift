// This file tests that there is a device to test, where one is required.

import Testing
import _TestSupport

@Suite struct DeviceRequirementTests {
  @Test func devicesExistWhereRequired() {
    #expect(TestDevices.complaint == nil)
  }
}
