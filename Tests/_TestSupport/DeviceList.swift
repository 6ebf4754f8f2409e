// This file implements what the device tests share: the devices, and the rule for having none.

import BatchNumerics
import Foundation
import OpenCLHost
import Synchronization
import Testing

public enum TestDevices {
  /// Tests over this list are skipped where it is empty; `REQUIRE_OPENCL=1` makes that a failure.
  public static let all = Device.all()
  public static let withDouble = all.filter(\.capabilities.hasDouble)
  public static let areRequired = ProcessInfo.processInfo.environment["REQUIRE_OPENCL"] == "1"

  /// Whether the devices are Oclgrind's: slow, and watching every access.
  public static let areSimulated = all.contains { $0.name.contains("Oclgrind") }

  /// Why the run must fail: devices are required, and there are none.
  public static var complaint: String? {
    guard areRequired, all.isEmpty else { return nil }
    return "REQUIRE_OPENCL=1, but \(DeviceSurvey.take().explanation)"
  }

  /// Every case on every device that has the case's precision.
  public static func each<Case>(
    _ cases: [Case], _ precision: (Case) -> Precision
  ) -> [DeviceCase<Case>] {
    all.flatMap { device in
      cases.filter { device.capabilities.hasDouble || precision($0) == .f32 }
        .map { DeviceCase(device: device, value: $0) }
    }
  }

  /// A context that all tests of a device share, so that each program is built once.
  public static func context(_ device: Device) throws -> Context {
    try contexts.withLock { contexts in
      if let context = contexts[device] { return context }
      let context = try Context(device)
      contexts[device] = context
      return context
    }
  }

  private static let contexts = Mutex<[Device: Context]>([:])
}

/// A test case and the device it runs on.
public struct DeviceCase<Case: Sendable>: Sendable, CustomTestStringConvertible {
  public let device: Device
  public let value: Case

  public var testDescription: String { "\(value) on opencl:\(device.index)" }
}

extension Device: CustomTestStringConvertible {
  /// Prefixes the tests' names.
  public var testDescription: String { "opencl:\(index) \(name)" }
}

extension Precision {
  /// The type that runs train in.
  public var scalar: any (RunScalar & KernelScalar).Type {
    self == .f32 ? Float.self : Double.self
  }
}
