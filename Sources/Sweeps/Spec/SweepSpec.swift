import Experiments

/// A spec: one experiment, its parameters, and the grid of those that are swept.
///
/// Points are made from their index when asked for, so a grid of a million runs costs nothing
/// before it is used.
public struct SweepSpec: Sendable {
  /// What the spec is called in errors and in the store.
  public let name: String
  public let experiment: any Experiment
  public let axes: [SweepAxis]
  private let base: ResolvedParameters
  private let source: String

  /// Reads a spec.
  ///
  /// - Parameters:
  ///   - yaml: the text.
  ///   - file: the name that errors show.
  ///   - overrides: `path=value` texts that replace keys; overriding a swept key ends its sweep.
  ///   - families: the experiments that the spec may name; add your own.
  /// - Throws: `SpecError` naming file and line, key, value and what is allowed.
  public init(
    yaml: String, file: String, overrides: [String] = [],
    families: [any Experiment] = ExperimentCatalog.all
  ) throws {
    var root = try SpecNode(yaml: yaml, file: file)
    guard root.members != nil else { throw SpecError(place: file, "must be a mapping of keys") }
    for text in overrides { try Self.apply(text, to: &root) }
    guard let family = root.member("experiment") else {
      throw SpecError(
        place: file, key: "experiment",
        "is missing; one of " + families.map(\.name).joined(separator: ", "))
    }
    name = file
    do {
      experiment = try ExperimentCatalog.named(family.value?.description ?? "", among: families)
    } catch var error as SpecError {
      error.place = family.place
      throw error
    }
    let definitions = Dictionary(
      experiment.parameters.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    var values: [String: ParameterValue] = ["experiment": .text(experiment.name)]
    for definition in experiment.parameters { values[definition.key] = definition.defaultValue }
    var axes: [SweepAxis] = []
    var given: Set<String> = []
    for (key, node) in root.members ?? [] where key != "experiment" {
      if key == "sweep" {
        try Self.visit(node, "", definitions) { definition, node in
          guard !axes.contains(where: { $0.key == definition.key }) else {
            throw SpecError(place: node.place, key: "sweep." + definition.key, "given twice")
          }
          axes.append(try SweepAxis(definition, node))
        }
      } else {
        try Self.visit(SpecNode(.mapping([(key, node)]), place: node.place), "", definitions) {
          definition, node in
          guard given.insert(definition.key).inserted else {
            throw SpecError(place: node.place, key: definition.key, "given twice")
          }
          values[definition.key] = try Self.accepted(definition, node)
        }
      }
    }
    self.axes = axes
    base = ResolvedParameters(values)
    source = yaml
    let (points, overflow) = axes.reduce((1, false)) { total, axis in
      let product = total.0.multipliedReportingOverflow(by: axis.values.count)
      return (product.partialValue, total.1 || product.overflow)
    }
    guard !overflow, points <= Self.largestGrid else {
      throw SpecError(
        place: file, key: "sweep", "the grid is too large: at most \(Self.largestGrid) runs")
    }
  }

  /// Grids are prepared window by window, so this only catches slips of a digit.
  private static let largestGrid = 10_000_000

  /// The YAML documents of a text, between lines of three dashes: a sweep each, as a study of several
  /// methods may be no single grid. Empty lines stand for what came before, so that errors name lines of
  /// the whole text.
  public static func documents(of text: String) -> [String] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let ends = lines.indices.filter {
      lines[$0].hasPrefix("---") && lines[$0].dropFirst(3).allSatisfy(\.isWhitespace)
    }
    let spans = zip([-1] + ends, ends + [lines.count]).map { ($0 + 1)..<$1 }
    let meant = spans.filter { span in
      lines[span].contains { line in
        let content = line.drop(while: \.isWhitespace)
        return !content.isEmpty && content.first != "#"
      }
    }
    guard meant.count > 1 else { return [text] }
    return meant.map { span in
      String(repeating: "\n", count: span.lowerBound) + lines[span].joined(separator: "\n")
    }
  }

  /// The text the spec was read from.
  public var text: String { source }

  /// The number of points of the grid.
  public var count: Int { axes.reduce(1) { $0 * $1.values.count } }

  /// The point at an index; the last axis varies fastest.
  public func point(_ index: Int) -> ResolvedParameters {
    var parameters = base
    var rest = index
    for axis in axes.reversed() {
      parameters[axis.key] = axis.values[rest % axis.values.count]
      rest /= axis.values.count
    }
    return parameters
  }

  // MARK: - Reading

  /// Calls `body` for every defined key below `node`; nested and dotted keys mean the same.
  private static func visit(
    _ node: SpecNode, _ prefix: String, _ definitions: [String: ParameterDefinition],
    _ body: (ParameterDefinition, SpecNode) throws -> Void
  ) throws {
    guard let members = node.members else {
      throw SpecError(
        place: node.place, key: prefix.isEmpty ? nil : prefix, value: node.value?.description,
        "must be a mapping of keys")
    }
    for (key, child) in members {
      let path = prefix.isEmpty ? key : prefix + "." + key
      if let definition = definitions[path] {
        try body(definition, child)
      } else if definitions.keys.contains(where: { $0.hasPrefix(path + ".") }) {
        try visit(child, path, definitions, body)
      } else {
        throw SpecError(
          place: child.place, key: path,
          "is not a key of this experiment" + Spelling.suggestion(path, Array(definitions.keys)))
      }
    }
  }

  private static func accepted(
    _ definition: ParameterDefinition, _ node: SpecNode
  ) throws -> ParameterValue {
    guard let value = node.value, let accepted = definition.accept(value) else {
      throw SpecError(
        place: node.place, key: definition.key, value: node.value?.description ?? "a mapping",
        "must be \(definition.allowed)")
    }
    return accepted
  }

  private static func apply(_ text: String, to root: inout SpecNode) throws {
    guard let separator = text.firstIndex(of: "="), separator > text.startIndex else {
      throw SpecError(key: "--set", value: text, "must be path=value")
    }
    let path = String(text[..<separator])
    let written = text[text.index(after: separator)...]
    // As in a file, nothing after the key is null.
    let value = try SpecNode(yaml: written.isEmpty ? "~" : String(written), file: "--set")
    root.remove(path: path)
    root.remove(path: "sweep." + path)
    // Within `sweep` a key is one dotted path; elsewhere the path walks nested mappings.
    let parts =
      path.hasPrefix("sweep.") ? ["sweep", path.dropFirst(6)] : path.split(separator: ".")
    root.set(parts, value)
  }
}
