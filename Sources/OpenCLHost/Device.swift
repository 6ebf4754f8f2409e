// This file implements devices: a flat list over all platforms, each with its capabilities.

internal import COpenCL

/// A processor that runs OpenCL programs. A plain value: nothing is held open.
public struct Device: Sendable, Hashable {
  /// Its place in the list over all platforms, counting usable devices only.
  public let index: Int
  /// What it can do.
  public let capabilities: Capabilities

  let handle: Handle
  let platform: Platform

  /// The device's own name.
  public var name: String { capabilities.name }

  /// The same device with other capabilities, for tests of what we do on lesser devices.
  package func pretending(_ change: (inout Capabilities) -> Void) -> Device {
    var capabilities = capabilities
    change(&capabilities)
    return Device(index: index, capabilities: capabilities, handle: handle, platform: platform)
  }

  /// Every usable device; none is no error (see `DeviceSurvey` for why).
  ///
  /// - Returns: the devices in the order of platforms, `index` counting from 0.
  public static func all() -> [Device] {
    DeviceSurvey.take().devices
  }
}

extension Device: CustomStringConvertible {
  /// `opencl:0  name [kind, platform], …`.
  public var description: String { "opencl:\(index)  \(capabilities.summary)" }
}

/// A look around: the usable devices, and everything worth knowing about the missing ones.
public struct DeviceSurvey: Sendable {
  /// The usable devices.
  public let devices: [Device]
  /// How the library was found.
  public let loader: LoaderReport
  /// Findings for a person: loader trouble, drivers registered by us, platforms without devices,
  /// devices left out and why. Empty when there is nothing to say.
  public let notes: [String]

  /// Asks every platform. One that fails is noted and does not hide the others.
  ///
  /// - Returns: what there is now.
  public static func take() -> DeviceSurvey {
    var builder = SurveyBuilder()
    builder.visitPlatforms()
    return DeviceSurvey(
      devices: builder.devices,
      loader: builder.loader,
      notes: builder.loader.notes + builder.notes
    )
  }

  /// The notes as text; says so when all is well.
  public var explanation: String {
    if !notes.isEmpty { return notes.joined(separator: "\n") }
    return devices.isEmpty ? "no OpenCL device" : "\(devices.count) OpenCL device(s)"
  }
}

private struct SurveyBuilder {
  let loader = Loader.report
  var devices: [Device] = []
  var notes: [String] = []

  mutating func visitPlatforms() {
    do throws(OpenCLError) {
      let platforms = try Platform.all()
      if platforms.isEmpty, let library = loader.library {
        notes.append("\(library) knows no OpenCL platform (no driver installed or registered)")
      }
      for platform in platforms { visit(platform) }
    } catch {
      notes.append("\(error)")
    }
  }

  private mutating func visit(_ platform: Platform) {
    do throws(OpenCLError) {
      let handles = try platform.deviceHandles()
      if handles.isEmpty { notes.append("platform \(platform.name) has no device") }
      for handle in handles {
        let capabilities = try Capabilities(of: handle, platform: platform)
        if let reason = capabilities.unusableReason {
          notes.append("\(capabilities.name) left out: \(reason)")
          continue
        }
        devices.append(
          Device(
            index: devices.count,
            capabilities: capabilities,
            handle: handle,
            platform: platform
          )
        )
      }
    } catch {
      notes.append("platform \(platform.name): \(error)")
    }
  }
}
