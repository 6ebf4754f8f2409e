import ArgumentParser
import Experiments
import Foundation
import OpenCLHost

struct DevicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices",
    abstract: "List every OpenCL device and the CPU reference.")

  @Flag(help: "One JSON array instead of a table.")
  var json = false

  func run() throws {
    let survey = DeviceSurvey.take()
    let cores = ProcessInfo.processInfo.activeProcessorCount
    if json {
      let devices = survey.devices.map(Self.json)
      let reference = JSONText.object([
        ("device", JSONText.string("cpu")), ("name", JSONText.string("pure Swift reference")),
        ("type", JSONText.string("reference")), ("compute_units", String(cores)),
        ("fp64", "true"),
      ])
      try Output.line("[" + (devices + [reference]).joined(separator: ",\n ") + "]")
    } else {
      for device in survey.devices { try Output.line("\(device)") }
      try Output.line("cpu       pure Swift reference, \(cores) cores")
    }
    if survey.devices.isEmpty {
      Failure.warn("no OpenCL device: \(survey.explanation)")
    } else {
      for note in survey.notes { Failure.warn(note) }
    }
  }

  private static func json(_ device: Device) -> String {
    let found = device.capabilities
    return JSONText.object([
      ("device", JSONText.string("opencl:\(device.index)")),
      ("name", JSONText.string(found.name)),
      ("vendor", JSONText.string(found.vendor)),
      ("platform", JSONText.string(found.platform)),
      ("driver", JSONText.string(found.driverVersion)),
      ("version", JSONText.string(found.version)),
      ("type", JSONText.string(found.kind.rawValue)),
      ("compute_units", String(found.computeUnits)),
      ("clock_mhz", String(found.clockMegahertz)),
      ("global_memory_bytes", String(found.globalMemoryBytes)),
      ("max_allocation_bytes", String(found.maxAllocationBytes)),
      ("local_memory_bytes", String(found.localMemoryBytes)),
      ("max_work_group_size", String(found.maxWorkGroupSize)),
      ("native_float_width", String(found.nativeFloatWidth)),
      ("native_double_width", String(found.nativeDoubleWidth)),
      ("fp64", found.hasDouble ? "true" : "false"),
      ("score", JSONText.metric(found.score)),
    ])
  }
}
