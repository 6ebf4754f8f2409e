import ArgumentParser
import BatchNumerics
import OpenCLBackend
import OpenCLHost
import ReferenceBackend

/// `--device` and the backends it means.
struct DeviceOptions: ParsableArguments {
  @Option(
    help: "Where to compute: auto, cpu, opencl, opencl:INDEX, all, or several with commas between.")
  var device = "auto"

  @Option(
    help: ArgumentHelp(
      "How runs are laid out on the device: auto, lanes, components, work-group, blocks or stepwise.",
      discussion: "auto takes the fastest; the choice is recorded with every result."))
  var mapping = "auto"

  struct Backends {
    let devices: [any TrainingBackend]
    /// Where a batch goes whose device fails; only if the user left the choice to us.
    let fallback: (any TrainingBackend)?
    let reference = ReferenceTrainingBackend()

    /// Whether the reference itself is all that computes.
    var areReference: Bool { devices.allSatisfy { $0 is ReferenceTrainingBackend } }
  }

  func mappingChoice() throws -> MappingChoice {
    guard let choice = MappingChoice(rawValue: mapping) else {
      throw ValidationError(
        "--mapping '\(mapping)': must be one of "
          + MappingChoice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }

  /// - Throws: `DeviceSelectionError`.
  func backends() throws -> Backends {
    let names = device.split(separator: ",", omittingEmptySubsequences: false)
    guard names.count > 1 else { return try backends(DeviceSelection(parsing: device)) }
    var devices: [any TrainingBackend] = []
    for name in names {
      for backend in try backends(DeviceSelection(parsing: String(name))).devices
      where !devices.contains(where: { $0.deviceName == backend.deviceName }) {
        devices.append(backend)
      }
    }
    return Backends(devices: devices, fallback: nil)
  }

  private func backends(_ selection: DeviceSelection) throws -> Backends {
    let survey = selection == .reference ? nil : DeviceSurvey.take()
    guard let survey else {
      return Backends(devices: [ReferenceTrainingBackend()], fallback: nil)
    }
    let chosenByUs = selection == .automatic || selection == .all
    var devices: [any TrainingBackend] = []
    var explanation = survey.explanation
    for case .opencl(let device) in try selection.choose(from: survey) {
      do {
        devices.append(try OpenCLTrainingBackend(device))
      } catch  where chosenByUs {
        explanation = "\(error)"
        Failure.warn("opencl:\(device.index) cannot be used: \(error)")
      }
    }
    guard devices.isEmpty else {
      return Backends(
        devices: devices, fallback: chosenByUs ? ReferenceTrainingBackend() : nil)
    }
    Failure.warn("no OpenCL device (\(explanation)); computing on the CPU reference, all cores")
    return Backends(devices: [ReferenceTrainingBackend()], fallback: nil)
  }
}
