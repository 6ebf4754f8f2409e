import ArgumentParser
import Experiments

struct ExperimentsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "experiments",
    abstract: "List the families of experiments, or the keys of one.",
    discussion: """
      With a name: every key of the family's spec, its meaning, unit, allowed values and default. The
      same tables check specs before anything runs.

        grokcl experiments sparse-recovery
        grokcl experiments network --json
      """)

  @Argument(help: "A family, for its keys.")
  var name: String?

  @Flag(help: "JSON instead of a table.")
  var json = false

  @Flag(help: "The page of the reference, in Markdown.")
  var markdown = false

  func validate() throws {
    guard !(json && markdown) else { throw ValidationError("--json and --markdown: one of them") }
    guard name != nil || !markdown else { throw ValidationError("--markdown: name a family") }
  }

  func run() throws {
    if let name {
      let experiment = try ExperimentCatalog.named(name)
      try Output.line(
        json
          ? Self.json(experiment)
          : markdown ? SpecReference(experiment).markdown : Self.table(experiment))
    } else if json {
      try Output.line("[" + ExperimentCatalog.all.map(Self.json).joined(separator: ",\n ") + "]")
    } else {
      for experiment in ExperimentCatalog.all {
        try Output.line("\(experiment.name)  \(experiment.summary)")
      }
    }
  }

  private static func table(_ experiment: any Experiment) -> String {
    let keys = experiment.parameters
    let width = keys.map(\.key.count).max() ?? 0
    let rows = keys.map { key in
      let padding = String(repeating: " ", count: width - key.key.count)
      let unit = key.unit.isEmpty ? "" : " [\(key.unit)]"
      let indent = String(repeating: " ", count: width + 2)
      return "\(key.key)\(padding)  \(key.summary)\(unit)\n"
        + "\(indent)\(key.allowed); default \(key.defaultValue)"
    }
    return (["\(experiment.name): \(experiment.summary)", ""] + rows).joined(separator: "\n")
  }

  private static func json(_ experiment: any Experiment) -> String {
    let keys = experiment.parameters.map { key in
      JSONText.object([
        ("key", JSONText.string(key.key)), ("default", key.defaultValue.json),
        ("unit", JSONText.string(key.unit)), ("allowed", JSONText.string(key.allowed)),
        ("summary", JSONText.string(key.summary)),
      ])
    }
    return JSONText.object([
      ("experiment", JSONText.string(experiment.name)),
      ("summary", JSONText.string(experiment.summary)),
      ("parameters", "[" + keys.joined(separator: ",") + "]"),
    ])
  }
}
