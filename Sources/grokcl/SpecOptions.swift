import ArgumentParser
import Experiments
import Figures
import Foundation
import Sweeps

/// The spec that a command works on, with its overrides.
struct SpecOptions: ParsableArguments {
  @Argument(
    help: """
      A YAML file, or the name of a built-in figure such as notsawo/fig03. NAME:K is the K-th sweep, \
      from 0, of a file or figure of several.
      """)
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
  /// - Throws: `SpecError`, also for a spec of several sweeps.
  func load(more: [String] = []) throws -> SweepSpec {
    try Self.load(spec, overrides: overrides + more)
  }

  /// Reads every sweep of the spec: the documents of its YAML.
  func loadAll(more: [String] = []) throws -> [SweepSpec] {
    try Self.documents(spec).map { try $0.spec(overrides + more) }
  }

  static func load(_ spec: String, overrides: [String]) throws -> SweepSpec {
    let documents = try documents(spec)
    guard documents.count == 1 else {
      throw SpecError(
        place: spec,
        "holds \(documents.count) sweeps; name one of them, \(spec):0 to \(spec):\(documents.count - 1)"
      )
    }
    return try documents[0].spec(overrides)
  }

  private struct Document {
    let name: String
    let text: String

    func spec(_ overrides: [String]) throws -> SweepSpec {
      try SweepSpec(yaml: text, file: name, overrides: overrides)
    }
  }

  /// The sweeps of a file or of a figure; `NAME:K` is the K-th of a figure of several.
  private static func documents(_ spec: String) throws -> [Document] {
    if FileManager.default.fileExists(atPath: spec) {
      do {
        let text = try String(contentsOfFile: spec, encoding: .utf8)
        return numbered(spec, SweepSpec.documents(of: text))
      } catch {
        throw SpecError(place: spec, "cannot be read as text: \(error.localizedDescription)")
      }
    }
    if let recipe = RecipeCatalog.all.first(where: { $0.id == spec }) {
      return numbered(spec, recipe.specs(.small))
    }
    if let separator = spec.lastIndex(of: ":"),
      let index = Int(spec[spec.index(after: separator)...]),
      let documents = try? documents(String(spec[..<separator])),
      documents.indices.contains(index)
    {
      return [documents[index]]
    }
    throw SpecError(
      place: spec,
      "no such file, and no built-in figure of that name ("
        + RecipeCatalog.all.map(\.id).joined(separator: ", ") + ")")
  }

  private static func numbered(_ name: String, _ texts: [String]) -> [Document] {
    texts.count == 1
      ? [Document(name: name, text: texts[0])]
      : texts.enumerated().map { Document(name: "\(name):\($0)", text: $1) }
  }

  func instance() throws -> TensorFile? {
    try instancePath.map { try TensorFile(path: $0) }
  }
}
