// This file lists the backends that batches of convex problems are tested on.

import BatchNumerics
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import Testing
import _TestSupport

/// The reference or a device, in a precision.
struct ConvexBackend: Sendable, CustomTestStringConvertible {
  /// nil for the reference.
  let device: Device?
  let precision: Precision

  static let all =
    [Precision.f64, .f32].map { ConvexBackend(device: nil, precision: $0) }
    + TestDevices.each([Precision.f64, .f32], \.self).map {
      ConvexBackend(device: $0.device, precision: $0.value)
    }
  static let withDouble = all.filter { $0.precision == .f64 }

  var testDescription: String {
    "\(precision) on \(device.map { "opencl:\($0.index)" } ?? "the reference")"
  }

  func operations() throws -> any Backend {
    guard let device else { return try ReferenceTrainingBackend().operations(precision) }
    let context = try TestDevices.context(device)
    switch precision {
    case .f32: return try OpenCLOperations<Float>(context)
    case .f64: return try OpenCLOperations<Double>(context)
    }
  }
}
