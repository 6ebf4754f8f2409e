import ArgumentParser
import BatchNumerics
import OpenCLBackend
import OpenCLHost
import ReferenceBackend

/// `--device` and the backends it means.
struct DeviceOptions: ParsableArguments {
  @Option(help: "Where to compute: auto, cpu, opencl, opencl:INDEX or all.")
  var device = "auto"

  @Option(
    help: ArgumentHelp(
      "How runs are laid out on the device: auto, lanes, components, work-group or stepwise.",
      discussion: "auto takes the fastest; the choice is recorded with every result."))
  var mapping = "auto"

  struct Backends {
    let devices: [any TrainingBackend]
    /// Where a batch goes whose device fails; only if the user left the choice to us.
    let fallback: (any TrainingBackend)?
    let reference = ReferenceTrainingBackend()
  }

  func mappingChoice() throws -> MappingChoice {
    guard let choice = MappingChoice(rawValue: mapping) else {
      throw ValidationError(
        "--mapping '\(mapping)': must be one of "
          + MappingChoice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return choice
  }

  func backends() throws -> Backends {
    let selection = try DeviceSelection(parsing: device)
    let survey = selection == .reference ? nil : DeviceSurvey.take()
    guard let survey else {
      return Backends(devices: [ReferenceTrainingBackend()], fallback: nil)
    }
    let targets = try selection.choose(from: survey)
    if targets == [.reference] {
      Failure.warn(
        "no OpenCL device (\(survey.explanation)); computing on the CPU reference, all cores")
    }
    let devices = try targets.map { target -> any TrainingBackend in
      switch target {
      case .reference: ReferenceTrainingBackend()
      case .opencl(let device): try OpenCLTrainingBackend(device)
      }
    }
    let chosenByUs = selection == .automatic || selection == .all
    return Backends(
      devices: devices,
      fallback: chosenByUs && targets != [.reference] ? ReferenceTrainingBackend() : nil)
  }
}
