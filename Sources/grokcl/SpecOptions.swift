import ArgumentParser
import Experiments
import Figures
import Foundation
import Sweeps

/// The spec that a command works on, with its overrides.
struct SpecOptions: ParsableArguments {
  @Argument(help: "A YAML file, or the name of a built-in figure such as notsawo/fig03.")
  var spec: String

  @Option(name: .customLong("set"), help: "Override a key: path=value. May be given many times.")
  var overrides: [String] = []

  @Option(
    name: .customLong("instance"),
    help: "Train on exactly the tensors of this safetensors file instead of generated data.")
  var instancePath: String?

  /// Reads the spec.
  ///
  /// - Parameter more: overrides that other options stand for; they come last.
  func load(more: [String] = []) throws -> SweepSpec {
    try Self.load(spec, overrides: overrides + more)
  }

  static func load(_ spec: String, overrides: [String]) throws -> SweepSpec {
    if FileManager.default.fileExists(atPath: spec) {
      let text: String
      do {
        text = try String(contentsOfFile: spec, encoding: .utf8)
      } catch {
        throw SpecError(place: spec, "cannot be read as text: \(error.localizedDescription)")
      }
      return try SweepSpec(yaml: text, file: spec, overrides: overrides)
    }
    guard let recipe = RecipeCatalog.all.first(where: { $0.id == spec }) else {
      throw SpecError(
        place: spec,
        "no such file, and no built-in figure of that name ("
          + RecipeCatalog.all.map(\.id).joined(separator: ", ") + ")")
    }
    return try SweepSpec(yaml: recipe.spec(.small), file: recipe.id, overrides: overrides)
  }

  func instance() throws -> TensorFile? {
    try instancePath.map { try TensorFile(path: $0) }
  }
}
