import ArgumentParser
import Experiments
import Sweeps

struct InstanceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "instance",
    abstract: "Write the data and initial parameters that a run would use.")

  @OptionGroup var spec: SpecOptions

  @Option(help: "The safetensors file to write.")
  var output: String

  func run() throws {
    let spec = try spec.load()
    guard spec.count == 1 else {
      throw SpecError(
        place: spec.name, key: "sweep",
        "has \(spec.count) points; an instance is of one run: fix the swept keys with --set")
    }
    let instance = try self.spec.instance()
    let plan = try SweepPlan(spec, instance: instance)
    let tensors = try plan.experiment.instanceTensors(plan.runs[0], instance: instance)
    try AtomicFile.write(TensorFile.encode(tensors), to: output)
  }
}
