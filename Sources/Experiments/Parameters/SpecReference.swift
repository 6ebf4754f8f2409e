/// The reference page of a family's spec, made from the parameter tables that check specs: what is
/// printed is what is accepted.
public struct SpecReference: Sendable {
  private let experiment: any Experiment

  public init(_ experiment: any Experiment) { self.experiment = experiment }

  /// Name of the page, without a suffix: `sparse-recovery` has `SparseRecoveryKeys`.
  public var pageName: String {
    experiment.name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }
      .joined() + "Keys"
  }

  /// The page as Markdown, a table for each group of keys.
  public var markdown: String {
    var text = """
      # Keys of \(experiment.name)

      Every key of the spec, what it may be, and its default.

      ## Overview

      `\(experiment.summary)`

      Any key may be swept but `evaluate.at`, the name of the family and `sweep` itself. Keys that the table lists as
      *or null* take a default that depends on others if they are left out. This page is made from the tables that
      specs are checked with: `grokcl experiments \(experiment.name) --markdown`.

      """
    for group in groups {
      text += "\n## \(group.title)\n\n| Key | Meaning | Allowed | Default |\n|---|---|---|---|\n"
      text += group.keys.map(Self.row).joined()
    }
    return text
  }

  private typealias Group = (title: String, keys: [ParameterDefinition])

  /// Keys with a common first part stand together, all others before them.
  private var groups: [Group] {
    var order = [""]
    var members: [String: [ParameterDefinition]] = [:]
    for key in experiment.parameters {
      let parts = key.key.split(separator: ".")
      let group = parts.count > 1 ? String(parts[0]) : ""
      if !order.contains(group) { order.append(group) }
      members[group, default: []].append(key)
    }
    return order.compactMap { group in
      members[group].map { (group.isEmpty ? "Run" : group, $0) }
    }
  }

  private static func row(_ key: ParameterDefinition) -> String {
    let unit = key.unit.isEmpty ? "" : " [\(key.unit)]"
    let cells = ["`\(key.key)`", key.summary + unit, key.allowed, "`\(key.defaultValue)`"]
    return "| " + cells.map(escaped).joined(separator: " | ") + " |\n"
  }

  /// Text of a cell: bars would end it, asterisks start emphasis.
  private static func escaped(_ text: String) -> String {
    guard !text.hasPrefix("`") else { return text.replacing("|", with: "\\|") }
    return text.replacing("|", with: "\\|").replacing("*", with: "\\*").replacing("<", with: "\\<")
      .replacing("_", with: "\\_")
  }
}
